"""Many channels or kernels side by side in one picture, and which one lies where in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from visualizer.engine.arrays import owned
from visualizer.engine.colour_maps import Limits, look_up, places, value_range, widened

BACKGROUND = (34, 37, 44)
"""What lies between the maps of a mosaic and under bars."""

Scaling = Literal["shared", "channel"]


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
        low, high = widened(*value_range(shown, (0, 1)), colour_map)
    else:
        low, high = widened(*value_range(maps, None), colour_map)
    indices = places(shown, low, high)
    if cell is not None and cell != max(height, width):
        down, right = (max(1, round(cell * n / max(height, width))) for n in (height, width))
        indices = indices[np.arange(down) * height // down][:, np.arange(right) * width // right]
        height, width = down, right

    grid = np.zeros((rows * columns, height + gap, width + gap), np.uint8)
    grid[:count, :height, :width] = indices.transpose(2, 0, 1)
    sheet = grid.reshape(rows, columns, height + gap, width + gap).swapaxes(1, 2)
    picture = look_up(sheet.reshape(rows * (height + gap), columns * (width + gap)), colour_map)
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
