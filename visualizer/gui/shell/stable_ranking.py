"""The answers to a live picture over time: steady rows, and the last ten seconds as curves."""

from __future__ import annotations

from collections import deque

import numpy as np

from visualizer.engine.class_answers import strongest

MARGIN = 1.25
"""A class that is not shown takes a row at once if it is this many times as strong."""
PATIENCE = 0.8
"""Seconds after which it takes the row without that lead."""
SECONDS = 10.0
"""How far back the history goes."""
STEP = 0.1
"""Seconds between the answers that are remembered: a curve a finger wide shows no more of them."""


class StableRanking:
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
