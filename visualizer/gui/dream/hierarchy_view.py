"""From edges to objects: a row a stage, with what its units want to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from visualizer.gui.dream.wall_grid import WallTile, paint_tile
from visualizer.gui.widgets.lines import thick

Place = tuple[str, int]
"""Stage and unit."""


class HierarchyView(QWidget):
    """The first stage on top; a click chooses a unit, Enter or a double click asks for it large."""

    selected = Signal(str, int)
    opened = Signal(str, int)

    def __init__(self, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[tuple[str, Sequence[int]]] = []
        self.tiles: Mapping[Place, WallTile] = {}
        self.place: Place | None = None
        self._hint = hint
        self.setAccessibleName("Stage by stage")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_rows(self, rows: Sequence[tuple[str, Sequence[int]]]) -> None:
        """Set the stages and units, without pictures yet."""
        self.rows = list(rows)
        self.update()

    def set_tiles(self, tiles: Mapping[Place, WallTile]) -> None:
        """Show the tiles that are computed so far."""
        self.tiles = tiles
        self.update()

    def set_place(self, stage: str, unit: int) -> None:
        """Mark a unit, without telling anybody."""
        self.place = (stage, unit)
        self.update()

    def rect_of(self, row: int, column: int) -> QRectF:
        """Where a tile is."""
        letter = self.fontMetrics().height()
        label = self._label_width()
        columns = max((len(units) for _, units in self.rows), default=1)
        high = (self.height() - letter * 0.5) / max(len(self.rows), 1)
        side = min(high, (self.width() - label) / columns)
        across = (self.width() - label) / columns if side < high else side
        pitch = min(max(side, across), side * 1.3)
        y = row * high + (high - side) / 2
        gap = max(2.0, letter * 0.25)
        return QRectF(label + column * pitch, y, side - gap, side - gap)

    def place_at(self, point: QPointF) -> Place | None:
        """The stage and unit under a point."""
        for row, (stage, units) in enumerate(self.rows):
            for column, unit in enumerate(units):
                if self.rect_of(row, column).contains(point):
                    return stage, unit
        return None

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(40 * em, 30 * em)

    # Events

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette = self.palette()
        if not self.rows:
            painter.setPen(palette.placeholderText().color())
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), int(flags), self._hint)
            return
        middle = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        for row, (stage, units) in enumerate(self.rows):
            first = self.rect_of(row, 0)
            words = QRectF(0, first.top(), self._label_width(), first.height())
            painter.setPen(palette.text().color())
            painter.drawText(words, middle, stage)
            for column, unit in enumerate(units):
                cell = self.rect_of(row, column)
                paint_tile(painter, cell, self.tiles.get((stage, unit)), palette)
                if (stage, unit) == self.place:
                    painter.setPen(QPen(palette.highlight().color(), thick(self, 2)))
                    painter.drawRect(cell)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position())
        if place is not None:
            self.selected.emit(*place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position())
        if place is not None:
            self.opened.emit(*place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.place is not None:
            self.opened.emit(*self.place)
        else:
            super().keyPressEvent(event)

    def step(self, down: int, right: int) -> None:
        """Move the choice by rows and columns."""
        if not self.rows:
            return
        stages = [stage for stage, _ in self.rows]
        row, column = 0, 0
        if self.place is not None and self.place[0] in stages:
            row = stages.index(self.place[0])
            units = list(self.rows[row][1])
            if self.place[1] in units:
                column = units.index(self.place[1]) + right
            row = min(max(row + down, 0), len(stages) - 1)
        units = list(self.rows[row][1])
        self.selected.emit(stages[row], int(units[min(max(column, 0), len(units) - 1)]))

    def _label_width(self) -> float:
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(stage) for stage, _ in self.rows), default=0)
        return min(widest + metrics.height(), self.width() / 3)
