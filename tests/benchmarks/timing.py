"""Measuring two things fairly against each other on a computer that is busy with others too."""

import gc
import statistics
import time
from collections.abc import Callable


def seconds(function: Callable[[], object], repeats: int) -> float:
    """The median time of one call, after a warm-up."""
    function()
    return statistics.median(_once(function) for _ in range(repeats))


def ratio(ours: Callable[[], object], theirs: Callable[[], object], repeats: int) -> float:
    """How many times as long as `theirs` `ours` takes.

    The two take turns, so that whatever slows the computer down slows both; the median of the
    ratios of neighbours leaves out the moments when it slowed only one.
    """
    ours(), theirs()  # noqa: B018  # warm-up
    gc.collect()
    gc.disable()
    try:
        return statistics.median(_once(ours) / _once(theirs) for _ in range(repeats))
    finally:
        gc.enable()


def percentile(values: list[float], per_cent: float) -> float:
    """The value that `per_cent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * per_cent / 100))]


def _once(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started
