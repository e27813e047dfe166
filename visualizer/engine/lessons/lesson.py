"""What every lesson is: a start, a step, the numbers behind it, and three tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from visualizer.engine.errors import UserError
from visualizer.engine.settings import Settings

S = TypeVar("S", bound=Settings)
T = TypeVar("T")

Numbers = tuple[Sequence[str], Sequence[Sequence[Any]]]
"""A header and its rows: text and numbers."""


class LessonError(UserError):
    """What was given to a lesson cannot be shown: no data, an endless text, damaged values."""


@dataclass(frozen=True)
class Task:
    """A question that checks itself.

    Attributes:
        question: what to do or to find out, in one or two sentences.
        hint: a nudge, where one is stuck.
        answer: what is to be learnt from it; shown when it is solved, and on the worksheet.
        solved: whether what is on show solves it, asked of a `LessonRun` (run.py) after every step
            and change; so it only compares numbers that are there already.
    """

    question: str
    hint: str
    answer: str
    solved: Callable[[Any], bool]


class Lesson(Generic[S, T]):
    """One idea, as a state that is stepped.

    A state is an immutable value (a frozen dataclass; its arrays are not written to), so that going
    back is to show an older one. Whatever is random in it comes from the seed and the number of the
    step, so that the same seed gives the same run.

    Attributes:
        name: of its files: `perceptron`.
        title: as in the contents: "Perceptron and XOR".
        summary: one sentence below the title.
        minutes: that it takes.
        after: the names of lessons that come before it.
        settings: the class of its settings; the names in `restarting` begin anew when they are
            changed, all others count from the next step.
        formula: a line of Unicode mathematics.
        paper: a citation, Markdown.
        tasks: three.
        explained_by: names of the explanations in `resources/explanations` that link here.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    minutes: ClassVar[int]
    after: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[type[Settings]]
    restarting: ClassVar[frozenset[str]] = frozenset()
    formula: ClassVar[str] = ""
    paper: ClassVar[str] = ""
    tasks: ClassVar[tuple[Task, ...]]
    explained_by: ClassVar[tuple[str, ...]] = ()

    def start(self, settings: S, seed: int) -> T:
        """Return the state before the first step."""
        raise NotImplementedError

    def step(self, state: T, settings: S) -> T:
        """Return the state one step on; only called while it is not `over`."""
        raise NotImplementedError

    def over(self, state: T, settings: S) -> bool:
        """Whether there is no further step."""
        return False

    def problem(self, state: T) -> str:
        """Say in one sentence why a state cannot be gone on from (it is not a number); or ""."""
        return ""

    def details(self, state: T, settings: S) -> Any:
        """Return what is drawn besides the state; called on the compute thread."""
        return None

    def numbers(self, state: T, settings: S) -> Numbers:
        """Return the numbers behind what is on show."""
        raise NotImplementedError

    def to_values(self, state: T) -> Mapping[str, Any]:
        """Return what a scene or recipe keeps of a state, as values that JSON can hold.

        Nothing where start, seed and the number of steps are enough to come back to it.
        """
        return {}

    def from_values(self, values: Mapping[str, Any], settings: S, seed: int) -> T:
        """Return the state that `to_values` has kept.

        Raises:
            LessonError: they are of a damaged or hostile file.
        """
        if values:
            raise LessonError(f"The lesson {self.title} keeps no values, but some were given.")
        return self.start(settings, seed)
