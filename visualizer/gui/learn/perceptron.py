"""Lesson 1: the plane, the line, and what the rule does at this step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from visualizer.engine.errors import UserError
from visualizer.engine.lessons.perceptron import (
    Perceptron,
    PerceptronDetails,
    added,
    moved,
    removed,
)
from visualizer.gui.learn.lesson_view import LessonView
from visualizer.gui.learn.plane import Plane
from visualizer.gui.widgets.panel import note

if TYPE_CHECKING:
    from visualizer.engine.lessons.run import LessonRun
    from visualizer.gui.core.session import Session

COLOURS = {"Orange": 1, "Blue": -1}


class PerceptronView(LessonView):
    """The point that is looked at has a ring, those on the wrong side a cross."""

    def __init__(self, session: Session, run: LessonRun[Any, Any]) -> None:
        super().__init__(session, run)
        self.plane = Plane("Points of two classes")
        self.rule, self.bound = note("", role="name"), note("")
        self.colour = QComboBox()
        self.colour.addItems(list(COLOURS))
        self.colour.setAccessibleName("The colour of points that are added")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.rule)
        layout.addWidget(self.plane, 1)
        layout.addWidget(self.bound)
        self._going_on = False
        self.plane.grasped.connect(lambda _: self._begin())
        self.plane.moved.connect(self._move)
        self.plane.clicked.connect(self._add)
        self.plane.removed.connect(self._remove)

    def controls(self) -> Sequence[QWidget]:
        return (note("Click in the plane to add a point that is"), self.colour)

    def draw(self) -> None:
        state = self.run.state
        looked_at = [] if state.looked_at < 0 or state.hidden else [state.looked_at]
        wrong = np.flatnonzero(state.wrong).tolist()
        self.plane.show_points(state.points, state.signs, looked_at, wrong)
        self.rule.setText(self._said())
        self.plane.show_line(*(_line(state.weights) if not state.hidden else ((), ())))

    def draw_details(self, details: PerceptronDetails) -> None:
        self.plane.show_field(details.field)
        state = self.run.state
        if state.hidden:
            wrong = int(state.wrong.sum())
            said = f"{wrong} of {len(state.points)} points are on the wrong side."
        elif details.bound is None:
            said = (
                f"{state.updates:,} changes so far. No line parts these points: the rule never "
                "rests."
            )
        else:
            said = (
                f"{state.updates:,} changes so far; the theorem allows (R/γ)² = "
                f"{details.bound:,.1f} at the most."
            )
        self.bound.setText(said)

    def _said(self) -> str:
        """What this step has done."""
        state = self.run.state
        if not len(state.points):
            return "There is no point; click in the plane."
        if state.hidden:
            return f"{state.hidden} hidden neurons, {state.updates:,} steps down the gradient."
        x, y, bias = state.weights
        if state.looked_at < 0:
            return "The weights are 0: there is no line yet. Take the first step (→)."
        if Perceptron.rests(state):
            return f"Every point is right. The line: {x:.2f} x + {y:.2f} y + {bias:.2f} = 0"
        colour = "orange" if state.signs[state.looked_at] > 0 else "blue"
        if state.right_in_a_row:
            return f"Point {state.looked_at + 1} ({colour}) is on its own side: no change."
        does = "added to" if state.signs[state.looked_at] > 0 else "taken from"
        return f"Point {state.looked_at + 1} ({colour}) was on the wrong side: {does} the weights."

    def _begin(self) -> None:
        self._going_on = False

    def _move(self, place: int, x: float, y: float) -> None:
        self.edited.emit(moved(self.run.state, place, (x, y)), self._going_on)
        self._going_on = True

    def _add(self, x: float, y: float) -> None:
        try:
            state = added(self.run.state, (x, y), COLOURS[self.colour.currentText()])
        except UserError as error:
            self.refused.emit(str(error))
        else:
            self.edited.emit(state, False)

    def _remove(self, place: int) -> None:
        self.edited.emit(removed(self.run.state, place), False)


def _line(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a line of weights crosses the plane: two points, or none."""
    x, y, bias = weights
    if not (x or y):
        return np.zeros(0), np.zeros(0)
    # Along the line from its point nearest to the origin.
    length = float(np.hypot(x, y))
    nearest = -bias * np.array((x, y)) / length**2
    along = 3 * np.array((-y, x)) / length
    ends = np.array((nearest - along, nearest + along))
    return ends[:, 0], ends[:, 1]
