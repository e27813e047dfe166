"""The output of a network as one number a class, and the classes with the largest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def strongest(strengths: np.ndarray, count: int) -> list[int]:
    """The indices of the `count` largest numbers, the largest first; the lower index wins a tie."""
    return [int(index) for index in np.argsort(-strengths, kind="stable")[:count]]


def answer_of(values: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Reduce the output of a network to one number a class.

    One number alone is that of the second of two classes; an answer at every pixel
    (H x W x K) becomes each class's mean.
    """
    values = np.asarray(values, np.float64)
    if values.ndim > 1:
        values = values.reshape(-1, values.shape[-1]).mean(0)
    if len(values) == 1 and len(classes) == 2:
        values = np.array([1 - values[0], values[0]])
    return np.nan_to_num(values)
