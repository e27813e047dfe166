"""The sanity check as a table of maps: a row a method, a column for each stage that is lost."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QWidget

from visualizer.engine.attribution import methods
from visualizer.engine.attribution.sanity_table import SanityCell, SanityTable
from visualizer.gui.explain.text import sanity_numbers, verdict
from visualizer.gui.widgets.figure import Part, Tile, Tiles
from visualizer.gui.widgets.image_view import image_of
from visualizer.gui.widgets.lines import thick

SMALLEST = 4.5
"""Side of a map, in heights of a line; where not all maps fit at that size, they scroll."""
NAMES, HEADS, BELOW = 9.5, 1.5, 1.8
"""Heights of a line for the names at the left, the stages above, and the numbers below a map."""


class SanityGrid(QAbstractScrollArea):
    """Paints the maps as far as they are made, and the numbers of the one that is pointed at.

    The names of the methods and of the stages stay where they are while the maps scroll.
    """

    pointed = Signal(str)
    """The numbers of the map that is pointed at, in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = SanityTable()
        self._images: dict[SanityCell, QImage] = {}
        self._titles = {name: each.title for name, each in methods().items()}
        self._hint = ""
        self._at: tuple[int, int] | None = None
        self._presented = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Sanity check")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_table(self, table: SanityTable) -> None:
        """Show these maps."""
        bar = self.horizontalScrollBar()
        follows = bar.value() == bar.maximum()
        if not table.cells:
            self._at = None
        self.table = table
        self._images = {
            cell: self._images.get(cell) or image_of(cell.picture) for cell in table.cells
        }
        self.setAccessibleDescription("; ".join(map(self.describe, table.cells)))
        self._set_ranges()
        if follows:
            bar.setValue(bar.maximum())
        self.viewport().update()

    def present(self, presented: bool) -> None:
        """Show an audience whole maps only, or all of the area again."""
        self._presented = presented
        self._set_ranges()
        if self._at is not None:
            self._reveal(*self._at)

    def set_hint(self, hint: str) -> None:
        """The sentence shown while there is no map."""
        self._hint = hint
        self.viewport().update()

    def figure(self) -> list[Part]:
        """All maps, a row a method."""
        rows: list[Part] = []
        for method in self.table.methods:
            cells = [cell for cell in self.table.cells if cell.method == method]
            tiles = [Tile(self._images[cell], cell.stage) for cell in cells]
            said = " · ".join(filter(None, (self._titles[method], verdict(self.table, method))))
            rows.append(Tiles(tiles, said, columns=self.table.columns, smooth=True))
        return rows

    def describe(self, cell: SanityCell) -> str:
        """The numbers of a map, in words."""
        title = self._titles.get(cell.method, cell.method)
        return sanity_numbers(cell, title, cell.stage == self.table.stages[0])

    def step(self, down: int, right: int) -> None:
        """Point at a neighbour of the map that is pointed at."""
        if self.table.cells:
            row, column = self._at or (0, 0)
            row = min(max(row + down, 0), len(self.table.methods) - 1)
            column = min(max(column + right, 0), len(self.table.stages) - 1)
            self._point(row, column)
            self._reveal(row, column)

    # Sizes, in pixels

    @property
    def _em(self) -> int:
        return self.fontMetrics().height()

    def sizeHint(self) -> QSize:
        return QSize(40, 26) * self._em

    def minimumSizeHint(self) -> QSize:
        return QSize(20, 12) * self._em

    def _side(self) -> float:
        """The side of a map: as large as all of them fit, but never too small to be seen."""
        em, room = self._em, self.size()
        columns = max(self.table.columns, len(self.table.stages), 1)
        width = (room.width() - NAMES * em) / columns - em / 2
        height = (room.height() - HEADS * em) / max(len(self.table.methods), 1) - BELOW * em
        return max(SMALLEST * em, min(width, height))

    def _box(self, row: int, column: int) -> QRectF:
        """Where a map is on the screen."""
        em, side = self._em, self._side()
        left = NAMES * em + column * (side + em / 2) - self.horizontalScrollBar().value()
        top = HEADS * em + row * (side + BELOW * em) - self.verticalScrollBar().value()
        return QRectF(left + em / 4, top, side, side)

    def _set_ranges(self) -> None:
        em, side = self._em, self._side()
        right = max(0, round((self.width() - NAMES * em) % (side + em / 2)))
        below = max(0, round((self.height() - HEADS * em) % (side + BELOW * em)))
        self.setViewportMargins(0, 0, *((right, below) if self._presented else (0, 0)))
        room = self.viewport().size()
        across = NAMES * em + len(self.table.stages) * (side + em / 2) - room.width()
        down = HEADS * em + len(self.table.methods) * (side + BELOW * em) - room.height()
        for bar, beyond in (
            (self.horizontalScrollBar(), across),
            (self.verticalScrollBar(), down),
        ):
            bar.setRange(0, max(0, round(beyond)))
            bar.setPageStep(round(2 * side))
            bar.setSingleStep(round(side / 2))

    def _cell_at(self, point: QPointF) -> tuple[int, int] | None:
        em, first, side = self._em, self._box(0, 0), self._side()
        column = int((point.x() - first.left() + em / 4) // (side + em / 2))
        row = int((point.y() - first.top()) // (side + BELOW * em))
        inside = 0 <= row < len(self.table.methods) and 0 <= column < len(self.table.stages)
        covered = point.x() < NAMES * em or point.y() < HEADS * em
        return (row, column) if inside and not covered else None

    # Events

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._cell_at(event.position())
        if at is not None and at != self._at:
            self._point(*at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the arrow keys come through the workspace, wherever the focus is

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_ranges()

    def scrollContentsBy(self, _right: int, _down: int) -> None:
        self.viewport().update()

    def _reveal(self, row: int, column: int) -> None:
        """Scroll until a map can be seen."""
        em, box, room = self._em, self._box(row, column), self.viewport().size()
        for bar, start, end, low, high in (
            (self.horizontalScrollBar(), box.left(), box.right(), NAMES * em, room.width()),
            (
                self.verticalScrollBar(),
                box.top(),
                box.bottom() + 1.5 * em,
                HEADS * em,
                room.height(),
            ),
        ):
            value = bar.value() + min(start - low, 0) + max(end - high, 0)
            pitch = em / 2 if bar is self.horizontalScrollBar() else BELOW * em
            if self._presented:
                pitch += self._side()
                value = round(value / pitch) * pitch
            bar.setValue(round(value))

    def _point(self, row: int, column: int) -> None:
        self._at = (row, column)
        cell = self.table.cell(self.table.methods[row], self.table.stages[column])
        if cell is not None:
            self.pointed.emit(self.describe(cell))
        self.viewport().update()

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        palette, em, room = self.palette(), self._em, self.viewport().rect()
        if not self.table.cells:
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(room.adjusted(em, 0, -em, 0), int(flags), self._hint)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setClipRect(QRectF(room).adjusted(0, HEADS * em, 0, 0))
        self._paint_names(painter)
        painter.setClipRect(QRectF(room).adjusted(NAMES * em, 0, 0, 0))
        self._paint_heads(painter)
        painter.setClipRect(QRectF(room).adjusted(NAMES * em, HEADS * em, 0, 0))
        rows = {name: row for row, name in enumerate(self.table.methods)}
        columns = {stage: column for column, stage in enumerate(self.table.stages)}
        for cell, image in self._images.items():
            row, column = rows[cell.method], columns[cell.stage]
            box = self._box(row, column)
            if box.intersects(QRectF(room)):
                self._paint_cell(painter, box, cell, image, compared=column > 0)
                if (row, column) == self._at:
                    painter.setPen(
                        QPen(palette.color(QPalette.ColorRole.Highlight), thick(self, 2))
                    )
                    painter.drawRect(box)

    def _paint_names(self, painter: QPainter) -> None:
        palette, em = self.palette(), self._em
        flags = int(Qt.AlignmentFlag.AlignVCenter)
        for row, method in enumerate(self.table.methods):
            middle = self._box(row, 0).center().y()
            title = QRectF(0, middle - 1.2 * em, (NAMES - 0.5) * em, 1.2 * em)
            painter.setPen(palette.color(QPalette.ColorRole.Text))
            painter.drawText(title, flags, self._titles.get(method, method))
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(title.translated(0, 1.2 * em), flags, verdict(self.table, method))

    def _paint_heads(self, painter: QPainter) -> None:
        em = self._em
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        for column, stage in enumerate(self.table.stages):
            box = self._box(0, column)
            head = self.fontMetrics().elidedText(
                stage if column == 0 else f"↓ {stage}",
                Qt.TextElideMode.ElideRight,
                round(box.width() + em / 4),
            )
            place = QRectF(box.left() - em / 4, 0, box.width() + em / 2, 1.4 * em)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, head)

    def _paint_cell(
        self, painter: QPainter, box: QRectF, cell: SanityCell, image: QImage, *, compared: bool
    ) -> None:
        palette, em = self.palette(), self._em
        painter.drawImage(box, image)
        if not compared:
            return
        share = float(np.clip(cell.rank, 0, 1))
        bar = QRectF(box.left(), box.bottom(), box.width() * share, em * 0.2)
        painter.fillRect(bar, palette.color(QPalette.ColorRole.Highlight))
        below = QRectF(box.center().x() - 2 * em, box.bottom() + em * 0.2, 4 * em, 1.2 * em)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), f"ρ {cell.rank:.2f}")
