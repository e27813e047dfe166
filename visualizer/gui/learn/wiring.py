"""A network drawn: a picture a neuron, a line a weight, and the places that the mouse finds."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget

from visualizer.gui.learn.plane import ON_DARK, ON_LIGHT

NEAR = 6.0
"""Pixels from a line at which the mouse finds it."""
WIDEST = 7.0
"""Pixels of a line, at the most."""


class Wiring(QWidget):
    """Columns of neurons from left to right, with lines between them.

    A weight is (layer, neuron, source); a source beyond the neurons before is the bias, the small
    square at a neuron's corner.
    """

    weight_hovered = Signal(object)
    """A weight, or None."""
    weight_clicked = Signal(object, QPointF)
    feature_clicked = Signal(int)
    neurons_changed = Signal(int, int)
    """A hidden layer, from 0, and by how many neurons."""
    layers_changed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.setAccessibleName("The network: a picture a neuron, a line a weight")
        self._names: list[str] = []
        self._used: list[int] = []
        self._matrices: list[np.ndarray] = []
        self._pictures: list[np.ndarray] = []
        self._hovered: tuple[int, int, int] | None = None
        self._measures: tuple[int, int, int, list[int]] | None = None  # that the tiles are for
        self._tiles: list[list[QRectF]] = []

    def show_network(self, names: list[str], used: list[int], matrices: list[np.ndarray]) -> None:
        """Show the names of all features, which of them are used, and the weights of each layer."""
        self._names, self._used, self._matrices = names, used, matrices
        self.update()

    def show_pictures(self, pictures: list[np.ndarray]) -> None:
        """Show what the used features and each layer's neurons say: units x H x W, rows go up."""
        self._pictures = pictures
        self.update()

    # Places

    @property
    def _sizes(self) -> list[int]:
        return [len(self._names), *(len(each) for each in self._matrices)]

    @property
    def _margin(self) -> float:
        """Room for the names of the features."""
        return 2.4 * self.fontMetrics().height()

    @property
    def _across(self) -> float:
        return (self.width() - self._margin) / len(self._sizes)

    def tile(self, column: int, row: int) -> QRectF:
        """Where the picture of a neuron is; column 0 are the features."""
        em, sizes = self.fontMetrics().height(), self._sizes
        measures = (self.width(), self.height(), em, sizes)
        if measures != self._measures:
            self._measures = measures
            across, top = self._across, 2.6 * em
            down = (self.height() - top) / max(*sizes, 1)
            side = min(0.62 * across, 0.8 * down, 3.4 * em)
            self._tiles = [
                [
                    QRectF(
                        self._margin + (place + 0.5) * across - side / 2,
                        top + (down - side) / 2 + number * down,
                        side,
                        side,
                    )
                    for number in range(max(size, 1))
                ]
                for place, size in enumerate(sizes)
            ]
        return self._tiles[column][row]

    def line(self, weight: tuple[int, int, int]) -> tuple[QPointF, QPointF]:
        """The ends of the line of a weight; of a bias, the same place twice."""
        layer, neuron, source = weight
        to = self.tile(layer + 1, neuron)
        if source == self._matrices[layer].shape[1] - 1:
            corner = to.bottomLeft()
            return corner, corner
        row = self._used[source] if layer == 0 else source
        start = self.tile(layer, row)
        return (
            QPointF(start.right(), start.center().y()),
            QPointF(to.left(), to.center().y()),
        )

    def button(self, layer: int, by: int) -> QRectF:
        """Where + or − stands: over a hidden layer; of the layers themselves with layer -1."""
        em = self.fontMetrics().height()
        middle = self.tile(layer + 1, 0).center().x()
        side = min(1.4 * em, 0.44 * self._across)
        return QRectF(middle + (0.05 * side if by > 0 else -1.05 * side), 0.9 * em, side, side)

    def _weights(self) -> list[tuple[int, int, int]]:
        return [
            (layer, neuron, source)
            for layer, matrix in enumerate(self._matrices)
            for neuron in range(matrix.shape[0])
            for source in range(matrix.shape[1])
        ]

    def weight_at(self, at: QPointF) -> tuple[int, int, int] | None:
        """The weight whose line is nearest to a place, if it is near."""
        weights = self._weights()
        if not weights:
            return None
        ends = np.array([(a.x(), a.y(), b.x(), b.y()) for a, b in map(self.line, weights)], float)
        start, way = ends[:, :2], ends[:, 2:] - ends[:, :2]
        place = np.array((at.x(), at.y())) - start
        length = np.maximum((way**2).sum(1), 1e-9)
        along = np.clip((place * way).sum(1) / length, 0, 1)
        apart = np.hypot(*(place - along[:, None] * way).T)
        nearest = int(apart.argmin())
        return weights[nearest] if apart[nearest] <= NEAR else None

    # Mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.weight_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)
        super().leaveEvent(event)

    def _hover(self, weight: tuple[int, int, int] | None) -> None:
        if weight != self._hovered:
            self._hovered = weight
            self.weight_hovered.emit(weight)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        for layer in range(-1, len(self._matrices) - 1):
            for by in (-1, 1):
                if self.button(layer, by).contains(at):
                    if layer < 0:
                        self.layers_changed.emit(by)
                    else:
                        self.neurons_changed.emit(layer, by)
                    return
        for row in range(len(self._names)):
            if self.tile(0, row).contains(at):
                self.feature_clicked.emit(row)
                return
        weight = self.weight_at(at)
        if weight is not None:
            self.weight_clicked.emit(weight, at)

    # Drawing

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(28 * em, 22 * em)

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(18 * em, 14 * em)

    def colours(self) -> tuple[QColor, QColor]:
        """Of positive and of negative."""
        dark = self.palette().color(QPalette.ColorRole.Base).lightness() < 128
        table = ON_DARK if dark else ON_LIGHT
        return QColor(table[1]), QColor(table[-1])

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._matrices:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_lines(painter)
        self._paint_tiles(painter)
        self._paint_words(painter)

    def _paint_lines(self, painter: QPainter) -> None:
        plus, minus = self.colours()
        for layer, matrix in enumerate(self._matrices):
            for neuron, weights in enumerate(matrix[:, :-1].tolist()):
                tile = self.tile(layer + 1, neuron)
                end = QPointF(tile.left(), tile.center().y())
                for source, value in enumerate(weights):
                    before = self.tile(layer, source if layer else self._used[source])
                    start = QPointF(before.right(), before.center().y())
                    colour = plus if value > 0 else minus
                    painter.setPen(QPen(colour, min(0.4 + 1.6 * abs(value), WIDEST)))
                    painter.drawLine(start, end)
        if self._hovered is not None and self._hovered in self._weights():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Text), 2))
            painter.drawLine(*self.line(self._hovered))

    def _paint_tiles(self, painter: QPainter) -> None:
        plus, minus = self.colours()
        text = self.palette().color(QPalette.ColorRole.Text)
        drawn = [self._images(each) for each in self._pictures]
        for column, size in enumerate(self._sizes):
            for row in range(size):
                where = self.tile(column, row)
                painter.fillRect(where, self.palette().color(QPalette.ColorRole.Base))
                place = self._place(column, row)
                if column < len(drawn) and 0 <= place < len(drawn[column]):
                    painter.drawImage(where, drawn[column][place])
                painter.setPen(QPen(text if place >= 0 else minus, 1 if place >= 0 else 0.5))
                painter.drawRect(where)
                if column:
                    bias = float(self._matrices[column - 1][row, -1])
                    half = min(1.5 + abs(bias), 4.0)
                    corner = where.bottomLeft()
                    dot = QRectF(corner.x() - half, corner.y() - half, 2 * half, 2 * half)
                    lit = (column - 1, row, self._matrices[column - 1].shape[1] - 1)
                    colour = text if lit == self._hovered else (plus if bias > 0 else minus)
                    painter.fillRect(dot, colour)

    def _place(self, column: int, row: int) -> int:
        """The number of a picture in its column; -1 for a feature that is not used."""
        if column:
            return row
        return self._used.index(row) if row in self._used else -1

    def _paint_words(self, painter: QPainter) -> None:
        palette, em = self.palette(), self.fontMetrics().height()
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        across = self._across
        middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip
        for row, name in enumerate(self._names):
            tile = self.tile(0, row)
            words = QRectF(0, tile.top(), tile.left() - 4, tile.height())
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(words, right, name)
        for layer in range(-1, len(self._matrices) - 1):
            head = QRectF(self._margin + (layer + 1) * across, -0.2 * em, across, 1.1 * em)
            painter.drawText(
                head, middle, "layers" if layer < 0 else str(len(self._matrices[layer]))
            )
            for by, sign in ((-1, "−"), (1, "+")):
                button = self.button(layer, by)
                painter.drawRoundedRect(button, 3, 3)
                painter.drawText(button, middle, sign)
        head = QRectF(self.width() - across, -0.2 * em, across, 1.1 * em)
        painter.drawText(head, middle, "output")

    def _images(self, values: np.ndarray) -> list[QImage]:
        """The pictures of neurons: the colour of the sign, stronger for larger values."""
        values = np.nan_to_num(values[:, ::-2, ::2]).astype(np.float32)
        largest = np.abs(values).max((1, 2), keepdims=True, initial=1e-30)
        share = np.sqrt(np.abs(values) / largest)[..., None]
        ground = self.palette().color(QPalette.ColorRole.Base)
        plus, minus, base = (
            np.array((c.red(), c.green(), c.blue()), np.float32) for c in (*self.colours(), ground)
        )
        pixels = base + share * (np.where(values[..., None] > 0, plus, minus) - base)
        height, width = values.shape[1:]
        return [
            QImage(each.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
            for each in pixels.astype(np.uint8)
        ]
