"""Lesson 6: from logits to probabilities, and how wrong they are as one number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.lessons.lesson import Lesson, LessonError, Numbers, Task
from visualizer.engine.lessons.values import LARGEST, array_of, number_of
from visualizer.engine.settings import Settings, setting

if TYPE_CHECKING:
    from visualizer.engine.network import Network

LOGITS, TABLE, VALUES, NETWORK = "logits", "a table of answers", "plain values", "the open network"
FIRST = np.array([[5.0, 4.0, 3.0, 2.0, 1.0]])
"""The logits of the talk."""
CLASSES = ("cat", "dog", "horse")
ANSWERS = np.array([[0.71, 0.26, 0.03], [0.02, 0.0, 0.98], [0.49, 0.49, 0.02]])
"""Probabilities for three pictures; only those of the right classes, .71, .98 and .49, count."""
RIGHT = (0, 2, 1)
"""The right class of each picture: a cat, a horse, a dog."""
MEASURED = np.array([[3.0, 2.5], [1.0, 1.5], [4.0, 2.0]])
"""What was to be answered, and what was."""
SHOWN = 10
"""The strongest classes of the network that are shown."""
MOST_CLASSES = 50_000


@dataclass(frozen=True)
class SoftmaxSettings(Settings):
    """What is looked at."""

    of: str = setting(
        LOGITS,
        choices=(LOGITS, TABLE, VALUES, NETWORK),
        help="Scores to turn into probabilities, or answers to judge by a loss.",
    )
    temperature: float = setting(
        1.0,
        low=0.1,
        high=10.0,
        step=0.1,
        help="Divides the logits: low makes the strongest class surer, high makes all alike.",
    )


@dataclass(frozen=True, eq=False)
class SoftmaxState:
    """The numbers that are looked at.

    Attributes:
        given: logits (1 x K); or a row a picture (N x K probabilities); or a row an answer
            (N x 2: the true value and the answer).
        right: the right class of each row; none for plain values.
        names: of the classes.
        at: the term that was worked out last, -1 before the first.
        theirs: the network's own probabilities (K), where the logits are its own.
    """

    given: np.ndarray
    right: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    at: int = -1
    theirs: np.ndarray | None = None

    @property
    def shown(self) -> list[int]:
        """The columns that are shown: all, or the strongest of the network."""
        count = self.given.shape[1]
        if count <= SHOWN:
            return list(range(count))
        order = np.argsort(-self.given[0], kind="stable")
        return [int(each) for each in order[:SHOWN]]


class Softmax(Lesson[SoftmaxSettings, SoftmaxState]):
    """A step works out the next term: of the sum below the fraction, or of the loss.

    p = exp(z / T) / Σ exp(z / T). The loss of a class is -log p of the right one; of plain values
    it is the square of the error.
    """

    name = "softmax"
    title = "Softmax and loss"
    summary = "Scores become probabilities, and one number says how wrong they are."
    minutes = 12
    settings = SoftmaxSettings
    restarting = frozenset(("of",))
    formula = "pᵢ = exp(zᵢ / T) / Σⱼ exp(zⱼ / T)      loss = −log p of the right class"
    paper = (
        "Bridle (1990), *Probabilistic interpretation of feedforward classification network "
        "outputs*; Hinton, Vinyals & Dean (2015), *Distilling the knowledge in a neural network*."
    )
    explained_by = ("output-softmax", "output-sigmoid", "output-values")
    tasks = (
        Task(
            "Find a temperature at which the first of the logits 5, 4, 3, 2, 1 has more than 90%.",
            "The temperature divides the logits before anything else. Larger or smaller than 1?",
            "Below 1 the gaps between the logits grow, and at ½ the first has 86%. The order "
            "never changes: temperature makes an answer surer or less sure, not righter.",
            lambda run: (
                run.settings.of == LOGITS
                and np.array_equal(run.state.given, FIRST)
                and bool(softmax(run.state.given[0], run.settings.temperature)[0] > 0.9)
            ),
        ),
        Task(
            "Work out the loss of the three pictures: cat, horse and dog. Which costs most?",
            "Choose “a table of answers” and press Space.",
            "The dog: .49 is the least sure of the right answers. −log p is .34 + .02 + .71 = "
            "1.07, and only the probability of the right class counts.",
            lambda run: (
                run.settings.of == TABLE
                and run.state.at == len(RIGHT) - 1
                and np.array_equal(run.state.given, ANSWERS)
            ),
        ),
        Task(
            "What does it cost to be entirely sure of something wrong? Make the loss infinite.",
            "In the table, click a probability of a right class and write 0.",
            "−log 0 = ∞: a network that says “impossible” to the truth is punished without end. "
            "So a softmax never says 0, and Keras never takes the logarithm of less than "
            "a ten-millionth.",
            lambda run: run.settings.of == TABLE and math.isinf(float(losses(run.state).sum())),
        ),
    )

    def start(self, settings: SoftmaxSettings, seed: int) -> SoftmaxState:
        if settings.of == TABLE:
            return SoftmaxState(ANSWERS, RIGHT, CLASSES)
        if settings.of == VALUES:
            return SoftmaxState(MEASURED)
        count = FIRST.shape[1]
        return SoftmaxState(FIRST, (0,), tuple(f"class {each + 1}" for each in range(count)))

    def terms(self, state: SoftmaxState, settings: SoftmaxSettings) -> int:
        """Return how many steps there are."""
        if settings.of in (TABLE, VALUES):
            return len(state.given)
        return len(state.shown) + 1  # and the loss

    def step(self, state: SoftmaxState, settings: SoftmaxSettings) -> SoftmaxState:
        return replace(state, at=state.at + 1)

    def over(self, state: SoftmaxState, settings: SoftmaxSettings) -> bool:
        return state.at >= self.terms(state, settings) - 1

    def numbers(self, state: SoftmaxState, settings: SoftmaxSettings) -> Numbers:
        if settings.of == VALUES:
            rows = zip(*state.given.T.tolist(), losses(state).tolist(), strict=True)
            return ("true", "answer", "squared error"), list(rows)
        if settings.of == TABLE:
            return (*CLASSES, "right", "−log p"), [
                (*row, CLASSES[right], loss)
                for row, right, loss in zip(
                    state.given.tolist(), state.right, losses(state).tolist(), strict=True
                )
            ]
        logits = state.given[0]
        powers = exponentials(logits, settings.temperature)
        shares = softmax(logits, settings.temperature)
        header = ["class", "logit", "exp(z / T), the largest 1", "probability"]
        columns: list[Sequence[Any]] = [
            state.names,
            logits.tolist(),
            powers.tolist(),
            shares.tolist(),
        ]
        if state.theirs is not None:
            header.append("the network's own, at T = 1")
            columns.append(state.theirs.tolist())
        order = (
            np.argsort(-logits, kind="stable") if state.theirs is not None else range(len(logits))
        )
        return tuple(header), [tuple(column[i] for column in columns) for i in order]

    def to_values(self, state: SoftmaxState) -> Mapping[str, Any]:
        if state.theirs is not None:
            return {"at": state.at}  # its logits come from the picture
        return {"at": state.at, "given": state.given.tolist()}

    def from_values(
        self, values: Mapping[str, Any], settings: SoftmaxSettings, seed: int
    ) -> SoftmaxState:
        state = self.start(settings, seed)
        if not values:
            return state
        if settings.of == NETWORK:
            return replace(state, at=number_of(values, "at", -1, SHOWN))
        at = number_of(values, "at", -1, self.terms(state, settings) - 1)
        low, high = (0.0, 1.0) if settings.of == TABLE else (-LARGEST, LARGEST)
        return replace(
            state, at=at, given=array_of(values, "given", state.given.shape, low=low, high=high)
        )


def exponentials(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return exp(z / T) over that of the largest logit: in [0, 1], so that none overflows."""
    return np.exp((logits - logits.max()) / temperature)


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return probabilities (K, sum 1) of logits (K) at a temperature above 0."""
    powers = exponentials(logits, temperature)
    return powers / powers.sum()


def cross_entropy(probability: float) -> float:
    """Return -log p of the right class, the natural logarithm; infinity at 0."""
    return -math.log(probability) + 0.0 if probability > 0 else math.inf


def losses(state: SoftmaxState) -> np.ndarray:
    """Return the loss of each row of a table, N numbers: -log p, or the squared error."""
    if not state.right:
        return (state.given[:, 0] - state.given[:, 1]) ** 2
    rows = zip(state.given, state.right, strict=True)
    return np.array([cross_entropy(float(row[right])) for row, right in rows])


def with_cell(
    state: SoftmaxState, settings: SoftmaxSettings, place: tuple[int, int], value: float
) -> SoftmaxState:
    """Return a state with another number.

    Raises:
        LessonError: it is to be a probability and is not in [0, 1].
    """
    if settings.of == TABLE and not 0 <= value <= 1:
        raise LessonError("A probability lies between 0 and 1; write one like 0.2.")
    given = state.given.copy()
    given[place] = value
    return replace(state, given=given)


def of_network(network: Network, picture: np.ndarray) -> SoftmaxState:
    """Return the logits of a network for a picture; the strongest class counts as the right one.

    Args:
        network: the open one.
        picture: H x W x 3 in [0, 1], at the network's size.

    Raises:
        LessonError: it answers with other than a softmax of classes.
    """
    import keras

    x = keras.ops.convert_to_tensor(picture[None])
    logits, shares = (
        np.asarray(keras.ops.convert_to_numpy(each))[0]
        for each in (network.logits(x), network.probabilities(x))
    )
    return of_logits(logits, shares, [network.label(each) for each in range(logits.shape[-1])])


def of_logits(logits: np.ndarray, probabilities: np.ndarray, names: Sequence[str]) -> SoftmaxState:
    """Return the state of a network's own answer; see `of_network`.

    Args:
        logits: K.
        probabilities: K, what the network makes of them.
        names: K.

    Raises:
        LessonError: it is no softmax of several classes, or the logits are not finite.
    """
    logits, probabilities = np.asarray(logits, float), np.asarray(probabilities, float)
    if logits.ndim != 1 or not 2 <= len(logits) <= MOST_CLASSES or len(logits) != len(names):
        raise LessonError("This network does not answer with classes; choose another one.")
    if not np.isfinite(logits).all():
        raise LessonError("The logits of this network are not finite; choose another picture.")
    if np.abs(softmax(logits) - probabilities).max() > 1e-3:
        raise LessonError("This network answers without a softmax; choose another one.")
    right = (int(logits.argmax()),)
    return SoftmaxState(logits[None], right, tuple(names), theirs=probabilities)
