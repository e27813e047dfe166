"""The feature wall: a picture a unit, painted as soon as it is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPalette, QPen
from PySide6.QtWidgets import QWidget

from visualizer.engine.ascent.feature_wall import Tile
from visualizer.gui.widgets.channel_grid import largest_cell
from visualizer.gui.widgets.unit_area import UnitArea

SMALLEST_CELL, LARGEST_CELL = 4.0, 14.0
"""Smallest and largest size of a tile, in heights of a line of text."""


@dataclass(frozen=True, eq=False)
class WallTile:
    """A tile of the wall: a unit's picture, and its state."""

    image: QImage
    made: Tile

    @property
    def done(self) -> bool:
        """Whether its picture is final."""
        return self.made.done

    @property
    def dead(self) -> bool:
        """Whether the unit is dead: no picture activates it."""
        return self.made.dead


def paint_tile(painter: QPainter, cell: QRectF, tile: WallTile | None, palette: QPalette) -> None:
    """A picture, a frame where there is none yet, or a word for a dead unit."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if tile is None or tile.dead:
        painter.setPen(QPen(palette.mid().color(), 1))
        painter.drawRect(cell)
        if tile is not None:
            painter.setPen(palette.placeholderText().color())
            painter.drawText(cell, int(Qt.AlignmentFlag.AlignCenter), "dead")
        return
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setOpacity(1.0 if tile.done else 0.8)
    painter.drawImage(cell, tile.image)
    painter.setOpacity(1.0)


class WallGrid(UnitArea):
    """Tiles by unit, the strongest first."""

    def __init__(self, hint: str = "", parent: QWidget | None = None):
        super().__init__(hint, parent)
        self.tiles: Mapping[int, WallTile] = {}
        self._letters: Mapping[int, str] = {}
        self.setAccessibleName("Feature wall")
        self.sort_by("strength")

    def show_stage(self, strength: np.ndarray, names: Mapping[int, str]) -> None:
        """Set the units of a stage, the strongest first, without pictures; `names` stand below."""
        self._letters = names
        self.set_strength(strength)

    def set_tiles(self, tiles: Mapping[int, WallTile]) -> None:
        """Show the tiles that are computed so far."""
        self.tiles = tiles
        self.viewport().update()

    def cell_size(self) -> QSize:
        letter, area = self.fontMetrics().height(), self.viewport().size()
        fitting = largest_cell(area.width(), area.height(), max(1, self.units), 1.0)
        low, high = SMALLEST_CELL * letter, LARGEST_CELL * letter
        side = int(min(max(fitting, low), high) * self.zoom)
        side = max(8, min(side, area.width()))
        return QSize(side, side + (letter if self._letters else 0))

    def paint_units(self, painter: QPainter, area: QRect) -> None:
        letter = self.fontMetrics().height()
        gap = max(2.0, letter * 0.25)
        for unit in map(int, self.visible_units(area)):
            cell = self.rect_of(unit).adjusted(0, 0, -gap, -gap)
            if self._letters:
                cell.setHeight(cell.width())
                below = QRectF(cell.left(), cell.bottom(), cell.width(), letter)
                painter.setPen(self.palette().placeholderText().color())
                words = self.fontMetrics().elidedText(
                    self._letters.get(unit, ""), Qt.TextElideMode.ElideRight, int(below.width())
                )
                painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), words)
            paint_tile(painter, cell, self.tiles.get(unit), self.palette())
