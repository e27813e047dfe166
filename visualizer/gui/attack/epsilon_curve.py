"""Probabilities of the classes against the size of the attack: Goodfellow's figure 4, live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPalette,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

# Bright on dark and deep on light: told apart by people who are colour-blind too (after Okabe-Ito).
ON_DARK = ("#7ccf8a", "#ff8a80", "#7cc4f5", "#d9a8f0", "#f2c14e")
ON_LIGHT = ("#19662f", "#b3261e", "#0b5fa5", "#7b3fa0", "#8a5a00")


@dataclass(frozen=True, eq=False)
class CurveLines:
    """What the curve shows.

    Attributes:
        levels: M sizes in levels of 1/255, ascending, negative ones the other way.
        labels: names of the classes, at most five.
        shares: their probabilities, len(labels) x M.
        flip: the size at which the goal is reached first, in levels, or None.
    """

    levels: np.ndarray
    labels: Sequence[str]
    shares: np.ndarray
    flip: float | None


class EpsilonCurve(QWidget):
    """A line a class; the upright line is the dial, and can be dragged."""

    dragged = Signal(int)
    """The size in levels of 1/255 that the user pulled the line to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: CurveLines | None = None
        self.levels: int | None = 0
        self._still: QPixmap | None = None
        self.setAccessibleName("Probability against epsilon")
        self.setToolTip("Drag the upright line, or turn the dial")
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_lines(self, lines: CurveLines | None) -> None:
        """Show other curves; None for nothing yet."""
        self.lines, self._still = lines, None
        if lines is not None:
            words = ", ".join(lines.labels)
            flip = "" if lines.flip is None else f"; the answer flips at {lines.flip:g}/255"
            self.setAccessibleDescription(f"{words}{flip}")
        self.update()

    def set_levels(self, levels: int | None) -> None:
        """Put the upright line where the dial is; None for a size that the curve does not have."""
        self.levels = levels
        self.update()

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(22 * em, 10 * em)

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(12 * em, 6 * em)

    def place_of(self, levels: float) -> float:
        """The horizontal place of a size, in pixels of the widget."""
        area, lines = self._area(), self.lines
        if lines is None:
            return area.left()
        low, high = float(lines.levels[0]), float(lines.levels[-1])
        return area.left() + (levels - low) / (high - low) * area.width()

    # Events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag(event)

    def _drag(self, event: QMouseEvent) -> None:
        lines, area = self.lines, self._area()
        if lines is None or area.width() <= 0:
            return
        low, high = float(lines.levels[0]), float(lines.levels[-1])
        share = (event.position().x() - area.left()) / area.width()
        self.dragged.emit(max(0, round(low + min(max(share, 0), 1) * (high - low))))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._still = None
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self._still = None
            self.update()
        super().changeEvent(event)

    # Painting

    def _area(self) -> QRectF:
        em = self.fontMetrics().height()
        left = self.fontMetrics().horizontalAdvance("100%") + em * 0.4
        return QRectF(left, em * 1.2, self.width() - left - em * 0.8, self.height() - em * 2.6)

    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        if self.lines is None:
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), "…")
            return
        self._paint_marks(painter, self._area(), self.lines)
        if self._still is None or self._still.devicePixelRatio() != self.devicePixelRatioF():
            self._still = self._drawn(self.lines)
        painter.drawPixmap(0, 0, self._still)

    def _drawn(self, lines: CurveLines) -> QPixmap:
        """All that stays while the dial is turned, on nothing: grid, lines and their names."""
        ratio, palette = self.devicePixelRatioF(), self.palette()
        still = QPixmap(self.size() * ratio)
        still.setDevicePixelRatio(ratio)
        still.fill(Qt.GlobalColor.transparent)
        painter = QPainter(still)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        area = self._area()
        self._paint_grid(painter, area, lines)
        colours = ON_DARK if palette.color(QPalette.ColorRole.Base).lightness() < 128 else ON_LIGHT
        named = []
        for row, label in enumerate(lines.labels):
            colour = QColor(colours[row % len(colours)])
            points = [
                QPointF(self.place_of(float(x)), area.bottom() - float(y) * area.height())
                for x, y in zip(lines.levels, lines.shares[row], strict=True)
            ]
            painter.setPen(QPen(colour, 2))
            painter.drawPolyline(QPolygonF(points))
            named.append((colour, label, points))
        taken: list[QRectF] = []
        for colour, label, points in named:
            painter.setPen(colour)
            self._paint_label(painter, area, label, points, taken)
        painter.end()
        return still

    def _paint_grid(self, painter: QPainter, area: QRectF, lines: CurveLines) -> None:
        palette, em = self.palette(), self.fontMetrics().height()
        line = palette.color(QPalette.ColorRole.Mid)
        words = palette.color(QPalette.ColorRole.PlaceholderText)
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for share in (0.0, 0.5, 1.0) if area.height() < 8 * em else (0, 0.25, 0.5, 0.75, 1):
            y = area.bottom() - share * area.height()
            painter.setPen(QPen(line, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(words)
            painter.drawText(
                QRectF(0, y - em, area.left() - em * 0.3, 2 * em), right, f"{share:.0%}"
            )
        low, high = int(lines.levels[0]), int(lines.levels[-1])
        for level in range(low, high + 1, max(1, (high - low) // 4)):
            x = self.place_of(level)
            painter.setPen(QPen(line, 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(words)
            text = "0" if level == 0 else f"{level:+d}/255".replace("-", "−")
            box = QRectF(x - 4 * em, area.bottom() + em * 0.15, 8 * em, 1.2 * em)
            if box.center().x() + 2 * em > self.width():
                box.moveRight(self.width())
                painter.drawText(box, right, text)
            else:
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)

    def _paint_label(
        self,
        painter: QPainter,
        area: QRectF,
        label: str,
        points: Sequence[QPointF],
        taken: list[QRectF],
    ) -> None:
        """Put the name beside the line where it is highest and there is room."""
        metrics = QFontMetricsF(self.font())
        size = metrics.boundingRect(label).adjusted(0, 0, 4, 0)
        for point in sorted(points, key=QPointF.y):
            box = QRectF(0, 0, size.width(), metrics.height())
            box.moveCenter(QPointF(point.x(), point.y() - metrics.height() * 0.6))
            box.moveLeft(min(max(box.left(), area.left() + 2), area.right() - box.width()))
            box.moveTop(min(max(box.top(), area.top()), area.bottom() - box.height()))
            if not any(box.intersects(other) for other in taken):
                taken.append(box)
                self._write(painter, label, QPointF(box.left(), box.bottom() - metrics.descent()))
                return

    def _write(self, painter: QPainter, text: str, at: QPointF) -> None:
        """Write in the colour of the pen, with a rim that keeps it apart from the lines."""
        letters = QPainterPath()
        letters.addText(at, self.font(), text)
        rim = QPen(self.palette().color(QPalette.ColorRole.Base), self.fontMetrics().height() / 5)
        rim.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(letters, rim)
        painter.fillPath(letters, painter.pen().color())

    def _paint_marks(self, painter: QPainter, area: QRectF, lines: CurveLines) -> None:
        palette, em = self.palette(), self.fontMetrics().height()
        centre = int(Qt.AlignmentFlag.AlignCenter)
        accent = palette.color(QPalette.ColorRole.Accent)
        words = "" if self.levels is None else f"ε = {self.levels}/255"
        x = self.place_of(self.levels or 0)
        dial = self._title(words, x) if words else QRectF()
        if lines.flip is not None:
            at = self.place_of(lines.flip)
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()))
            text = f"flips at {lines.flip:g}/255"
            box = self._title(text, at)
            if box.intersects(dial) and at > x:
                box.moveLeft(dial.right() + em * 0.5)
            elif box.intersects(dial):
                box.moveRight(dial.left() - em * 0.5)
            painter.drawText(box, centre, text)
        if not words:
            return
        painter.setPen(QPen(accent, 2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setPen(palette.color(QPalette.ColorRole.Link))
        painter.drawText(dial, centre, words)

    def _title(self, text: str, x: float) -> QRectF:
        """Where a word above a place stands, within the widget."""
        em = self.fontMetrics().height()
        width = self.fontMetrics().horizontalAdvance(text) + 4
        left = min(max(x - width / 2, 0.0), self.width() - width)
        return QRectF(left, 0, width, em * 1.15)
