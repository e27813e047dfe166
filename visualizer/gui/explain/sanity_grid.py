"""The sanity check as a table of maps: a row a method, a column for each stage that is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QWidget

from visualizer.engine.attribution import methods
from visualizer.gui.workspace import Table

NOTICES = 0.5
"""A method whose maps stay more alike than this, on average, hardly notices."""
NARROWEST = 5
"""A column, in heights of a line; more of them than fit are scrolled."""


@dataclass(frozen=True, eq=False)
class SanityCell:
    """One map: its method, the stage that was lost last, the picture and how alike it is."""

    method: str
    stage: str
    picture: QImage
    rank: float
    ssim: float


class SanityGrid(QAbstractScrollArea):
    """Paints the maps as far as they are made; arrows or the mouse ask for the numbers of one.

    The names of the methods stay where they are while the stages are scrolled.
    """

    pointed = Signal(str)
    """The numbers of the cell that was asked for, in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells: dict[tuple[str, str], SanityCell] = {}
        self.rows: tuple[str, ...] = ()
        self.columns: tuple[str, ...] = ()
        self._planned = 0
        self._titles = {name: each.title for name, each in methods().items()}
        self._hint = ""
        self._at = (0, 0)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Sanity check")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_cells(self, cells: Sequence[SanityCell], planned: int) -> None:
        """Show these maps; `planned` says how many columns there will be."""
        bar = self.horizontalScrollBar()
        follows = bar.value() == bar.maximum()
        self.cells = {(cell.method, cell.stage): cell for cell in cells}
        self.rows = tuple(dict.fromkeys(cell.method for cell in cells))
        self.columns = tuple(dict.fromkeys(cell.stage for cell in cells))
        self._planned = planned
        self.setAccessibleDescription("; ".join(map(self.describe, cells)))
        self._set_range()
        if follows:
            bar.setValue(bar.maximum())
        self.viewport().update()

    def table(self) -> Table | None:
        """The numbers of all maps, for export; None if there are none."""
        header = ["method", "drawn anew down to", "rank correlation", "SSIM"]
        rows = [[cell.method, cell.stage, cell.rank, cell.ssim] for cell in self.cells.values()]
        return (header, rows) if rows else None

    def set_hint(self, hint: str) -> None:
        """The sentence shown while there is no map."""
        self._hint = hint
        self.viewport().update()

    def describe(self, cell: SanityCell) -> str:
        """The numbers of a map, in words."""
        title = self._titles.get(cell.method, cell.method)
        if cell.stage == self.columns[0]:
            return f"{title}, the network as it was trained"
        return (
            f"{title}, drawn anew down to {cell.stage}: rank correlation {cell.rank:.2f}, "
            f"SSIM {cell.ssim:.2f}"
        )

    def mean_rank(self, method: str) -> float | None:
        """How alike a method's maps stay, on average over what is lost; None before any is."""
        ranks = [
            self.cells[method, stage].rank
            for stage in self.columns[1:]
            if (method, stage) in self.cells
        ]
        return float(np.mean(ranks)) if ranks else None

    def verdict(self, method: str) -> str:
        """Whether a method notices that the network is gone, in a word or two."""
        mean = self.mean_rank(method)
        if mean is None:
            return ""
        return f"{'hardly notices' if mean > NOTICES else 'notices'}: ρ {mean:.2f}"

    # Sizes

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(40 * em, 26 * em)

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(20 * em, 12 * em)

    def _shape(self) -> tuple[float, float, float, float]:
        """Width of the names and of a column, side of a map, height of a row."""
        em, room = self.fontMetrics().height(), self.viewport().size()
        names = 9.5 * em
        width = (room.width() - names) / max(self._planned, len(self.columns), 1)
        height = (room.height() - 1.5 * em) / max(len(self.rows), 1)
        side = max(8.0, min(max(width, NARROWEST * em) - em / 2, height - 1.8 * em))
        return names, max(side + em / 2, NARROWEST * em), side, side + 1.8 * em

    def _set_range(self) -> None:
        """As far as there are maps, and no further."""
        names, width, _, _ = self._shape()
        room, bar = self.viewport().width(), self.horizontalScrollBar()
        bar.setRange(0, max(0, round(names + len(self.columns) * width) - room))
        bar.setPageStep(max(1, room - round(names)))
        bar.setSingleStep(round(width))

    def _left(self, column: int) -> float:
        """Where a column begins on the screen."""
        names, width, _, _ = self._shape()
        return names + column * width - self.horizontalScrollBar().value()

    def _cell_at(self, point: QPointF) -> tuple[int, int] | None:
        names, width, _, height = self._shape()
        column = int((point.x() - self._left(0)) // width)
        row = int((point.y() - 1.5 * self.fontMetrics().height()) // height)
        inside = 0 <= row < len(self.rows) and 0 <= column < len(self.columns)
        return (row, column) if inside and point.x() >= names else None

    # Events

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._cell_at(event.position())
        if at is not None and at != self._at:
            self._go(*at)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._cell_at(event.position())
        if at is not None:
            self._go(*at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves: dict[int, tuple[int, int]] = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        if event.key() in moves and self.cells:
            down, right = moves[event.key()]
            row = min(max(self._at[0] + down, 0), len(self.rows) - 1)
            column = min(max(self._at[1] + right, 0), len(self.columns) - 1)
            self._go(row, column)
            self._reveal(column)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_range()

    def scrollContentsBy(self, _right: int, _down: int) -> None:
        self.viewport().update()

    def _reveal(self, column: int) -> None:
        """Scroll until a column can be seen."""
        names, width, _, _ = self._shape()
        left, bar = self._left(column), self.horizontalScrollBar()
        beyond = left + width - self.viewport().width()
        bar.setValue(round(bar.value() + (left - names if left < names else max(beyond, 0))))

    def _go(self, row: int, column: int) -> None:
        self._at = (row, column)
        cell = self.cells.get((self.rows[row], self.columns[column]))
        if cell is not None:
            self.pointed.emit(self.describe(cell))
        self.viewport().update()

    def paintEvent(self, _event) -> None:
        painter = QPainter(self.viewport())
        palette, em = self.palette(), self.fontMetrics().height()
        if not self.cells:
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            room = self.viewport().rect().adjusted(em, 0, -em, 0)
            painter.drawText(room, int(flags), self._hint)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        names, *_ = self._shape()
        self._paint_names(painter)
        painter.setClipRect(QRectF(names, 0, self.viewport().width() - names, self.height()))
        self._paint_maps(painter)

    def _paint_names(self, painter: QPainter) -> None:
        palette, em = self.palette(), self.fontMetrics().height()
        names, _, side, height = self._shape()
        flags = int(Qt.AlignmentFlag.AlignVCenter)
        for row, method in enumerate(self.rows):
            top = 1.5 * em + row * height
            title = QRectF(0, top + side / 2 - 1.2 * em, names - em / 2, 1.2 * em)
            painter.setPen(palette.color(QPalette.ColorRole.Text))
            painter.drawText(title, flags, self._titles.get(method, method))
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(title.translated(0, 1.2 * em), flags, self.verdict(method))

    def _paint_maps(self, painter: QPainter) -> None:
        palette, em = self.palette(), self.fontMetrics().height()
        names, width, side, height = self._shape()
        for column, stage in enumerate(self.columns):
            left = self._left(column)
            if left + width < names or left > self.viewport().width():
                continue
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            head = stage if column == 0 else f"↓ {stage}"
            head = self.fontMetrics().elidedText(
                head, Qt.TextElideMode.ElideRight, int(width - em / 3)
            )
            painter.drawText(QRectF(left, 0, width, 1.4 * em), Qt.AlignmentFlag.AlignCenter, head)
            for row, method in enumerate(self.rows):
                box = QRectF(left + (width - side) / 2, 1.5 * em + row * height, side, side)
                self._paint_cell(painter, box, self.cells.get((method, stage)), column > 0)
                if (row, column) == self._at and self.hasFocus():
                    painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 2))
                    painter.drawRect(box)

    def _paint_cell(
        self, painter: QPainter, box: QRectF, cell: SanityCell | None, compared: bool
    ) -> None:
        palette, em = self.palette(), self.fontMetrics().height()
        if cell is None:
            painter.fillRect(box, palette.color(QPalette.ColorRole.AlternateBase))
            return
        painter.drawImage(box, cell.picture)
        if not compared:
            return
        below = QRectF(box.center().x() - 2 * em, box.bottom() + em * 0.2, 4 * em, 1.2 * em)
        share = min(max(cell.rank, 0.0), 1.0)
        bar = QRectF(box.left(), box.bottom(), box.width() * share, em * 0.2)
        painter.fillRect(bar, QColor(palette.color(QPalette.ColorRole.Highlight)))
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), f"ρ {cell.rank:.2f}")
