"""Which questions were solved, remembered for the next start."""

from __future__ import annotations

from visualizer.engine.lessons.course import COURSE
from visualizer.gui.core.store import Store


class Progress:
    """The solved questions of every lesson, under their names in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, lesson: str) -> list[bool]:
        """Which questions of a lesson were solved."""
        kept = self._store.text(_key(lesson))
        count = next(len(each.tasks) for each in COURSE if each.name == lesson)
        return [str(place) in kept.split() for place in range(1, count + 1)]

    def add(self, lesson: str, place: int) -> None:
        """Remember that a question is solved."""
        solved = self.of(lesson)
        solved[place] = True
        words = " ".join(str(each + 1) for each, done in enumerate(solved) if done)
        self._store.remember(_key(lesson), words)

    def forget(self) -> None:
        """Begin the course anew."""
        for each in COURSE:
            self._store.remember(_key(each.name), "")

    def totals(self) -> tuple[int, int]:
        """How many questions were solved, of how many."""
        all_of_them = [done for each in COURSE for done in self.of(each.name)]
        return sum(all_of_them), len(all_of_them)


def _key(lesson: str) -> str:
    return f"solved in {lesson}"
