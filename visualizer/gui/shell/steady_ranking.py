"""Which classes to show, row by row, so that a live picture does not make the rows jump."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

MARGIN = 1.25
"""A class that is not shown takes a row at once if it is this many times as strong."""
PATIENCE = 0.8
"""Seconds after which it takes the row without that lead."""
SECONDS = 10.0
"""How far back the history goes."""
STEP = 0.1
"""Seconds between the answers that are remembered: a curve a finger wide shows no more of them."""


class SteadyTop:
    """The strongest classes, each in a row of its own that it keeps while it is among them."""

    def __init__(self, rows: int = 5) -> None:
        self.rows = rows
        self.shown: list[int] = []
        """Class indices from the first row to the last."""
        self._outside_since: dict[int, float] = {}

    def reset(self, strengths: np.ndarray) -> None:
        """Show the strongest of `strengths` (K numbers), the strongest first."""
        self.shown = strongest(strengths, self.rows)
        self._outside_since.clear()

    def follow(self, strengths: np.ndarray, now: float) -> None:
        """Take the next answer of a live picture; `now` in seconds."""
        if len(self.shown) != min(self.rows, len(strengths)) or max(self.shown) >= len(strengths):
            self.reset(strengths)
            return
        top = strongest(strengths, self.rows)
        leaving = [index for index in self.shown if index not in top]
        self._outside_since = {index: self._outside_since.get(index, now) for index in leaving}
        coming = [index for index in top if index not in self.shown]
        leaving.sort(key=lambda index: strengths[index])
        for new, old in zip(coming, leaving, strict=True):
            ahead = strengths[new] > MARGIN * strengths[old]
            if ahead or now - self._outside_since[old] >= PATIENCE:
                self.shown[self.shown.index(old)] = new
                del self._outside_since[old]


class History:
    """The answers of the last ten seconds."""

    def __init__(self) -> None:
        self._answers: deque[tuple[float, np.ndarray]] = deque()

    def clear(self) -> None:
        """Forget everything."""
        self._answers.clear()

    def add(self, now: float, values: np.ndarray) -> None:
        """Remember an answer (K numbers), given at `now` in seconds.

        The newest is always there; of those before it, one in each `STEP`.
        """
        kept = self._answers
        if len(kept) > 1 and now - kept[-2][0] < STEP:
            kept.pop()
        kept.append((now, values))
        while self._answers[0][0] < now - SECONDS:
            self._answers.popleft()

    def curve(self, index: int) -> list[tuple[float, float]]:
        """The past of a class, oldest first: (time before now as a share of ten seconds, value)."""
        if not self._answers:
            return []
        newest = self._answers[-1][0]
        return [
            ((newest - time) / SECONDS, float(values[index]))
            for time, values in self._answers
            if index < len(values)
        ]


def strongest(strengths: np.ndarray, count: int) -> list[int]:
    """The indices of the `count` largest numbers, the largest first; the lower index wins a tie."""
    return [int(index) for index in np.argsort(-strengths, kind="stable")[:count]]


def answer_of(values: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Bring what a network gives to one number a class.

    One number alone is that of the second of two classes; an answer at every pixel
    (H x W x K) becomes each class's mean.
    """
    values = np.asarray(values, np.float64)
    if values.ndim > 1:
        values = values.reshape(-1, values.shape[-1]).mean(0)
    if len(values) == 1 and len(classes) == 2:
        values = np.array([1 - values[0], values[0]])
    return np.nan_to_num(values)
