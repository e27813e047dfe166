"""The learning rate over a training, as a factor of the rate that is set on the dial.

A schedule is a function of progress: 0 at the first batch, 1 at the end. NumPy only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from visualizer.engine.errors import UserError

SCHEDULES = ("constant", "step", "exponential", "cosine", "one-cycle", "drawn")

ONE_CYCLE_START, ONE_CYCLE_RISE = 1 / 25, 0.3
"""The factor a one-cycle begins with, and the part of the training in which it rises to 1."""

MOST_POINTS = 1000
"""Points of a drawn schedule."""


class ScheduleError(UserError):
    """A schedule that is none."""


@dataclass(frozen=True)
class Schedule:
    """A learning rate that follows a curve.

    Attributes:
        kind: one of `SCHEDULES`.
        warm_up: the part of the training, 0 to 0.5, in which the rate rises from 0 in a straight
            line, before whatever `kind` says (Goyal et al. 2017, section 2.2).
        end: the factor at the end of `exponential`, `cosine` and `one-cycle`, above 0.
        drops: how often `step` divides by 10, evenly spread.
        cycles: of `cosine`: 1 is a plain decay, n has n - 1 warm restarts (Loshchilov & Hutter
            2017).
        points: (progress, factor) of `drawn`, in order; straight lines between them. Two points of
            one progress are a jump.
    """

    kind: str = "constant"
    warm_up: float = 0.0
    end: float = 1e-3
    drops: int = 2
    cycles: int = 1
    points: tuple[tuple[float, float], ...] = ((0.0, 1.0), (1.0, 1.0))

    def __post_init__(self) -> None:
        if self.kind not in SCHEDULES:
            known = ", ".join(SCHEDULES)
            raise ScheduleError(f"There is no schedule “{self.kind}”; choose one of {known}.")
        good = 0 <= self.warm_up <= 0.5 and 0 < self.end <= 1 and self.drops >= 0
        if not good or self.cycles < 1:
            raise ScheduleError(
                "A schedule has a warm-up from 0 to 0.5, an end above 0 and up to 1, 0 or more "
                "drops, and 1 or more cycles."
            )
        points = np.asarray(self.points, np.float64)
        if (
            points.ndim != 2
            or points.shape[1] != 2
            or not 1 <= len(points) <= MOST_POINTS
            or not np.isfinite(points).all()
            or (points[:, 1] < 0).any()
            or (np.diff(points[:, 0]) < 0).any()
        ):
            raise ScheduleError(
                f"A drawn schedule has 1 to {MOST_POINTS} points (progress, factor) in order, no "
                "factor below 0."
            )

    def factor(self, progress: float) -> float:
        """The factor at a moment, `progress` from 0 to 1; beyond the end it stays."""
        progress = min(max(progress, 0.0), 1.0)
        if progress < self.warm_up:
            return progress / self.warm_up * _FACTORS[self.kind](self, 0.0)
        rest = (progress - self.warm_up) / (1 - self.warm_up)
        return _FACTORS[self.kind](self, rest)

    def curve(self, count: int = 201) -> tuple[np.ndarray, np.ndarray]:
        """(progress, factor), `count` values each, to draw."""
        progress = np.linspace(0, 1, count)
        return progress, np.array([self.factor(each) for each in progress])

    def redrawn(self, strokes: Sequence[tuple[float, float]], count: int = 201) -> Schedule:
        """Return a drawn schedule that follows `strokes` where they are, and this one elsewhere.

        Args:
            strokes: (progress, factor) of what the mouse drew, in any order.
            count: points of the curve that is redrawn.
        """
        drawn = sorted((min(max(x, 0.0), 1.0), max(y, 0.0)) for x, y in strokes)
        if not drawn:
            return self
        first, last = drawn[0][0], drawn[-1][0]
        spaced = drawn[:: -(-len(drawn) // (MOST_POINTS - count))]
        kept = [(x, y) for x, y in zip(*self.curve(count), strict=True) if x < first or x > last]
        points = sorted([*kept, *spaced], key=lambda point: point[0])
        return Schedule("drawn", points=tuple((float(x), float(y)) for x, y in points))


def _step(schedule: Schedule, progress: float) -> float:
    return float(10.0 ** -min(int(progress * (schedule.drops + 1)), schedule.drops))


def _cosine(schedule: Schedule, progress: float) -> float:
    turn = 1.0 if progress == 1 else progress * schedule.cycles % 1
    return schedule.end + (1 - schedule.end) * (1 + math.cos(math.pi * turn)) / 2


def _one_cycle(schedule: Schedule, progress: float) -> float:
    """Smith & Topin 2018, with half a cosine up and half a cosine down."""
    if progress < ONE_CYCLE_RISE:
        low, turn = ONE_CYCLE_START, 1 - progress / ONE_CYCLE_RISE
    else:
        low, turn = schedule.end, (progress - ONE_CYCLE_RISE) / (1 - ONE_CYCLE_RISE)
    return low + (1 - low) * (1 + math.cos(math.pi * turn)) / 2


def _drawn(schedule: Schedule, progress: float) -> float:
    moments, factors = zip(*schedule.points, strict=True)
    return float(np.interp(progress, moments, factors))


_FACTORS: dict[str, Callable[[Schedule, float], float]] = {
    "constant": lambda _schedule, _progress: 1.0,
    "step": _step,
    "exponential": lambda schedule, progress: schedule.end**progress,
    "cosine": _cosine,
    "one-cycle": _one_cycle,
    "drawn": _drawn,
}
