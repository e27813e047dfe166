"""What every workspace is: a widget that knows its title, its explanation and what can be exported
of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from visualizer.gui.core.session import Session
from visualizer.gui.shell.shortcuts import keys_of

Table = tuple[Sequence[str], Sequence[Sequence[Any]]]
"""A header and its rows."""


@dataclass(frozen=True)
class Explanation:
    """What am I looking at: everything the explain panel shows.

    `body` is Markdown; `formula` is a line of Unicode mathematics; `facts` are (name, value) pairs
    ready to show; `paper` is a citation (Markdown), with the figure to compare with.
    """

    title: str
    body: str = ""
    formula: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    paper: str = ""


class Workspace(QWidget):
    """Base of the workspaces. A subclass sets `title` and answers `explanation`.

    The window sends the arrow keys, Home, End and Space here, wherever the focus is (unless a
    control of its own uses them).
    """

    title: str = ""
    """As on the rail."""

    shows_answer: bool = False
    """Whether it shows the network's answer itself, so that the window's bars would repeat it."""

    explanation_changed = Signal()
    stimulus_wanted = Signal()
    """What the session's unit most wants to see shall be shown."""
    workspace_wanted = Signal(str)
    """The name of another workspace to go to."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session

    def side_panel(self) -> QWidget | None:
        """What stands on top of the explain panel; None for nothing."""
        return None

    def explanation(self) -> Explanation:
        """What the explain panel says now; emit `explanation_changed` when it is something else."""
        return Explanation(self.title)

    def picture_for_export(self) -> QWidget:
        """The widget to grab as PNG, SVG or PDF."""
        return self

    def show_stimulus(self) -> bool:
        """Show what the session's unit most wants to see; False where that is not done here."""
        return False

    def subject(self) -> int | None:
        """The class that this is about; None where it is about the session's unit."""
        return None

    def point_out(self) -> None:
        """Make what this is about the session's unit, before it is shown what that wants to see."""
        index = self.subject()
        if index is not None:
            self._choose_class(index)

    def ask_stimulus(self, index: int | None = None) -> None:
        """Show what a class, or else what this is about, most wants to see."""
        self.point_out() if index is None else self._choose_class(index)
        self.stimulus_wanted.emit()

    def _choose_class(self, index: int) -> None:
        if self.session.network is not None:
            self.session.select_stage(self.session.network.stages[-1].name)
            self.session.select_unit(index)

    def answer(self) -> int | None:
        """The likeliest class of the session's picture, once it is known."""
        activations = self.session.activations
        return None if activations is None else int(activations.probabilities.ravel().argmax())

    def table_for_export(self) -> Table | None:
        """The numbers on show as a header and rows; None if there are none."""
        return None

    def own_keys(self) -> list[tuple[str, str]]:
        """Its own keys and what they do, for the help."""
        return keys_of(self, self.side_panel())

    def step_stage(self, by: int) -> None:
        """Left and Right."""
        self.session.step_stage(by)

    def step_unit(self, by: int) -> None:
        """Up and Down; a workspace that shows units in another order steps in that order."""
        self.session.step_unit(by)

    def first_unit(self) -> None:
        """Home."""
        self.session.select_unit(0)

    def last_unit(self) -> None:
        """End."""
        self.session.select_unit(-1)

    def toggle(self) -> None:
        """Space, while no camera runs: start or pause what moves here."""

    def stop(self) -> None:
        """Esc: stop what moves here."""
