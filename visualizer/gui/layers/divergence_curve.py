"""How far apart two specimens are at each stage, as a curve to click on."""

from __future__ import annotations

from collections.abc import Mapping

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget


class DivergenceCurve(pg.PlotWidget):
    """How far apart two specimens are at each stage; a click chooses the stage below it."""

    selected = Signal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent, background=None)
        self._stages: tuple[str, ...] = ()
        self._values: tuple[float, ...] = ()
        self.setMenuEnabled(False)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self._curve = self.plot([], [], symbol="o", symbolSize=7)
        self._marker = pg.InfiniteLine(angle=90)
        self.addItem(self._marker)
        self.setAccessibleName("Divergence at each stage")
        self.setToolTip("0: the same; 2: nothing in common. Click to go to a stage.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.scene().sigMouseClicked.connect(self._clicked)
        self._paint()

    @property
    def points(self) -> dict[str, float]:
        """The curve, by stage."""
        return dict(zip(self._stages, self._values, strict=True))

    def set_curve(self, divergence: Mapping[str, float], stage: str | None) -> None:
        """Show the divergence of every stage, in order, and mark the chosen one."""
        stages = tuple(divergence)
        self._values = tuple(divergence.values())
        self._curve.setData(list(range(len(stages))), list(self._values))
        if stages != self._stages:
            self._stages = stages
            self._set_ticks()
            self.setXRange(-0.3, max(len(stages) - 0.7, 0.5), padding=0)
        self.setYRange(0, max(1.0, 1.05 * max(self._values, default=1.0)), padding=0.02)
        self.set_stage(stage)

    def set_stage(self, stage: str | None) -> None:
        """Mark the chosen stage."""
        self._marker.setVisible(stage in self._stages)
        if stage in self._stages:
            self._marker.setValue(self._stages.index(stage))

    def stage_at(self, position: float) -> str | None:
        """The stage nearest to a place on the horizontal axis."""
        place = round(position)
        return self._stages[place] if 0 <= place < len(self._stages) else None

    def _set_ticks(self) -> None:
        """Name as many stages as there is room for."""
        longest = max((self.fontMetrics().horizontalAdvance(s) for s in self._stages), default=1)
        room = max(1, self.width() // (longest + self.fontMetrics().height()))
        every = max(1, -(-len(self._stages) // room))
        named = [(i, s) for i, s in enumerate(self._stages) if i % every == 0]
        self.getAxis("bottom").setTicks([named])

    def _clicked(self, event) -> None:
        stage = self.stage_at(self.getViewBox().mapSceneToView(event.scenePos()).x())
        if stage is not None:
            self.selected.emit(stage)

    def _paint(self) -> None:
        """Take the colours of the theme."""
        palette = self.palette()
        text, accent = palette.text().color(), palette.highlight().color()
        for side in ("bottom", "left"):
            axis = self.getAxis(side)
            axis.setPen(palette.placeholderText().color())
            axis.setTextPen(text)
            axis.setStyle(tickFont=self.font(), maxTickLevel=0)
        self.getAxis("bottom").setHeight(round(1.5 * self.fontMetrics().height()))
        self.setBackground(palette.color(QPalette.ColorRole.Base))
        self._curve.setPen(pg.mkPen(accent, width=2))
        self._curve.setSymbolBrush(accent)
        self._curve.setSymbolPen(palette.color(QPalette.ColorRole.Base))
        self._marker.setPen(pg.mkPen(text, width=1, style=Qt.PenStyle.DashLine))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        kinds = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
        if event.type() in kinds and hasattr(self, "_marker"):
            self._paint()

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_stages"):
            self._set_ticks()
