"""Saliency: the magnitude of the score's gradient at each pixel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.attribution.heatmap import channel_max
from visualizer.engine.attribution.method import (
    AttributionFrame,
    AttributionSettings,
    Map,
    attribution_frames,
)
from visualizer.engine.attribution.target import Gradient
from visualizer.engine.technique import technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.objective import Target
    from visualizer.engine.specimen import Specimen


@dataclass(frozen=True)
class SaliencySettings(AttributionSettings):
    """The settings all methods share; saliency has no others."""


def saliency(network: Network, picture: np.ndarray, target: Target) -> np.ndarray:
    """The largest absolute gradient over the colours of each pixel, H x W.

    Simonyan, Vedaldi & Zisserman 2013, "Deep Inside Convolutional Networks", section 3.

    Args:
        network: to be explained.
        picture: as the network sees it (`Network.fit`), H x W x 3 in [0, 1].
        target: the score that is explained.
    """
    return channel_max(_slope(network, picture, target))


def _slope(network: Network, picture: np.ndarray, target: Target) -> np.ndarray:
    return Gradient(network, target)(picture[None])[1][0]


def _maps(network: Network, picture: np.ndarray, target: Target, _: Any) -> Iterator[Map]:
    slope = _slope(network, picture, target)
    yield Map(channel_max(slope), slope)


@technique(
    name="saliency",
    title="Saliency",
    paper="Simonyan, Vedaldi & Zisserman 2013, Deep Inside Convolutional Networks, section 3",
    explanation="The slope of the score at each pixel: which pixels, changed a little, would "
    "change the score most.",
    settings=SaliencySettings,
)
def explain(
    network: Network, specimen: Specimen, settings: SaliencySettings
) -> Iterator[AttributionFrame]:
    """Explain one specimen by the plain gradient."""
    yield from attribution_frames(network, specimen, settings, _maps)
