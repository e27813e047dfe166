"""Maps and pictures -> uint8 RGB: colours, mosaics, overlays, differences. NumPy and OpenCV only.

All that leaves here is owned and read-only, so that a window may show it without copying it.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from visualizer.engine.arrays import frozen, owned
from visualizer.engine.colour_maps import (
    COLOUR_MAPS,
    Limits,
    colour,
    limits,
    robust_limits,
    value_range,
    widened,
)
from visualizer.engine.mosaic import BACKGROUND, Mosaic, Scaling, columns_for, filters, mosaic

__all__ = [
    "BACKGROUND",
    "COLOUR_MAPS",
    "Mosaic",
    "Scaling",
    "bars",
    "colour",
    "columns_for",
    "difference",
    "filters",
    "from_bytes",
    "legend",
    "limits",
    "mosaic",
    "overlay",
    "robust_limits",
    "thumbnail",
    "to_bytes",
]


def to_bytes(picture: np.ndarray) -> np.ndarray:
    """A float picture in [0, 1] as uint8: rounded, what lies outside clipped, NaN black."""
    if picture.dtype == np.uint8:
        return frozen(picture)
    clipped = np.clip(picture, 0, 1).astype(np.float32, copy=False)
    np.copyto(clipped, 0, where=np.isnan(clipped))
    scaled = cv2.convertScaleAbs(clipped.reshape(len(clipped), -1), alpha=255)  # rounds
    return owned(scaled.reshape(picture.shape))


def from_bytes(picture: np.ndarray) -> np.ndarray:
    """A uint8 picture as float32 in [0, 1], a new array; `to_bytes` gives the same bytes back."""
    return np.divide(picture, np.float32(255), dtype=np.float32)


def bars(
    values: np.ndarray,
    *,
    width: int = 512,
    height: int = 128,
    columns: int | None = None,
    colour_map: str = "inferno",
    limits: Limits | None = None,
    background: tuple[int, int, int] = BACKGROUND,
) -> np.ndarray:
    """The units of a dense stage as upright bars from a zero line: uint8, about height x width x 3.

    Args:
        values: C numbers.
        width: pixels across; a bar is at least one pixel wide, so that many units need more rows.
        height: pixels of one row of bars.
        columns: bars in a row; None takes as many as fit.
        colour_map: colours the bars by their value, over the same range as their heights.
        limits: (low, high) of the heights instead of the values' own.
        background: RGB behind the bars.
    """
    values = np.nan_to_num(values.ravel().astype(np.float64), posinf=0.0, neginf=0.0)
    count = max(1, len(values))
    columns = columns or -(-count // -(-count // width))  # rows of about the same length
    rows = -(-count // columns)
    low, high = limits if limits is not None else widened(*value_range(values, None), colour_map)
    span = high - low if high > low else 1.0
    padded = np.zeros(rows * columns)
    padded[: len(values)] = values
    thickness = max(1, width // columns)
    # Heights of the bar's end and of the zero line above the bottom, in pixels.
    end = np.clip((padded.reshape(rows, columns) - low) / span, 0, 1) * height
    zero = float(np.clip((0 - low) / span, 0, 1)) * height
    level = np.arange(height - 1, -1, -1)[:, None] + 0.5
    inside = (level < np.maximum(end, zero)[:, None]) & (level > np.minimum(end, zero)[:, None])
    # From a third of a one-sided map on: its darkest colours would not stand out.
    darkest = low if colour_map == "signed" else low - span / 2
    colours = colour(padded.reshape(rows, 1, columns), colour_map, darkest, high)
    picture = np.where(inside[..., None], colours, np.array(background, np.uint8))
    picture = picture[:, :, :, None].repeat(thickness, axis=3)
    gap = -(-thickness // 8) if thickness >= 3 else 0  # bars that can be told apart
    picture[:, :, :, thickness - gap :] = background
    return owned(picture.reshape(rows * height, columns * thickness, 3))


def overlay(
    picture: np.ndarray, values: np.ndarray, opacity: float = 0.6, colour_map: str = "inferno"
) -> np.ndarray:
    """A small map, smoothly enlarged, over the picture that it was made of.

    Args:
        picture: H x W x 3, float in [0, 1] or uint8.
        values: h x w, of any size; it is stretched over the whole picture.
        opacity: 0 shows the picture alone, 1 the map alone.
        colour_map: one of `COLOUR_MAPS`.

    Returns:
        uint8, H x W x 3.
    """
    base = to_bytes(picture)
    low, high = limits(values, colour_map)
    finite = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=high, neginf=low)
    size = base.shape[1], base.shape[0]
    method = cv2.INTER_AREA if finite.shape[0] > base.shape[0] else cv2.INTER_CUBIC
    heat = colour(cv2.resize(finite, size, interpolation=method), colour_map, low, high)
    opacity = min(max(float(opacity), 0.0), 1.0)
    return owned(cv2.addWeighted(np.ascontiguousarray(base), 1 - opacity, heat, opacity, 0))


def difference(a: np.ndarray, b: np.ndarray, factor: float = 1.0) -> np.ndarray:
    """`a` - `b`, `factor` times as strong, about mid-grey (128): uint8, H x W x 3.

    Args:
        a: H x W x 3, float in [0, 1].
        b: a picture of the same shape.
        factor: 1 shows a difference of 0.5 as white.

    Raises:
        ValueError: the shapes differ.
    """
    if a.shape != b.shape:
        raise ValueError(f"Pictures of shapes {a.shape} and {b.shape} cannot be compared.")
    change = (a.astype(np.float32) - b.astype(np.float32)) * (255 * factor)
    return owned(np.clip(np.rint(np.nan_to_num(change) + 128), 0, 255).astype(np.uint8))


def thumbnail(
    maps: np.ndarray,
    how: Literal["strongest", "mean"] = "strongest",
    colour_map: str = "inferno",
) -> np.ndarray:
    """One small picture for a whole stage: uint8, H x W x 3, one pixel a unit.

    Args:
        maps: H x W x C, or C for a dense stage, which gets bars.
        how: "strongest" shows the channel with the largest value, "mean" the mean over channels.
        colour_map: one of `COLOUR_MAPS`.
    """
    if maps.ndim == 1:
        return bars(maps, width=64, height=64, columns=min(64, len(maps)), colour_map=colour_map)
    if how == "mean":
        values = maps.mean(axis=2)
    else:
        values = maps[..., int(np.argmax(np.nan_to_num(maps).max(axis=(0, 1))))]
    return colour(values, colour_map, *limits(values, colour_map))


def strongest_bars(
    values: np.ndarray, count: int, side: int, colour_map: str = "inferno"
) -> np.ndarray:
    """The strongest units of a dense stage as bars below each other: uint8, side x side x 3.

    Args:
        values: C numbers; the longest bar is at the top.
        count: how many units are shown at most.
        side: of the picture, in pixels.
        colour_map: one of `COLOUR_MAPS`.
    """
    strongest = np.sort(np.nan_to_num(values))[::-1][:count]
    upright = bars(strongest, width=side, height=side, columns=count, colour_map=colour_map)
    return owned(upright[::-1].transpose(1, 0, 2))


def legend(colour_map: str, width: int = 128, height: int = 8) -> np.ndarray:
    """The colour map itself from low to high, for beside a mosaic: uint8, height x width x 3."""
    ramp = np.linspace(0, 1, width, dtype=np.float32)
    return colour(np.repeat(ramp[None], height, axis=0), colour_map, 0, 1)
