"""Guided backpropagation and the deconvnet: other ways for a gradient to pass a ReLU.

Going back through y = max(x, 0), the gradient g becomes
    the true one           g where x > 0                (the gradient)
    deconvnet              g where g > 0                (Zeiler & Fergus 2013, section 2.1)
    guided backpropagation g where x > 0 and g > 0      (Springenberg et al. 2014, section 3.4)
Max pooling sends its gradient back to where the maximum was: the deconvnet's switches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.attribution.heat import strongest
from visualizer.engine.attribution.method import AttributionSettings, Explained, Map, explained
from visualizer.engine.attribution.target import Gradient
from visualizer.engine.technique import technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.objective import Target


@dataclass(frozen=True)
class GuidedBackpropSettings(AttributionSettings):
    """What is explained; neither method has anything of its own to set."""


def _rule(keep_positive_inputs_only: bool) -> Callable[[Any], Any]:
    from keras import ops

    @ops.custom_gradient
    def relu(x: Any) -> Any:
        def backward(*arguments: Any, upstream: Any = None) -> Any:
            gradient = arguments[0] if upstream is None else upstream
            kept = ops.maximum(gradient, 0)
            if keep_positive_inputs_only:
                kept = kept * ops.cast(x > 0, gradient.dtype)
            return kept

        return ops.maximum(x, 0), backward

    return relu


RULES: dict[str, Callable[[], Callable[[Any], Any]]] = {
    "guided": lambda: _rule(keep_positive_inputs_only=True),
    "deconvnet": lambda: _rule(keep_positive_inputs_only=False),
}


def guided_backprop(network: Network, picture: np.ndarray, target: Target) -> np.ndarray:
    """The guided gradient of a score, H x W x 3.

    Args:
        network: to be explained; its ReLUs take the rule above, other activations the true one.
        picture: as the network sees it, H x W x 3 in [0, 1].
        target: the score that is explained.
    """
    return Gradient(network, target, "guided")(picture[None])[1][0]


def deconvnet(network: Network, picture: np.ndarray, target: Target) -> np.ndarray:
    """The deconvnet's projection of a unit down to the pixels, H x W x 3; as above."""
    return Gradient(network, target, "deconvnet")(picture[None])[1][0]


@technique(
    name="guided-backprop",
    title="Guided backprop",
    paper="Springenberg, Dosovitskiy, Brox & Riedmiller 2014, Striving for Simplicity, section 3.4",
    explanation="The slope of the score, but only what is positive passes each ReLU: sharp lines "
    "of whatever speaks for the target. Sharp is not the same as true: see the sanity check.",
    settings=GuidedBackpropSettings,
)
def explain_guided(network, specimen, settings: GuidedBackpropSettings) -> Iterator[Explained]:
    """Explain one specimen by guided backpropagation."""
    yield from explained(
        network, specimen, settings, lambda *given: [Map(strongest(guided_backprop(*given[:3])))]
    )


@technique(
    name="deconvnet",
    title="Deconvnet",
    paper="Zeiler & Fergus 2013, Visualizing and Understanding Convolutional Networks, section 2.1",
    explanation="The network run backwards: maxima return to where they came from, and only what "
    "is positive passes each ReLU on the way.",
    settings=GuidedBackpropSettings,
)
def explain_deconvnet(network, specimen, settings: GuidedBackpropSettings) -> Iterator[Explained]:
    """Explain one specimen by the deconvnet."""
    yield from explained(
        network, specimen, settings, lambda *given: [Map(strongest(deconvnet(*given[:3])))]
    )
