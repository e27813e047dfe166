"""A number at every step: how the objective climbs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

KINDS = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
POINTS = 2000
"""More than a screen is wide; longer runs are thinned out."""


class ProgressCurve(pg.PlotWidget):
    """The value of the objective against the steps."""

    def __init__(self, name: str = "objective", parent: QWidget | None = None):
        self._ready = False
        super().__init__(parent, background=None)
        self.values = np.zeros(0)
        self._name = name
        self.setMenuEnabled(False)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self._curve = self.plot([], [])
        self.getPlotItem().getAxis("left").setStyle(autoExpandTextSpace=False)
        self.setAccessibleName(f"{name} at each step")
        self.setToolTip("What is climbed, step by step")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._ready = True
        self._paint()
        self.set_values([])

    def set_values(self, values: Sequence[float]) -> None:
        """Show these values, one a step, from step 1."""
        self.values = np.asarray(values, float)
        stride = max(1, len(values) // POINTS)
        steps = np.arange(1, len(values) + 1)[::stride]
        self._curve.setData(steps, self.values[::stride])
        self.getPlotItem().setVisible(bool(len(values)))
        if len(values):
            words = f"{self._name} {values[-1]:.4g} after {len(values)} steps"
            self.setAccessibleDescription(words)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not len(self.values):
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().placeholderText().color())
            words = f"The {self._name} at each step appears here while it runs."
            painter.drawText(self.viewport().rect(), int(Qt.AlignmentFlag.AlignCenter), words)

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(20 * em, 6 * em)

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(10 * em, 5 * em)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if self._ready and event.type() in KINDS:
            self._paint()

    def _paint(self) -> None:
        palette, font = self.palette(), self.font()
        line, words = palette.color(QPalette.ColorRole.Mid), palette.placeholderText().color()
        self._curve.setPen(pg.mkPen(palette.color(QPalette.ColorRole.Accent), width=2))
        for side in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(side)
            axis.setPen(line)
            axis.setTextPen(words)
            axis.setTickFont(font)
            axis.setStyle(maxTickLevel=0)
        edge = self.fontMetrics().height() // 3  # the topmost number stands half above its line
        self.getPlotItem().layout.setContentsMargins(0, edge, edge, 0)
        width = self.fontMetrics().horizontalAdvance("-0.00e+00 ")
        self.getPlotItem().getAxis("left").setWidth(width)
        self.setBackground(palette.color(QPalette.ColorRole.Base))
