"""The pictures of the Layers workspace, made on the compute thread: thumbnails, maps, numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PySide6.QtGui import QImage

from visualizer.engine.rendering import bars, colour, limits, mosaic, thumbnail
from visualizer.gui.widgets.channel_grid import Atlas
from visualizer.gui.widgets.image_view import image_of

if TYPE_CHECKING:
    from visualizer.engine.activations import Activations

THUMBNAIL_SIDE = 128
THUMBNAIL_BARS = 8
LARGEST_MAP = 512
CLEARLY_NEGATIVE = 0.1
"""From this share of the largest value on, negative ones get a colour map of their own."""


@dataclass(frozen=True)
class View:
    """What is wanted of a stage: which unit, how its maps are scaled and coloured, and how large.

    `scaling`: "shared" (one scale, to compare channels) or "channel" (each to its own strongest).
    `cell`: pixels of the screen a map is across; maps that are larger are shrunk to it.
    `filters`: show the filters instead of their maps, where they are pictures.
    """

    stage: str
    unit: int
    scaling: str = "shared"
    colour_map: str = "inferno"
    cell: int = 64
    filters: bool = False


@dataclass(frozen=True)
class UnitNumbers:
    """The numbers of one unit. `row` and `column` of its maximum are None for a dense stage.

    `rank` counts from 1, the strongest unit of the stage; `zeros` is a share, 0 to 1.
    """

    value: float
    mean: float
    zeros: float
    rank: int
    units: int
    row: int | None = None
    column: int | None = None


@dataclass(frozen=True)
class StagePictures:
    """What one job makes of one stage of one specimen, everything the window shows at once.

    `strength`: one number a unit; `atlas` is None for a dense stage; `unit_map` likewise;
    `ground`: the colour (red, green, blue) of zero in the unit's map.
    """

    view: View
    strength: np.ndarray
    atlas: Atlas | None
    unit_map: QImage | None
    numbers: UnitNumbers
    ground: tuple[int, int, int] = (0, 0, 0)


def stage_pictures(
    activations: Activations,
    view: View,
    beside: Activations | None = None,
    filters: np.ndarray | None = None,
) -> StagePictures:
    """Render the chosen stage and its chosen unit; the grid shares its scale with `beside`.

    `filters`: those of the stage as pictures (units x h x w x 3, uint8), for where they are wanted.
    """
    maps = activations.maps[view.stage]
    strength = np.asarray(activations.strength(view.stage))
    unit = min(view.unit, len(strength) - 1)
    atlas = unit_map = None
    ground = (0, 0, 0)
    if maps.ndim == 3:
        if view.filters and filters is not None:
            atlas = Atlas.of(filters)
        else:
            reference = maps if beside is None else np.concatenate([maps, beside.maps[view.stage]])
            atlas = atlas_of(maps, view.scaling, view.colour_map, view.cell, reference)
        one = maps[..., unit]
        look = _look(one, view.colour_map)
        unit_map = image_of(colour(one, *look))
        red, green, blue = map(int, colour(np.zeros(1), *look)[0])
        ground = red, green, blue
    numbers = unit_numbers(maps, strength, unit)
    return StagePictures(view, strength, atlas, unit_map, numbers, ground)


@dataclass(frozen=True)
class ComparedPictures:
    """Two specimens at one stage on one scale, and what changes from the first to the second.

    `change`: the greatest change of each unit, with its sign; `difference` is None for a dense
    stage; `divergence`: how far apart they are at every stage, 0 to 2.
    """

    first: StagePictures
    second: StagePictures
    change: np.ndarray
    difference: Atlas | None
    divergence: Mapping[str, float]


def compared_pictures(a: Activations, b: Activations, view: View) -> ComparedPictures:
    """Render one stage of two specimens, and the difference b - a."""
    from visualizer.engine.activations import divergence

    change = b.maps[view.stage] - a.maps[view.stage]
    difference = None
    if change.ndim == 3:
        difference = atlas_of(change, view.scaling, "signed", view.cell)
        flat = change.reshape(-1, change.shape[2])
        change = flat[np.abs(flat).argmax(0), np.arange(flat.shape[1])]
    first, second = stage_pictures(a, view, b), stage_pictures(b, view, a)
    return ComparedPictures(first, second, change, difference, divergence(a, b))


def unit_numbers(maps: np.ndarray, strength: np.ndarray, unit: int) -> UnitNumbers:
    """Measure one unit; `maps` is H x W x C or C, `strength` one number a unit."""
    values = maps[..., unit]
    rank = 1 + int((strength > strength[unit]).sum())
    row = column = None
    if maps.ndim == 3:
        row, column = (int(i) for i in np.unravel_index(int(values.argmax()), values.shape))
    return UnitNumbers(
        value=float(values.max()),
        mean=float(values.mean()),
        zeros=float((values == 0).mean()),
        rank=rank,
        units=len(strength),
        row=row,
        column=column,
    )


def stage_table(
    maps: np.ndarray, label: Callable[[int], str] | None = None
) -> tuple[list[str], list[list]]:
    """List the numbers of every unit: a header and rows. `maps` is H x W x C or C."""
    header = ["unit", "max", "mean", "fraction of zeros", "row of max", "column of max"]
    values = maps.reshape(-1, maps.shape[-1])
    tops, means, zeros = values.max(0), values.mean(0), (values == 0).mean(0)
    if maps.ndim == 3:
        rows, columns = np.divmod(values.argmax(0), maps.shape[1])
        places = [[int(r), int(c)] for r, c in zip(rows, columns, strict=True)]
    else:
        header, places = header[:4], [[] for _ in tops]
    table: list[list] = [
        [unit, float(tops[unit]), float(means[unit]), float(zeros[unit]), *places[unit]]
        for unit in range(len(tops))
    ]
    if label is not None:
        header.insert(1, "class")
        for row in table:
            row.insert(1, label(row[0]))
    return header, table


def thumbnails(activations: Activations, colour_map: str) -> dict[str, QImage]:
    """Make one small picture a stage: the mean of its channels, or its strongest units as bars."""
    pictures = {}
    for place, (name, maps) in enumerate(activations.maps.items()):
        if place == 0:
            made = activations.picture
        elif maps.ndim == 3:
            made = thumbnail(maps, "mean", colour_map)
        else:
            made = _strongest_bars(maps, colour_map)
        pictures[name] = image_of(_shrunk(made, THUMBNAIL_SIDE))
    return pictures


def _strongest_bars(values: np.ndarray, colour_map: str) -> np.ndarray:
    """The strongest units of a dense stage as bars lying below each other: uint8 RGB."""
    strongest = np.sort(np.nan_to_num(values))[::-1][:THUMBNAIL_BARS]
    upright = bars(
        strongest,
        width=THUMBNAIL_SIDE,
        height=THUMBNAIL_SIDE,
        columns=THUMBNAIL_BARS,
        colour_map=colour_map,
    )
    return np.ascontiguousarray(upright[::-1].transpose(1, 0, 2))


def atlas_of(
    maps: np.ndarray,
    scaling: str,
    colour_map: str,
    cell: int,
    reference: np.ndarray | None = None,
) -> Atlas:
    """Colour all maps (H x W x C) on one scale, or each on its own.

    The scale is set by the values of `reference` (N x M x C), by default the maps themselves:
    two specimens that are compared share one.
    """
    reference = maps if reference is None else reference
    name, low, high = _look(reference, colour_map)
    scale: tuple = (low, high)
    if scaling == "channel":
        tops = (np.abs(reference) if name == "signed" else reference).max((0, 1))
        scale = (-tops if name == "signed" else np.minimum(reference.min((0, 1)), 0), tops)
    maps = _shrunk(maps, min(cell, LARGEST_MAP))
    height, width, count = maps.shape
    column = mosaic(maps, columns=1, colour_map=name, gap=0, limits=scale).picture
    return Atlas.of(column.reshape(count, height, width, 3))


def _look(values: np.ndarray, colour_map: str) -> tuple[str, float, float]:
    """Choose colour map, low and high: many values below zero need one that diverges there."""
    low, high = limits(values, colour_map)
    if colour_map != "signed" and -low > CLEARLY_NEGATIVE * high:
        return "signed", *limits(values, "signed")
    return colour_map, low, high


def _shrunk(values: np.ndarray, side: int) -> np.ndarray:
    """Shrink H x W (x C) so that it is at most `side` across; smaller ones stay as they are."""
    height, width = values.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return values
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if values.ndim == 2 or values.shape[2] <= 4:
        return cv2.resize(values, size, interpolation=cv2.INTER_AREA).reshape(
            size[1], size[0], *values.shape[2:]
        )
    # OpenCV shrinks at most four channels by area in one call.
    parts = [_shrunk(values[..., i : i + 4], side) for i in range(0, values.shape[2], 4)]
    return np.concatenate(parts, axis=2)
