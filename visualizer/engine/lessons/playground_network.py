"""A multilayer perceptron whose weights are one flat array, trained with little between the calls.

With layers of eight neurons the arithmetic takes less time than the calls to NumPy, so there are
as few of these as can be: biases are a column of the weights, as each layer has a neuron that is
always 1; the activations of all layers lie in one buffer, so that all slopes are one call, as is
the update of all weights; nothing is allocated in a batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from visualizer.engine.lessons.functions import FUNCTIONS, Function


@dataclass(frozen=True)
class Shape:
    """The layers of a network.

    Attributes:
        sizes: neurons of each layer, from the features to the output, without the constant ones.
        activation: of the hidden layers, a name of `FUNCTIONS`.
        output: of the output.
    """

    sizes: tuple[int, ...]
    activation: str
    output: str

    @property
    def weights(self) -> int:
        """How many weights there are, with biases."""
        return sum((a + 1) * b for a, b in zip(self.sizes, self.sizes[1:], strict=False))

    def matrices(self, flat: np.ndarray) -> list[np.ndarray]:
        """Return views of each layer's weights, out x (in + 1); the last column is the bias."""
        views, start = [], 0
        for a, b in zip(self.sizes, self.sizes[1:], strict=False):
            views.append(flat[start : start + (a + 1) * b].reshape(b, a + 1))
            start += (a + 1) * b
        return views

    def place(self, layer: int, neuron: int, source: int) -> int:
        """Return where a weight stands in the flat array."""
        before = Shape(self.sizes[: layer + 1], self.activation, self.output).weights
        return before + neuron * (self.sizes[layer] + 1) + source

    def functions(self) -> list[Function]:
        """Return the activation of each layer but the features."""
        hidden = [FUNCTIONS[self.activation]] * (len(self.sizes) - 2)
        return [*hidden, FUNCTIONS[self.output]]


class _Buffers:
    """All that a batch of one size needs: activations and slopes are units x batch."""

    def __init__(self, shape: Shape, weights: np.ndarray, slopes: np.ndarray, batch: int) -> None:
        sizes = shape.sizes[1:]
        rows = [0, *np.cumsum([size + 1 for size in sizes])]
        self.values = np.ones((rows[-1], batch))
        self.derivatives = np.empty_like(self.values)
        self.hidden = len(sizes) - 1
        last = rows[self.hidden]
        self.hidden_values, self.hidden_slopes = self.values[:last], self.derivatives[:last]
        self.output, self.output_slope = self.values[last : last + 1], np.empty((1, batch))
        deltas = [np.empty((size, batch)) for size in sizes]
        functions, matrices = shape.functions(), shape.matrices(weights)
        gradients = shape.matrices(slopes)
        values = [self.values[a : a + size] for a, size in zip(rows, sizes, strict=False)]
        with_one = [self.values[a : a + size + 1] for a, size in zip(rows, sizes, strict=False)]
        self.first = matrices[0], values[0], functions[0].apply
        self.forward = [
            (matrices[n], with_one[n - 1], values[n], functions[n].apply)
            for n in range(1, len(sizes))
        ]
        self.backward = [
            (
                deltas[n],
                with_one[n - 1].T,
                gradients[n],
                matrices[n][:, :-1].T,
                deltas[n - 1],
                self.derivatives[rows[n - 1] : rows[n - 1] + sizes[n - 1]],
            )
            for n in range(len(sizes) - 1, 0, -1)
        ]
        self.first_delta, self.first_gradient = deltas[0], gradients[0]
        self.last_delta = deltas[-1]
        self.inner, self.outer = functions[0], functions[-1]

    def gradient(self, features: np.ndarray, targets: np.ndarray) -> None:
        """Write the slope of the sum of (output - target)² / 2 into the slopes."""
        dot, multiply = np.dot, np.multiply
        matrix, out, apply = self.first
        dot(matrix, features.T, out)
        apply(out, out)
        for matrix, before, out, apply in self.forward:
            dot(matrix, before, out)
            apply(out, out)
        np.subtract(self.output, targets, self.last_delta)
        self.outer.slope_at(self.output, self.output_slope)
        multiply(self.last_delta, self.output_slope, self.last_delta)
        if self.hidden:
            self.inner.slope_at(self.hidden_values, self.hidden_slopes)
        for delta, before, gradient, turned, delta_before, slope in self.backward:
            dot(delta, before, gradient)
            dot(turned, delta, delta_before)
            multiply(delta_before, slope, delta_before)
        dot(self.first_delta, features, self.first_gradient)


