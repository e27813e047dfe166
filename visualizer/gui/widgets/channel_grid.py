"""The channels of a stage as a mosaic: thousands of them, sorted, scrolled and zoomed at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from visualizer.gui.widgets.unit_area import UnitArea

LARGEST_CELL = 24
"""In heights of a letter: few channels are shown large, but not beyond all measure."""


@dataclass(frozen=True)
class Atlas:
    """All maps of a stage in one image, by index and without gaps: place them as you like.

    Unit u lies in row u // columns and column u % columns; a cell is `width` x `height` pixels.
    """

    image: QImage
    columns: int
    width: int
    height: int

    def source(self, unit: int) -> QRectF:
        """Where a unit's map lies in the image."""
        row, column = divmod(unit, self.columns)
        return QRectF(column * self.width, row * self.height, self.width, self.height)


class ChannelGrid(UnitArea):
    """Paints the maps of a stage, cut from an `Atlas`; sorting and zooming render nothing anew."""

    GAP = 3

    def __init__(self, hint: str = "", parent: QWidget | None = None):
        super().__init__(hint, parent)
        self._atlas: Atlas | None = None

    @property
    def atlas(self) -> Atlas | None:
        """What is shown now."""
        return self._atlas

    def set_atlas(self, atlas: Atlas | None, strength: np.ndarray, resort: bool = True) -> None:
        """Show other maps; `strength` holds one number a unit."""
        before = self._atlas
        self._atlas = atlas
        self.set_strength(strength, resort)
        if atlas and (not before or self._aspect(before) != self._aspect(atlas)):
            self._layout()

    def wanted_cell(self) -> int:
        """How many pixels of this screen a map is across now."""
        return max(1, round((self.cell_size().width() - self.GAP) * self.devicePixelRatioF()))

    def columns(self) -> int:
        return max(1, min(self.units, self.viewport().width() // self.cell_size().width()))

    def cell_size(self) -> QSize:
        """The largest cell with which all units are in sight, times the zoom.

        It is never smaller than the eye can use: then there is more to scroll.
        """
        letter = self.fontMetrics().height()
        area, count = self.viewport().size(), max(1, self.units)
        aspect = self._aspect(self._atlas) if self._atlas else 1.0
        fitting = self._largest(area.width(), area.height(), count, aspect)
        wanted = min(max(fitting, 2.4 * letter), LARGEST_CELL * letter) * self.zoom
        width = max(8, min(int(wanted), area.width()))
        return QSize(width, max(8, round((width - self.GAP) * aspect) + self.GAP))

    @staticmethod
    def _aspect(atlas: Atlas) -> float:
        return min(max(atlas.height / atlas.width, 0.25), 4.0)

    @classmethod
    def _largest(cls, width: int, height: int, count: int, aspect: float) -> int:
        """The width of `count` cells of this aspect that fill an area best."""
        columns = max(1, int((count * width * aspect / max(height, 1)) ** 0.5))
        best = 1
        for tried in range(max(1, columns - 1), columns + 3):
            rows = -(-count // tried)
            by_height = ((height // rows) - cls.GAP) / aspect + cls.GAP
            best = max(best, min(width // tried, int(by_height)))
        return best

    def paint_unit(self, painter: QPainter, unit: int, rect: QRectF) -> None:
        if self._atlas is None:
            return
        half = self.GAP / 2
        target = rect.adjusted(half, half, -half, -half)
        shrinks = target.width() * self.devicePixelRatioF() < self._atlas.width
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks)
        painter.drawImage(target, self._atlas.image, self._atlas.source(unit))
