"""Gradients and noise for greyscale networks.

Grey is a weighted mean of red, green and blue, so its gradient would tint the pixels green; the
mean over the channels keeps pictures grey.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine import backend

if TYPE_CHECKING:
    from visualizer.engine.network import Network


def sees_grey(network: Network) -> bool:
    """Whether the network takes greyscale pictures."""
    return network.channels == 1


def pixel_gradient(
    network: Network, function: Callable[..., Any], any_size: bool = False
) -> Callable[..., Any]:
    """`backend.value_and_gradient` of a function of pictures N x H x W x 3 through a network.

    For a greyscale network the gradient is averaged over the channels.
    """
    variables = network.model.variables
    compiled = backend.value_and_gradient(function, variables=variables, any_size=any_size)
    if not sees_grey(network):
        return compiled

    def in_grey(*arguments: Any) -> tuple[Any, np.ndarray]:
        value, gradient = compiled(*arguments)
        return value, gradient.mean(-1, keepdims=True).repeat(3, -1)

    return in_grey


def noise_for(network: Network, noise: np.ndarray) -> np.ndarray:
    """The noise (... x 3); for a greyscale network its first channel in all three."""
    return noise[..., :1].repeat(3, -1) if sees_grey(network) else noise
