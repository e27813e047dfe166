"""What the lessons on convolution and pooling share: a window that slides over a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QGridLayout, QWidget

from visualizer.gui.learn.cached_request import CachedRequest
from visualizer.gui.learn.lesson_view import LessonView
from visualizer.gui.learn.numbers_or_picture import NumbersOrPicture
from visualizer.gui.widgets.panel import note

if TYPE_CHECKING:
    from visualizer.engine.lessons.run import LessonRun
    from visualizer.gui.core.session import Session


class SlidingView(LessonView):
    """A picture and the result of sliding over it; a click into the result moves the window."""

    speed = 2

    def __init__(self, session: Session, run: LessonRun[Any, Any]) -> None:
        super().__init__(session, run)
        self._request = CachedRequest(self)
        self.said = note("", role="name")
        self.source = NumbersOrPicture("The picture", editable=True)
        self.result = NumbersOrPicture("The result")
        self.source.grid.refused.connect(self.refused)
        self.result.grid.pointed.connect(self._go_to)
        self.result.image.clicked.connect(self._go_to_pixel)

    def let_go(self) -> None:
        self._request.forget()

    def _go_to(self, row: int, column: int) -> None:
        rows, columns = self.run.state.shape(self.run.settings)
        if row < rows and column < columns:
            self.edited.emit(replace(self.run.state, at=row * columns + column), False)

    def _go_to_pixel(self, at: QPointF) -> None:
        if at.x() >= 0 and at.y() >= 0:
            self._go_to(int(at.y()), int(at.x()))


def titled_columns(titles: Sequence[QWidget], parts: Sequence[QWidget]) -> QGridLayout:
    """Put parts beside each other, each below its title."""
    grid = QGridLayout()
    for column, (title, part) in enumerate(zip(titles, parts, strict=True)):
        grid.addWidget(title, 0, column)
        grid.addWidget(part, 1, column)
        grid.setColumnStretch(column, 1)
    grid.setRowStretch(1, 1)
    return grid
