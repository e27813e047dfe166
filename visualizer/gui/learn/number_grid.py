"""A grid of cells with numbers that can be pointed at and changed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from visualizer.gui.learn.plane import ON_DARK, ON_LIGHT

LARGEST = 1e6
"""The largest number that can be written into a cell."""
SHADE = 0.5
"""How strong the colour of the largest number is."""
SMALLEST = 6.5
"""Points of a number in a cell; where that does not fit there are only colours."""
LEAST = 8.0
"""The longer side of the grid at its smallest, in heights of a line."""
CELL = 2.4
"""Height of a cell, in heights of a line; it becomes smaller where there is no room."""


class NumberGrid(QWidget):
    """Cells with numbers: orange above 0 and blue below, the stronger the larger.

    A click on a cell points at it, and opens a field to write another number where the grid is
    editable: Return takes the number, Tab takes it and goes on to the next cell, Esc leaves it.
    With the grid focused by Tab, Return opens the field too.

    Args:
        name: what it shows, for screen readers.
        editable: whether the numbers can be changed.
        wide: width of a cell, in heights of it.
        by_rows: whether colours compare the numbers of a row, not all of them.
    """

    edited = Signal(int, int, float)
    """Row, column, and the number that was written."""
    pointed = Signal(int, int)
    """The row and column of a cell that was clicked."""
    refused = Signal(str)
    """What was written and is no number, as a sentence."""

    def __init__(
        self,
        name: str,
        editable: bool = False,
        wide: float = 1.0,
        by_rows: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._by_rows = by_rows
        self.editable = editable
        self.values = np.zeros((1, 1))
        self.rows: Sequence[str] = ()
        self.columns: Sequence[str] = ()
        self._wide = wide
        self._current = (0, 0)
        self._window: QRectF | None = None
        self._seen: np.ndarray | None = None
        self._rim = 0
        self._field = QLineEdit(self)
        self._field.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._field.setAccessibleName(f"A number of {name}")
        self._field.hide()
        self._field.editingFinished.connect(self._take)
        self._field.installEventFilter(self)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if editable else Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_numbers(
        self,
        values: np.ndarray,
        window: tuple[int, int, int, int] | None = None,
        seen: np.ndarray | None = None,
        rim: int = 0,
    ) -> None:
        """Show other numbers.

        Args:
            values: H x W; a cell that is NaN is blank.
            window: a frame to draw: first row and column, rows and columns.
            seen: H x W, which cells have a bold number; all without.
            rim: rows and columns of zeros that are drawn all around, pale; a window may lie there.
        """
        if values.shape != self.values.shape or rim != self._rim:
            self._leave()
            self.updateGeometry()
        self.values, self._seen, self._rim = values, seen, rim
        self._window = (
            None if window is None else QRectF(window[1], window[0], window[3], window[2])
        )
        self.update()

    def name_cells(self, rows: Sequence[str] = (), columns: Sequence[str] = ()) -> None:
        """Write names at the left of the rows and above the columns."""
        if (tuple(rows), tuple(columns)) != (tuple(self.rows), tuple(self.columns)):
            self.rows, self.columns = tuple(rows), tuple(columns)
            self.updateGeometry()
            self.update()

    # Where things are

    def cell(self, row: int, column: int) -> QRectF:
        """Where a cell is, in pixels; also one of the rim."""
        left, top, width, height = self._places()
        return QRectF(
            left + (column + self._rim) * width, top + (row + self._rim) * height, width, height
        )

    def cell_at(self, at: QPointF) -> tuple[int, int] | None:
        """The (row, column) at a pixel; None beside the numbers."""
        left, top, width, height = self._places()
        column = math.floor((at.x() - left) / width) - self._rim
        row = math.floor((at.y() - top) / height) - self._rim
        inside = 0 <= row < self.values.shape[0] and 0 <= column < self.values.shape[1]
        return (row, column) if inside else None

    def _names(self) -> tuple[float, float]:
        """Room for the names: width at the left, height above."""
        metrics = self.fontMetrics()
        wide = max((metrics.horizontalAdvance(each) for each in self.rows), default=0)
        return (wide + metrics.height() / 2 if self.rows else 0.0), (
            1.3 * metrics.height() if self.columns else 0.0
        )

    def _places(self) -> tuple[float, float, float, float]:
        """Left and top of the first cell, width and height of each."""
        count = (max(side, 1) + 2 * self._rim for side in self.values.shape)
        rows, columns = count
        left, top = self._names()
        room = max(self.width() - left - 2, 1), max(self.height() - top - 2, 1)
        height = min(room[1] / rows, room[0] / columns / self._wide, 4.5 * self._line())
        width = height * self._wide
        free = room[0] - width * columns, room[1] - height * rows
        return left + 1 + free[0] / 2, top + 1 + free[1] / 2, width, height

    def _line(self) -> int:
        return self.fontMetrics().height()

    def sizeHint(self) -> QSize:
        return self._size(CELL)

    def minimumSizeHint(self) -> QSize:
        return self._size(min(1.2, LEAST / (max(self.values.shape) + 2 * self._rim or 1)))

    def _size(self, cell: float) -> QSize:
        rows, columns = (max(side, 1) + 2 * self._rim for side in self.values.shape)
        left, top = self._names()
        side = cell * self._line()
        return QSize(
            math.ceil(left + columns * side * self._wide) + 2, math.ceil(top + rows * side) + 2
        )

    # Drawing

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        text, pale = palette.text().color(), palette.placeholderText().color()
        line = QPen(palette.color(QPalette.ColorRole.Mid), 1)
        sizes = np.where(np.isfinite(self.values), np.abs(self.values), 0)
        largest = sizes.max(axis=1 if self._by_rows else None, keepdims=True, initial=0)
        shares = sizes / np.where(largest, largest, 1)
        rows, columns = self.values.shape
        self._draw_names(painter, pale)
        font = self.font()
        words = number_text
        room = self.cell(0, 0).width() - 4
        for words in (number_text, short_number_text):
            longest = max((len(words(float(v))) for v in self.values.flat), default=1)
            wide = self.fontMetrics().horizontalAdvance("0" * longest)
            fits = min(font.pointSizeF(), font.pointSizeF() * room / max(wide, 1))
            if fits >= SMALLEST:
                break
        font.setPointSizeF(max(fits, SMALLEST))
        rim = self._rim
        for row in range(-rim, rows + rim):
            for column in range(-rim, columns + rim):
                inside = 0 <= row < rows and 0 <= column < columns
                value = float(self.values[row, column]) if inside else 0.0
                cell = self.cell(row, column)
                if inside and shares[row, column]:
                    painter.fillRect(cell, self._shade(value, float(shares[row, column])))
                painter.setPen(line)
                painter.drawRect(cell)
                bold = self._seen is not None and inside and bool(self._seen[row, column])
                font.setBold(bold)
                painter.setFont(font)
                painter.setPen(text if inside and (self._seen is None or bold) else pale)
                if fits >= SMALLEST:
                    painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, words(value))
        if self._window is not None:
            first = self.cell(round(self._window.y()), round(self._window.x()))
            size = first.width() * self._window.width(), first.height() * self._window.height()
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 3))
            painter.drawRect(QRectF(first.x(), first.y(), *size).adjusted(1, 1, -1, -1))
        if self.hasFocus():
            painter.setPen(
                QPen(palette.color(QPalette.ColorRole.Highlight), 2, Qt.PenStyle.DotLine)
            )
            painter.drawRect(self.cell(*self._current).adjusted(2, 2, -2, -2))
        painter.end()

    def _draw_names(self, painter: QPainter, colour: QColor) -> None:
        painter.setPen(colour)
        left, top, _, _ = self._places()
        at = Qt.AlignmentFlag
        for row, name in enumerate(self.rows):
            cell = self.cell(row, 0)
            box = QRectF(0, cell.y(), left - self._line() / 2, cell.height())
            painter.drawText(box, at.AlignRight | at.AlignVCenter, name)
        for column, name in enumerate(self.columns):
            cell = self.cell(0, column)
            box = QRectF(cell.x(), top - 1.3 * self._line(), cell.width(), 1.3 * self._line())
            short = self.fontMetrics().elidedText(
                name, Qt.TextElideMode.ElideRight, int(cell.width()) - 2
            )
            painter.drawText(box, at.AlignCenter, short)

    def _shade(self, value: float, share: float) -> QColor:
        dark = self.palette().color(QPalette.ColorRole.Base).lightness() < 128
        colour = QColor((ON_DARK if dark else ON_LIGHT)[1 if value > 0 else -1])
        colour.setAlphaF(SHADE * share)
        return colour

    # Changing numbers

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self.cell_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton or found is None:
            event.ignore()
            return
        self._take()
        self.pointed.emit(*found)
        if self.editable:
            self._open(*found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.editable and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(*self._current)
        else:
            event.ignore()  # the other keys are the lesson's

    def eventFilter(self, watched: object, event: object) -> bool:
        """Tab goes on to the next cell, Shift+Tab to the one before, Esc leaves the number."""
        if watched is self._field and isinstance(event, QKeyEvent):
            key, pressed = event.key(), event.type() == QKeyEvent.Type.KeyPress
            by = {Qt.Key.Key_Tab: 1, Qt.Key.Key_Backtab: -1}.get(Qt.Key(key), 0)
            if key == Qt.Key.Key_Escape and event.type() == QKeyEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if pressed and key == Qt.Key.Key_Escape:
                self._leave()
                return True
            if pressed and by:
                rows, columns = self.values.shape
                place = (self._current[0] * columns + self._current[1] + by) % (rows * columns)
                self._take()
                self._open(*divmod(place, columns))
                return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]

    def _open(self, row: int, column: int) -> None:
        if not (row < self.values.shape[0] and column < self.values.shape[1]):
            return
        self._current = row, column
        self._field.setGeometry(self.cell(row, column).toAlignedRect())
        self._field.setText(number_text(float(self.values[row, column])).replace("−", "-"))
        self._field.selectAll()
        self._field.show()
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.update()

    def _leave(self) -> None:
        self._field.blockSignals(True)  # it loses the focus: nothing was written
        self._field.hide()
        self._field.blockSignals(False)

    def _take(self) -> None:
        """Take the number in the field, if one was written."""
        if self._field.isHidden():
            return
        words, (row, column) = self._field.text(), self._current
        modified = self._field.isModified()
        self._leave()
        if not modified:
            return
        try:
            value = number(words)
        except ValueError:
            self.refused.emit(
                f"“{words[:20]}” is not a number that fits here; write one like -0.5."
            )
        else:
            self.edited.emit(row, column, value)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._leave()
        super().resizeEvent(event)


def number(words: str) -> float:
    """Return the number that was written: 0.5, -2, 1/9 or 0,5.

    Raises:
        ValueError: it is none, or beyond `LARGEST`.
    """
    above, slash, below = words.strip().replace(",", ".").replace("−", "-").partition("/")
    try:
        divisor = float(below) if slash else 1.0
        value = float(above) / divisor if divisor else math.nan
    except ValueError:
        value = math.nan
    if not abs(value) <= LARGEST:
        raise ValueError(f"no number: {words}")
    return value


def number_text(value: float) -> str:
    """Return a number as a cell shows it: at most three digits that count; "" for NaN."""
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == round(value) and abs(value) < 1e5:
        return str(round(value)).replace("-", "−")
    if 0.01 <= abs(value) < 1000:
        return (
            f"{value:.3f}".rstrip("0").replace("-", "−")
            if abs(value) < 1
            else f"{value:.4g}".replace("-", "−")
        )
    return f"{value:.2g}".replace("-", "−")


def short_number_text(value: float) -> str:
    """Return a number in at most four letters, for many cells: ".16", "−1.2", "3"."""
    if not math.isfinite(value) or value == round(value):
        return number_text(value)
    words = f"{value:.2f}" if abs(value) < 1 else f"{value:.2g}"
    return words.replace("-", "−").replace("0.", ".", 1)
