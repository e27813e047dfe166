"""The dial over the stages, and the curve of how well the classes lie apart at each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from visualizer.gui.widgets.panel import note
from visualizer.gui.widgets.themed_plot import Axis, Curve, ThemedPlot

FINE = 20
"""Steps of the slider from one stage to the next."""


class StageDial(QWidget):
    """Turns from the picture itself to the network's answer, also between two stages."""

    turned = Signal(float)
    """The position: 0 for the first stage, 1.5 between the second and the third."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stages: tuple[str, ...] = ()
        self.words = note("")
        self.play = QPushButton("▶ The journey")
        self.film = QPushButton("Film…")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Stage")
        self.curve = _ScorePlot()
        self._mark = self.curve.add_mark(movable=True)
        line = QHBoxLayout()
        line.addWidget(self.play)
        line.addWidget(self.slider, 1)
        line.addWidget(self.film)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(line)
        layout.addWidget(self.words)
        layout.addWidget(self.curve, 1)
        self.slider.valueChanged.connect(lambda value: self._say(value / FINE))
        self.curve.picked.connect(lambda place: self.set_position(round(place)))
        self.set_stages(())

    @property
    def position(self) -> float:
        """Where it stands."""
        return self.slider.value() / FINE

    @property
    def stage(self) -> str:
        """The stage nearest to it; "" before there are any."""
        return self.stages[round(self.position)] if self.stages else ""

    def set_stages(self, stages: Sequence[str], at: str = "") -> None:
        """Have these stages, and stand at one of them."""
        self.stages = tuple(stages)
        self.slider.blockSignals(True)
        self.slider.setRange(0, FINE * max(0, len(stages) - 1))
        self.slider.setPageStep(FINE)
        self.slider.setSingleStep(1)
        self.slider.setValue(FINE * self.stages.index(at) if at in stages else 0)
        self.slider.blockSignals(False)
        self.slider.setEnabled(len(stages) > 1)
        self.play.setEnabled(len(stages) > 1)
        self.curve.name_stages(self.stages)
        if stages:
            self.curve.set_ranges(x=(-0.3, max(0.3, len(stages) - 0.7)), y=(0.0, 1.02))
        self._mark.show_at(self.position if stages else None)

    def set_position(self, position: float) -> None:
        """Turn it."""
        self.slider.setValue(round(FINE * position))

    def step(self, by: int) -> None:
        """Turn it to the next stage, or the one before."""
        self.set_position(min(max(round(self.position) + by, 0), max(0, len(self.stages) - 1)))

    def show_scores(self, scores: dict[str, tuple[float, float]]) -> None:
        """Draw precision and accuracy at the stages at which they are known."""
        known = [
            (place, *scores[stage])
            for place, stage in enumerate(self.stages)
            if stage in scores and not np.isnan(scores[stage][0])
        ]
        columns = np.array(known, float).T if known else np.zeros((3, 0))
        curves = [
            Curve("precision at 5", columns[0], columns[1]),
            Curve("5 nearest vote", columns[0], columns[2]),
        ]
        self.curve.show_curves(curves if known else [])
        self._mark.show_at(self.position if self.stages else None)

    def _say(self, position: float) -> None:
        self._mark.show_at(position)
        self.turned.emit(position)


class _ScorePlot(ThemedPlot):
    def __init__(self) -> None:
        axis = Axis("share", form=lambda value: f"{value:.0%}")
        hint = "With a folder a class, a curve shows here at which stage the classes come apart."
        name = "How often neighbours are alike"
        super().__init__(name, Axis("stage"), axis, hint=hint, dots=True)
        self.set_grid()
        self.set_room("100%", "precision at 5")
        self._stages: Sequence[str] = ()

    def name_stages(self, stages: Sequence[str]) -> None:
        """Name the stages below the plot, as many as there is room for."""
        self._stages = stages
        wide = max(map(self.fontMetrics().horizontalAdvance, stages), default=0)
        room = max(1, int(self.width() * 0.75 / (wide + self.fontMetrics().height())))
        every = max(1, -(-len(stages) // room))
        last = len(stages) - 1
        named = [(at, stages[at]) for at in range(0, len(stages), every) if last - at >= every]
        self.set_ticks("bottom", [*named, (last, stages[last])] if stages else [])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_stages"):  # pyqtgraph resizes while it is made
            self.name_stages(self._stages)

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(24 * em, 8 * em)

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(14 * em, 5 * em)
