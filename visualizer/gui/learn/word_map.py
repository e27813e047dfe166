"""Words as points of a plane, with their names beside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPalette
from PySide6.QtWidgets import QWidget

from visualizer.gui.core.theme import ON_DARK, ON_LIGHT
from visualizer.gui.widgets.themed_plot import STYLE_EVENTS

ROOM = 0.12
"""Of the map's width, around the points."""


class WordMap(pg.PlotWidget):
    """Words in the colours of their kinds; those that are asked about are larger.

    Lines join the words of a pair. Where names would cover each other, the
    later one is left out; its point stays.
    """

    clicked = Signal(str)
    """A word that was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None, enableMenu=False)
        self.words: tuple[str, ...] = ()
        self.points = np.zeros((0, 2))
        self._kinds: tuple[str, ...] = ()
        self._asked: tuple[str, ...] = ()
        self._pairs: tuple[tuple[str, str], ...] = ()
        self._lines = pg.PlotDataItem(connect="pairs")
        self._dots = pg.ScatterPlotItem()
        self.addItem(self._lines)
        self.addItem(self._dots)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self.hideAxis("left")
        self.hideAxis("bottom")
        self.setAntialiasing(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("A map of words")
        self.setToolTip("The two directions in which these words differ most; click a word")
        self._restyle()

    def show_words(
        self,
        words: Sequence[str],
        kinds: Sequence[str],
        points: np.ndarray,
        asked: Sequence[str],
        pairs: Sequence[tuple[str, str]],
    ) -> None:
        """Show other words.

        Args:
            words: N.
            kinds: of each, which decides its colour.
            points: N x 2.
            asked: words that stand out.
            pairs: words to join.
        """
        self.words, self.points = tuple(words), points
        self._kinds, self._asked, self._pairs = tuple(kinds), tuple(asked), tuple(pairs)
        if len(points):
            low, high = points.min(0), points.max(0)
            room = ROOM * np.maximum(high - low, 1e-6)
            (left, bottom), (right, top) = low - room, high + room
            self.setRange(xRange=(left, right), yRange=(bottom, top), padding=0)
        self._draw()

    def colour(self, kind: str) -> QColor:
        """The colour of a kind of words."""
        kinds = [each for each in dict.fromkeys(self._kinds) if each]
        if kind not in kinds:
            return self.palette().color(QPalette.ColorRole.Text)
        dark = self.palette().color(QPalette.ColorRole.Base).lightness() < 128
        colours = ON_DARK if dark else ON_LIGHT
        return QColor(colours[kinds.index(kind) % len(colours)])

    def on_screen(self, word: str) -> QPointF:
        """Where a word is, in pixels of the viewport."""
        x, y = self.points[self.words.index(word)]
        return QPointF(self.mapFromScene(self.getViewBox().mapViewToScene(QPointF(x, y))))

    def names(self) -> list[tuple[str, QRectF]]:
        """The names that can be read, and where they stand, in pixels of the viewport."""
        size = self.fontMetrics()
        found: list[tuple[str, QRectF]] = []
        order = sorted(range(len(self.words)), key=lambda n: self.words[n] not in self._asked)
        bold = QFontMetricsF(_bold(self.font()))
        gap = size.height() / 3
        for place in order:
            word = self.words[place]
            at = self.on_screen(word)
            width, height = bold.horizontalAdvance(word) + 2, size.height()
            right, left = at.x() + gap, at.x() - gap - width
            middle, top = at.x() - width / 2, at.y() - height / 2
            corners = (right, top), (left, top), (middle, top - height), (middle, top + height)
            for x, y in corners:
                box = QRectF(x, y, width, height)
                free = not any(box.intersects(other) for _, other in found)
                if free and QRectF(self.viewport().rect()).contains(box):
                    found.append((word, box))
                    break
        return found

    def drawForeground(self, painter: QPainter, _rect: QRectF) -> None:
        painter.save()
        painter.resetTransform()
        for word, box in self.names():
            painter.setFont(_bold(self.font()) if word in self._asked else self.font())
            painter.setPen(self.colour(self._kinds[self.words.index(word)]))
            painter.drawText(
                box,
                Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
                word,
            )
        painter.restore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() != Qt.MouseButton.LeftButton or not self.words:
            return
        at = event.position()
        apart = [QPointF(self.on_screen(word) - at).manhattanLength() for word in self.words]
        nearest = int(np.argmin(apart))
        named = next((word for word, box in self.names() if box.contains(at)), "")
        if named or apart[nearest] <= self.fontMetrics().height():
            self.clicked.emit(named or self.words[nearest])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the keys are the lesson's

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(14 * em, 10 * em)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in STYLE_EVENTS and hasattr(self, "_dots"):
            self._restyle()

    def _restyle(self) -> None:
        self.setBackground(self.palette().color(QPalette.ColorRole.Base))
        self._draw()

    def _draw(self) -> None:
        size = self.fontMetrics().height()
        self._dots.setData(
            [
                {
                    "pos": tuple(point),
                    "size": size * (0.6 if word in self._asked else 0.4),
                    "brush": self.colour(kind),
                    "pen": None,
                }
                for word, kind, point in zip(
                    self.words, self._kinds, self.points.tolist(), strict=True
                )
            ]
        )
        ends = [word for pair in self._pairs for word in pair if set(pair) <= set(self.words)]
        places = self.points[[self.words.index(word) for word in ends]].reshape(-1, 2)
        pen = pg.mkPen(self.palette().color(QPalette.ColorRole.Text), width=2)
        self._lines.setData(places[:, 0], places[:, 1], pen=pen)
        self.viewport().update()


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setBold(True)
    return bold
