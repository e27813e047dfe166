"""What an attack may ask of a network: scores of a batch, and gradients of them in pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine import backend
from visualizer.engine.errors import UserError

if TYPE_CHECKING:
    from visualizer.engine.network import Network


FAR_BELOW = -1e30
"""A score whose exponential is zero."""


class Oracle:
    """The scores of a network and their gradients, compiled once and kept with the network.

    Pictures are float32, N x H x W x 3 in [0, 1], at the network's size. Gradients are of pixels:
    the preprocessing is inside. Attacks use logits, never a saturated softmax.
    """

    def __init__(self, network: Network) -> None:
        import keras

        ops = keras.ops

        def logits(x):
            return network.logits(x)

        def cross_entropy(x, labels):
            scores = network.logits(x)
            chosen = ops.take_along_axis(scores, labels[:, None], axis=1)
            itself = ops.one_hot(labels, scores.shape[-1]) > 0
            others = ops.where(itself, FAR_BELOW, scores - chosen)
            # log(1 + sum exp(others)): the same as -log softmax, but where the network is so sure
            # that its softmax rounds to 1, this still has the right slope.
            return ops.sum(ops.softplus(ops.logsumexp(others, axis=1))), scores

        def weighted_sum(x, weights):
            scores = network.logits(x)
            return ops.sum(scores * weights), scores

        self._logits = backend.compiled(logits)
        self._cross_entropy = backend.value_and_gradient(cross_entropy)
        self._weighted_sum = backend.value_and_gradient(weighted_sum)
        self.size = network.size

    @staticmethod
    def of(network: Network) -> Oracle:
        """The oracle of a network, made at the first call.

        Raises:
            UserError: the network does not answer with two classes or more.
        """
        known = network.__dict__.get("_oracle")
        if known is None:
            shape = network.stages[-1].shape
            if len(shape) != 1 or shape[0] < 2:
                raise UserError(
                    f"{network.title} answers with {'x'.join(map(str, shape))} numbers, not with "
                    "two classes or more, so there is no answer to change; open a classifier."
                )
            known = network.__dict__["_oracle"] = Oracle(network)
        return known

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Scores before the softmax, N x K."""
        return self._logits(x)

    def cross_entropy(self, x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(scores N x K, gradient of the cross entropy with `labels` N, shaped as x).

        Pictures do not influence each other, so the gradient of the sum is that of each.
        """
        (_, scores), gradient = self._cross_entropy(x, np.asarray(labels, np.int32))
        return scores, gradient

    def weighted_sum(self, x: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(scores N x K, gradient of sum(weights * scores), shaped as x); `weights` is N x K."""
        (_, scores), gradient = self._weighted_sum(x, weights)
        return scores, gradient


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of each row of scores, in float64 so that nothing saturates early."""
    scores = logits.astype(np.float64)
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
