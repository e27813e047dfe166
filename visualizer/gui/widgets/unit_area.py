"""What the channel grid and the dense bars share: many units to scroll, choose, zoom and sort."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from visualizer.gui.widgets.lines import thick

ORDERS = ("channel", "strength")


def order_of(strength: np.ndarray, by: str) -> np.ndarray:
    """The units in the order they are shown: by their number, or the strongest first.

    Equal units stay in the order of their numbers, and not-a-number comes last.
    """
    if by == "channel":
        return np.arange(len(strength))
    if by != "strength":
        raise ValueError(f"Units were to be sorted by {by!r}; choose one of {', '.join(ORDERS)}.")
    return np.argsort(-strength, kind="stable")


def by_number(unit: int) -> str:
    """Describe a unit of which no more is known."""
    return f"unit {unit}"


class UnitArea(QAbstractScrollArea):
    """Cells, one a unit, in rows of `columns`; only those in sight are painted.

    Up and Down, Home and End, Page Up and Page Down choose a unit, Enter or a double click opens
    it; Ctrl+wheel and + and - zoom, 0 fits. A subclass says how large a cell is and paints one.
    """

    selected = Signal(int)
    """The unit that the user chose."""
    opened = Signal(int)
    """The unit that was double-clicked or opened by Enter."""
    hovered = Signal(object)
    """The unit under the mouse, or None."""
    resized = Signal()
    """The size of the cells has changed."""
    zoomed = Signal(float)

    def __init__(self, hint: str = "", parent: QWidget | None = None):
        super().__init__(parent)
        self._strength = np.zeros(0, np.float32)
        self._order = np.zeros(0, np.int64)
        self._place = np.zeros(0, np.int64)
        self._by = "channel"
        self._unit: int | None = None
        self._hover: int | None = None
        self._hint = hint
        self._zoom = 1.0
        self._presented = self._cutting = False
        self.describe: Callable[[int], str] = by_number
        """What the tooltip of a unit says."""
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)

    # What is shown

    @property
    def units(self) -> int:
        """How many units there are."""
        return len(self._strength)

    @property
    def order(self) -> np.ndarray:
        """The units as they are shown, first to last."""
        return self._order

    @property
    def unit(self) -> int | None:
        """The chosen unit."""
        return self._unit

    @property
    def zoom(self) -> float:
        """1 fits all units if they can be seen at that size; larger is larger."""
        return self._zoom

    def set_strength(self, strength: np.ndarray, resort: bool = True) -> None:
        """Take one number a unit, in the order of their index: to sort by and to tell.

        With `resort=False` the units keep their places, so that live pictures do not shuffle them.
        """
        changed = len(strength) != self.units
        self._strength = np.asarray(strength, np.float32)
        if changed or resort:
            self._sort()
        if changed:
            self._hover = None
            if self._unit is not None and self._unit >= self.units:
                self._unit = None
            self.verticalScrollBar().setValue(0)
            self._layout()
        self.viewport().update()

    def sort_by(self, by: str) -> None:
        """Sort by "channel" (their number) or "strength"; the chosen unit stays in sight."""
        self._by = by
        self._sort()
        self.show_unit()
        self.viewport().update()

    def set_order(self, order: np.ndarray) -> None:
        """Take the order of another area, until sorted again."""
        if len(order) == self.units:
            self._set_order(order)
            self.viewport().update()

    def set_unit(self, unit: int | None, reveal: bool = True) -> None:
        """Mark the chosen unit, without telling anybody."""
        self._unit = unit if unit is not None and 0 <= unit < self.units else None
        if reveal:
            self.show_unit()
        self.viewport().update()

    def set_zoom(self, zoom: float) -> None:
        """Zoom 0.25 to 16 times the size that fits; the chosen unit stays in sight."""
        zoom = min(max(zoom, 0.25), 16.0)
        if zoom == self._zoom:
            return
        self._zoom = zoom
        self._layout()
        self.show_unit()
        self.viewport().update()
        self.zoomed.emit(zoom)

    def present(self, presented: bool) -> None:
        """Show an audience whole rows, the chosen unit in one of them."""
        self._presented = presented
        self._layout()

    def set_hint(self, hint: str) -> None:
        """The sentence shown while there are no units."""
        self._hint = hint
        self.viewport().update()

    def show_unit(self) -> None:
        """Scroll until the chosen unit is in sight; an audience sees whole rows."""
        if self._unit is not None:
            self.reveal(self._unit)
        if self._presented and self.units:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() - bar.value() % self.cell_size().height())

    def reveal(self, unit: int) -> None:
        """Scroll until a unit is in sight."""
        rect, bar = self.rect_of(unit), self.verticalScrollBar()
        if rect.top() < 0:
            bar.setValue(int(bar.value() + rect.top()))
        elif rect.bottom() > self.viewport().height():
            bar.setValue(int(bar.value() + rect.bottom() - self.viewport().height() + 1))

    # Geometry, for subclasses to fill in

    def columns(self) -> int:
        """How many cells stand in a row: as many as fit."""
        return max(1, min(self.units, self.viewport().width() // self.cell_size().width()))

    def cell_size(self) -> QSize:
        """The size of a cell on the screen, its gap included."""
        raise NotImplementedError

    def paint_units(self, painter: QPainter, area: QRect) -> None:
        """Paint the units that touch an area of the viewport."""
        raise NotImplementedError

    def left(self) -> float:
        """Where the first column begins."""
        return max(0.0, (self.viewport().width() - self.columns() * self.cell_size().width()) / 2)

    # Where units are

    def rect_of(self, unit: int) -> QRectF:
        """The cell of a unit, in viewport coordinates."""
        row, column = divmod(int(self._place[unit]), self.columns())
        size = self.cell_size()
        x = self.left() + column * size.width()
        y = row * size.height() - self.verticalScrollBar().value()
        return QRectF(x, y, size.width(), size.height())

    def unit_at(self, point: QPointF | QPoint) -> int | None:
        """The unit at a point of the viewport, or None."""
        if self.units == 0:
            return None
        size = self.cell_size()
        column = int((point.x() - self.left()) // size.width())
        row = int((point.y() + self.verticalScrollBar().value()) // size.height())
        place = row * self.columns() + column
        if 0 <= column < self.columns() and 0 <= place < self.units:
            return int(self._order[place])
        return None

    def visible_units(self, area: QRect | None = None) -> np.ndarray:
        """The units whose row touches an area of the viewport, or all of it, as they stand."""
        area = area if area is not None else self.viewport().rect()
        if self.units == 0:
            return self._order
        height, columns = self.cell_size().height(), self.columns()
        scrolled = self.verticalScrollBar().value()
        first = max(0, (area.top() + scrolled) // height)
        last = (area.bottom() + scrolled) // height
        return self._order[first * columns : (last + 1) * columns]

    # Events

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        if self.units == 0:
            painter.setPen(self.palette().placeholderText().color())
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.viewport().rect(), int(flags), self._hint)
            return
        self.paint_units(painter, event.rect())
        if self._hover is not None and self._hover != self._unit:
            painter.setPen(QPen(self.palette().placeholderText().color(), thick(self, 1)))
            painter.drawRect(self.rect_of(self._hover).adjusted(0, 0, -1, -1))
        if self._unit is not None:
            painter.setPen(QPen(self.palette().highlight().color(), thick(self, 2)))
            painter.drawRect(self.rect_of(self._unit).adjusted(0.5, 0.5, -1.5, -1.5))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._layout()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        unit = self.unit_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and unit is not None:
            self._choose(unit)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        unit = self.unit_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and unit is not None:
            self.opened.emit(unit)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        unit = self.unit_at(event.position())
        self._set_hover(unit)
        if unit is None:
            QToolTip.hideText()
            return
        cell = self.rect_of(unit).toAlignedRect()
        position = event.globalPosition().toPoint()
        QToolTip.showText(position, self.describe(unit), self.viewport(), cell)

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(None)
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self._zoom * 1.2 ** (event.angleDelta().y() / 120))
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        page = max(1, self.viewport().height() // self.cell_size().height()) * self.columns()
        moves: dict[int, int] = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -self.units,
            Qt.Key.Key_End: self.units,
        }
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._unit is not None:
            self.opened.emit(self._unit)
            return
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier(0):
            if key in moves and self.units:
                self.step(moves[key])
                return
            if key == Qt.Key.Key_0:
                self.set_zoom(1.0)
                return
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.set_zoom(self._zoom * 1.2)
        elif key == Qt.Key.Key_Minus:
            self.set_zoom(self._zoom / 1.2)
        else:
            event.ignore()

    def step(self, by: int) -> None:
        """Choose the unit so many places on, in the order shown."""
        if self.units == 0:
            return
        place = -1 if self._unit is None and by > 0 else 0
        if self._unit is not None:
            place = int(self._place[self._unit])
        self._choose(int(self._order[min(max(place + by, 0), self.units - 1)]))

    def _choose(self, unit: int) -> None:
        self.set_unit(unit)
        self.selected.emit(unit)

    def _set_hover(self, unit: int | None) -> None:
        if unit == self._hover:
            return
        for changed in (self._hover, unit):
            if changed is not None:
                self.viewport().update(self.rect_of(changed).toAlignedRect())
        self._hover = unit
        self.hovered.emit(unit)

    def _sort(self) -> None:
        self._set_order(order_of(self._strength, self._by))

    def _set_order(self, order: np.ndarray) -> None:
        self._order = order
        self._place = np.empty_like(order)
        self._place[order] = np.arange(self.units)

    def _layout(self) -> None:
        """Tell the scroll bar how much there is."""
        bar = self.verticalScrollBar()
        if self._cutting:
            return
        if self.units == 0:
            bar.setRange(0, 0)
            return
        self._cut()
        cell, rows = self.cell_size(), -(-self.units // self.columns())
        height = self.viewport().height()
        bar.setRange(0, max(0, rows * cell.height() - height))
        bar.setPageStep(height)
        bar.setSingleStep(max(1, cell.height() // 2))
        if self._presented:
            self.show_unit()
        self.resized.emit()

    def _cut(self) -> None:
        """Leave no room for a part of a row while an audience looks.

        What is left out changes the size of the viewport, and so may change that of the cells.
        """
        self._cutting = True
        self.setViewportMargins(0, 0, 0, 0)
        cell, rows = self.cell_size().height(), -(-self.units // self.columns())
        if self._presented and cell < self.height() < rows * cell:
            self.setViewportMargins(0, 0, 0, self.height() % cell)
        self._cutting = False
