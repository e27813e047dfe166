"""Random perturbations that depend on the seed and the picture, not on the batch it is in."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from visualizer.engine.adversarial.norms import l2_norm


def picture_generators(pictures: np.ndarray, seed: int) -> list[np.random.Generator]:
    """A generator for each picture (N x H x W x 3): the same picture and seed, the same numbers."""
    return [
        np.random.default_rng([seed, zlib.crc32(np.ascontiguousarray(picture).data)])
        for picture in pictures
    ]


def random_perturbations(
    shape: tuple[int, ...],
    size: float,
    norm: str,
    generators: Sequence[np.random.Generator],
    grey: bool = False,
) -> np.ndarray:
    """A random change of each picture within `size`, uniform in the cube, or in the ball for L2.

    Args:
        shape: H x W x 3 of a picture.
        size: in `norm`, in units of pixels in [0, 1].
        norm: "linf" or "l2".
        generators: one a picture, N.
        grey: draw once for all three channels, for a greyscale network.

    Returns:
        float32, N x H x W x 3.
    """
    *sides, channels = shape
    drawn = (*sides, 1 if grey else channels)
    if norm == "linf":
        change = np.stack([rng.uniform(-size, size, drawn) for rng in generators])
        return np.broadcast_to(change, (len(change), *shape)).astype(np.float32)
    change = np.stack([rng.standard_normal(drawn) for rng in generators])
    share = np.array([rng.random() for rng in generators]) ** (1 / change[0].size)
    change = np.broadcast_to(change, (len(change), *shape))
    return (change * (size * share / l2_norm(change)).reshape(-1, 1, 1, 1)).astype(np.float32)
