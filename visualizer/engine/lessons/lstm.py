"""A recurrent network that reads letters: one layer of LSTM and a softmax, in NumPy.

Hochreiter & Schmidhuber (1997), with the forget gate of Gers, Schmidhuber & Cummins (2000). Gates
are in the order of Keras (input, forget, candidate, output): the weights fit `keras.layers.LSTM`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

SMALL = 2**18
"""Multiplications of a product of matrices that BLAS does in one thread."""


class Weights(NamedTuple):
    """Of A letters and H units, float32; views of one vector, see `weights_of`.

    Attributes:
        kernel: A x 4H, from the letter that is read.
        recurrent: H x 4H, from the units one letter before.
        bias: 4H.
        output: H x A, to the next letter.
        output_bias: A.
    """

    kernel: np.ndarray
    recurrent: np.ndarray
    bias: np.ndarray
    output: np.ndarray
    output_bias: np.ndarray

    @property
    def units(self) -> int:
        """H."""
        return len(self.recurrent)

    @property
    def letters(self) -> int:
        """A."""
        return len(self.kernel)


class Memory(NamedTuple):
    """What is remembered of the letters before: of one text (H) or of several (B x H).

    Attributes:
        units: the outputs of the units, in [-1, 1].
        cells: their cells, which are not bounded.
    """

    units: np.ndarray
    cells: np.ndarray


@dataclass(frozen=True, eq=False)
class Gradient:
    """Where the weights are to go, and how far they are.

    Attributes:
        loss: the mean of -ln p(the next letter), in nats.
        slopes: of the mean loss, in the shapes of the weights.
        vector: the same in one vector.
        memory: after the last letter.
    """

    loss: float
    slopes: Weights
    vector: np.ndarray
    memory: Memory


def shapes(letters: int, units: int) -> list[tuple[int, ...]]:
    """Return the shapes of the five arrays of weights, in their order."""
    return [
        (letters, 4 * units),
        (units, 4 * units),
        (4 * units,),
        (units, letters),
        (letters,),
    ]


def size_of(letters: int, units: int) -> int:
    """Return how many weights there are."""
    return sum(int(np.prod(shape)) for shape in shapes(letters, units))


def weights_of(vector: np.ndarray, letters: int, units: int) -> Weights:
    """Return the weights as views of one vector of `size_of(letters, units)` numbers."""
    parts, start = [], 0
    for shape in shapes(letters, units):
        end = start + int(np.prod(shape))
        parts.append(vector[start:end].reshape(shape))
        start = end
    return Weights(*parts)


def random_weights(letters: int, units: int, random: np.random.Generator) -> np.ndarray:
    """Return weights to begin with, as one vector of float32.

    Uniform in ±√(3 / inputs); the forget gates begin open (bias 1; Jozefowicz et al. 2015).
    """
    vector = np.zeros(size_of(letters, units), np.float32)
    weights = weights_of(vector, letters, units)
    for array in (weights.kernel, weights.recurrent, weights.output):
        reach = np.sqrt(3 / (letters if array is weights.kernel else units)) / 2
        array[:] = random.uniform(-reach, reach, array.shape)
    weights.bias[units : 2 * units] = 1
    return vector


def no_memory(weights: Weights, texts: int | None = None) -> Memory:
    """Return the memory before the first letter: zeros."""
    shape = (weights.units,) if texts is None else (texts, weights.units)
    return Memory(np.zeros(shape, np.float32), np.zeros(shape, np.float32))


def read(weights: Weights, memory: Memory, letter: int) -> Memory:
    """Return the memory after one more letter of one text."""
    # One vector is too little to share out among the threads of BLAS, which wait for each other.
    inputs = np.einsum("h,hk->k", memory.units, weights.recurrent)
    inputs += weights.kernel[letter] + weights.bias
    count = weights.units
    gate = _sigmoid(inputs)
    candidate = np.tanh(inputs[2 * count : 3 * count])
    cells = gate[count : 2 * count] * memory.cells + gate[:count] * candidate
    return Memory(gate[3 * count :] * np.tanh(cells), cells)


def logits(weights: Weights, memory: Memory) -> np.ndarray:
    """Return how much each letter is expected next: A numbers, softmax makes them probabilities."""
    scores: np.ndarray = np.einsum("h,ha->a", memory.units, weights.output)
    return scores + weights.output_bias


def probabilities(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return softmax(logits / T): float64, sum 1. T → 0 takes the largest."""
    scaled = np.asarray(logits, float) / max(temperature, 1e-6)
    powers = np.exp(scaled - scaled.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def gradient(
    weights: Weights,
    memory: Memory,
    letters: np.ndarray,
    kept: np.ndarray | None = None,
) -> Gradient:
    """Return the loss of predicting texts and its slopes, by backpropagation through time.

    The gradient ends at the first letter ("truncated"; Williams & Peng 1990).

    Args:
        weights: of the network.
        memory: of the B texts before their first letter.
        letters: (T + 1) x B whole numbers: T are read, and each is to predict the next.
        kept: T x B x H factors of what the output sees of the units, for dropout.
    """
    read_letters, following = letters[:-1], letters[1:]
    trace = _read_all(weights, memory, read_letters)
    steps, texts, count = trace.bent.shape
    seen = trace.units[1:] if kept is None else trace.units[1:] * kept
    scores = seen @ weights.output + weights.output_bias
    scores -= scores.max(2, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(2, keepdims=True)
    places = np.arange(steps)[:, None], np.arange(texts), following
    loss = -float(np.log(scores[places] + 1e-30).mean())
    scores[places] -= 1
    scores /= steps * texts

    vector = np.empty(size_of(weights.letters, count), weights.kernel.dtype)
    slopes = weights_of(vector, weights.letters, count)
    slopes.output[:] = _products(seen, scores)
    scores.sum((0, 1), out=slopes.output_bias)
    by_units = scores @ weights.output.T
    if kept is not None:
        by_units *= kept
    slope = _back(weights, trace, by_units)
    slopes.recurrent[:] = _products(trace.units[:-1], slope)
    slope.sum((0, 1), out=slopes.bias)
    slopes.kernel[:] = _products(np.eye(weights.letters, dtype=slope.dtype)[read_letters], slope)
    after = Memory(trace.units[-1].copy(), trace.cells[-1].copy())
    return Gradient(loss, slopes, vector, after)


class _Trace(NamedTuple):
    """What reading T letters of B texts leaves: its arrays are T x B x ..., or one longer."""

    gates: np.ndarray
    cells: np.ndarray
    bent: np.ndarray  # tanh of the cells
    units: np.ndarray


def _read_all(weights: Weights, memory: Memory, letters: np.ndarray) -> _Trace:
    (steps, texts), count, kind = letters.shape, weights.units, weights.kernel.dtype
    gates = np.empty((steps, texts, 4 * count), kind)
    cells = np.empty((steps + 1, texts, count), kind)
    bent = np.empty((steps, texts, count), kind)
    units = np.empty((steps + 1, texts, count), kind)
    units[0], cells[0] = memory
    with_bias = weights.kernel + weights.bias
    for step in range(steps):
        gate = gates[step]
        np.matmul(units[step], weights.recurrent, out=gate)
        gate += with_bias[letters[step]]
        candidate = np.tanh(gate[:, 2 * count : 3 * count])
        gate *= 0.5  # the logistic function is (1 + tanh(x / 2)) / 2, and tanh is fast
        np.tanh(gate, out=gate)
        gate += 1
        gate *= 0.5
        gate[:, 2 * count : 3 * count] = candidate
        np.multiply(gate[:, count : 2 * count], cells[step], out=cells[step + 1])
        cells[step + 1] += gate[:, :count] * candidate
        np.tanh(cells[step + 1], out=bent[step])
        np.multiply(gate[:, 3 * count :], bent[step], out=units[step + 1])
    return _Trace(gates, cells, bent, units)


def _back(weights: Weights, trace: _Trace, by_units: np.ndarray) -> np.ndarray:
    """Return the slopes by what goes into the gates, T x B x 4H; the trace is used up."""
    gates, cells, bent, _ = trace
    steps, _, count = bent.shape
    later_units, later_cells = np.zeros_like(bent[0]), np.zeros_like(bent[0])
    for step in reversed(range(steps)):
        gate = gates[step]
        taken, forget = gate[:, :count], gate[:, count : 2 * count]
        candidate, out = gate[:, 2 * count : 3 * count], gate[:, 3 * count :]
        by_unit = by_units[step]
        by_unit += later_units
        by_cell = by_unit * out * (1 - bent[step] ** 2)
        by_cell += later_cells
        later_cells = by_cell * forget
        slope = gate * (1 - gate)  # of the logistic function
        slope[:, :count] *= by_cell * candidate
        slope[:, count : 2 * count] *= by_cell * cells[step]
        slope[:, 2 * count : 3 * count] = by_cell * taken * (1 - candidate**2)
        slope[:, 3 * count :] *= by_unit * bent[step]
        gates[step] = slope
        later_units = slope @ weights.recurrent.T
    return gates


def _products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the sum of left[t]ᵀ right[t], of T x B x M and T x B x N.

    Small ones step by step, as the threads of BLAS wait for each other where there is little to
    share out.
    """
    (_, texts, rows), columns = left.shape, right.shape[2]
    if texts * rows * columns > SMALL:
        return left.reshape(-1, rows).T @ right.reshape(-1, columns)
    return np.matmul(left.transpose(0, 2, 1), right).sum(0)


class Adam:
    """Kingma & Ba (2015) on one vector of weights, which is changed in place.

    Args:
        count: of weights.
        most: the length that a gradient is cut to (Pascanu et al. 2013).
    """

    def __init__(self, count: int, most: float = 5.0) -> None:
        self.most = most
        self.updates = 0
        self.mean = np.zeros(count, np.float32)
        self.square = np.zeros(count, np.float32)

    def copy(self) -> Adam:
        """Return another one that goes on from here."""
        other = Adam(len(self.mean), self.most)
        other.updates = self.updates
        other.mean[:], other.square[:] = self.mean, self.square
        return other

    def update(self, weights: np.ndarray, slopes: np.ndarray, rate: float) -> None:
        """Go one step down the slopes (which are overwritten)."""
        length = float(np.sqrt(np.dot(slopes, slopes)))
        if length > self.most:
            slopes *= self.most / length
        self.updates += 1
        self.mean += 0.1 * (slopes - self.mean)
        slopes *= slopes
        self.square += 0.001 * (slopes - self.square)
        step = rate * np.sqrt(1 - 0.999**self.updates) / (1 - 0.9**self.updates)
        np.sqrt(self.square, out=slopes)
        slopes += 1e-8
        np.divide(self.mean, slopes, out=slopes)
        slopes *= np.float32(step)
        weights -= slopes


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * values)
