"""Saliency: which pixels, changed a little, would change the score most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.attribution.heat import strongest
from visualizer.engine.attribution.method import AttributionSettings, Explained, Map, explained
from visualizer.engine.attribution.target import Gradient
from visualizer.engine.technique import technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.objective import Target


@dataclass(frozen=True)
class SaliencySettings(AttributionSettings):
    """What saliency explains; it has nothing of its own to set."""


def saliency(network: Network, picture: np.ndarray, target: Target) -> np.ndarray:
    """The largest absolute slope over the colours of each pixel, H x W.

    Simonyan, Vedaldi & Zisserman 2013, "Deep Inside Convolutional Networks", section 3.

    Args:
        network: to be explained.
        picture: as the network sees it (`Network.fit`), H x W x 3 in [0, 1].
        target: the score that is explained.
    """
    _, gradient = Gradient(network, target)(picture[None])
    return strongest(gradient[0])


@technique(
    name="saliency",
    title="Saliency",
    paper="Simonyan, Vedaldi & Zisserman 2013, Deep Inside Convolutional Networks, section 3",
    explanation="The slope of the score at each pixel: which pixels, changed a little, would "
    "change the score most.",
    settings=SaliencySettings,
)
def explain(network, specimen, settings: SaliencySettings) -> Iterator[Explained]:
    """Explain one specimen by the plain gradient."""
    yield from explained(network, specimen, settings, lambda *given: [Map(saliency(*given[:3]))])
