"""Matrices kept as whole numbers from -127 to 127, a quarter of what float32 takes."""

from __future__ import annotations

import numpy as np


def rounded(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a matrix (N x D) as int8, and how much 1 of it means in each column (D, float32)."""
    scales = (np.abs(matrix).max(0) / 127).astype(np.float32)
    scales[scales == 0] = 1
    return np.rint(matrix / scales).astype(np.int8), scales


def restored(whole: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Return what `rounded` was given, float32, within half of a column's scale."""
    return whole.astype(np.float32) * scales
