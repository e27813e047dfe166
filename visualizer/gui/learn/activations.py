"""Lesson 3: f and its slope side by side, and what layers do to a signal and a gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from visualizer.engine.lessons.activations import REACH, ActivationsState, Flow, passed
from visualizer.engine.lessons.functions import FUNCTIONS
from visualizer.gui.learn.lesson_view import LessonView
from visualizer.gui.widgets.panel import note
from visualizer.gui.widgets.themed_plot import Axis, Curve, ThemedPlot

if TYPE_CHECKING:
    from visualizer.engine.lessons.run import LessonRun
    from visualizer.gui.core.session import Session

PLACES = np.linspace(-REACH, REACH, 401)
SMALLEST = 1e-30
"""Below it nothing is drawn on a logarithmic axis."""


class Histograms(QWidget):
    """The outputs of every layer as a small histogram, from minus to plus the largest of them."""

    def __init__(self) -> None:
        super().__init__()
        self.counts = np.zeros((0, 1))
        self.words: list[str] = []
        self.setAccessibleName("A histogram a layer")

    def show_counts(self, counts: np.ndarray, words: list[str]) -> None:
        """Show counts (layers x bins), each with a word below."""
        self.counts, self.words = counts, words
        self.setAccessibleDescription(", ".join(words))
        self.update()

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(20 * em, 8 * em)

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(12 * em, 5 * em)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette, em = self.palette(), self.fontMetrics().height()
        wide = self.width() / max(len(self.counts), 11)
        high = self.height() - 2.2 * em
        for place, (counts, words) in enumerate(zip(self.counts, self.words, strict=True)):
            left, step = place * wide + 0.05 * wide, 0.9 * wide / len(counts)
            for number, share in enumerate(counts / max(counts.max(), 1)):
                bar = QRectF(left + number * step, high * (1 - share), step + 0.3, high * share)
                painter.fillRect(bar, palette.color(QPalette.ColorRole.Accent))
            painter.setPen(palette.color(QPalette.ColorRole.Mid))
            painter.drawLine(round(left), round(high), round(left + 0.9 * wide), round(high))
            painter.setPen(palette.color(QPalette.ColorRole.Text))
            below = QRectF(place * wide, high, wide, 2.2 * em)
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, words)


class ActivationsView(LessonView):
    """A click in a plot of the function reads it there."""

    tour_steps = 13

    def __init__(self, session: Session, run: LessonRun[Any, Any]) -> None:
        super().__init__(session, run)
        self.read, self.told = note("", role="name"), note("")
        self.value = ThemedPlot("The function f", Axis("x"), Axis("f(x)"), labelled=False)
        self.slope = ThemedPlot("Its slope f'", Axis("x"), Axis("slope of f"), labelled=False)
        self.sizes = ThemedPlot(
            "Size of the signal and the gradient",
            Axis("layer"),
            Axis("root mean square", log=True),
            hint="Take a step (→).",
        )
        self.histograms = Histograms()
        self.marks = []
        for plot in (self.value, self.slope):
            plot.set_grid()
            self.marks.append(plot.add_mark(movable=True, bounds=(-REACH, REACH)))
            plot.picked.connect(self._read_at)
        grid = QGridLayout()
        grid.addWidget(self.value, 0, 0)
        grid.addWidget(self.slope, 0, 1)
        grid.addWidget(self.histograms, 1, 0, 1, 2)
        grid.addWidget(self.sizes, 2, 0, 1, 2)
        for row, stretch in enumerate((3, 2, 3)):
            grid.setRowStretch(row, stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.read)
        layout.addLayout(grid, 1)
        layout.addWidget(self.told)

    def draw(self) -> None:
        state, settings = self.run.state, self.run.settings
        function = FUNCTIONS[settings.activation]
        at = np.array([state.x])
        y, slope = float(function(at)[0]), float(function.slope(at)[0])
        self.value.show_curves([Curve(function.name, PLACES, function(PLACES))])
        self.slope.show_curves([Curve("slope", PLACES, function.slope(PLACES))])
        for mark, words in zip(self.marks, (f"f = {y:.3f}", f"slope {slope:.3f}"), strict=True):
            mark.show_at(state.x, words)
        self.read.setText(
            f"{function.name}: f(x) = {function.formula}; its slope is {function.slope_formula}. "
            f"At x = {state.x:.2f} it is {y:.3f}, the slope {slope:.3f}."
        )

    def draw_details(self, details: Flow) -> None:
        state, settings = self.run.state, self.run.settings
        forward, backward = passed(state, settings)
        forward = min(forward, len(details.sizes) - 1)
        names = ["input", *map(str, range(1, forward + 1))]
        words = [f"{name}\n±{details.reaches[n]:.2g}" for n, name in enumerate(names)]
        self.histograms.show_counts(details.histograms[: forward + 1], words)
        curves = [_curve("signal", details.sizes, 0, forward)]
        if backward < len(details.gradients):
            curves.append(_curve("gradient", details.gradients, backward, forward))
        self.sizes.show_curves([each for each in curves if len(each.x)])
        self.told.setText(_said(details, forward, backward))

    def _read_at(self, x: float) -> None:
        state = self.run.state
        x = float(np.clip(x, -REACH, REACH))
        if x != state.x:
            self.edited.emit(ActivationsState(state.seed, state.done, x), False)


def _curve(name: str, values: np.ndarray, first: int, last: int) -> Curve:
    """What of the values can stand on a logarithmic axis."""
    layers = np.arange(first, last + 1)
    values = values[first : last + 1]
    return Curve(name, layers[values > SMALLEST], values[values > SMALLEST])


def _said(flow: Flow, forward: int, backward: int) -> str:
    if not forward:
        return "Random numbers are put in. Each step lets them pass a layer, then a gradient back."
    said = f"After layer {forward} the signal is {flow.sizes[forward]:.3g} large"
    if flow.dead[forward]:
        said += f", {flow.dead[forward]:.0%} of the neurons are 0 whatever comes in"
    if backward <= forward:
        said += (
            f"; the gradient that comes back to layer {backward} is {flow.gradients[backward]:.3g}"
        )
    return said + "."
