"""Pictures with a line of words below each: a wall, a family tree, a list of mistakes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QRegion,
)

from visualizer.gui.core.theme import LETTERS, sized
from visualizer.gui.widgets.channel_grid import largest_cell
from visualizer.gui.widgets.lines import thick
from visualizer.gui.widgets.shown_picture import ShownPicture
from visualizer.gui.widgets.themed_plot import STYLE_EVENTS
from visualizer.gui.widgets.unit_area import UnitArea

FLASH_SECONDS = 1.0
"""How long a tile lights up whose picture is new."""
LARGEST_CELL = 14.0
"""In heights of a letter."""
KEPT_KEYS = (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus, Qt.Key.Key_0)


@dataclass(frozen=True)
class Tile:
    """What is shown of one thing.

    Attributes:
        key: what it is, such as its cell.
        words: below its picture; cut where there is no room.
        number: after the words, never cut.
        image: its picture; None for an empty frame.
        tip: what the tooltip says.
    """

    key: int
    words: str
    number: str = ""
    image: QImage | None = None
    tip: str = ""


def split_line(words: str, fits: Callable[[str], bool]) -> tuple[str, str]:
    """The words that stand in a first line, at least one, and the rest.

    Args:
        words: a line too long.
        fits: whether a part of it has room in the first line.
    """
    parts = words.split(" ")
    first = [n for n in range(2, len(parts) + 1) if fits(" ".join(parts[:n]))]
    end = first[-1] if first else 1
    return " ".join(parts[:end]), " ".join(parts[end:])


class TileArea(UnitArea):
    """Tiles in rows; each is painted once into a pixmap, and only what changed is painted anew.

    Its units are places: the tile at place 3 has `tiles[3].key`. The arrow keys are the workspace's
    to give; it passes them on.
    """

    clicked = Signal(int)
    """The place of a tile that was clicked, or chosen with the mouse again."""

    def __init__(self, name: str, hint: str = "", smallest: float = 5.6) -> None:
        super().__init__(hint)
        self.tiles: tuple[Tile, ...] = ()
        self.marked: frozenset[int] = frozenset()
        """The keys of the tiles that are marked with a frame."""
        self.arrows = False
        """Whether an arrow leads from each tile to the next."""
        self._smallest = smallest
        self._painted: dict[int, tuple[Tile, QPixmap]] = {}
        self._flashes: dict[int, float] = {}
        self._places: dict[int, int] = {}
        self._region = QRegion()
        self._fading = QTimer(self, interval=40)
        self._fading.timeout.connect(self._fade)
        self.describe = lambda place: self.tiles[place].tip or self.tiles[place].words
        self.setAccessibleName(name)

    @property
    def key(self) -> int | None:
        """That of the chosen tile."""
        return self.tiles[self.unit].key if self.unit is not None else None

    def set_tiles(self, tiles: Sequence[Tile], flash: bool = False) -> None:
        """Show other tiles; the chosen one stays chosen wherever it stands now.

        Args:
            tiles: in the order they are shown.
            flash: whether tiles light up whose picture is another one.
        """
        before, chosen = self.tiles, self.key
        known = {tile.key: tile.image for tile in before}
        self.tiles = tuple(tiles)
        self._places = {tile.key: place for place, tile in enumerate(self.tiles)}
        if flash:
            now = time.monotonic()
            for tile in self.tiles:
                if tile.image is not None and tile.image is not known.get(tile.key, tile.image):
                    self._flashes[tile.key] = now
            if self._flashes and self.isVisible():
                self._fading.start()
        if [tile.key for tile in before] == [tile.key for tile in self.tiles]:
            for place, (old, new) in enumerate(zip(before, self.tiles, strict=True)):
                if old != new:
                    self.viewport().update(self.rect_of(place).toAlignedRect())
            return
        self._painted = {k: v for k, v in self._painted.items() if k in self._places}
        self.set_strength(np.zeros(len(self.tiles)))
        self.set_unit(self._places.get(chosen) if chosen is not None else None, reveal=False)

    def choose(self, key: int | None) -> None:
        """Mark the tile with this key as the chosen one."""
        self.set_unit(self._places.get(key) if key is not None else None)

    def set_marked(self, keys: frozenset[int]) -> None:
        """Frame these tiles."""
        self.marked = keys
        self.viewport().update()

    # Geometry

    def columns(self) -> int:
        fitting = max(1, min(self.units, self.viewport().width() // self.cell_size().width()))
        rows = max(1, -(-self.units // fitting))
        return max(1, -(-self.units // rows))  # as full rows as can be

    def cell_size(self) -> QSize:
        letter, rows = self.fontMetrics().height(), self._rows_of_words()
        area = QSize(self.viewport().width(), self.height())  # whatever is cut off below
        shape = 1.15 if rows < 2 else 1 + rows / self._smallest
        fitting = largest_cell(area.width(), area.height() - letter, max(1, self.units), shape)
        least = self._smallest * letter
        if fitting < least:  # it scrolls: fill the width
            fitting = area.width() // max(1, int(area.width() // least))
        side = int(min(max(fitting, least), LARGEST_CELL * letter) * self.zoom)
        side = max(8, min(side, area.width()))
        return QSize(side, side + round(rows * letter))

    def _rows_of_words(self) -> float:
        """In heights of a letter: one line, or for an audience as many as long names need."""
        metrics, side = self.fontMetrics(), self._smallest * self.fontMetrics().height()
        one = all(metrics.horizontalAdvance(f"{t.words} {t.number}") < side for t in self.tiles)
        return 2.1 if self._presented and not one else 1.1

    def picture_at(self, _point: object = None) -> ShownPicture | None:
        """The chosen picture, in its own pixels."""
        tile = self.tiles[self.unit] if self.unit is not None else None
        return None if tile is None or tile.image is None else ShownPicture(tile.words, tile.image)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        self._region = event.region()
        super().paintEvent(event)

    def paint_units(self, painter: QPainter, area: QRect) -> None:
        now, accent = time.monotonic(), self.palette().highlight().color()
        gap, size, columns = self._gap(), self.cell_size(), self.columns()
        left, scrolled, ratio = (
            self.left(),
            self.verticalScrollBar().value(),
            self.devicePixelRatioF(),
        )
        whole = self._region.rectCount() == 1
        for place in self.visible_units(area).tolist():
            row, column = divmod(place, columns)
            x, y = left + column * size.width(), row * size.height() - scrolled
            cell = QRect(int(x), y, size.width() + 1, size.height())
            if not (area.intersects(cell) and (whole or self._region.intersects(cell))):
                continue
            tile = self.tiles[place]
            painter.drawPixmap(QPointF(x, y), self._pixmap(tile, size, ratio))
            frame = QRectF(x, y, size.width() - gap, size.width() - gap)
            if tile.key in self._flashes or tile.key in self.marked:
                glow = 1 - (now - self._flashes.get(tile.key, -1e9)) / FLASH_SECONDS
                colour = QColor(accent)
                colour.setAlphaF(1.0 if tile.key in self.marked else min(1.0, max(0.0, glow)))
                painter.setPen(QPen(colour, thick(self, 4)))
                painter.drawRect(frame.adjusted(2, 2, -2, -2))
            if self.arrows and place + 1 < len(self.tiles):
                self._paint_arrow(painter, frame)

    def _paint_arrow(self, painter: QPainter, frame: QRectF) -> None:
        x, y = frame.right() + self._gap() / 2, frame.center().y()
        size = self._gap() / 2 - 1
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().placeholderText())
        painter.drawPolygon(
            [QPointF(x - size, y - size), QPointF(x + size, y), QPointF(x - size, y + size)]
        )
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _gap(self) -> float:
        letter = self.fontMetrics().height()
        return max(10.0, letter * 0.8) if self.arrows else max(4.0, letter * 0.35)

    def _pixmap(self, tile: Tile, size: QSize, ratio: float) -> QPixmap:
        """The tile as it is painted, made when it is first in sight."""
        found = self._painted.get(tile.key)
        if found is not None and found[0] == tile and found[1].size() == size * ratio:
            return found[1]
        pixmap = QPixmap(size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(self.palette().base().color())  # no pixel is blended when it is painted
        painter = QPainter(pixmap)
        painter.setFont(self.font())
        side = size.width() - self._gap()
        square = QRectF(0, 0, side, side)
        if tile.image is None:
            painter.setPen(QPen(self.palette().mid().color(), thick(self, 1)))
            painter.drawRect(square.adjusted(0.5, 0.5, -0.5, -0.5))
        else:
            shrinks = side * ratio < max(tile.image.width(), tile.image.height())
            smooth = shrinks or side * ratio < 2 * tile.image.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            shape = QRectF(tile.image.rect())
            scale = side / max(shape.width(), shape.height())
            target = QRectF(0, 0, shape.width() * scale, shape.height() * scale)
            target.moveCenter(square.center())
            painter.drawImage(target, tile.image)
        self._paint_words(painter, tile, side)
        painter.end()
        self._painted[tile.key] = tile, pixmap
        return pixmap

    def _paint_words(self, painter: QPainter, tile: Tile, side: float) -> None:
        if self._presented:
            painter.setFont(sized(self.font(), *LETTERS["small"]))
        metrics = painter.fontMetrics()
        below = QRectF(0, side, side, metrics.height() + 2)
        wide = metrics.horizontalAdvance(tile.number + " ") if tile.number else 0
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        words, elide = tile.words, Qt.TextElideMode.ElideRight
        painter.setPen(self.palette().text().color())
        if self._rows_of_words() > 2 and metrics.horizontalAdvance(words) + 2 > side - wide:
            first, words = split_line(words, lambda part: metrics.horizontalAdvance(part) <= side)
            painter.drawText(below, int(left), metrics.elidedText(first, elide, int(side)))
            below.translate(0, metrics.height())
        painter.drawText(below, int(left), metrics.elidedText(words, elide, int(side - wide)))
        painter.setPen(self.palette().placeholderText().color())
        painter.drawText(below, int(right), tile.number)

    def _fade(self) -> None:
        now = time.monotonic()
        for key, began in list(self._flashes.items()):
            if key in self._places:
                self.viewport().update(self.rect_of(self._places[key]).toAlignedRect())
            if now - began > FLASH_SECONDS:
                del self._flashes[key]
        if not self._flashes or not self.isVisible():
            self._flashes.clear()
            self._fading.stop()

    # Events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        place = self.unit_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self.clicked.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in KEPT_KEYS:
            super().keyPressEvent(event)
        else:
            event.ignore()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in STYLE_EVENTS and hasattr(self, "_painted"):
            self._painted.clear()
            self._layout()
            self.viewport().update()
