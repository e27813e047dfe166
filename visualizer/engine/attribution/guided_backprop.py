"""Guided backpropagation and the deconvnet: other ways for a gradient to pass a ReLU.

Going back through y = max(x, 0), the gradient g becomes
    the true one           g where x > 0                (the gradient)
    deconvnet              g where g > 0                (Zeiler & Fergus 2013, section 2.1)
    guided backpropagation g where x > 0 and g > 0      (Springenberg et al. 2014, section 3.4)
Max pooling sends its gradient back to where the maximum was: the deconvnet's switches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from visualizer.engine.attribution.target import Gradient
from visualizer.engine.network import Network
from visualizer.engine.objective import Target


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
