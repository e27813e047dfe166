"""Lesson 10: the text that flows, the memory behind it, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.errors import UserError
from visualizer.engine.lessons.books import read_text, without_frame
from visualizer.engine.lessons.letter_network import passes
from visualizer.engine.lessons.letters import (
    FEATURES,
    FEWEST_TO_FOLLOW,
    MOST_BEGUN,
    OWN,
    LettersDetails,
    begun_with,
    with_text,
)
from visualizer.gui.learn.lesson_view import LessonView
from visualizer.gui.learn.written_text import Memory, NextLetter, WrittenText
from visualizer.gui.widgets.panel import heading, note
from visualizer.gui.widgets.return_key import keep_return
from visualizer.gui.workspace import Action

if TYPE_CHECKING:
    from visualizer.engine.lessons.run import LessonRun
    from visualizer.gui.core.session import Session


class LettersView(LessonView):
    """Letters are orange where the chosen unit was positive after them, blue where negative."""

    speed = 30
    tour_steps = 400

    def __init__(self, session: Session, run: LessonRun[Any, Any]) -> None:
        super().__init__(session, run)
        self._details: LettersDetails | None = None
        self.said = note("", role="name")
        self.text, self.memory, self.next = WrittenText(), Memory(), NextLetter()
        self.memory.clicked.connect(self._choose)
        self.feature = QComboBox()
        self.feature.addItems(["find a unit for …", *FEATURES])
        self.feature.setAccessibleName("The unit that follows")
        self.feature.activated.connect(self._find)
        self.unit = note("")
        self.begin = QLineEdit(maxLength=MOST_BEGUN, placeholderText="It begins with …")
        self.begin.setAccessibleName("What the text begins with")
        self.begin.returnPressed.connect(self._begin)
        keep_return(self.begin)
        self.all = QPushButton("All passes")
        self.all.setCheckable(True)
        self.all.toggled.connect(self._show_passes)
        self.open, self.paste = QPushButton("Open a text…"), QPushButton("Paste a text")
        self.open.clicked.connect(self._open)
        self.paste.clicked.connect(lambda: self._learn(QGuiApplication.clipboard().text()))
        self.list = QTextBrowser()
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.list.setAccessibleName("What it wrote after each pass")
        self.stack = QStackedWidget()
        self.stack.addWidget(self.text)
        self.stack.addWidget(self.list)
        side = QVBoxLayout()
        for widget in (heading("Next letter"), self.next, heading("Memory"), self.memory,
                       self.feature, self.unit):  # fmt: skip
            side.addWidget(widget)
        side.addStretch(1)
        row = QHBoxLayout()
        row.addWidget(self.stack, 1)
        row.addLayout(side)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.said)
        layout.addLayout(row, 1)

    def controls(self) -> Sequence[QWidget]:
        return (self.begin, self.all, note("Train one on your own text:"), self.open, self.paste)

    def own_actions(self) -> Sequence[Action]:
        press = Action.press
        return [
            press("all passes", "What it wrote after each pass", "P", self.all),
            Action("line unit", "The unit that counts the line", "U", lambda: self._find(1)),
            press("paste a text", "Learn the text of the clipboard", "Ctrl+Shift+V", self.paste),
        ]

    def draw(self) -> None:
        state, unit = self.run.state, self._unit
        values = np.array([each[unit] for each in state.units], float)
        self.text.show_text(state.text, values, state.begun)
        self.memory.show_units(np.asarray(state.memory.units, float), unit)
        learner = state.learner
        if learner is None:
            written = len(state.text) - state.begun
            self.said.setText(
                f"After {self.run.settings.trained} of Ulysses: {written:,} letters written"
            )
        else:
            loss = f", loss {learner.loss:.2f}" if learner.adam.updates else ""
            self.said.setText(
                f"Your text of {len(learner.text):,} letters, read {learner.passes:.0f} times{loss}"
            )

    def draw_details(self, details: LettersDetails) -> None:
        self._details = details
        self.next.show_chances(details.chances)
        self._say_unit()

    @property
    def _unit(self) -> int:
        """The unit that colours the letters; a small network has fewer than there are to choose."""
        return self.run.settings.unit % len(self.run.state.memory.units)

    def _say_unit(self) -> None:
        found, unit = self._details.followers if self._details else {}, self._unit
        follows = [f"{name} (r = {r:+.2f})" for name, (each, r) in found.items() if each == unit]
        self.unit.setText(f"Unit {unit}" + (" follows " + ", ".join(follows) if follows else ""))

    def _choose(self, unit: int) -> None:
        self.chosen.emit(replace(self.run.settings, unit=unit))

    def _find(self, place: int) -> None:
        self.feature.setCurrentIndex(0)
        if not place:
            return
        found = self._details.followers if self._details else {}
        if FEATURES[place - 1] not in found:
            self.refused.emit(f"Let it write {FEWEST_TO_FOLLOW} letters first.")
            return
        self._choose(found[FEATURES[place - 1]][0])

    def _begin(self) -> None:
        try:
            state = begun_with(self.run.state, self.run.settings, self.begin.text())
        except UserError as error:
            self.refused.emit(str(error))
        else:
            self.edited.emit(state, False)

    def _open(self) -> None:
        dialog = QFileDialog(self, "A text to learn from")
        dialog.setNameFilter("Texts (*.txt *.md);;All files (*)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.open_text)
        dialog.open()

    def open_text(self, path: str) -> None:
        """Let a small network learn from a text file."""
        try:
            text = without_frame(read_text(Path(path)))
        except UserError as error:
            self.refused.emit(str(error))
        else:
            self._learn(text)

    def _learn(self, text: str) -> None:
        try:
            settings = replace(self.run.settings, trained=OWN)
            state = with_text(self.run.state, settings, text)
        except UserError as error:
            self.refused.emit(str(error))
            return
        if self.run.settings.trained != OWN:
            self.chosen.emit(settings)
        self.edited.emit(state, False)

    def _show_passes(self, wanted: bool) -> None:
        self.stack.setCurrentWidget(self.list if wanted else self.text)
        if not wanted or self.list.toPlainText():
            return
        try:
            rows = passes()
        except UserError as error:
            self.refused.emit(str(error))
            return
        self.list.setPlainText(
            "\n\n".join(
                f"After pass {each.number} ({each.held_out:.2f} nats a letter):\n"
                + " ".join(each.text.split())[:280]
                + " …"
                for each in rows
            )
        )
