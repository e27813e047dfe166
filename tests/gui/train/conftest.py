"""Someone in front of the Train workspace, with a network small enough to learn in a moment."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.gui.user import User
from visualizer.engine.training.datasets import read_digits
from visualizer.gui.train.workspace import TrainWorkspace
from visualizer.models import training_data


class Trainer(User):
    """Someone in front of the workspace; the network learns from 300 digits."""

    def __init__(self, qtbot, session, model="mlp"):
        super().__init__(qtbot, session, TrainWorkspace(session))
        self.bar, self.page = self.workspace.bar, self.workspace.curves
        self.controls = self.workspace.controls
        if model != "lenet":
            self.choose(self.controls.model, model)
        self.settle()

    @property
    def run(self):
        return self.workspace.run

    @property
    def training(self):
        return self.run.training_session.training

    @property
    def history(self):
        return self.training.history

    def choose(self, box, value):
        box.setCurrentIndex(box.findData(value))

    def set(self, name, value):
        """Set a field of the form as its control does."""
        control = self.controls.settings.control(name)
        if hasattr(control, "setValue"):
            control.setValue(value)
        else:
            control.setCurrentText(value)

    def play_to(self, batch):
        """Take batch after batch, up to so many."""
        while self.run.frame.step < batch:
            self.bar.batch_button.click()
            self.settle()

    def draw(self, plot, points):
        """Press the mouse at the first of these points (epoch, rate), and draw through the rest."""
        import numpy as np
        from PySide6.QtCore import QPointF

        view = plot.getViewBox()
        places = [view.mapViewToScene(QPointF(x, float(np.log10(y)))).toPoint() for x, y in points]
        port = plot.viewport()
        QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=places[0])
        for place in places:
            move(port, place)
        QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=places[-1])
        self.settle()


def move(widget, at: QPoint):
    """Move the mouse with its left button held."""
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    place = QPointF(at)
    glob = QPointF(widget.mapToGlobal(at))
    event = QMouseEvent(QEvent.Type.MouseMove, place, glob, Qt.MouseButton.NoButton, left, none)
    QApplication.sendEvent(widget, event)


@pytest.fixture
def few(monkeypatch):
    """300 digits, so that an epoch has 8 batches."""
    monkeypatch.setattr(training_data, "read_digits", lambda: read_digits().subset(slice(0, 300)))


@pytest.fixture
def user(qtbot, open_session, few):
    return Trainer(qtbot, open_session)
