"""The page of the curves: loss, accuracy, learning rate, and how the network looks meanwhile."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.train import text as words
from visualizer.gui.train.plots import AccuracyPlot, LossPlot, RatePlot
from visualizer.gui.train.rate_dial import RateDial
from visualizer.gui.train.stage_strip import StageStrip
from visualizer.gui.train.training_session import TrainFrame
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.widgets.image_view import ImageView
from visualizer.gui.widgets.panel import heading, note, panel

SMOOTHEST = 0.99


class CurvesPage(QWidget):
    """Three plots on one axis; beside them the filters and the maps of the watched picture."""

    wanted = frozenset({"maps"})
    smoothed = Signal(float)
    """Another smoothing of the curves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.loss, self.accuracy, self.rate = LossPlot(), AccuracyPlot(), RatePlot()
        self.dial = RateDial()
        self.rate_title = heading("LEARNING RATE")
        self.rate_title.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.log = QCheckBox("log")
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setRange(0, 100)
        self.smoothing.setValue(90)
        self.smoothing.setAccessibleName("Smoothing")
        self.smoothing.setToolTip("How much the curves of the batches are smoothed")
        self.filters = ImageView("The filters of the first stage appear here.")
        self.filters.largest_share = 0.3
        self.filters_title = heading("FILTERS")
        self.strip = StageStrip()
        self.watched = note("", role="title")
        self.in_turn = False
        """Whether each frame is drawn in one of the plots only, so that none of them takes long."""
        self._turn = 0
        self._frame: TrainFrame | None = None
        self._build()
        self.log.toggled.connect(self._on_log)
        self.smoothing.valueChanged.connect(
            lambda value: self.smoothed.emit(SMOOTHEST * (1 - (1 - value / 100) ** 2))
        )

    def show_frame(self, frame: TrainFrame | None) -> None:
        """Show how far the training is."""
        before, self._frame = self._frame, frame
        kind = frame.schedule.kind if frame is not None else "constant"
        suffix = "" if kind == "constant" else f" · {kind.upper()}"
        self.rate_title.setText(f"LEARNING RATE{suffix}")
        plots = (self.loss, self.accuracy, self.rate)
        self._turn = (self._turn + 1) % len(plots)
        for plot in plots if frame is None or not self.in_turn else plots[self._turn :][:1]:
            if frame is None:
                plot.show_curves([])
            else:
                plot.show_frame(frame)
        same = before is not None and frame is not None and before.views is frame.views
        if self.in_turn and same:
            return
        views = frame.views if frame is not None else None
        self.strip.show_stages(views.strip if views is not None else ())
        self.filters.setVisible(views is not None and views.filters is not None)
        self.filters_title.setVisible(self.filters.isVisibleTo(self))
        self.watched.setText("" if frame is None else words.watched(frame))
        if views is not None and views.filters is not None:
            self.filters.set_picture(views.filters, smooth=False)
            self.filters_title.setText(f"FILTERS OF {views.filters_of.upper()}")

    def set_hint(self, sentence: str) -> None:
        """What the empty plots say; "" for the usual words."""
        for plot in (self.loss, self.accuracy, self.rate):
            plot.set_hint(sentence)

    def _build(self) -> None:
        smoothing = QLabel("smooth")
        smoothing.setProperty("role", "muted")
        self.smoothing.setMaximumWidth(5 * self.fontMetrics().height())
        backstage(self.log, smoothing, self.smoothing)
        over_loss = _line(heading("LOSS"), self.log, smoothing, self.smoothing)
        over_rate = _line(self.rate_title, self.dial)
        plots = QVBoxLayout()
        plots.addWidget(panel(over_loss, self.loss, stretch=self.loss), 5)
        plots.addWidget(panel(heading("ACCURACY (%)"), self.accuracy, stretch=self.accuracy), 4)
        plots.addWidget(panel(over_rate, self.rate, stretch=self.rate), 4)
        beside = panel(
            self.filters_title, self.filters, self.watched, self.strip, stretch=self.strip
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(plots, 7)
        layout.addWidget(beside, 2)

    def _on_log(self, logarithmic: bool) -> None:
        self.loss.set_log(logarithmic)
        if self._frame is not None:
            self.loss.show_frame(self._frame)


def _line(first: QWidget, *others: QWidget) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    dial = any(isinstance(each, RateDial) for each in others)
    row.addWidget(first, 0 if dial else 1)
    for each in others:
        row.addWidget(each, 1 if isinstance(each, RateDial) else 0)
    return line
