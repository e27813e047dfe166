"""Shifting and scaling a picture as two matrix products: exact gradients on every backend."""

from __future__ import annotations

from typing import Any

import numpy as np


def axis_matrix(size: int, output: int, scale: float, shift: float) -> np.ndarray:
    """The matrix, output x size, that resamples one axis linearly about its centre.

    Row i of the result reads the input at (i - centre) / scale + centre - shift, repeating the
    border beyond it.

    Args:
        size: pixels of the input along the axis.
        output: pixels of the result.
        scale: above 1 enlarges.
        shift: pixels (of the input) that the picture moves towards higher indices.
    """
    at = (np.arange(output) - (output - 1) / 2) / scale + (size - 1) / 2 - shift
    at = np.clip(at, 0, size - 1)
    low = np.minimum(np.floor(at).astype(int), max(size - 2, 0))
    share = (at - low).astype(np.float32)
    matrix = np.zeros((output, size), np.float32)
    rows = np.arange(output)
    matrix[rows, low] = 1 - share
    matrix[rows, np.minimum(low + 1, size - 1)] += share
    return matrix


def random_views(
    size: tuple[int, int],
    output: tuple[int, int],
    shift: float,
    zoom: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Matrices for rows and columns of one random view.

    Args:
        size: (H, W) of the picture.
        output: (H, W) of the view.
        shift: at most how many pixels it moves along each axis.
        zoom: at most which share it grows or shrinks by.
        rng: random generator.
    """
    scale = 1 + rng.uniform(-zoom, zoom)
    down, right = rng.uniform(-shift, shift, 2)
    rows = axis_matrix(size[0], output[0], scale * output[0] / size[0], down)
    columns = axis_matrix(size[1], output[1], scale * output[1] / size[1], right)
    return rows, columns


def resample(x: Any, rows: Any, columns: Any) -> Any:
    """Apply the matrices to a tensor N x H x W x C; differentiable, in `keras.ops`."""
    from keras import ops

    return ops.einsum("ah,nhwc,bw->nabc", rows, x, columns)
