"""A network as attacks use it: logits of a batch and their gradients with respect to pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine import backend
from visualizer.engine.errors import UserError
from visualizer.engine.grey import pixel_gradient, sees_grey

if TYPE_CHECKING:
    from visualizer.engine.network import Network


FAR_BELOW = -1e30
"""A logit whose exponential is zero in float32."""


class AttackError(UserError):
    """An attack that cannot go on."""


class DifferentiableModel:
    """The scores of a network and their gradients, compiled once and kept with the network.

    Pictures are float32, N x H x W x 3 in [0, 1], at the network's size. Gradients are with respect
    to pixels, through the preprocessing, and of logits. A network with one output for two classes
    has the logits (0, s). Gradients of a greyscale network are the same in all three channels.

    Attributes:
        classes: number of classes, K.
        title: of the network.
        grey: whether the network takes greyscale pictures.

    Raises:
        UserError: the network does not tell two classes or more apart.
    """

    def __init__(self, network: Network) -> None:
        import keras

        ops = keras.ops
        last = network.stages[-1]
        *places, units = last.shape
        answers = 2 if units == 1 and len(network.classes) == 2 else units
        if any(side != 1 for side in places) or answers < 2:
            numbers = "x".join(map(str, (*places, units)))
            raise UserError(
                f"{network.title} answers with {numbers} number{'s' * (numbers != '1')}, not "
                "with two classes or more, so there is no answer to change; open a classifier."
            )
        binary = last.units == 1
        self.classes = 2 if binary else last.units
        self.title = network.title
        self.grey = sees_grey(network)
        self._independent_outputs = last.activation == "sigmoid" and not binary

        def logits(x: Any) -> Any:
            scores = network.logits(x)
            return ops.concatenate([ops.zeros_like(scores), scores], axis=1) if binary else scores

        def cross_entropy(x: Any, labels: Any) -> Any:
            scores = logits(x)
            itself = ops.one_hot(labels, self.classes)
            chosen = ops.sum(scores * itself, axis=1, keepdims=True)
            others = ops.where(itself > 0, FAR_BELOW, scores - chosen)
            # log(1 + sum exp(others)) equals -log softmax, but its gradient does not vanish where
            # the softmax rounds to 1.
            return ops.sum(ops.softplus(ops.logsumexp(others, axis=1))), scores

        def weighted_sum(x: Any, weights: Any) -> Any:
            scores = logits(x)
            return ops.sum(scores * weights), scores

        self._logits = backend.compiled(logits, variables=network.model.variables)
        self._cross_entropy = pixel_gradient(network, cross_entropy)
        self._weighted_sum = pixel_gradient(network, weighted_sum)

    @staticmethod
    def of(network: Network) -> DifferentiableModel:
        """The differentiable model of a network, compiled at the first call and kept with it.

        Raises:
            UserError: the network does not tell two classes or more apart.
        """
        return network.cached(DifferentiableModel, lambda: DifferentiableModel(network))

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Scores before the softmax or sigmoid, N x K."""
        return self._logits(x)

    def finite_logits(self, x: np.ndarray) -> np.ndarray:
        """As `logits`, but checked.

        Raises:
            AttackError: some scores are NaN or infinite.
        """
        scores = self.logits(x)
        if not np.isfinite(scores).all():
            raise AttackError(
                f"{self.title} gives no numbers for this picture (NaN), so there is no slope to "
                "follow; check the network's weights."
            )
        return scores

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """The network's own probabilities for its scores, N x K in float64.

        Those of a network that ends in a sigmoid are independent and need not sum to 1.
        """
        if not self._independent_outputs:
            return softmax(scores)
        return np.exp(-np.logaddexp(0, -scores.astype(np.float64)))

    def cross_entropy(self, x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(scores N x K, gradient of the cross entropy with `labels` N, shaped as x).

        Pictures do not influence each other, so the gradient of the sum is that of each.

        Raises:
            AttackError: the gradient is no number (NaN) or infinite.
        """
        (_, scores), gradient = self._cross_entropy(x, np.asarray(labels, np.int32))
        return scores, self._finite(gradient)

    def weighted_sum(self, x: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(scores N x K, gradient of sum(weights * scores), shaped as x); `weights` is N x K.

        Raises:
            AttackError: the gradient is no number (NaN) or infinite.
        """
        (_, scores), gradient = self._weighted_sum(x, weights)
        return scores, self._finite(gradient)

    def _finite(self, gradient: np.ndarray) -> np.ndarray:
        if not np.isfinite(gradient).all():
            raise AttackError(
                f"The slope of {self.title} is undefined at this picture, as that of a square root "
                "is at 0, so no attack can follow it; try noise, which needs no slope."
            )
        return gradient


def per_class(answer: np.ndarray) -> np.ndarray:
    """Probabilities N x K of a network's output; an output N x 1 is that of the second class."""
    return np.hstack([1 - answer, answer]) if answer.shape[1] == 1 else answer


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of each row of scores, in float64 so that nothing saturates early."""
    scores: Any = logits.astype(np.float64)
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
