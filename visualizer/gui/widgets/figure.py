"""A figure for a paper or a slide: pictures, maps and answers laid out anew, not a screenshot.

What is to be seen is data (`Figure`, of parts one below the other); `Drawing` lays it out for a
width and paints it on anything. So a figure is the same at any scroll position and window size.
All of it may be used on any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, sqrt

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from visualizer.gui.core.theme import ON_DARK, ON_LIGHT, Colours

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


@dataclass(frozen=True, eq=False)
class Line:
    """A curve: its name, and its points, two arrays of one length."""

    name: str
    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True, eq=False)
class Lines:
    """Curves over one pair of axes, each named at its right end.

    Attributes:
        curves: of which points that are not finite are left out.
        title: above them.
        x, y: what the axes measure.
        log: whether the vertical axis is logarithmic; then points at and below 0 are left out.
    """

    curves: Sequence[Line]
    title: str = ""
    x: str = ""
    y: str = ""
    log: bool = False


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


Part = Tiles | Bars | Lines | Words
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
            elif isinstance(part, Lines):
                self._add_lines(part)
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

    def _add_lines(self, part: Lines) -> None:
        curves = [(c.name, _seen(c, part.log)) for c in part.curves]
        curves = [(name, points) for name, points in curves if len(points)]
        if not curves:
            return
        self._add_words(part.title, self._bold, self._colours.text)
        small, every = QFontMetricsF(self._small), np.concatenate([p for _, p in curves])
        line = small.height()
        (left, low), (right, high) = every.min(0), every.max(0)
        across, up = _ticks(left, right), _ticks(low, high)
        names = min(max(small.horizontalAdvance(name) for name, _ in curves), self._width / 3)
        told = [f"{10**tick if part.log else tick:.4g}" for tick in up]
        start = self._margin + max(map(small.horizontalAdvance, told), default=0) + line / 2
        room = QRectF(0, 0, self._margin + self._width - names - line / 2 - start, 0)
        room.setHeight(min(room.width() * 0.45, 260))
        top_room = line if part.y else line / 2
        below = (2 if part.x else 1) * line

        def paint(painter: QPainter, top: float) -> None:
            area = room.translated(start, top + top_room)

            def place(x: float, y: float) -> QPointF:
                over = (x - left) / ((right - left) or 1), (y - low) / ((high - low) or 1)
                return QPointF(
                    area.left() + over[0] * area.width(), area.bottom() - over[1] * area.height()
                )

            flag, ground = Qt.AlignmentFlag, QColor(self._colours.panel)
            painter.setFont(self._small)
            for tick, words in zip(up, told, strict=True):
                at = place(left, tick).y()
                painter.setPen(QPen(QColor(self._colours.line), 0.7))
                painter.drawLine(QPointF(area.left(), at), QPointF(area.right(), at))
                painter.setPen(QColor(self._colours.muted))
                box = QRectF(self._margin, at - line / 2, area.left() - self._margin - 4, line)
                painter.drawText(box, int(flag.AlignRight | flag.AlignVCenter), words)
            for tick in across:
                box = QRectF(place(tick, low).x() - 40, area.bottom() + 2, 80, line)
                painter.drawText(box, int(flag.AlignHCenter), f"{tick:.6g}")
            over = QRectF(self._margin, top, self._width, line)
            painter.drawText(over, int(flag.AlignLeft), part.y)
            under = QRectF(area.left(), area.bottom() + line, area.width(), line)
            painter.drawText(under, int(flag.AlignHCenter), part.x)
            inks = ON_LIGHT if ground.lightness() > 128 else ON_DARK
            ends = _apart([place(*points[-1]).y() for _, points in curves], line, area)
            for number, ((name, points), end) in enumerate(zip(curves, ends, strict=True)):
                painter.setPen(QPen(QColor(inks[number % len(inks)]), 1.4))
                painter.drawPolyline([place(x, y) for x, y in points])
                box = QRectF(area.right() + 4, end - line / 2, names + line / 2, line)
                cut = small.elidedText(name, Qt.TextElideMode.ElideRight, names + 1)
                painter.drawText(box, int(flag.AlignLeft | flag.AlignVCenter), cut)

        self._add(top_room + room.height() + below, paint)


def _seen(curve: Line, log: bool) -> np.ndarray:
    """The points of a curve that can be drawn, N x 2, with the logarithm of y where asked for."""
    points = np.stack([np.asarray(curve.x, float), np.asarray(curve.y, float)], axis=1)
    if log:
        points = points[points[:, 1] > 0]
        points[:, 1] = np.log10(points[:, 1])
    return points[np.isfinite(points).all(1)]


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers from `low` to `high`, about five of them."""
    span = high - low
    if span <= 0 or not np.isfinite(span):
        return [low]
    rough = span / 5
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= rough * 0.999)
    first = np.ceil(low / step - 1e-9)
    return [float(n * step) for n in np.arange(first, np.floor(high / step + 1e-9) + 1)]


def _apart(heights: Sequence[float], line: float, area: QRectF) -> list[float]:
    """Where names stand so that none covers another, near the heights they belong to."""
    order, placed = np.argsort(heights, kind="stable"), list(heights)
    for before, after in pairwise(order):
        placed[after] = max(placed[after], placed[before] + line)
    placed[order[-1]] = min(placed[order[-1]], area.bottom())
    for after, before in pairwise(order[::-1]):
        placed[before] = min(placed[before], placed[after] - line)
    return placed


def _sharp(image: QImage, smooth: bool) -> QImage:
    """The image with each pixel large enough to stay a square in files whose readers blur."""
    times = 1 if smooth else max(1, 256 // max(image.width(), image.height()))
    return image.scaled(image.size() * times) if times > 1 else image
