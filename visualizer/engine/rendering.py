"""Maps and pictures -> uint8 RGB: colours, mosaics, overlays, differences. NumPy and OpenCV only.

All that leaves here is owned and read-only, so that a window may show it without copying it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from visualizer.engine.arrays import owned
from visualizer.engine.colour_maps import COLOUR_MAPS, table

__all__ = [
    "BACKGROUND",
    "COLOUR_MAPS",
    "Mosaic",
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
    "thumbnail",
    "to_bytes",
]

BACKGROUND = (34, 37, 44)
"""What lies between the maps of a mosaic and under bars."""

Scaling = Literal["shared", "channel"]
Limits = tuple[float, float]


def to_bytes(picture: np.ndarray) -> np.ndarray:
    """A float picture in [0, 1] as uint8: rounded, what lies outside clipped, NaN black."""
    if picture.dtype == np.uint8:
        return picture
    clipped = np.clip(picture, 0, 1).astype(np.float32, copy=False)
    np.copyto(clipped, 0, where=np.isnan(clipped))
    scaled = cv2.convertScaleAbs(clipped.reshape(len(clipped), -1), alpha=255)  # rounds
    return owned(scaled.reshape(picture.shape))


def from_bytes(picture: np.ndarray) -> np.ndarray:
    """A uint8 picture as float32 in [0, 1], a new array; `to_bytes` gives the same bytes back."""
    return np.divide(picture, np.float32(255), dtype=np.float32)


def limits(values: np.ndarray, colour_map: str) -> Limits:
    """(low, high) to colour values by: their range, widened to hold zero; "signed": +-largest.

    With zero inside, "off" has one colour in all stages. Values that are not finite do not count.
    """
    if values.size == 0:
        return 0.0, 0.0
    low, high = _range(values, None)
    return _widened(float(low), float(high), colour_map)


def colour(values: np.ndarray, name: str, low: float, high: float) -> np.ndarray:
    """Values (any shape) as RGB (that shape x 3), uint8: `low` is the map's first colour.

    Values outside [low, high] get the colour at that end; NaN is treated as zero.
    """
    indices = _indices(values, np.asarray(low), np.asarray(high))
    return owned(_look_up(np.atleast_2d(indices), name).reshape(*values.shape, 3))


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Channels side by side, row by row.

    Attributes:
        picture: uint8, H x W x 3, read-only.
        columns: channels in a row.
        cell: (height, width) of one channel's picture in pixels, without the gap.
        gap: pixels between two cells.
        order: the channel in each place.
    """

    picture: np.ndarray
    columns: int
    cell: tuple[int, int]
    gap: int
    order: tuple[int, ...]

    def unit_at(self, x: float, y: float) -> int | None:
        """The channel at a pixel, or None in a gap, an empty cell and outside."""
        height, width = self.cell
        row, down = divmod(y, height + self.gap)
        column, right = divmod(x, width + self.gap)
        if x < 0 or y < 0 or down >= height or right >= width or column >= self.columns:
            return None
        place = int(row) * self.columns + int(column)
        return self.order[place] if place < len(self.order) else None

    def box(self, unit: int) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) of a channel in pixels; bottom and right exclusive.

        Raises:
            ValueError: the mosaic does not show this channel.
        """
        if unit not in self.order:
            raise ValueError(f"Channel {unit} is not among the {len(self.order)} shown.")
        row, column = divmod(self.order.index(unit), self.columns)
        height, width = self.cell
        top, left = row * (height + self.gap), column * (width + self.gap)
        return top, left, top + height, left + width


def columns_for(count: int, proportion: float = 1.0) -> int:
    """How many columns `count` cells take to make a sheet of about these proportions.

    Few cells stay empty: 192 become 16 x 12, not 14 x 14 with four places left over.

    Args:
        count: how many cells.
        proportion: columns per row, such as 1.6 for square cells on a 16:10 sheet.
    """
    ideal = min(max(1.0, math.sqrt(count * proportion)), max(1, count))

    def cost(columns: int) -> float:
        places = -(-count // columns) * columns
        return 10 * (places - count) / max(count, 1) + abs(math.log(columns / ideal))

    near = range(math.ceil(ideal * 0.7), min(max(1, count), math.ceil(ideal * 1.4)) + 1)
    return min(near, key=cost)


def mosaic(
    maps: np.ndarray,
    *,
    columns: int | None = None,
    scaling: Scaling = "shared",
    colour_map: str = "inferno",
    order: Sequence[int] | np.ndarray | None = None,
    cell: int | None = None,
    gap: int = 1,
    limits: Limits | None = None,
    background: tuple[int, int, int] = BACKGROUND,
) -> Mosaic:
    """The channels of a stage as one picture.

    Args:
        maps: H x W x C; a vector of C is C maps of one pixel.
        columns: channels in a row; None makes the whole about square.
        scaling: "shared" compares channels, "channel" shows each by its own range.
        colour_map: one of `COLOUR_MAPS`.
        order: which channels to show, in order; None is all.
        cell: pixels of the longer side of one channel, enlarged without blur; None keeps H x W.
        gap: pixels between two channels.
        limits: (low, high) instead of the maps' own, to compare two pictures.
        background: RGB of gaps and empty cells.
    """
    maps = maps.reshape(1, 1, -1) if maps.ndim == 1 else maps
    shown = maps if order is None else maps[..., np.asarray(order, dtype=np.intp)]
    height, width, count = shown.shape
    columns = columns or columns_for(count, height / max(width, 1))
    rows = -(-count // columns)
    if limits is not None:
        low, high = (np.asarray(value) for value in limits)
    elif scaling == "channel":
        low, high = _widened(*_range(shown, (0, 1)), colour_map)
    else:
        low, high = _widened(*_range(maps, None), colour_map)
    indices = _indices(shown, low, high)
    if cell is not None and cell != max(height, width):
        down, right = (max(1, round(cell * n / max(height, width))) for n in (height, width))
        indices = indices[np.arange(down) * height // down][:, np.arange(right) * width // right]
        height, width = down, right

    grid = np.zeros((rows * columns, height + gap, width + gap), np.uint8)
    grid[:count, :height, :width] = indices.transpose(2, 0, 1)
    sheet = grid.reshape(rows, columns, height + gap, width + gap).swapaxes(1, 2)
    picture = _look_up(sheet.reshape(rows * (height + gap), columns * (width + gap)), colour_map)
    cells = picture.reshape(rows, height + gap, columns, width + gap, 3)
    if gap:
        cells[:, height:] = background
        cells[:, :, :, width:] = background
    if rows * columns > count:
        cells[-1, :, columns - (rows * columns - count) :] = background
    picture = picture[: rows * (height + gap) - gap, : columns * (width + gap) - gap]
    shown_order = range(count) if order is None else (int(unit) for unit in order)
    return Mosaic(
        owned(np.ascontiguousarray(picture)), columns, (height, width), gap, tuple(shown_order)
    )


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
    low, high = limits if limits is not None else _widened(*_range(values, None), colour_map)
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


def filters(
    kernel: np.ndarray,
    *,
    columns: int | None = None,
    order: Sequence[int] | np.ndarray | None = None,
    cell: int | None = None,
    gap: int = 1,
    background: tuple[int, int, int] = BACKGROUND,
) -> Mosaic:
    """First-layer kernels as pictures: zero is mid-grey, each one's largest weight reaches an end.

    Args:
        kernel: h x w x inputs x units, where inputs is 3 (RGB) or 1 (grey).
        columns: see `mosaic`, as for the other arguments.
        order: which units to show.
        cell: pixels of a kernel's longer side.
        gap: pixels between two kernels.
        background: RGB of gaps and empty cells.

    Raises:
        ValueError: the kernel does not look at a picture.
    """
    if kernel.ndim != 4 or kernel.shape[2] not in (1, 3):
        raise ValueError(
            f"A kernel of shape {kernel.shape} is no picture: its inputs are no colours."
        )
    weights = np.nan_to_num(kernel.astype(np.float32), posinf=0.0, neginf=0.0)
    largest = np.abs(weights).max(axis=(0, 1, 2))
    weights /= np.where(largest > 0, largest, 1)
    planes = [
        mosaic(
            weights[:, :, channel],
            columns=columns,
            colour_map="grey",
            order=order,
            cell=cell,
            gap=gap,
            limits=(-1.0, 1.0),
            background=(background[channel],) * 3,
        )
        for channel in (range(3) if weights.shape[2] == 3 else (0, 0, 0))
    ]
    picture = np.stack([plane.picture[..., 0] for plane in planes], axis=2)
    first = planes[0]
    return Mosaic(owned(picture), first.columns, first.cell, first.gap, first.order)


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


def legend(colour_map: str, width: int = 128, height: int = 8) -> np.ndarray:
    """The colour map itself from low to high, for beside a mosaic: uint8, height x width x 3."""
    ramp = np.linspace(0, 1, width, dtype=np.float32)
    return colour(np.repeat(ramp[None], height, axis=0), colour_map, 0, 1)


def _range(values: np.ndarray, axis: tuple[int, int] | None) -> tuple[np.ndarray, np.ndarray]:
    """The smallest and largest finite value along `axis`; zeros where there is none."""
    low, high = values.min(axis=axis, initial=np.inf), values.max(axis=axis, initial=-np.inf)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        finite = np.isfinite(values)
        low = np.where(finite, values, np.inf).min(axis=axis, initial=np.inf)
        high = np.where(finite, values, -np.inf).max(axis=axis, initial=-np.inf)
        low, high = np.where(np.isfinite(low), low, 0), np.where(np.isfinite(high), high, 0)
    return low, high


def _widened(low, high, colour_map: str):  # floats, or an array of one a channel each
    if colour_map == "signed":
        largest = np.maximum(np.abs(low), np.abs(high))
        largest = np.where(largest > 0, largest, 1)  # all zero: the colour of zero
        return -largest, largest
    return np.minimum(low, 0), np.maximum(high, 0)


def _indices(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Where each value falls on a table of 256 colours: uint8 of the values' shape; NaN as 0."""
    largest = np.maximum(np.abs(low), np.abs(high))
    # In units of the largest, so that neither tiny nor huge ranges over- or underflow.
    unit = np.where(largest > 0, largest, 1).astype(np.float64)
    span = high / unit - low / unit
    factor = np.where(span > 0, 255 / np.where(span > 0, span, 1), 0)
    offset = (0.5 - low / unit * factor).astype(np.float32)  # 0.5: to the nearest, not down
    with np.errstate(all="ignore"):
        scaled = values / unit.astype(values.dtype if values.dtype.kind == "f" else np.float32)
        scaled = scaled * factor.astype(np.float32)
        scaled += offset
    np.copyto(scaled, offset, where=np.isnan(scaled))
    return np.clip(scaled, 0, 255, out=scaled).astype(np.uint8)


def _look_up(indices: np.ndarray, name: str) -> np.ndarray:
    """uint8 H x W -> RGB H x W x 3. OpenCV's look-up is several times as fast as indexing."""
    if indices.size == 0:
        return np.zeros((*indices.shape, 3), np.uint8)
    flat = np.ascontiguousarray(indices).reshape(indices.shape[0], -1)
    return cv2.applyColorMap(flat, table(name)[:, None]).reshape(*indices.shape, 3)
