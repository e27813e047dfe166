"""The units of a dense stage as bars: named ones in rows to read, nameless ones side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QWidget

from visualizer.gui.widgets.unit_area import UnitArea

UPRIGHT_PAD = 4
"""Pixels above and below upright bars."""


class DenseBars(UnitArea):
    """Bars from a common base line; negative ones hang below it (or reach left of it).

    With names each unit is a row "name, bar, number"; without, a thin upright bar.
    """

    def __init__(self, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(hint, parent)
        self._names: Callable[[int], str] | None = None
        self._percent = False
        self._low, self._high = 0.0, 1.0

    def set_values(
        self,
        values: np.ndarray,
        names: Callable[[int], str] | None = None,
        percent: bool = False,
        resort: bool = True,
    ) -> None:
        """Show one number a unit.

        `percent` for probabilities, whose bars always reach to 100 %, and for their changes.
        """
        finite = values[np.isfinite(values)]
        self._low = min(0.0, float(finite.min(initial=0)))
        self._high = max(float(finite.max(initial=0)), 1e-12)
        if percent and self._low == 0:
            self._high = 1.0
        changed = (names is None) != (self._names is None)
        self._names, self._percent = names, percent
        self.set_strength(values, resort)
        if changed:
            self._layout()

    def text_of(self, value: float) -> str:
        """A number as it is written beside its bar."""
        return f"{value:.1%}" if self._percent else f"{value:.3g}"

    def columns(self) -> int:
        fitting = max(1, self.viewport().width() // self.cell_size().width())
        if self._names is None:
            return max(1, min(self.units, fitting))
        rows = max(1, self.viewport().height() // self.cell_size().height())
        return max(1, min(fitting, -(-self.units // rows)))

    def cell_size(self) -> QSize:
        letter, width = self.fontMetrics().height(), self.viewport().width()
        if self._names is not None:
            columns = max(1, int(width / (20 * letter * self.zoom)))
            return QSize(max(8, width // columns), max(8, round(1.5 * letter * self.zoom)))
        height = max(12, self.viewport().height())
        rows = max(1, round((self.units * height / (max(width, 1) * 8 * letter)) ** 0.5))
        per_row = -(-max(self.units, 1) // rows)
        wide = min(max(int(self.zoom * width / per_row), 4), width)
        rows = -(-max(self.units, 1) // max(1, width // wide))
        tall = min(max(height // rows, 2.5 * letter), 12 * letter) * self.zoom
        return QSize(max(4, wide), max(12, round(tall)))

    def paint_units(self, painter: QPainter, area: QRect) -> None:
        units = self.visible_units(area)
        values = np.nan_to_num(self._strength[units]).astype(float)
        if self._names is None:
            self._paint_upright(painter, units, values)
            return
        for unit, value in zip(units.tolist(), values.tolist(), strict=True):
            self._paint_row(painter, self._names(unit), value, self.rect_of(unit))

    def _paint_row(self, painter: QPainter, name: str, value: float, rect: QRectF) -> None:
        metrics, palette = painter.fontMetrics(), self.palette()
        letter = metrics.height()
        pad = letter / 2
        inner = rect.adjusted(pad, 0, -pad, 0)
        name_width = min(9.0 * letter, inner.width() * 0.45)
        number_width = float(metrics.horizontalAdvance("-0.00e+00"))
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        label = QRectF(inner.left(), inner.top(), name_width, inner.height())
        elided = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(name_width))
        painter.drawText(label, middle, elided)
        number = inner.adjusted(inner.width() - number_width, 0, 0, 0)
        painter.drawText(number, middle | int(Qt.AlignmentFlag.AlignRight), self.text_of(value))
        bar = QRectF(label.right() + pad, 0, number.left() - label.right() - 2 * pad, letter * 0.5)
        bar.moveTop(inner.center().y() - bar.height() / 2)
        if bar.width() < 2:
            return
        painter.fillRect(bar, self._track())
        zero = bar.left() + bar.width() * self._share(0)
        end = bar.left() + bar.width() * self._share(value)
        filled = QRectF(min(zero, end), bar.top(), max(abs(end - zero), 1), bar.height())
        painter.fillRect(filled, self._colour(value >= 0))

    def _paint_upright(self, painter: QPainter, units: np.ndarray, values: np.ndarray) -> None:
        """Paint all bars in a few calls: there may be thousands."""
        cell, columns = self.cell_size(), self.columns()
        rows, across = np.divmod(self._place[units], columns)
        left = self.left() + across * cell.width()
        top = rows * cell.height() - self.verticalScrollBar().value() + UPRIGHT_PAD
        room = cell.height() - 2 * UPRIGHT_PAD
        zero, end = (top + room * (1 - self._share(each)) for each in (np.zeros(1), values))
        wide = cell.width() - (1 if cell.width() >= 3 else 0)
        line = columns * cell.width()
        for height in np.unique(zero).tolist():
            painter.fillRect(QRectF(self.left(), height, line, 1), self._track())
        painter.setPen(Qt.PenStyle.NoPen)
        for positive in (True, False):
            chosen = values > 0 if positive else values < 0
            painter.setBrush(self._colour(positive))
            upper = np.minimum(zero, end)[chosen].tolist()
            tall = np.abs(end - zero)[chosen].tolist()
            where = zip(left[chosen].tolist(), upper, tall, strict=True)
            painter.drawRects([QRectF(x, y, wide, height) for x, y, height in where])
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _share(self, value: Any) -> Any:
        """Where a value, or each of an array of values, lies between the ends: 0 to 1."""
        return (value - self._low) / (self._high - self._low)

    def _track(self) -> QColor:
        return self.palette().color(QPalette.ColorRole.AlternateBase)

    def _colour(self, positive: bool) -> QColor:
        colour = self.palette().highlight().color()
        return colour if positive else QColor.fromHsv((colour.hue() + 180) % 360, 120, 200)
