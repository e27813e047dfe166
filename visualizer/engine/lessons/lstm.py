"""A recurrent network that reads letters: one layer of LSTM and a softmax, in NumPy.

Hochreiter & Schmidhuber (1997), with the forget gate of Gers, Schmidhuber & Cummins (2000). Gates
are in the order of Keras (input, forget, candidate, output), so that weights fit `keras.layers.LSTM`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


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
    inputs = weights.kernel[letter] + weights.bias + memory.units @ weights.recurrent
    count = weights.units
    gate = _sigmoid(inputs)
    candidate = np.tanh(inputs[2 * count : 3 * count])
    cells = gate[count : 2 * count] * memory.cells + gate[:count] * candidate
    return Memory(gate[3 * count :] * np.tanh(cells), cells)


def logits(weights: Weights, memory: Memory) -> np.ndarray:
    """Return how much each letter is expected next: A numbers, softmax makes them probabilities."""
    return memory.units @ weights.output + weights.output_bias


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
    steps, texts = read_letters.shape
    count, kind = weights.units, weights.kernel.dtype
    gates = np.empty((steps, texts, 4 * count), kind)
    cells = np.empty((steps + 1, texts, count), kind)
    bent = np.empty((steps, texts, count), kind)  # tanh of the cells
    units = np.empty((steps + 1, texts, count), kind)
    units[0], cells[0] = memory
    with_bias = weights.kernel + weights.bias
    for step in range(steps):
        gate = gates[step]
        np.matmul(units[step], weights.recurrent, out=gate)
        gate += with_bias[read_letters[step]]
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

    seen = units[1:] if kept is None else units[1:] * kept
    seen = seen.reshape(-1, count)
    scores = seen @ weights.output + weights.output_bias
    scores -= scores.max(1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(1, keepdims=True)
    places = np.arange(len(scores)), following.reshape(-1)
    loss = -float(np.log(scores[places] + 1e-30).mean())
    scores[places] -= 1
    scores /= len(scores)

    vector = np.empty(size_of(weights.letters, count), kind)
    slopes = weights_of(vector, weights.letters, count)
    np.matmul(seen.T, scores, out=slopes.output)
    scores.sum(0, out=slopes.output_bias)
    by_units = (scores @ weights.output.T).reshape(steps, texts, count)
    if kept is not None:
        by_units *= kept
    later_units = np.zeros((texts, count), kind)
    later_cells = np.zeros((texts, count), kind)
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
    slope = gates.reshape(-1, 4 * count)
    np.matmul(units[:-1].reshape(-1, count).T, slope, out=slopes.recurrent)
    slope.sum(0, out=slopes.bias)
    one_hot = np.zeros((weights.letters, len(slope)), kind)
    one_hot[read_letters.reshape(-1), np.arange(len(slope))] = 1
    np.matmul(one_hot, slope, out=slopes.kernel)
    return Gradient(loss, slopes, vector, Memory(units[-1].copy(), cells[-1].copy()))


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
