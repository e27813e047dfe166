"""Every channel of a stage as a small picture of its own, coloured on one scale or each on its own.

Tiles can be put in any order without being coloured again; `mosaic` makes one picture of them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from visualizer.engine.colour_maps import limits, robust_limits, value_range, widened
from visualizer.engine.mosaic import Scaling, mosaic

CLEARLY_NEGATIVE = 0.1
"""From this share of the largest value on, negative values get the diverging colour map."""
LARGEST_SIDE = 512


@dataclass(frozen=True, eq=False)
class ColourScale:
    """How values become colours.

    Attributes:
        colour_map: one of `COLOUR_MAPS`.
        low: what gets its first colour: a number, or one a channel.
        high: what gets its last colour, likewise.
        clipped: whether there are values beyond, which get the colour at that end.
    """

    colour_map: str
    low: float | np.ndarray
    high: float | np.ndarray
    clipped: bool = False


def colour_scale(maps: np.ndarray, scaling: Scaling, colour_map: str) -> ColourScale:
    """The scale for these maps, H x W x C.

    Args:
        maps: the values that decide; for pictures that are compared, those of all of them.
        scaling: "shared", one scale with `robust_limits`; "channel", to each one's own largest.
        colour_map: the one that is wanted; many values below zero get "signed".
    """
    if scaling == "channel":
        name = fitting_map(maps, colour_map)
        return ColourScale(name, *widened(*value_range(maps, (0, 1)), name))
    low, high = limits(maps, colour_map)
    name = _fitting(colour_map, low, high)
    all_values = tuple(float(each) for each in widened(low, high, name))
    shown = robust_limits(maps, *all_values)
    return ColourScale(name, *shown, clipped=shown != all_values)


def fitting_map(values: np.ndarray, colour_map: str) -> str:
    """The colour map that is wanted, or "signed" where many values lie below zero."""
    return _fitting(colour_map, *limits(values, colour_map))


def _fitting(colour_map: str, low: float, high: float) -> str:
    return "signed" if -low > CLEARLY_NEGATIVE * high else colour_map


def channel_tiles(maps: np.ndarray, scale: ColourScale, side: int) -> np.ndarray:
    """The channels as pictures: uint8, C x h x w x 3.

    Args:
        maps: H x W x C.
        scale: how values become colours.
        side: pixels; larger maps are shrunk to it.
    """
    maps = shrunk(maps, min(side, LARGEST_SIDE))
    height, width, count = maps.shape
    both: Any = (scale.low, scale.high)
    column = mosaic(maps, columns=1, colour_map=scale.colour_map, gap=0, limits=both)
    return column.picture.reshape(count, height, width, 3)


def shrunk(values: np.ndarray, side: int) -> np.ndarray:
    """Shrink H x W (x C) so that it is at most `side` across; smaller ones stay as they are."""
    height, width = values.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return values
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if values.ndim == 2 or values.shape[2] <= 4:
        small = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
        return small.reshape(size[1], size[0], *values.shape[2:])
    # OpenCV shrinks at most four channels by area in one call.
    parts = [shrunk(values[..., i : i + 4], side) for i in range(0, values.shape[2], 4)]
    return np.concatenate(parts, axis=2)
