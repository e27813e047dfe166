"""How sure the network has become, generation by generation: what the curves of a run show."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

COLUMNS = (
    "evaluations",
    "median_confidence",
    "lower_quartile",
    "upper_quartile",
    "cells_over_0_90",
    "cells_over_0_99",
)
"""What a row holds, of `Evolution.summary`."""
MOST_ROWS = 2000
"""More than a screen is wide; with more of them every other row is forgotten."""


class History:
    """A row of numbers for each generation, saved with the archive.

    Attributes:
        rows: the oldest first, `COLUMNS` each.
    """

    def __init__(self) -> None:
        self.rows: list[tuple[float, ...]] = []

    def note(self, summary: Mapping[str, float]) -> None:
        """Add what a generation has brought."""
        self.rows.append(tuple(round(summary[name], 6) for name in COLUMNS))
        if len(self.rows) > MOST_ROWS:
            self.rows = self.rows[::2]

    def array(self) -> np.ndarray:
        """All rows: float64, N x 6."""
        return np.array(self.rows, np.float64).reshape(-1, len(COLUMNS))

    @classmethod
    def restored(cls, values: Any) -> History:
        """The history in what was saved.

        Raises:
            ValueError, TypeError: it is not rows of numbers.
        """
        history = cls()
        if not isinstance(values, list) or len(values) > MOST_ROWS:
            raise ValueError("its history is no list of rows")
        for row in values:
            if len(row) != len(COLUMNS) or not all(_is_number(each) for each in row):
                raise ValueError("its history holds something else than numbers")
            history.rows.append(tuple(row))
        return history


def _is_number(value: Any) -> bool:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return numeric and math.isfinite(value) and abs(value) < 2**53
