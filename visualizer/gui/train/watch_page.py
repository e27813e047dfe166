"""The page of the run: its buttons, the curves, and the dial of the learning rate."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.runs.steered_run import RunState
from visualizer.gui.train import text as words
from visualizer.gui.train.plots import AccuracyPlot, LossPlot, RatePlot
from visualizer.gui.train.rate_dial import RateDial, in_words
from visualizer.gui.train.run import TrainRun
from visualizer.gui.train.teaching import TrainFrame
from visualizer.gui.widgets.panel import heading, note, panel
from visualizer.gui.widgets.parts_label import PartsLabel

MORE_EPOCHS = 10
"""That a finished training is gone on with."""
SMOOTHEST = 0.99


class WatchPage(QWidget):
    """Loss, accuracy and learning rate below each other, as the training goes."""

    rate_taken = Signal(float)
    """The learning rate that was offered after the loss exploded."""
    smoothed = Signal(float)
    """Another smoothing of the curves."""

    def __init__(self, run: TrainRun, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.run = run
        self.start_button = QPushButton("Begin anew")
        self.go_button = QPushButton("Play")
        self.go_button.setProperty("role", "primary")
        self.batch_button = QPushButton("One batch")
        self.epoch_button = QPushButton("One epoch")
        self.end_button = QPushButton("To the end")
        self.status = PartsLabel()
        self.status.setProperty("role", "muted")
        self.error = QLabel(wordWrap=True)
        self.error.setProperty("role", "error")
        self.said = note("")
        self.offer, self.offer_words = QFrame(), note("", role="title")
        self.offer_button = QPushButton()
        self.loss, self.accuracy, self.rate = LossPlot(), AccuracyPlot(), RatePlot()
        self.dial = RateDial()
        self.log = QCheckBox("logarithmic")
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setRange(0, 100)
        self.smoothing.setValue(90)
        self.smoothing.setAccessibleName("Smoothing")
        self._offered: float | None = None
        self._build()
        self.log.toggled.connect(self._on_log)
        self.smoothing.valueChanged.connect(
            lambda value: self.smoothed.emit(SMOOTHEST * (1 - (1 - value / 100) ** 2))
        )
        self.offer_button.clicked.connect(self._on_taken)

    def show_frame(self, frame: TrainFrame | None) -> None:
        """Show how far the training is."""
        for plot in (self.loss, self.accuracy, self.rate):
            if frame is None:
                plot.show_curves([])
            else:
                plot.show_frame(frame)
        self._show_words(frame)

    def show_state(self, state: RunState) -> None:
        """Show what can be done now."""
        run, running = self.run, state is RunState.RUNNING
        there = run.frame is not None
        self.go_button.setText("Pause" if running else "Play")
        if state is RunState.DONE:
            self.go_button.setText(f"{MORE_EPOCHS} more epochs")
        self.go_button.setEnabled(there or running)
        for button in (self.batch_button, self.epoch_button, self.end_button):
            button.setEnabled(there and state is not RunState.DONE)
        failed = state is RunState.FAILED
        self.error.setText(run.error if failed else "")
        self.error.setVisible(failed)
        self._show_words(run.frame)

    def show_missing(self, sentence: str) -> None:
        """Say what it takes to begin; "" for nothing."""
        for plot in (self.loss, self.accuracy, self.rate):
            plot.set_hint(sentence)
        self.start_button.setEnabled(not sentence)

    # Inside

    def _build(self) -> None:
        top, row = QWidget(), QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        top.setLayout(row)
        for button in (
            self.go_button,
            self.batch_button,
            self.epoch_button,
            self.end_button,
            self.start_button,
        ):
            row.addWidget(button)
        row.addStretch(1)
        self.offer.setProperty("role", "panel")
        asking = QHBoxLayout(self.offer)
        asking.addWidget(self.offer_words, 1)
        asking.addWidget(self.offer_button)
        for widget in (self.offer, self.error, self.said):
            widget.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(panel(top, self.status, self.error, self.said))
        layout.addWidget(self.offer)
        smoothing = QLabel("smooth")
        smoothing.setProperty("role", "muted")
        self.smoothing.setMaximumWidth(6 * self.fontMetrics().height())
        over_loss = _line(heading("LOSS"), self.log, smoothing, self.smoothing)
        layout.addWidget(panel(over_loss, self.loss, stretch=self.loss), 5)
        layout.addWidget(panel(heading("ACCURACY (%)"), self.accuracy, stretch=self.accuracy), 4)
        over_rate = _line(heading("LEARNING RATE"), self.dial)
        layout.addWidget(panel(over_rate, self.rate, stretch=self.rate), 4)

    def _show_words(self, frame: TrainFrame | None) -> None:
        if frame is None:
            self.status.set_parts(words.PREPARING if self.run.preparing else "")
            self.offer.hide()
            self.said.hide()
            return
        self.status.set_parts(*words.status(frame, self.run.running))
        self._offered = frame.offered
        self.offer.setVisible(frame.offered is not None)
        self.said.setVisible(bool(frame.said) and frame.offered is None)
        self.said.setText(frame.said)
        if frame.offered is not None:
            self.offer_words.setText(frame.said)
            self.offer_button.setText(f"Go on with {in_words(frame.offered)}")

    def _on_log(self, logarithmic: bool) -> None:
        self.loss.set_log(logarithmic)
        if self.run.frame is not None:
            self.loss.show_frame(self.run.frame)

    def _on_taken(self) -> None:
        if self._offered is not None:
            self.rate_taken.emit(self._offered)


def _line(first: QWidget, *others: QWidget) -> QWidget:
    line, row = QWidget(), QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    line.setLayout(row)
    row.addWidget(first, 1)
    for each in others:
        row.addWidget(each, 2 if isinstance(each, RateDial) else 0)
    return line
