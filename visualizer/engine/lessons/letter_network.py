"""Networks that write letter by letter: those that come with the program, and small own ones."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from visualizer.engine.lessons import lstm
from visualizer.engine.lessons.books import plain
from visualizer.engine.lessons.lesson import LessonError
from visualizer.engine.lessons.shipped import read_arrays
from visualizer.engine.lessons.small_weights import restored
from visualizer.engine.resources import pretrained

KEPT_PASSES = (1, 2, 4, 8, 17)
"""After which the weights were kept."""
MOST_KINDS = 120
"""Of letters."""
MOST_UNITS = 1024
FEWEST_LETTERS, MOST_LETTERS = 300, 200_000
"""Of a text to learn from."""
OWN_UNITS = 48
TEXTS, LETTERS = 16, 40
"""Places of an own text that are read at once, and letters of each, in an update."""
UPDATES = 10
"""A step."""
MOST_UPDATES = 3000
RATE = 5e-3


@dataclass(frozen=True, eq=False)
class LetterNetwork:
    """An LSTM with its alphabet."""

    alphabet: str
    weights: lstm.Weights

    @cached_property
    def places(self) -> dict[str, int]:
        """The number of each letter."""
        return {letter: place for place, letter in enumerate(self.alphabet)}

    def read(self, memory: lstm.Memory, text: str) -> Iterator[lstm.Memory]:
        """Yield the memory after each letter of a text.

        Raises:
            LessonError: it was trained without one of them.
        """
        for letter in text:
            if letter not in self.places:
                raise LessonError(f"The network has never read the letter “{letter}”.")
            memory = lstm.read(self.weights, memory, self.places[letter])
            yield memory

    def fresh(self) -> lstm.Memory:
        """The memory after the end of a paragraph, with which a text begins."""
        beginning = "".join(each for each in ".\n\n" if each in self.places)
        memory = lstm.no_memory(self.weights)
        return deque(self.read(memory, beginning), maxlen=1).pop() if beginning else memory

    def chances(self, memory: lstm.Memory, temperature: float) -> np.ndarray:
        """Return how likely each letter of the alphabet is next."""
        return lstm.probabilities(lstm.logits(self.weights, memory), temperature)


@dataclass(frozen=True)
class Pass:
    """The network after a whole reading of the book.

    Attributes:
        number: of the reading, from 1.
        held_out: the mean of -ln p(next letter) on a part that it has not read, in nats.
        text: that it wrote then.
    """

    number: int
    held_out: float
    text: str


@lru_cache(len(KEPT_PASSES))
def after_pass(number: int) -> LetterNetwork:
    """Return the network that comes with the program as it was after some passes.

    Raises:
        LessonError: it is missing or damaged.
    """
    return read_network(pretrained() / "letters" / "letters.npz", number)


def read_network(path: Path, number: int) -> LetterNetwork:
    """Read a network as `pretrained/letters/train.py` writes it.

    Raises:
        LessonError: the file is missing or damaged.
    """
    matrices = ("kernel", "recurrent", "output")
    names = [f"{number}/{name}" for name in lstm.Weights._fields]
    scales = [f"{number}/{name}/scales" for name in matrices]
    arrays = read_arrays(path, ["alphabet", *names, *scales])
    alphabet = arrays["alphabet"]
    kinds, units = len(alphabet), len(arrays[names[1]])
    good = alphabet.ndim == 1 and alphabet.dtype == np.dtype("<U1")
    if not good or not 0 < kinds <= MOST_KINDS or not 0 < units <= MOST_UNITS:
        raise LessonError(f"“{path}” is damaged; install the program again.")
    vector = np.empty(lstm.size_of(kinds, units), np.float32)
    weights = lstm.weights_of(vector, kinds, units)
    for field, array in weights._asdict().items():
        given = arrays[f"{number}/{field}"]
        if given.shape != array.shape:
            raise LessonError(f"“{path}” is damaged; install the program again.")
        array[:] = (
            restored(given, arrays[f"{number}/{field}/scales"]) if field in matrices else given
        )
    if not np.isfinite(vector).all():
        raise LessonError(f"“{path}” is damaged; install the program again.")
    return LetterNetwork("".join(alphabet.tolist()), weights)


@lru_cache(1)
def passes() -> tuple[Pass, ...]:
    """Return what the card says of each pass.

    Raises:
        LessonError: the card is missing or damaged.
    """
    path = pretrained() / "letters" / "card.json"
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        return tuple(
            Pass(int(row["pass"]), float(row["held_out"]), str(row["text"]))
            for row in card["passes"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise LessonError(f"“{path}” cannot be read; install the program again.") from None


@dataclass(frozen=True, eq=False)
class Learner:
    """A small network that learns from a text of one's own.

    Attributes:
        text: that it learns from.
        letters: the same as numbers.
        network: as it is now; its weights are views of `vector`.
        vector: all weights.
        adam: the optimizer's state.
        memory: of the places that are read.
        seed: of its first weights.
        loss: the mean of -ln p of the last step, in nats; NaN before the first.
    """

    text: str
    letters: np.ndarray
    network: LetterNetwork
    vector: np.ndarray
    adam: lstm.Adam
    memory: lstm.Memory
    seed: int
    loss: float = float("nan")

    @property
    def passes(self) -> float:
        """How often the text was read."""
        return self.adam.updates * LETTERS * self.texts / len(self.letters)

    @property
    def texts(self) -> int:
        """Places of the text that are read at once."""
        return len(self.memory.units)


def learner(text: str, seed: int) -> Learner:
    """Return a small network that has not learnt from a text yet.

    Raises:
        LessonError: the text is empty, short, giant, or has too many kinds of letters.
    """
    if len(text) > MOST_LETTERS:
        raise LessonError(f"The text has more than {MOST_LETTERS:,} letters; take a part of it.")
    text, alphabet = plain(text.strip() + "\n")
    if len(text) < FEWEST_LETTERS:
        raise LessonError(f"The text needs {FEWEST_LETTERS} letters at the least.")
    if len(alphabet) > MOST_KINDS:
        raise LessonError(
            f"The text has {len(alphabet)} kinds of letters, and {MOST_KINDS} is the most; take "
            "one that is written in an alphabet."
        )
    places = {letter: place for place, letter in enumerate(alphabet)}
    letters = np.array([places[letter] for letter in text])
    vector = lstm.random_weights(len(alphabet), OWN_UNITS, np.random.default_rng(seed))
    weights = lstm.weights_of(vector, len(alphabet), OWN_UNITS)
    texts = int(np.clip(len(letters) // (2 * LETTERS), 1, TEXTS))
    memory = lstm.no_memory(weights, texts)
    network = LetterNetwork(alphabet, weights)
    return Learner(text, letters, network, vector, lstm.Adam(len(vector)), memory, seed)


def learnt(before: Learner, updates: int = UPDATES) -> Learner:
    """Return a learner after some more updates; the one before stays as it is."""
    vector, adam, memory = before.vector.copy(), before.adam.copy(), before.memory
    alphabet = before.network.alphabet
    weights = lstm.weights_of(vector, len(alphabet), OWN_UNITS)
    places = (len(before.letters) - 1) // before.texts
    starts, loss = np.arange(before.texts) * places, 0.0
    for _ in range(updates):
        part = adam.updates % max(1, places // LETTERS)
        if not part:
            memory = lstm.no_memory(weights, before.texts)
        at = part * LETTERS + np.arange(min(LETTERS, places) + 1)
        result = lstm.gradient(weights, memory, before.letters[starts + at[:, None]])
        memory, loss = result.memory, loss + result.loss / updates
        adam.update(vector, result.vector, RATE)
    network = LetterNetwork(alphabet, weights)
    return replace(before, network=network, vector=vector, adam=adam, memory=memory, loss=loss)
