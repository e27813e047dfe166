"""Values of a scene or recipe that a stranger may have written, read within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from visualizer.engine.lessons.lesson import LessonError

MOST_VALUES = 100_000
LARGEST = 1e6


def array_of(
    values: Mapping[str, Any],
    name: str,
    shape: tuple[int | None, ...],
    *,
    low: float = -LARGEST,
    high: float = LARGEST,
    most: int = MOST_VALUES,
) -> np.ndarray:
    """Return a nested list of numbers as an array of float64.

    Args:
        values: where it stands.
        name: under which.
        shape: that it must have; None for any length up to `most`.
        low: the least that a number may be.
        high: the largest.
        most: the greatest length where the shape leaves it open.

    Raises:
        LessonError: it is missing, of another shape, or holds other than finite numbers in bounds.
    """
    wrong = LessonError(f"The values of this lesson are damaged: “{name}”.")
    given = values.get(name)
    if not isinstance(given, list) or len(given) > MOST_VALUES:
        raise wrong
    try:
        array = np.array(given, float)
    except (TypeError, ValueError, OverflowError):
        raise wrong from None
    if not array.size and shape[0] is None:
        array = array.reshape(0, *(each or 0 for each in shape[1:]))
    fits = array.ndim == len(shape) and all(
        length == want if want is not None else length <= most
        for length, want in zip(array.shape, shape, strict=True)
    )
    if not fits or not np.isfinite(array).all() or (array < low).any() or (array > high).any():
        raise wrong
    return array


def number_of(values: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """Return a whole number within bounds, both inclusive.

    Raises:
        LessonError: it is missing, no whole number, or out of bounds.
    """
    given = values.get(name)
    if isinstance(given, bool) or not isinstance(given, int) or not low <= given <= high:
        raise LessonError(f"The values of this lesson are damaged: “{name}”.")
    return given
