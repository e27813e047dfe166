"""A table of answers: what was asked, how sure the network is as a bar, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QWidget

from visualizer.gui.evolve import text as words
from visualizer.gui.widgets.panel import heading
from visualizer.gui.widgets.parts_label import PartsLabel

MOST_RESERVED = 8
"""Heights of a letter that the first words beside a bar have, where they need as many."""


@dataclass(frozen=True)
class AnswerRow:
    """A row.

    Attributes:
        name: what was shown, or to whom.
        share: the length of the bar, from 0 to 1; None for no bar and no number.
        says: beside it, the most important first; the last parts are left out without room.
    """

    name: str
    share: float | None
    says: tuple[str, ...] = ()


class AnswerRows(QWidget):
    """Rows below each other, below a title."""

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[_Row] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(3, 1)
        if title:
            self._grid.addWidget(heading(title), 0, 0, 1, 4)

    @property
    def rows(self) -> list[AnswerRow]:
        """What is shown."""
        return [row.shown for row in self._rows if row.shown is not None]

    def show_rows(self, rows: Sequence[AnswerRow]) -> None:
        """Show these rows instead."""
        while len(self._rows) < len(rows):
            self._add()
        for place, row in enumerate(self._rows):
            row.show(rows[place] if place < len(rows) else None)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.show_rows(self.rows)

    def _add(self) -> None:
        row, place = _Row(), len(self._rows) + 1
        for column, widget in enumerate(row.widgets):
            self._grid.addWidget(widget, place, column)
        self._grid.setRowStretch(place, 0)
        self._grid.setRowStretch(place + 1, 1)
        self._rows.append(row)


class _Row:
    def __init__(self) -> None:
        self.shown: AnswerRow | None = None
        self._name, self._number, self._says = QLabel(), QLabel(), PartsLabel()
        for label in (self._name, self._number):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._says.setProperty("role", "muted")
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self.widgets = self._name, self._bar, self._number, self._says

    def show(self, row: AnswerRow | None) -> None:
        self.shown = row
        for widget in self.widgets:
            widget.setVisible(row is not None)
        if row is None:
            return
        self._name.setText(row.name)
        self._says.set_parts(*row.says)
        metrics = self._says.fontMetrics()
        wanted = metrics.horizontalAdvance(row.says[0]) if row.says else 0
        self._says.setMinimumWidth(min(wanted, MOST_RESERVED * metrics.height()))
        self._bar.setMinimumWidth(
            metrics.height()
        )  # Qt's own takes room from what stands beside it
        there = row.share is not None
        self._bar.setVisible(there)
        self._number.setVisible(there)
        if row.share is not None:
            self._bar.setValue(round(1000 * row.share))
            self._number.setText(words.share(row.share))
