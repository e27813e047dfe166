"""The page of the time machine: back to a moment, on from there, and all runs in one plot."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from visualizer.gui.train import text as words
from visualizer.gui.train.past import MomentView
from visualizer.gui.train.plots import EpochPlot
from visualizer.gui.train.training_session import TrainFrame
from visualizer.gui.widgets.panel import heading, note, panel
from visualizer.gui.widgets.themed_plot import Axis, Curve

CALM_SECONDS = 0.3
"""Between two drawings while it runs."""
MEASURES = {
    "validation_accuracy": "accuracy on validation pictures (%)",
    "validation_loss": "loss on validation pictures",
    "loss": "loss on training pictures",
}


class TimePage(QWidget):
    """A slider over the moments that are kept of a run; a new run begins where one goes on."""

    wanted = frozenset({"past", "maps"})
    gone_to = Signal(int, int)
    """The branch and batch of a moment."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Time")
        self.slider.setPageStep(1)
        self.back_button, self.on_button = QPushButton("Earlier"), QPushButton("Later")
        self.run_box = QComboBox()
        self.run_box.setAccessibleName("Run")
        self.words = note("", role="title")
        self.hint = note(words.TIME_HINT)
        self.measure = QComboBox()
        self.measure.setAccessibleName("Measure")
        for name, title in MEASURES.items():
            self.measure.addItem(title, name)
        self.plot = RunsPlot()
        self.moments: tuple[MomentView, ...] = ()
        """Those of the run that is chosen."""
        self._frame: TrainFrame | None = None
        self.in_turn = False
        """Whether it runs, so that not every frame is drawn."""
        self._shown_at = 0.0
        row, line = QWidget(), QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        row.setLayout(line)
        for widget in (self.back_button, self.slider, self.on_button, self.run_box):
            line.addWidget(widget, 1 if widget is self.slider else 0)
        top, over = QWidget(), QHBoxLayout()
        over.setContentsMargins(0, 0, 0, 0)
        top.setLayout(over)
        over.addWidget(heading("ALL RUNS"), 1)
        over.addWidget(self.measure)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(panel(row, self.words, self.hint, title="TIME MACHINE"))
        layout.addWidget(panel(top, self.plot, stretch=self.plot), 1)
        self.slider.valueChanged.connect(self._on_slid)
        self.back_button.clicked.connect(lambda: self.step(-1))
        self.on_button.clicked.connect(lambda: self.step(1))
        self.run_box.activated.connect(self._on_run_chosen)
        self.measure.currentIndexChanged.connect(lambda _: self._show_runs())
        self.plot.picked.connect(self.go_near)

    def show_frame(self, frame: TrainFrame | None) -> None:
        """Show where the training is among its moments."""
        now = time.monotonic()
        if self.in_turn and frame is not None and now - self._shown_at < CALM_SECONDS:
            return
        self._shown_at = now
        self._frame = frame
        if frame is None:
            self.moments = ()
            self.words.setText("")
            self.plot.show_curves([])
            return
        past = frame.past
        self.moments = tuple(each for each in past.moments if each.branch == past.branch)
        place = max(
            (i for i, each in enumerate(self.moments) if each.batch <= frame.step), default=0
        )
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, len(self.moments) - 1))
        self.slider.setValue(place)
        self.slider.blockSignals(False)
        self.back_button.setEnabled(bool(place))
        self.on_button.setEnabled(place + 1 < len(self.moments))
        numbers = sorted({each.branch for each in past.moments})
        if [self.run_box.itemData(i) for i in range(self.run_box.count())] != numbers:
            self.run_box.clear()
            for number in numbers:
                self.run_box.addItem(f"run {number + 1}", number)
        self.run_box.setCurrentIndex(self.run_box.findData(past.branch))
        self.run_box.setVisible(len(numbers) > 1)
        self.words.setText(words.moment(frame))
        self._show_runs()

    def step(self, by: int) -> None:
        """Go to the moment before or after."""
        self.slider.setValue(self.slider.value() + by)

    def go_near(self, epoch: float) -> None:
        """Go to the moment that is next to a place of the plot."""
        if self.moments:
            near = min(self.moments, key=lambda each: abs(each.epoch - epoch))
            self.gone_to.emit(near.branch, near.batch)

    def _on_slid(self, place: int) -> None:
        if place < len(self.moments):
            self.gone_to.emit(self.moments[place].branch, self.moments[place].batch)

    def _on_run_chosen(self) -> None:
        """Go to the end of another run."""
        frame, number = self._frame, self.run_box.currentData()
        if frame is not None and number != frame.past.branch:
            last = [each for each in frame.past.moments if each.branch == number][-1]
            self.gone_to.emit(last.branch, last.batch)

    def _show_runs(self) -> None:
        if self._frame is not None:
            self.plot.show_runs(self._frame, self.measure.currentData())


class RunsPlot(EpochPlot):
    """A curve a run, and a mark where the training stands."""

    def __init__(self) -> None:
        axis = Axis("measure", form=lambda value: f"{value:.4g}")
        super().__init__("All runs", axis, "The runs appear here, one colour each.")
        self.now = self.add_mark()

    def show_runs(self, frame: TrainFrame, measure: str) -> None:
        """Show one measure of all runs."""
        self.show_epochs(frame.settings.epochs)
        shown = []
        for each in frame.past.branches:
            y = getattr(each.curves, measure)
            x = each.curves.x if measure == "loss" else each.curves.epochs
            factor = 100 if measure.endswith("accuracy") else 1
            name = f"run {each.number + 1}"
            if each.parent is not None:  # its own part, from where it was forked
                x, y = x[x >= each.at], y[x >= each.at]
                name += f" from {each.at:.3g}"
            if len(x):
                shown.append(Curve(name, x, factor * y))
        self.show_curves(shown)
        self.now.show_at(frame.epoch if shown else None, "you are here" if shown else "")
