"""A CPPN as a graph: every node with what it draws."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from visualizer.engine.evolution.cppn import FIRST_OUTPUT, INPUTS
from visualizer.gui.evolve.champion import ChampionView
from visualizer.gui.widgets.lines import thick

OUTPUTS = {1: ("grey",), 3: ("hue", "saturation", "value")}
HINT = "The formula of the picture appears here as a graph."
SMALLEST, LARGEST = 1.6, 4.6
"""Sides of a node, in heights of a letter."""


class GenomeGraph(QWidget):
    """The inputs on the left, the outputs on the right; lines as thick as their weights.

    Lines of positive weights have the accent's colour, of negative ones the text's.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: ChampionView | None = None
        self._places: dict[int, QRectF] = {}
        self.setAccessibleName("The formula as a graph")

    @property
    def places(self) -> dict[int, QRectF]:
        """Where each node is painted, by key."""
        return self._places

    def show_view(self, view: ChampionView | None) -> None:
        """Show the CPPN of a champion."""
        self._view = view if view is not None and view.layers else None
        self._lay_out()
        self.updateGeometry()
        self.update()

    def words(self, key: int) -> str:
        """What a node is."""
        if self._view is None or self._view.genome is None:
            return ""
        genome = self._view.genome
        if key < len(INPUTS):
            return INPUTS[key]
        node = genome.nodes[key]
        what = f"{node.function}, bias {node.bias:+.2f}"
        if key < FIRST_OUTPUT + genome.outputs:
            return f"{OUTPUTS[genome.outputs][key - FIRST_OUTPUT]}: {what}"
        return what

    def minimumSizeHint(self) -> QSize:
        letter = self.fontMetrics().height()
        if self._view is None:
            return QSize(4 * letter, 4 * letter)
        rows = max(len(layer) for layer in self._view.layers)
        columns = len(self._view.layers)
        side = SMALLEST * letter
        return QSize(round(columns * side * 1.5), round(rows * (side + letter)))

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def _lay_out(self) -> None:
        self._places = {}
        if self._view is None:
            return
        letter, layers = self.fontMetrics().height(), self._view.layers
        rows, columns = max(len(layer) for layer in layers), len(layers)
        room = min(self.height() / rows - letter, self.width() / columns / 1.5)
        side = min(max(room, SMALLEST * letter), LARGEST * letter)
        across = max(self.width(), self.minimumSizeHint().width()) / columns
        height = max(self.height(), self.minimumSizeHint().height())
        for column, layer in enumerate(layers):
            down = height / len(layer)
            for row, key in enumerate(layer):
                centre = QPointF((column + 0.5) * across, (row + 0.5) * down - letter / 2)
                self._places[key] = QRectF(centre.x() - side / 2, centre.y() - side / 2, side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._view is None or self._view.genome is None:
            painter.setPen(self.palette().placeholderText().color())
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), HINT)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        genome, places = self._view.genome, self._places
        accent = self.palette().highlight().color()
        other = self.palette().placeholderText().color()
        for (source, target), weight in genome.weights.items():
            if source in places and target in places:
                colour = QColor(accent if weight > 0 else other)
                colour.setAlphaF(0.75)
                painter.setPen(QPen(colour, thick(self, min(0.6 + abs(weight), 5.0))))
                painter.drawPath(_curve(places[source], places[target]))
        letter = self.fontMetrics().height()
        for key, place in places.items():
            painter.drawImage(place, self._view.nodes[key])
            painter.setPen(QPen(self.palette().mid().color(), thick(self, 1)))
            painter.drawRect(place)
            name = INPUTS[key] if key < len(INPUTS) else genome.nodes[key].function
            if FIRST_OUTPUT <= key < FIRST_OUTPUT + genome.outputs:
                name = OUTPUTS[genome.outputs][key - FIRST_OUTPUT]
            below = QRectF(
                place.left() - letter, place.bottom(), place.width() + 2 * letter, letter
            )
            painter.setPen(self.palette().text().color())
            words = self.fontMetrics().elidedText(
                name, Qt.TextElideMode.ElideRight, int(below.width())
            )
            painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), words)

    def event(self, event: QEvent) -> bool:
        """Say what the node under the mouse is."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = QPointF(event.pos())
            key = next((key for key, place in self._places.items() if place.contains(at)), None)
            QToolTip.showText(event.globalPos(), "" if key is None else self.words(key), self)
            return True
        return super().event(event)

    def resizeEvent(self, _event: object) -> None:
        self._lay_out()


def _curve(start: QRectF, end: QRectF) -> QPainterPath:
    """From the right side of one node to the left side of another."""
    first = QPointF(start.right(), start.center().y())
    last = QPointF(end.left(), end.center().y())
    bend = max(12.0, abs(last.x() - first.x()) / 2)
    path = QPainterPath(first)
    path.cubicTo(first + QPointF(bend, 0), last - QPointF(bend, 0), last)
    return path
