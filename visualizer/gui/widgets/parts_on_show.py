"""The pictures, tiles and curves that can be seen in a part of the window, as parts of a figure."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from visualizer.gui.widgets.figure import Part, Tile, Tiles
from visualizer.gui.widgets.image_view import ImageView
from visualizer.gui.widgets.themed_plot import ThemedPlot
from visualizer.gui.widgets.tiles import TileArea

MOST = 100
"""Tiles of one area in a figure."""


def parts_on_show(part: QWidget) -> Sequence[Part]:
    """Single pictures first, then the tiles, also those that are scrolled away, then curves."""
    pictures = [
        Tile(shown.image, view.accessibleName())
        for view in part.findChildren(ImageView)
        if view.isVisible() and (shown := view.picture_at()) is not None
    ]
    found: list[Part] = [Tiles(pictures, smooth=True)] if pictures else []
    for area in part.findChildren(TileArea):
        if area.isVisible():
            found.append(tiles_of(area))
    found += [plot.part() for plot in part.findChildren(ThemedPlot) if plot.isVisible()]
    return found


def tiles_of(area: TileArea) -> Tiles:
    """All tiles of an area that have a picture, in their order."""
    tiles = [
        Tile(tile.image, " ".join(filter(None, (tile.words, tile.number))))
        for tile in area.tiles
        if tile.image is not None
    ]
    title = area.accessibleName()
    if len(tiles) > MOST:
        title = f"{title}: the first {MOST} of {len(tiles)}"
    return Tiles(tiles[:MOST], title)
