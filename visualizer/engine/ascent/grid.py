"""Several pictures as one."""

from __future__ import annotations

import math

import numpy as np

GAP = 2
"""Pixels between two pictures."""
GREY = np.float32(0.5)


def grid(pictures: np.ndarray, columns: int | None = None) -> np.ndarray:
    """Pictures N x H x W x 3 side by side, row by row, with grey between; about square if free."""
    count, height, width = pictures.shape[:3]
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    whole = np.full(
        (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3), GREY, np.float32
    )
    for index, picture in enumerate(pictures):
        top, left = (index // columns) * (height + GAP), (index % columns) * (width + GAP)
        whole[top : top + height, left : left + width] = picture
    return whole
