"""A figure for a paper or a slide: pictures, maps and answers laid out anew, not a screenshot.

What is to be seen is data (`Figure`, of parts one below the other); `Drawing` lays it out for a
width and paints it on anything. So a figure is the same at any scroll position and window size.
All of it may be used on any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from visualizer.gui.core.theme import Colours

FONT_PIXELS = 13
"""Height of the letters at the width that a figure is laid out for."""
SMALLEST_TILE = 44
"""Pixels that a map is wide at least, and its caption with it."""


@dataclass(frozen=True, eq=False)
class Tile:
    """A picture or a map, and what stands below it."""

    image: QImage
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Tiles:
    """Pictures in rows from left to right, in the order given.

    Attributes:
        tiles: the pictures; each keeps its shape.
        title: above them.
        columns: how many stand in a row; None for as many as suit their number and the width.
        smooth: whether enlarged pixels are blurred: for photographs, not for maps.
    """

    tiles: Sequence[Tile]
    title: str = ""
    columns: int | None = None
    smooth: bool = False


@dataclass(frozen=True)
class Bar:
    """A name, the length of its bar as a share of the longest possible one, and its number."""

    name: str
    share: float
    number: str


@dataclass(frozen=True, eq=False)
class Bars:
    """Names with bars and numbers, from the first to the last, and a picture at their left."""

    bars: Sequence[Bar]
    title: str = ""
    beside: Tile | None = None


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


Part = Tiles | Bars | Words
_Paint = Callable[[QPainter, float], None]
"""Paints something at a height."""


@dataclass(frozen=True, eq=False)
class Figure:
    """Parts one below the other, and below them what the reader has to know.

    Attributes:
        title: the first line.
        parts: what is shown.
        caption: network, stage, picture and answer.
    """

    title: str
    parts: Sequence[Part]
    caption: str = ""


class Drawing:
    """A figure laid out for a width in pixels, on the ground of `colours`."""

    def __init__(self, figure: Figure, width: int, colours: Colours, family: str = "") -> None:
        self._colours = colours
        self._margin = FONT_PIXELS
        self._width = width - 2 * self._margin
        self._plain = QFont(family) if family else QFont()
        self._plain.setPixelSize(FONT_PIXELS)
        self._small, self._bold = QFont(self._plain), QFont(self._plain)
        self._small.setPixelSize(FONT_PIXELS - 2)
        self._bold.setWeight(QFont.Weight.DemiBold)
        self._steps: list[tuple[float, _Paint]] = []
        self._height = float(self._margin)
        self._add_words(figure.title, self._bold, colours.text)
        for part in figure.parts:
            if isinstance(part, Tiles):
                self._add_tiles(part)
            elif isinstance(part, Bars):
                self._add_bars(part)
            else:
                self._add_words(part.text, self._plain, colours.text)
        self._add_words(figure.caption, self._small, colours.muted)
        self.size = QSizeF(width, self._height - FONT_PIXELS / 2 + self._margin)

    def paint(self, painter: QPainter) -> None:
        """Paint all of it, the ground first."""
        painter.fillRect(QRectF(QPointF(), self.size), QColor(self._colours.panel))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for top, paint in self._steps:
            paint(painter, top)

    def _add(self, height: float, paint: _Paint) -> None:
        self._steps.append((self._height, paint))
        self._height += height + FONT_PIXELS / 2

    def _add_words(self, text: str, font: QFont, colour: str) -> None:
        if not text:
            return
        flags = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        room = QRectF(0, 0, self._width, 1e6)
        height = QFontMetricsF(font).boundingRect(room, int(flags), text).height()

        def paint(painter: QPainter, top: float) -> None:
            painter.setFont(font)
            painter.setPen(QColor(colour))
            place = QRectF(self._margin, top, self._width, height + 1)
            painter.drawText(place, int(flags), text)

        self._add(height, paint)

    def _add_tiles(self, part: Tiles) -> None:
        if not part.tiles:
            return
        self._add_words(part.title, self._bold, self._colours.text)
        count = len(part.tiles)
        most = max(1, int(self._width // SMALLEST_TILE))
        columns = min(part.columns or ceil(sqrt(1.8 * count)), most, count)
        gap = FONT_PIXELS / 3
        side = (self._width - (columns - 1) * gap) / columns
        if part.columns is None:
            side = min(side, self._width / 3)  # a few do not fill a page
        line = QFontMetricsF(self._small).height() if any(t.caption for t in part.tiles) else 0.0
        for first in range(0, count, columns):
            row = part.tiles[first : first + columns]
            height = max(side * tile.image.height() / tile.image.width() for tile in row)
            self._add_row(row, side, height, gap, line, part.smooth)

    def _add_row(
        self,
        row: Sequence[Tile],
        side: float,
        height: float,
        gap: float,
        line: float,
        smooth: bool,
    ) -> None:
        metrics = QFontMetricsF(self._small)

        def paint(painter: QPainter, top: float) -> None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.setFont(self._small)
            painter.setPen(QColor(self._colours.muted))
            for place, tile in enumerate(row):
                left = self._margin + place * (side + gap)
                shown = side * tile.image.height() / tile.image.width()
                painter.drawImage(QRectF(left, top, side, shown), _sharp(tile.image, smooth))
                cut = metrics.elidedText(tile.caption, Qt.TextElideMode.ElideMiddle, side)
                below = QRectF(left, top + shown, side, line)
                painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), cut)

        self._add(height + line - FONT_PIXELS / 4, paint)

    def _add_bars(self, part: Bars) -> None:
        metrics, small = QFontMetricsF(self._plain), QFontMetricsF(self._small)
        line, gap, colours = metrics.height(), FONT_PIXELS / 2, self._colours
        tile, side, tall = part.beside, 0.0, 0.0
        if tile is not None:
            side = self._width * 0.3
            tall = side * tile.image.height() / tile.image.width()
        start = self._margin + side + (2 * gap if side else 0)
        room = self._width + self._margin - start
        names = min(
            max((metrics.horizontalAdvance(b.name) for b in part.bars), default=0), room / 3
        )
        numbers = max((metrics.horizontalAdvance(b.number) for b in part.bars), default=0)
        longest = max(1.0, room - names - numbers - 2 * gap)

        def paint(painter: QPainter, top: float) -> None:
            if tile is not None:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(QRectF(self._margin, top, side, tall), tile.image)
                painter.setFont(self._small)
                painter.setPen(QColor(colours.muted))
                cut = small.elidedText(tile.caption, Qt.TextElideMode.ElideRight, side)
                below = QRectF(self._margin, top + tall, side, small.height())
                painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), cut)
            flag = Qt.AlignmentFlag
            if part.title:
                painter.setFont(self._bold)
                painter.setPen(QColor(colours.text))
                painter.drawText(QRectF(start, top, room, line), int(flag.AlignVCenter), part.title)
                top += line + gap / 2
            painter.setFont(self._plain)
            for bar in part.bars:
                painter.setPen(QColor(colours.text))
                cut = metrics.elidedText(bar.name, Qt.TextElideMode.ElideRight, names + 1)
                row = QRectF(start, top, room, line)
                painter.drawText(row, int(flag.AlignVCenter | flag.AlignLeft), cut)
                painter.drawText(row, int(flag.AlignVCenter | flag.AlignRight), bar.number)
                lane = QRectF(start + names + gap, top + line / 4, longest, line / 2)
                painter.fillRect(lane, QColor(colours.raised))
                lane.setWidth(max(1.0, longest * min(max(bar.share, 0.0), 1.0)))
                painter.fillRect(lane, QColor(colours.accent))
                top += line

        titled = line + gap / 2 if part.title else 0.0
        picture = tall + small.height() if tile is not None else 0.0
        self._add(max(titled + line * len(part.bars), picture), paint)


def _sharp(image: QImage, smooth: bool) -> QImage:
    """The image with each pixel large enough to stay a square in files whose readers blur."""
    times = 1 if smooth else max(1, 256 // max(image.width(), image.height()))
    return image.scaled(image.size() * times) if times > 1 else image