def train(
    shape: Shape,
    weights: np.ndarray,
    features: np.ndarray,
    targets: np.ndarray,
    *,
    batch: int,
    rate: float,
    l1: float = 0.0,
    l2: float = 0.0,
    random: np.random.Generator,
) -> np.ndarray:
    """Return the weights after one pass over all points in random order, in batches.

    Args:
        shape: of the network.
        weights: flat, float64; not written to.
        features: N x (F + 1), the last of each is 1.
        targets: N.
        batch: points a step; the last of a pass may have fewer.
        rate: the learning rate, of the mean gradient of a batch.
        l1: moves every weight but the biases by rate * l1 towards 0, and not beyond.
        l2: adds l2 times the weight to its slope, but not for biases.
        random: gives the order.
    """
    weights, slopes = weights.copy(), np.empty_like(weights)
    order = random.permutation(len(features))
    features, targets = features[order], targets[order]
    whole = len(features) // batch * batch
    plan = [(start, start + batch) for start in range(0, whole, batch)]
    buffers = _Buffers(shape, weights, slopes, batch) if plan else None
    rest = len(features) - whole
    steps = [(buffers, a, b) for a, b in plan]
    if rest:
        steps.append((_Buffers(shape, weights, slopes, rest), whole, len(features)))
    decayed = None
    if l1 or l2:
        decayed = np.ones_like(weights)
        for view in shape.matrices(decayed):
            view[:, -1] = 0
    with np.errstate(all="ignore"):  # what is no number is found by the lesson
        for at, start, end in steps:
            assert at is not None
            at.gradient(features[start:end], targets[start:end])
            slopes *= rate / (end - start)
            if decayed is not None:
                slopes += rate * l2 * decayed * weights
            weights -= slopes
            if decayed is not None and l1:
                np.copyto(
                    weights,
                    np.sign(weights) * np.maximum(np.abs(weights) - rate * l1 * decayed, 0),
                )
    return weights


def gradient(
    shape: Shape, weights: np.ndarray, features: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """Return the slope of the mean of (output - target)² / 2 by every weight, flat."""
    slopes = np.zeros_like(weights)
    _Buffers(shape, weights, slopes, len(features)).gradient(features, targets)
    return slopes / len(features)


def activations(shape: Shape, weights: np.ndarray, features: np.ndarray) -> list[np.ndarray]:
    """Return the activations of every layer after the features, each units x N."""
    layers: list[np.ndarray] = []
    values = features.T
    with np.errstate(all="ignore"):
        for matrix, function in zip(shape.matrices(weights), shape.functions(), strict=True):
            if layers:
                values = np.vstack([values, np.ones(values.shape[1])])
            values = function(matrix @ values)
            layers.append(values)
    return layers


def predict(shape: Shape, weights: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Return the output for features (N x (F + 1)): N."""
    return activations(shape, weights, features)[-1][0]


def first_weights(shape: Shape, seed: int, scales: np.ndarray) -> np.ndarray:
    """Return random weights: normal with variance 1 / inputs, doubled for ReLU; biases are 0.

    Those of a feature are divided by its usual size (`scales`), so that x² does not drown x.

    He et al. (2015), *Delving deep into rectifiers*; LeCun et al. (1998), *Efficient BackProp*.
    """
    random = np.random.default_rng((seed, 0))
    weights = np.zeros(shape.weights)
    gain = 2.0 if shape.activation == "ReLU" else 1.0
    for view in shape.matrices(weights):
        b, a = view.shape[0], view.shape[1] - 1
        view[:, :-1] = random.normal(0, np.sqrt(gain / max(a, 1)), (b, a))
    shape.matrices(weights)[0][:, :-1] /= scales
    return weights
