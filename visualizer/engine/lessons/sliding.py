"""A window that slides over a grid of numbers: its places, and the filter and pooling in it."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from visualizer.engine.fitting import fitted_to
from visualizer.engine.lessons.lesson import Numbers
from visualizer.engine.preprocessing import LUMA

CELL_BY_CELL = 12
"""A result that is wider is gone through row by row."""
TABLE_SIDE = 16
"""Rows and columns of a large result in the table of numbers."""


def place_at(number: int, shape: tuple[int, int]) -> tuple[int, int] | None:
    """Return the (row, column) of a place by its number in reading order.

    Args:
        number: from 0; beyond the last it is the last, and -1 is before the first.
        shape: (rows, columns) of the places.

    Returns:
        None before the first, or where there are no places.
    """
    rows, columns = shape
    if number < 0 or not rows * columns:
        return None
    row, column = divmod(min(number, rows * columns - 1), columns)
    return row, column


def next_place(number: int, shape: tuple[int, int]) -> int:
    """Return the number of the place after one: the next cell, in wide results the next row."""
    rows, columns = shape
    by = columns if columns > CELL_BY_CELL and number >= 0 else 1
    return min(number + by, rows * columns - 1)


def numbers_of(result: np.ndarray) -> Numbers:
    """Return the first rows and columns of a result as a table."""
    shown = result[:TABLE_SIDE, :TABLE_SIDE]
    header = ("row", *(str(column + 1) for column in range(shown.shape[1])))
    return header, [(row + 1, *values) for row, values in enumerate(shown.tolist())]


def with_number(grid: np.ndarray, place: tuple[int, int], value: float) -> np.ndarray:
    """Return a copy of a grid with another number at a place."""
    changed = grid.copy()
    changed[place] = value
    return changed


def places(side: int, window: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return how many places a window has along a side; 0 where it does not fit.

    Args:
        side: of the grid, in cells.
        window: numbers of the kernel along the side.
        stride: cells from place to place.
        padding: cells of 0 at each end.
        dilation: cells from number to number of the kernel; 1 for neighbours.
    """
    reach = (window - 1) * dilation + 1
    return max((side + 2 * padding - reach) // stride + 1, 0)


def windows(
    grid: np.ndarray,
    size: tuple[int, int],
    strides: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
) -> np.ndarray:
    """Return what the window sees at each of its places: a view, Y x X x ... x size.

    Args:
        grid: H x W or H x W x C, with its padding; C comes before the window's own axes.
        size: (height, width) of the window, in numbers.
        strides: (y, x).
        dilation: (y, x).
    """
    reach = [(n - 1) * d + 1 for n, d in zip(size, dilation, strict=True)]
    if grid.shape[0] < reach[0] or grid.shape[1] < reach[1]:
        return np.zeros((0, 0, *grid.shape[2:], *size), grid.dtype)
    seen = sliding_window_view(grid, tuple(reach), axis=(0, 1))
    return seen[:: strides[0], :: strides[1], ..., :: dilation[0], :: dilation[1]]


def filtered(
    grid: np.ndarray, kernel: np.ndarray, stride: int = 1, padding: int = 0, dilation: int = 1
) -> np.ndarray:
    """Return the sum of products of a kernel with what is under it, at each of its places.

    What networks call a convolution: the kernel is not turned round, as in a cross-correlation.

    Args:
        grid: H x W.
        kernel: h x w.
        stride: see `places`.
        padding: see `places`.
        dilation: see `places`.
    """
    seen = windows(np.pad(grid, padding), kernel.shape, (stride, stride), (dilation, dilation))
    return np.einsum("yxij,ij->yx", seen, kernel)


def pooled(grid: np.ndarray, size: int, stride: int, kind: str = "max") -> np.ndarray:
    """Return the largest number or the mean ("max" or "mean") of each window, H x W to Y x X."""
    seen = windows(grid, (size, size), (stride, stride))
    if not seen.size:
        return np.zeros(seen.shape[:2])
    return seen.max((2, 3)) if kind == "max" else seen.mean((2, 3))


def drawn_scene(side: int) -> np.ndarray:
    """Return a drawn grey picture, side x side, in [0, 1]: a disc, a bar, and a slope of light."""
    y, x = np.mgrid[0:side, 0:side] / side
    picture = 0.2 + 0.4 * x
    picture[(x - 0.4) ** 2 + (y - 0.45) ** 2 < 0.07] = 0.95
    picture[(abs(x - 0.75) < 0.05) & (y > 0.2)] = 0.05
    return picture


def grey(picture: np.ndarray, side: int) -> np.ndarray:
    """Return the middle of a picture (H x W x 3) in grey, side x side in [0, 1]."""
    return fitted_to(picture, (side, side)).astype(float) @ np.array(LUMA)
