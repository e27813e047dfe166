"""Measuring two things fairly against each other on a computer that is busy with others too."""

import gc
import statistics
import time
from collections.abc import Callable


def seconds(function: Callable[[], object], repeats: int) -> float:
    """The median time of one call, after a warm-up."""
    function()
    return statistics.median(_once(function) for _ in range(repeats))


def ratio(
    ours: Callable[[], object], theirs: Callable[[], object], repeats: int, in_a_row: int = 1
) -> float:
    """How many times as long as `theirs` `ours` takes.

    The two take turns, so that whatever slows the computer down slows both; the median of the
    ratios of neighbours leaves out the moments when it slowed only one. One that leaves work to the
    background, which the other must not pay for, is called so many times `in_a_row` in its turn, of
    which the median counts.
    """
    ours(), theirs()  # warm-up
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()

    def turn(function: Callable[[], object]) -> float:
        return statistics.median(_once(function) for _ in range(in_a_row))

    try:
        return statistics.median(turn(ours) / turn(theirs) for _ in range(repeats))
    finally:
        if collecting:
            gc.enable()


def percentile(values: list[float], per_cent: float) -> float:
    """The value that `per_cent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * per_cent / 100))]


def _once(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started
