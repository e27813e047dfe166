"""The three questions of a lesson, one of them on show, with its hint or its answer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from visualizer.engine.lessons.lesson import Task
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.widgets.panel import note
from visualizer.gui.widgets.tab_focus import tab_focus
from visualizer.gui.workspace import Action


class QuestionStrip(QFrame):
    """A question above the view; it checks itself, and says what is learnt from it."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self._tasks = tasks
        self._solved = [False] * len(tasks)
        self.index = 0
        """Of the question on show."""
        self.question, self.more = note("", role="name"), note("")
        self.hint = QPushButton("Hint")
        self.hint.setCheckable(True)
        self.numbers = QButtonGroup(self)
        row = QHBoxLayout()
        for place in range(len(tasks)):
            button = QPushButton(str(place + 1))
            button.setCheckable(True)
            button.setProperty("role", "flat")
            button.setMinimumWidth(round(2.4 * self.fontMetrics().height()))
            self.numbers.addButton(button, place)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.question, 1)
        row.addWidget(self.hint, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        edge = self.fontMetrics().height() // 2
        layout.setContentsMargins(edge, edge, edge, edge)
        layout.addLayout(row)
        layout.addWidget(self.more)
        backstage(self.hint)
        self.numbers.idClicked.connect(self.show_question)
        self.hint.toggled.connect(self._say)
        tab_focus(self)
        self.show_question(0)

    def own_actions(self) -> list[Action]:
        """What it can do, with keys."""
        return [Action.press("hint", "A hint to the question", "H", self.hint)]

    def show_question(self, index: int) -> None:
        """Show a question by its place."""
        self.index = index
        self.numbers.button(index).setChecked(True)
        self.hint.setChecked(False)
        self._say()

    def show_solved(self, solved: Sequence[bool]) -> list[int]:
        """Show which questions are solved; return those that were not before."""
        new = [place for place, each in enumerate(solved) if each and not self._solved[place]]
        if list(solved) != self._solved:
            self._solved = list(solved)
            if new and self.index not in new:
                self.index = new[0]
                self.numbers.button(self.index).setChecked(True)
            self._say()
        return new

    def _say(self) -> None:
        task, solved = self._tasks[self.index], self._solved[self.index]
        self.question.setText(task.question)
        self.more.setText(f"✓ {task.answer}" if solved else task.hint)
        self.more.setProperty("role", "good" if solved else "muted")
        self.more.style().unpolish(self.more)
        self.more.style().polish(self.more)
        self.more.setVisible(solved or self.hint.isChecked())
        self.hint.setEnabled(not solved)
        for place, each in enumerate(self._solved):
            self.numbers.button(place).setText(f"{place + 1} ✓" if each else str(place + 1))
            words = "solved" if each else "open"
            self.numbers.button(place).setAccessibleName(f"Question {place + 1}, {words}")
