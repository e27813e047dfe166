"""A pupil in front of the Learn workspace, which needs no network."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt

from tests.gui.user import User
from visualizer.gui.learn.workspace import LearnWorkspace


class Pupil(User):
    """Opens lessons, presses keys, drags with the mouse."""

    def __init__(self, qtbot, session):
        super().__init__(qtbot, session, LearnWorkspace(session))
        self.settle()

    def learn(self, name):
        """Open a lesson from the contents, by its card."""
        self.workspace.show_contents()
        cards = self.workspace.contents.cards
        card = next(each for each in cards if each.lesson.name == name)
        self.qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
        self.settle()
        return self

    @property
    def page(self):
        """The page of the lesson on show."""
        return self.workspace.page

    @property
    def view(self):
        """What draws it."""
        return self.page.view

    @property
    def solved(self):
        """Which questions are solved."""
        return self.page.run.solved

    @property
    def told(self):
        """The question on show, and its hint or answer."""
        strip = self.page.strip
        return strip.question.text(), strip.more.text() if strip.more.isVisibleTo(strip) else ""

    def set(self, **values):
        """Set fields of the form at the side, by what stands in their controls."""
        for name, value in values.items():
            control = self.page.form.control(name)
            if hasattr(control, "setCurrentText"):
                control.setCurrentText(value)
            elif hasattr(control, "setChecked"):
                control.setChecked(value)
            else:
                control.setValue(value)
        self.settle()

    def step(self, count=1):
        """Press Right so many times."""
        for _ in range(count):
            self.workspace.step_stage(1)
            self.settle()

    def drag(self, widget, start, end):
        """Drag with the left button, in two moves."""
        start, end = start.toPoint(), end.toPoint()
        middle = QPoint((start.x() + end.x()) // 2, (start.y() + end.y()) // 2)
        self.qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=start)
        for place in (middle, end):
            self.qtbot.mouseMove(widget, place)
            self.settle()
        self.qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=end)
        self.settle()


@pytest.fixture
def pupil(qtbot, session, tmp_path, monkeypatch):
    """Somebody who begins the course."""
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))
    return Pupil(qtbot, session)
