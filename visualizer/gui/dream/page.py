"""What every page of the Dream workspace is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from visualizer.gui.workspace import Explanation, Table

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session


class Page(QWidget):
    """A picture in the middle, and `side`, the controls that go to the side column."""

    title = ""
    explanation_changed = Signal()
    unit_wanted = Signal()
    """What the session's unit most wants to see shall be shown."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.side = QWidget()
        self.controls = QVBoxLayout(self.side)
        self.controls.setContentsMargins(0, 0, 0, 0)

    def explanation(self) -> Explanation:
        """What am I looking at?"""
        return Explanation(self.title)

    def table(self) -> Table | None:
        """The numbers on show."""
        return None

    def step_stage(self, by: int) -> None:
        """Left and Right."""
        self.session.step_stage(by)

    def step_unit(self, by: int) -> None:
        """Up and Down."""
        self.session.step_unit(by)

    def toggle(self) -> None:
        """Space."""

    def stop(self) -> None:
        """Esc."""

    def heading(self, text: str) -> None:
        """Put a heading over the next controls."""
        label = QLabel(text)
        label.setProperty("role", "accent")
        self.controls.addWidget(label)
