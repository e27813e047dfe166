"""A network that sees grey alone is climbed and attacked in grey: colours that it cannot tell apart
are not made up.

Grey is a weighted mean of red, green and blue, so by its gradient the pixels would turn green.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine import backend

if TYPE_CHECKING:
    from visualizer.engine.network import Network


def sees_grey(network: Network) -> bool:
    """Whether the network sees no colours."""
    return network.channels == 1


def pixel_gradient(
    network: Network, function: Callable[..., Any], any_size: bool = False
) -> Callable[..., Any]:
    """`backend.value_and_gradient` of a function of pictures N x H x W x 3 and a network's answers.

    For a network that sees grey the gradient is its part along grey: all three channels alike.
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
    """Noise ... x 3 as the network can see it: that of the first channel in all three, if grey."""
    return noise[..., :1].repeat(3, -1) if sees_grey(network) else noise
