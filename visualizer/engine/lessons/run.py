"""A lesson that is stepped, with its past."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Generic

from visualizer.engine.lessons.lesson import Lesson, S, T

MOST_PAST = 1000
"""States that can be gone back to."""


@dataclass(frozen=True)
class _Moment(Generic[S, T]):
    state: T
    settings: S
    steps: int


class LessonRun(Generic[S, T]):
    """The state of a lesson, its settings, and the moments before.

    Args:
        lesson: what is stepped.
        settings: to begin with; the usual ones without.
        seed: of everything random.
    """

    def __init__(self, lesson: Lesson[S, T], settings: S | None = None, seed: int = 1) -> None:
        self.lesson = lesson
        self.seed = seed
        self._first: S = settings or lesson.settings()  # type: ignore[assignment]
        self._past: deque[_Moment[S, T]] = deque(maxlen=MOST_PAST)
        self._now = _Moment(lesson.start(self._first, seed), self._first, 0)
        self.solved = [False] * len(lesson.tasks)
        """Which tasks were solved, at any time."""

    @property
    def state(self) -> T:
        """What is on show."""
        return self._now.state

    @property
    def settings(self) -> S:
        """What counts from the next step."""
        return self._now.settings

    @property
    def steps(self) -> int:
        """Steps since the start."""
        return self._now.steps

    @property
    def over(self) -> bool:
        """Whether there is no further step."""
        return self.lesson.over(self.state, self.settings)

    @property
    def can_go_back(self) -> bool:
        """Whether there is a moment before this one."""
        return bool(self._past)

    def take(self, state: T, steps: int = 0, going_on: bool = False) -> None:
        """Show another state: `steps` steps on, or changed by hand.

        With `going_on` it is part of the change before, which is taken back as a whole (a drag).
        """
        moment = _Moment(state, self.settings, self.steps + steps)
        self._go_to(moment, keep=not going_on)

    def choose(self, settings: S) -> None:
        """Change settings; those that are `restarting` begin anew."""
        before, after = self.settings.to_dict(), settings.to_dict()
        if any(before[name] != after[name] for name in self.lesson.restarting):
            self._go_to(_Moment(self.lesson.start(settings, self.seed), settings, 0))
        else:
            self._go_to(_Moment(self.state, settings, self.steps))

    def back(self) -> None:
        """Return to the moment before, with its settings."""
        if self._past:
            self._now = self._past.pop()
            self._check()

    def reset(self, seed: int | None = None) -> None:
        """Return to the start, with other random numbers if a seed is given."""
        self.seed = self.seed if seed is None else seed
        self._go_to(_Moment(self.lesson.start(self.settings, self.seed), self.settings, 0))

    def forget_solved(self) -> None:
        """Take the tasks as unsolved again."""
        self.solved = [False] * len(self.solved)

    def _go_to(self, moment: _Moment[S, T], keep: bool = True) -> None:
        if keep:
            self._past.append(self._now)
        self._now = moment
        self._check()

    def _check(self) -> None:
        for place, task in enumerate(self.lesson.tasks):
            self.solved[place] = self.solved[place] or bool(task.solved(self))


def advance(
    lesson: Lesson[S, T], state: T, settings: S, steps: int, seconds: float
) -> tuple[T, int, str]:
    """Take up to `steps` steps, as long as there is time; on any thread.

    Returns:
        The last state that is not a problem, how many steps were taken to it, and the problem of
        the next in one sentence, or "".
    """
    end = time.perf_counter() + seconds
    for taken in range(steps):
        if lesson.over(state, settings):
            return state, taken, ""
        following = lesson.step(state, settings)
        problem = lesson.problem(following)
        if problem:
            return state, taken, problem
        state = following
        if time.perf_counter() >= end:
            return state, taken + 1, ""
    return state, steps, ""
