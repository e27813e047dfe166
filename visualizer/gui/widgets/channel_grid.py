"""The channels of a stage as a mosaic: thousands of them, sorted, scrolled and zoomed at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPalette
from PySide6.QtWidgets import QWidget

from visualizer.gui.widgets.shown_picture import ShownPicture
from visualizer.gui.widgets.unit_area import UnitArea

SMALLEST_CELL, LARGEST_CELL = 2.4, 24
"""Smallest and largest size of a cell, in heights of a line of text."""

SMALLEST_TILE, GAP_SHARE = 16, 0.06
"""The smallest side of a tile in pixels, and the gap between tiles as a share of the side."""


@dataclass(frozen=True, eq=False)
class Atlas:
    """All maps of a stage as tiles that can be put in any order without rendering them again.

    `tiles`: uint32 (0xAARRGGBB), units x height x width, each with a transparent gap at its right
    and lower end; `width` and `height` are those of a map without the gap.
    """

    tiles: np.ndarray
    width: int
    height: int

    @classmethod
    def of(cls, pictures: np.ndarray) -> Atlas:
        """Make tiles of uint8 RGB pictures, units x height x width x 3."""
        count, height, width = pictures.shape[:3]
        times = max(1, -(-SMALLEST_TILE // max(height, width)))
        gap = max(1, round(GAP_SHARE * times * max(height, width)))
        packed = pictures.astype(np.uint32)
        colours = 0xFF000000 | packed[..., 0] << 16 | packed[..., 1] << 8 | packed[..., 2]
        tiles = np.zeros((count, height * times + gap, width * times + gap), np.uint32)
        tiles[:, :-gap, :-gap] = colours.repeat(times, axis=1).repeat(times, axis=2)
        tiles.setflags(write=False)
        return cls(tiles, width, height)

    @property
    def aspect(self) -> float:
        """Height by width of a tile."""
        return self.tiles.shape[1] / self.tiles.shape[2]

    def arranged(self, order: np.ndarray, columns: int) -> QImage:
        """The tiles in an order, so many in a row, as one image that owns its pixels."""
        rows = -(-len(order) // columns)
        _, height, width = self.tiles.shape
        sheet = np.zeros((rows * columns, height, width), np.uint32)
        np.take(self.tiles, order, axis=0, out=sheet[: len(order)])
        in_rows = sheet.reshape(rows, columns, height, width).swapaxes(1, 2)
        pixels = np.ascontiguousarray(in_rows).reshape(rows * height, columns * width)
        form = QImage.Format.Format_ARGB32_Premultiplied
        return QImage(pixels.data, columns * width, rows * height, 4 * columns * width, form).copy()


class ChannelGrid(UnitArea):
    """Shows an `Atlas` and paints what is in sight of it at once; sorting renders nothing anew."""

    def __init__(self, hint: str = "", parent: QWidget | None = None):
        super().__init__(hint, parent)
        self._atlas: Atlas | None = None
        self._sheet: QImage | None = None
        # The atlas, the order and the columns of the sheet.
        self._sheet_of: tuple[object, object, int] = (None, None, 0)

    @property
    def atlas(self) -> Atlas | None:
        """What is shown now."""
        return self._atlas

    def set_atlas(self, atlas: Atlas | None, strength: np.ndarray, resort: bool = True) -> None:
        """Show other maps; `strength` holds one number a unit."""
        before = self._atlas.aspect if self._atlas else 1.0
        self._atlas = atlas
        self.set_strength(strength, resort)
        if (atlas.aspect if atlas else 1.0) != before:
            self._layout()

    def picture_at(self, _point: QPoint | None = None) -> ShownPicture | None:
        """All maps in the order they are shown, in their own pixels."""
        if self._atlas is None or len(self._atlas.tiles) != self.units:
            return None
        sheet = self._arranged(self.columns())
        image = QImage(sheet.size(), QImage.Format.Format_RGB32)
        image.fill(self.palette().color(QPalette.ColorRole.Base))
        painter = QPainter(image)
        painter.drawImage(0, 0, sheet)
        painter.end()
        return ShownPicture(self.accessibleName() or "channels", image)

    def wanted_cell(self) -> int:
        """How many pixels of this screen a map is across now."""
        return max(1, round(self.cell_size().width() * self.devicePixelRatioF()))

    def cell_size(self) -> QSize:
        """The largest cell with which all units are in sight, times the zoom.

        It is never smaller than the eye can use: then there is more to scroll.
        """
        letter = self.fontMetrics().height()
        area, count = self.viewport().size(), max(1, self.units)
        aspect = min(max(self._atlas.aspect, 0.25), 4.0) if self._atlas else 1.0
        fitting = largest_cell(area.width(), area.height(), count, aspect)
        wanted = min(max(fitting, SMALLEST_CELL * letter), LARGEST_CELL * letter) * self.zoom
        width = max(8, min(int(wanted), area.width()))
        return QSize(width, max(8, round(width * aspect)))

    def paint_units(self, painter: QPainter, area: QRect) -> None:
        """Paint the rows in sight with one scaled copy, the cheapest there is."""
        if self._atlas is None or len(self._atlas.tiles) != self.units:
            return
        columns, cell = self.columns(), self.cell_size()
        sheet = self._arranged(columns)
        _, height, width = self._atlas.tiles.shape
        scrolled = self.verticalScrollBar().value()
        first = max(0, (area.top() + scrolled) // cell.height())
        last = min(sheet.height() // height - 1, (area.bottom() + scrolled) // cell.height())
        rows = last - first + 1
        if rows <= 0:
            return
        target = QRectF(
            self.left(),
            first * cell.height() - scrolled,
            columns * cell.width(),
            rows * cell.height(),
        )
        source = QRectF(0, first * height, columns * width, rows * height)
        shrinks = cell.width() * self.devicePixelRatioF() < width
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks)
        painter.drawImage(target, sheet, source)

    def _arranged(self, columns: int) -> QImage:
        """The atlas in the order shown, made when it is first painted."""
        assert self._atlas is not None
        atlas, order, across = self._sheet_of
        if atlas is not self._atlas or order is not self.order or across != columns:
            self._sheet = self._atlas.arranged(self.order, columns)
            self._sheet_of = (self._atlas, self.order, columns)
        assert self._sheet is not None
        return self._sheet


def largest_cell(width: int, height: int, count: int, aspect: float) -> int:
    """The width of `count` cells (height : width = `aspect`) that fill an area best."""
    columns = max(1, int((count * width * aspect / max(height, 1)) ** 0.5))
    best = 1
    for tried in range(max(1, columns - 1), columns + 3):
        rows = -(-count // tried)
        best = max(best, min(width // tried, int(height // rows / aspect)))
    return best
