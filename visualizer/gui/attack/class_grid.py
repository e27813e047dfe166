"""How hard is each class to reach? A cell a class, coloured by the epsilon that was enough."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from visualizer.engine.rendering import colour
from visualizer.gui.widgets.lines import thick
from visualizer.gui.widgets.return_key import RETURN, keep_return


class ClassGrid(QWidget):
    """Bright cells are near, dark ones far; a cross is out of reach.

    A click, or Enter, takes a class as target; a double click asks what it most wants to see.
    """

    chosen = Signal(int)
    """The index of a class."""
    opened = Signal(int)
    """Likewise."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.epsilons = np.zeros(0)
        self.limit = 32 / 255
        self._name: Callable[[int], str] = str
        self._colours = np.zeros((0, 3), np.uint8)
        self._at = 0
        self.setAccessibleName("How hard each class is to reach")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        keep_return(self)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_epsilons(self, epsilons: np.ndarray, name: Callable[[int], str]) -> None:
        """Show K epsilons: NaN where not measured yet, infinity where the class was not reached."""
        grown = len(epsilons) != len(self.epsilons)
        self.epsilons, self._name = np.asarray(epsilons), name
        near = np.clip(1 - np.nan_to_num(self.epsilons, nan=1, posinf=1) / self.limit, 0, 1)
        self._colours = colour(near[None].astype(np.float32), "inferno", -0.15, 1.15)[0]
        self.setAccessibleDescription(f"{int(np.isfinite(epsilons).sum())} classes reached")
        if grown:
            self._at = 0
            self.updateGeometry()
        self.update()

    def describe(self, index: int) -> str:
        """A class and how hard it is, in words."""
        value = self.epsilons[index]
        if np.isnan(value):
            return f"{self._name(index)}: not yet looked at"
        if np.isinf(value):
            return f"{self._name(index)}: not reached in {round(self.limit * 255)} steps"
        return f"{self._name(index)}: at most {value * 255:.3g}/255"

    @property
    def at(self) -> int | None:
        """The class of the keyboard cursor; None without the focus."""
        return self._at if self.hasFocus() and len(self.epsilons) else None

    def index_at(self, point: QPointF) -> int | None:
        """The class under a point of the widget."""
        columns, cell = self._shape(self.width())
        column, row = int(point.x() // cell), int(point.y() // cell)
        index = row * columns + column
        inside = 0 <= column < columns and 0 <= index < len(self.epsilons)
        return index if inside else None

    # Sizes

    def _shape(self, width: int) -> tuple[int, float]:
        """Columns and the side of a cell: as large as reads well, smaller for many classes."""
        em = self.fontMetrics().height()
        cell = em * (0.8 if len(self.epsilons) <= 300 else 0.42)
        columns = max(1, int(width // cell))
        return columns, width / columns

    def heightForWidth(self, width: int) -> int:
        columns, cell = self._shape(width)
        return math.ceil(math.ceil(len(self.epsilons) / columns) * cell)

    def sizeHint(self) -> QSize:
        width = 14 * self.fontMetrics().height()
        return QSize(width, self.heightForWidth(width))

    # Events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position())
        if index is not None:
            self._at = index
            self.chosen.emit(index)
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position())
        if index is not None:
            self.opened.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        columns, _ = self._shape(self.width())
        moves: dict[int, int] = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
        }
        if event.key() in moves and len(self.epsilons):
            self._at = min(max(self._at + moves[event.key()], 0), len(self.epsilons) - 1)
            self.update()
        elif event.key() in RETURN and len(self.epsilons):
            self.chosen.emit(self._at)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.index_at(QPointF(event.pos()))
            if index is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), self.describe(index), self)
            return True
        return super().event(event)

    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        waiting = palette.color(QPalette.ColorRole.AlternateBase)
        columns, cell = self._shape(self.width())
        gap = max(0.5, cell * 0.1)
        for index, value in enumerate(self.epsilons):
            row, column = divmod(index, columns)
            box = QRectF(column * cell, row * cell, cell - gap, cell - gap)
            painter.setPen(Qt.PenStyle.NoPen)
            known = np.isfinite(value)
            painter.setBrush(QColor(*map(int, self._colours[index])) if known else waiting)
            painter.drawRoundedRect(box, cell * 0.15, cell * 0.15)
            if np.isinf(value):
                painter.setPen(
                    QPen(palette.color(QPalette.ColorRole.PlaceholderText), thick(self, 1))
                )
                inner = box.adjusted(cell * 0.25, cell * 0.25, -cell * 0.25, -cell * 0.25)
                painter.drawLine(inner.topLeft(), inner.bottomRight())
                painter.drawLine(inner.topRight(), inner.bottomLeft())
        if self.hasFocus() and len(self.epsilons):
            row, column = divmod(self._at, columns)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), thick(self, 1.5)))
            painter.drawRect(QRectF(column * cell, row * cell, cell - gap, cell - gap))
