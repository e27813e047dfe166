"""The sanity check as a table of maps: a row a method, a column for each stage that is shuffled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

NOTICES = 0.5
"""A method whose maps stay more alike than this, on average, hardly notices."""


@dataclass(frozen=True, eq=False)
class SanityCell:
    """One map: its method, the stage that was shuffled last, the picture and how alike it is."""

    method: str
    stage: str
    picture: QImage
    rank: float
    ssim: float


class SanityGrid(QWidget):
    """Paints the maps as far as they are made; arrows or the mouse ask for the numbers of one."""

    pointed = Signal(str)
    """The numbers of the cell that was asked for, in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells: dict[tuple[str, str], SanityCell] = {}
        self.rows: tuple[str, ...] = ()
        self.columns: tuple[str, ...] = ()
        self._titles: dict[str, str] = {}
        self._hint = ""
        self._at = (0, 0)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Sanity check")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_cells(self, cells: Sequence[SanityCell], titles: dict[str, str]) -> None:
        """Show these maps; `titles` name the methods for people."""
        self.cells = {(cell.method, cell.stage): cell for cell in cells}
        self.rows = tuple(dict.fromkeys(cell.method for cell in cells))
        self.columns = tuple(dict.fromkeys(cell.stage for cell in cells))
        self._titles = titles
        self.setAccessibleDescription("; ".join(map(self.describe, cells)))
        self.update()

    def set_hint(self, hint: str) -> None:
        """The sentence shown while there is no map."""
        self._hint = hint
        self.update()

    def describe(self, cell: SanityCell) -> str:
        """The numbers of a map, in words."""
        title = self._titles.get(cell.method, cell.method)
        if cell.stage == self.columns[0]:
            return f"{title}, the network as it was trained"
        return (
            f"{title}, shuffled down to {cell.stage}: rank correlation {cell.rank:.2f}, "
            f"SSIM {cell.ssim:.2f}"
        )

    def mean_rank(self, method: str) -> float | None:
        """How alike a method's maps stay, on average over what is shuffled; None before any is."""
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

    def _shape(self) -> tuple[float, float, float]:
        """Width of the names, side of a map, height of a row."""
        em = self.fontMetrics().height()
        names = 9.5 * em
        width = (self.width() - names) / max(len(self.columns), 1)
        height = (self.height() - 2 * em) / max(len(self.rows), 1)
        side = max(8.0, min(width - em / 2, height - 1.8 * em))
        return names, side, side + 1.6 * em

    def _cell_at(self, point: QPointF) -> tuple[int, int] | None:
        names, side, height = self._shape()
        em = self.fontMetrics().height()
        column = int((point.x() - names) // (side + em / 2))
        row = int((point.y() - 1.5 * em) // height)
        inside = 0 <= row < len(self.rows) and 0 <= column < len(self.columns)
        return (row, column) if inside else None

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
        else:
            super().keyPressEvent(event)

    def _go(self, row: int, column: int) -> None:
        self._at = (row, column)
        cell = self.cells.get((self.rows[row], self.columns[column]))
        if cell is not None:
            self.pointed.emit(self.describe(cell))
        self.update()

    def paintEvent(self, _event) -> None:
        painter = QPainter(self)
        palette, em = self.palette(), self.fontMetrics().height()
        muted = palette.color(QPalette.ColorRole.PlaceholderText)
        text = palette.color(QPalette.ColorRole.Text)
        if not self.cells:
            painter.setPen(muted)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(em, 0, -em, 0), int(flags), self._hint)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        names, side, height = self._shape()
        step = side + em / 2
        centre, left = int(Qt.AlignmentFlag.AlignCenter), int(Qt.AlignmentFlag.AlignVCenter)
        for column, stage in enumerate(self.columns):
            painter.setPen(muted)
            head = stage if column == 0 else f"↓ {stage}"
            head = self.fontMetrics().elidedText(head, Qt.TextElideMode.ElideRight, int(step))
            painter.drawText(QRectF(names + column * step, 0, side, 1.4 * em), centre, head)
        for row, method in enumerate(self.rows):
            top = 1.5 * em + row * height
            painter.setPen(text)
            title = QRectF(0, top + side / 2 - 1.2 * em, names - em / 2, 1.2 * em)
            painter.drawText(title, left, self._titles.get(method, method))
            painter.setPen(muted)
            painter.drawText(title.translated(0, 1.2 * em), left, self.verdict(method))
            for column, stage in enumerate(self.columns):
                box = QRectF(names + column * step, top, side, side)
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
        below = QRectF(box.left(), box.bottom() + em * 0.1, box.width(), 1.2 * em)
        share = min(max(cell.rank, 0.0), 1.0)
        bar = QRectF(box.left(), box.bottom(), box.width() * share, em * 0.2)
        painter.fillRect(bar, QColor(palette.color(QPalette.ColorRole.Highlight)))
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), f"ρ {cell.rank:.2f}")
