"""A text whose letters have the colours of numbers, the memory, and the next letter."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from visualizer.gui.learn.plane import ON_DARK, ON_LIGHT

STRENGTH = 0.65
"""Of a colour at 1 or -1."""
SEEN = {"\n": "⏎", " ": "␣"}
"""Letters that cannot be seen, as bars name them."""


def tint(widget: QWidget, value: float) -> QColor:
    """The colour of a number in [-1, 1]: orange where it is positive, blue where negative."""
    dark = widget.palette().color(QPalette.ColorRole.Base).lightness() < 128
    colour = QColor((ON_DARK if dark else ON_LIGHT)[1 if value > 0 else -1])
    colour.setAlphaF(STRENGTH * min(1.0, abs(value)))
    return colour


class WrittenText(QWidget):
    """The end of a text, as much as there is room for, in letters of one width."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.values: np.ndarray = np.zeros(0)
        self._begun = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("The text that is written")

    def show_text(self, text: str, values: np.ndarray, begun: int) -> None:
        """Show another text.

        Args:
            text: N letters.
            values: N, in [-1, 1].
            begun: how many letters were given; they are underlined.
        """
        self.text, self.values, self._begun = text, values, begun
        self.update()

    def lines(self, columns: int) -> list[tuple[int, int]]:
        """Where each line of the text begins and ends, broken where it must be."""
        found, start, space = [], 0, -1
        for place, letter in enumerate(self.text):
            if letter == "\n":
                found.append((start, place))
                start, space = place + 1, -1
                continue
            if place - start >= columns:
                end = space + 1 if space > start else place
                found.append((start, end))
                start, space = end, -1
            if letter == " ":
                space = place
        found.append((start, len(self.text)))
        return found

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(32 * em, 20 * em)

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(13 * em, 8 * em)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        font = _fixed(self.font())
        painter.setFont(font)
        size = QFontMetricsF(font)
        wide, high = size.horizontalAdvance("m"), math.ceil(1.15 * size.height())
        columns = max(8, int((self.width() - wide) / wide))
        lines = self.lines(columns)
        shown = lines[-max(1, self.height() // high) :]
        ink = self.palette().color(QPalette.ColorRole.Text)
        line = self.palette().color(QPalette.ColorRole.Mid)
        for row, (start, end) in enumerate(shown):
            for column, place in enumerate(range(start, end)):
                cell = QRectF(wide * (column + 0.5), row * high, wide, high)
                painter.fillRect(cell, tint(self, float(self.values[place])))
                painter.setPen(ink)
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, self.text[place])
                if place < self._begun:
                    painter.setPen(line)
                    painter.drawLine(cell.bottomLeft(), cell.bottomRight())
        if shown:
            start, end = shown[-1]
            cursor = QRectF(wide * (end - start + 0.5), (len(shown) - 1) * high, wide / 4, high)
            painter.fillRect(cursor, ink)


class Memory(QWidget):
    """The outputs of all units as squares; a click chooses one."""

    clicked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.values: np.ndarray = np.zeros(0)
        self._chosen = 0
        self.setAccessibleName("The units")
        self.setToolTip("The units, as they are now; a click on one colours the text by it")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_units(self, values: np.ndarray, chosen: int) -> None:
        """Show other outputs (H, in [-1, 1]), and which unit is chosen."""
        self.values, self._chosen = values, chosen
        self.update()

    @property
    def _columns(self) -> int:
        return max(1, math.ceil(math.sqrt(1.75 * len(self.values))))

    def place_of(self, unit: int) -> QPointF:
        """The middle of a unit's square."""
        return self._cell(unit).center()

    def _cell(self, unit: int) -> QRectF:
        columns = self._columns
        side = self._side
        return QRectF(unit % columns * side, unit // columns * side, side, side)

    @property
    def _side(self) -> float:
        rows = math.ceil(max(1, len(self.values)) / self._columns)
        return min(self.width() / self._columns, self.height() / rows)

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(12 * em, 7 * em)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at, side = event.position(), self._side
        column, row = int(at.x() / side), int(at.y() / side)
        unit = row * self._columns + column
        if column < self._columns and unit < len(self.values):
            self.clicked.emit(unit)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        ground = self.palette().color(QPalette.ColorRole.Base)
        for unit, value in enumerate(self.values.tolist()):
            cell = self._cell(unit).adjusted(0, 0, -1, -1)
            painter.fillRect(cell, ground)
            painter.fillRect(cell, tint(self, value / STRENGTH))
        if self._chosen < len(self.values):
            painter.setPen(self.palette().color(QPalette.ColorRole.Text))
            painter.drawRect(self._cell(self._chosen).adjusted(-1, -1, 0, 0))


class NextLetter(QWidget):
    """The likeliest next letters, as bars."""

    def __init__(self) -> None:
        super().__init__()
        self.chances: Sequence[tuple[str, float]] = ()
        self.setAccessibleName("The next letter")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_chances(self, chances: Sequence[tuple[str, float]]) -> None:
        """Show other letters with their probabilities."""
        self.chances = chances
        self.update()

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(12 * em, 9 * em)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        high = self.height() / 8
        number = self.fontMetrics().horizontalAdvance("100 %")
        name = 2.0 * self.fontMetrics().averageCharWidth() + 6
        room = self.width() - name - number
        middle = Qt.AlignmentFlag.AlignVCenter
        for row, (letter, chance) in enumerate(self.chances):
            top = row * high
            bar = QRectF(name, top + 0.2 * high, max(1.0, room * chance), 0.6 * high)
            painter.fillRect(bar, tint(self, 1.0))
            painter.setPen(self.palette().color(QPalette.ColorRole.Text))
            painter.drawText(QRectF(0, top, name, high), middle, SEEN.get(letter, letter))
            right = QRectF(name + room, top, number, high)
            painter.drawText(right, middle | Qt.AlignmentFlag.AlignRight, f"{100 * chance:.0f} %")


def _fixed(font: QFont) -> QFont:
    """A font of one width in the size of the theme's."""
    fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    fixed.setPixelSize(max(8, round(QFontMetricsF(font).height() * 0.75)))
    return fixed
