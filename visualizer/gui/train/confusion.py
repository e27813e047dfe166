"""The confusion matrix: what each class is taken for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

WORDS_LONGEST = 6
"""Width of the names at the left, in heights of a letter."""


class ConfusionView(QWidget):
    """A row for what a picture is, a column for what it is taken for; the diagonal is right."""

    chosen = Signal(object)
    """(row, column) of a cell that was clicked; None where it was chosen already."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.counts: np.ndarray | None = None
        self.names: tuple[str, ...] = ()
        self.cell: tuple[int, int] | None = None
        """The chosen one."""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setAccessibleName("Confusion matrix")

    def show_counts(self, counts: np.ndarray | None, names: Sequence[str]) -> None:
        """Show how often each class (row) was taken for each (column): K x K."""
        if counts is not self.counts:
            if counts is None or self.names != tuple(names):
                self.cell = None
            self.counts, self.names = counts, tuple(names)
            self.update()

    def rect_of(self, row: int, column: int) -> QRectF:
        """Where a cell is."""
        area, side = self._area()
        return QRectF(area.left() + column * side, area.top() + row * side, side, side)

    def cell_at(self, at: QPointF) -> tuple[int, int] | None:
        """The cell at a point of the widget."""
        area, side = self._area()
        if self.counts is None or not area.contains(at):
            return None
        last = len(self.counts) - 1
        row, column = int((at.y() - area.top()) / side), int((at.x() - area.left()) / side)
        return min(row, last), min(column, last)

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(24 * em, 24 * em)

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(12 * em, 12 * em)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position())
        if cell is not None:
            self.cell = None if cell == self.cell else cell
            self.chosen.emit(self.cell)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position())
        if cell is None or self.counts is None:
            self.setToolTip("")
            return
        row, column = cell
        count, name, other = int(self.counts[cell]), self.names[row], self.names[column]
        self.setToolTip(
            f"{count} of {int(self.counts[row].sum())} pictures of {name} are "
            + ("right" if row == column else f"taken for {other}")
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.counts is None:
            return
        painter, metrics = QPainter(self), self.fontMetrics()
        palette, em = self.palette(), metrics.height()
        area, side = self._area()
        shares = self.counts / np.maximum(self.counts.sum(1, keepdims=True), 1)
        base, text = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Text)
        right = palette.color(QPalette.ColorRole.Accent)
        wrong = QColor("#ff8a80" if base.lightness() < 128 else "#b3261e")
        numbers = side > metrics.horizontalAdvance("000")
        middle = Qt.AlignmentFlag.AlignCenter
        for row in range(len(shares)):
            for column in np.flatnonzero(self.counts[row]):
                colour = QColor(right if row == column else wrong)
                colour.setAlphaF(float(0.12 + 0.78 * shares[row, column] ** 0.5))
                box = self.rect_of(row, int(column)).adjusted(0.5, 0.5, -0.5, -0.5)
                painter.fillRect(box, colour)
                if numbers:
                    painter.setPen(text)
                    painter.drawText(box, middle, str(int(self.counts[row, column])))
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        if side > 0.9 * em:
            self._paint_names(painter, area, side)
        painter.setPen(palette.color(QPalette.ColorRole.Mid))
        painter.drawRect(area)
        if self.cell is not None:
            painter.setPen(text)
            painter.drawRect(self.rect_of(*self.cell))

    def _paint_names(self, painter: QPainter, area: QRectF, side: float) -> None:
        metrics = self.fontMetrics()
        em, elide = metrics.height(), Qt.TextElideMode.ElideRight
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for place, name in enumerate(self.names):
            at = place * side
            room = QRectF(0, area.top() + at, area.left() - em / 3, side)
            painter.drawText(room, int(right), metrics.elidedText(name, elide, int(room.width())))
            above = QRectF(area.left() + at, 0, side, em)
            words = metrics.elidedText(name, elide, int(side))
            painter.drawText(above, int(Qt.AlignmentFlag.AlignCenter), words)

    def _area(self) -> tuple[QRectF, float]:
        """Where the cells are, and the side of one."""
        metrics = self.fontMetrics()
        em = metrics.height()
        widest = max((metrics.horizontalAdvance(name) for name in self.names), default=0)
        left = min(widest, WORDS_LONGEST * em) + em / 2
        count = 1 if self.counts is None else len(self.counts)
        side = min(self.width() - left - 1, self.height() - 1.3 * em - 1) / count
        return QRectF(left, 1.3 * em, side * count, side * count), max(side, 0.1)
