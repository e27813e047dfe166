"""Words as rows of numbers: their letters, one-hot, or vectors learnt from books."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from visualizer.engine.lessons.lesson import LessonError
from visualizer.engine.lessons.shipped import read_arrays
from visualizer.engine.lessons.small_weights import restored
from visualizer.engine.resources import pretrained

MOST_WORDS = 20_000
MOST_NUMBERS = 512
LONGEST = 20
"""Letters of a word."""


@dataclass(frozen=True, eq=False)
class Vectors:
    """A vector for each word.

    Attributes:
        words: N, the most frequent first.
        rows: N x D, float32.
    """

    words: tuple[str, ...]
    rows: np.ndarray

    @cached_property
    def places(self) -> dict[str, int]:
        """The row of each word."""
        return {word: place for place, word in enumerate(self.words)}

    @cached_property
    def units(self) -> np.ndarray:
        """The rows at length 1."""
        return unit(self.rows)

    def place(self, word: str) -> int:
        """Return the row of a word.

        Raises:
            LessonError: it is not among them.
        """
        try:
            return self.places[word]
        except KeyError:
            raise LessonError(
                f"“{word}” is not among the {len(self.words):,} words here; try a more common one."
            ) from None

    def similarity(self, first: str, second: str) -> float:
        """Return the cosine of the angle between two words: 1 for the same direction."""
        return float(self.units[self.place(first)] @ self.units[self.place(second)])

    def nearest(self, word: str, count: int) -> list[tuple[str, float]]:
        """Return the words at the smallest angles to a word, with their cosines."""
        return self._nearest(self.units[self.place(word)], {word}, count)

    def analogy(self, a: str, b: str, c: str, count: int) -> list[tuple[str, float]]:
        """Return what is to c as b is to a: the words nearest to b - a + c, which are other words.

        All at length 1 ("3CosAdd"; Mikolov, Yih & Zweig 2013).
        """
        rows = [self.units[self.place(word)] for word in (a, b, c)]
        return self._nearest(rows[1] - rows[0] + rows[2], {a, b, c}, count)

    def _nearest(self, row: np.ndarray, without: set[str], count: int) -> list[tuple[str, float]]:
        length = float(np.linalg.norm(row))
        cosines = self.units @ (row / max(length, 1e-9))
        found = []
        for place in np.argsort(-cosines, kind="stable"):
            if self.words[place] not in without:
                found.append((self.words[place], float(cosines[place])))
            if len(found) == count:
                break
        return found


@lru_cache(1)
def from_books() -> Vectors:
    """Return the vectors that come with the program, `pretrained/words`.

    Raises:
        LessonError: they are missing or damaged.
    """
    return read_vectors(pretrained() / "words" / "words.npz")


def read_vectors(path: Path) -> Vectors:
    """Read vectors as `pretrained/words/train.py` writes them.

    Raises:
        LessonError: the file is missing or damaged.
    """
    arrays = read_arrays(path, ("words", "vectors", "scales"))
    words, rows, scales = arrays["words"], arrays["vectors"], arrays["scales"]
    fits = (
        words.ndim == 1
        and words.dtype.kind == "U"
        and 0 < len(words) <= MOST_WORDS
        and rows.dtype == np.int8
        and rows.shape == (len(words), len(scales))
        and scales.dtype == np.float32
        and 0 < len(scales) <= MOST_NUMBERS
        and np.isfinite(scales).all()
    )
    if not fits:
        raise LessonError(f"“{path}” is damaged; install the program again.")
    return Vectors(tuple(words.tolist()), restored(rows, scales))


def unit(rows: np.ndarray) -> np.ndarray:
    """Return rows at length 1."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), np.float32)


def codes(word: str) -> np.ndarray:
    """Return the numbers of a word's letters in Unicode: a is 97, b 98; padded with 0."""
    return np.array([ord(letter) for letter in word.ljust(LONGEST, "\0")], float)


def letter_distance(first: str, second: str) -> float:
    """Return how far two words are apart as the numbers of their letters (Euclid)."""
    return float(np.linalg.norm(codes(first) - codes(second)))


def one_hot_distance(first: str, second: str) -> float:
    """Return how far two words are apart as rows of zeros with a single one: 0, or √2."""
    return 0.0 if first == second else float(np.sqrt(2))


def nearest_by_letters(word: str, words: tuple[str, ...], count: int) -> list[tuple[str, float]]:
    """Return the words whose letters' numbers are nearest, with their distances."""
    apart = np.linalg.norm(_codes_of(words) - codes(word), axis=1)
    order = [place for place in np.argsort(apart, kind="stable") if words[place] != word]
    return [(words[place], float(apart[place])) for place in order[:count]]


@lru_cache(2)
def _codes_of(words: tuple[str, ...]) -> np.ndarray:
    return np.array([codes(word[:LONGEST]) for word in words])


def flat_map(rows: np.ndarray) -> np.ndarray:
    """Return rows (N x D) in the plane: their two principal components (Pearson 1901), N x 2.

    The larger entries of each axis are positive, so that the same rows give the same map.
    """
    centred = rows - rows.mean(0)
    left, lengths, _ = np.linalg.svd(centred, full_matrices=False)
    points = np.zeros((len(rows), 2))
    count = min(2, len(lengths))
    points[:, :count] = left[:, :count] * lengths[:count]
    for axis in range(2):
        if points[np.abs(points[:, axis]).argmax(), axis] < 0:
            points[:, axis] *= -1
    return points
