"""Lesson 5: the window over the picture, what is kept of it, and what a shift leaves as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtWidgets import QVBoxLayout

from visualizer.engine.lessons.pooling import (
    LEVELS,
    MAXIMUM,
    PICTURE,
    PICTURE_SIDE,
    SAME,
    PoolingDetails,
    with_cell,
)
from visualizer.engine.lessons.sliding import grey
from visualizer.gui.core.session import Change
from visualizer.gui.learn.number_grid import number_text
from visualizer.gui.learn.numbers_or_picture import SMALL
from visualizer.gui.learn.sliding_view import SlidingView, titled_columns
from visualizer.gui.widgets.panel import note

if TYPE_CHECKING:
    from visualizer.engine.lessons.run import LessonRun
    from visualizer.gui.core.session import Session


class PoolingView(SlidingView):
    """At the left the picture, at the right what is kept; cells that a shift changed are bold."""

    tour_steps = 3

    def __init__(self, session: Session, run: LessonRun[Any, Any]) -> None:
        super().__init__(session, run)
        self.kept = note("")
        self.titles = [note("Picture"), note("Pooled")]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.said)
        layout.addLayout(titled_columns(self.titles, (self.source, self.result)), 1)
        layout.addWidget(self.kept)
        self.source.grid.edited.connect(self._write)

    def follow(self, change: Change) -> None:
        if change & Change.PICTURE and self.run.settings.over == PICTURE:
            self.draw()

    def draw(self) -> None:
        state, settings, specimen = self.run.state, self.run.settings, self.session.specimen
        if settings.over == PICTURE and specimen is not None:
            pixels = specimen.pixels
            found = self._request.get(
                (specimen,), lambda: np.round(LEVELS * grey(pixels, PICTURE_SIDE))
            )
            if found is not None and found is not state.picture:
                self.edited.emit(replace(state, picture=found), True)
                return
        if settings.over != PICTURE:  # a few numbers: at once
            self.draw_details(self.run.lesson.details(state, settings))

    def draw_details(self, details: PoolingDetails) -> None:
        state, settings = self.run.state, self.run.settings
        if details.result.shape != state.shape(settings):
            return  # of a moment ago
        large = len(details.picture) > SMALL
        place, size = state.place(settings), settings.size
        frame = place and (place[0] * settings.stride, place[1] * settings.stride, size, size)
        divisor = LEVELS if large else 1
        self.source.show_numbers(details.picture / divisor, frame, as_picture=large)
        shown = details.result
        self.result.grid.editable = False
        if not large:
            self.source.grid.editable = not settings.shift
            hidden = np.arange(shown.size).reshape(shown.shape) > state.at
            shown = np.where(hidden, np.nan, shown)
        self.result.show_numbers(shown / divisor, place and (*place, 1, 1), as_picture=large)
        if not large and settings.shift:
            changed = np.abs(details.result - details.before) >= SAME
            self.result.grid.show_numbers(shown, place and (*place, 1, 1), seen=changed)
        rows, columns = details.result.shape
        self.titles[1].setText(f"Pooled, {rows} × {columns} of {details.picture.size:,} numbers")
        self.said.setText(self._said(details, place))
        if settings.shift:
            self.kept.setText(
                f"Moved right by {settings.shift}: {details.cells_kept:.0%} of the picture's cells "
                f"and {details.kept:.0%} of the pooled ones are as they were."
            )
        else:
            self.kept.setText("Set a shift at the side to see how much of the pooled map stays.")

    def _said(self, details: PoolingDetails, place: tuple[int, int] | None) -> str:
        """What this step has done."""
        settings = self.run.settings
        if place is None:
            return "The window has not been set down yet. Take the first step (→)."
        top, left = (settings.stride * each for each in place)
        seen = details.picture[top : top + settings.size, left : left + settings.size].ravel()
        words = ", ".join(number_text(float(each)) for each in seen)
        what = "The largest" if settings.kind == MAXIMUM else "The mean"
        return f"{what} of {words} is {number_text(float(details.result[place]))}."

    def _write(self, row: int, column: int, value: float) -> None:
        self.edited.emit(with_cell(self.run.state, (row, column), value), False)
