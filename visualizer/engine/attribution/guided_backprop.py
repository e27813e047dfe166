"""Guided backpropagation and the deconvnet: modified gradients of ReLUs.

Going back through y = max(x, 0), the gradient g becomes
    the true one           g where x > 0                (the gradient)
    deconvnet              g where g > 0                (Zeiler & Fergus 2013, section 2.1)
    guided backpropagation g where x > 0 and g > 0      (Springenberg et al. 2014, section 3.4)
Max pooling sends its gradient back to where the maximum was: the deconvnet's switches.

Of a bounded or leaky ReLU, "where x > 0" becomes its own slope: 0 where it is cut at 6, say, and
a little below zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.attribution.heatmap import channel_max
from visualizer.engine.attribution.method import (
    AttributionFrame,
    AttributionSettings,
    Map,
    Maps,
    attribution_frames,
)
from visualizer.engine.attribution.target import AttributionError, Gradient
from visualizer.engine.technique import technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.objective import Target
    from visualizer.engine.specimen import Specimen


@dataclass(frozen=True)
class GuidedBackpropSettings(AttributionSettings):
    """The settings all methods share; neither method has its own."""


def _positive(x: Any) -> Any:
    """The identity, whose gradient is the positive part of the incoming one."""
    from keras import ops

    def same(x: Any) -> Any:
        def backward(*arguments: Any, upstream: Any = None) -> Any:
            return ops.maximum(arguments[0] if upstream is None else upstream, 0)

        return x, backward

    return ops.custom_gradient(same)(x)


def guided_relu(relu: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function of the same values whose gradient is that of guided backpropagation."""
    return lambda x: relu(_positive(x))


def deconvnet_relu(relu: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function of the same values whose gradient is that of the deconvnet."""
    from keras import ops

    # Its value is relu(x), its gradient that of `_positive`.
    return lambda x: ops.stop_gradient(relu(x)) + (_positive(x) - ops.stop_gradient(x))


def check_relus(network: Network, method: str) -> None:
    """Raise an `AttributionError` if a network has no ReLU for a method to act on."""
    from visualizer.engine import operations

    layers = [layer for stage in network.stages for layer in network.layers(stage.name)]
    if any(map(operations.rectifies, layers)):
        return
    others = ", ".join(sorted({s.activation for s in network.stages[:-1] if s.activation}))
    raise AttributionError(
        f"{method} is a way through ReLUs and {network.title} has none"
        f"{f', only {others}' if others else ''}: it would be plain saliency, so take that, or "
        "another network."
    )


def guided_backprop(network: Network, picture: np.ndarray, target: Target) -> np.ndarray:
    """The guided gradient of a score, H x W x 3.

    Args:
        network: to be explained; its ReLUs take the rule above, other activations the true one.
        picture: as the network sees it, H x W x 3 in [0, 1].
        target: the score that is explained.

    Raises:
        AttributionError: the network has no ReLU.
    """
    check_relus(network, "Guided backprop")
    return Gradient(network, target, guided_relu)(picture[None])[1][0]


def deconvnet(network: Network, picture: np.ndarray, target: Target) -> np.ndarray:
    """The deconvnet's projection of a unit down to the pixels, H x W x 3; as above."""
    check_relus(network, "The deconvnet")
    return Gradient(network, target, deconvnet_relu)(picture[None])[1][0]


def _maps_by(method: Callable[..., np.ndarray]) -> Maps:
    def maps(network: Network, picture: np.ndarray, target: Target, _: Any) -> Iterator[Map]:
        attribution = method(network, picture, target)
        yield Map(channel_max(attribution), attribution)

    return maps


@technique(
    name="guided-backprop",
    title="Guided backprop",
    paper="Springenberg, Dosovitskiy, Brox & Riedmiller 2014, Striving for Simplicity, section 3.4",
    explanation="The slope of the score, but only what is positive passes each ReLU: sharp lines "
    "of whatever speaks for the target. Sharp is not the same as true: see the sanity check.",
    settings=GuidedBackpropSettings,
)
def explain_guided(
    network: Network, specimen: Specimen, settings: GuidedBackpropSettings
) -> Iterator[AttributionFrame]:
    """Explain one specimen by guided backpropagation."""
    yield from attribution_frames(network, specimen, settings, _maps_by(guided_backprop))


@technique(
    name="deconvnet",
    title="Deconvnet",
    paper="Zeiler & Fergus 2013, Visualizing and Understanding Convolutional Networks, section 2.1",
    explanation="The network run backwards: maxima return to where they came from, and only what "
    "is positive passes each ReLU on the way.",
    settings=GuidedBackpropSettings,
)
def explain_deconvnet(
    network: Network, specimen: Specimen, settings: GuidedBackpropSettings
) -> Iterator[AttributionFrame]:
    """Explain one specimen by the deconvnet."""
    yield from attribution_frames(network, specimen, settings, _maps_by(deconvnet))
