"""Pictures that are there twice, or nearly: the same file, or the same photo in another shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from visualizer.engine.similarity.features import THUMBNAIL, Features
from visualizer.engine.similarity.neighbours import Neighbours

LOOKED_AT = 3
"""Neighbours of each picture that are looked at."""
SIDE = 16
"""Pixels on a side of the pictures as they are compared."""
ALIKE = 0.995
"""Correlation of two thumbnails, or of one and the other's mirror image, from which they are the
same photo."""


@dataclass(frozen=True)
class Duplicate:
    """Two pictures that are the same.

    Attributes:
        first, second: their numbers; first < second.
        likeness: the correlation of their thumbnails; 1 for the same.
        exact: whether the files are the same byte for byte.
    """

    first: int
    second: int
    likeness: float
    exact: bool


def duplicates(features: Features, neighbours: Neighbours) -> list[Duplicate]:
    """Pairs of pictures that are near to the network, and alike pixel by pixel.

    Args:
        features: of the pictures.
        neighbours: at any stage; of each picture, the nearest few are compared.
    """
    same: dict[bytes, list[int]] = {}
    for at, key in enumerate(features.keys):
        same.setdefault(key, []).append(at)
    found = {
        (group[0], other): Duplicate(group[0], other, 1.0, exact=True)
        for group in same.values()
        for other in group[1:]
    }
    small = _small(features)
    for first, others in enumerate(neighbours.indices[:, :LOOKED_AT]):
        for second in map(int, others):
            pair = min(first, second), max(first, second)
            if pair in found or features.keys[first] == features.keys[second]:
                continue
            likeness = max(
                _correlation(small[first], small[second]),
                _correlation(small[first], small[second][:, ::-1]),
            )
            if likeness >= ALIKE:
                found[pair] = Duplicate(*pair, likeness, exact=False)
    return sorted(found.values(), key=lambda each: (-each.likeness, each.first, each.second))


def _small(features: Features) -> np.ndarray:
    """The pictures in grey, float32, N x SIDE x SIDE."""
    count, by = len(features.items), THUMBNAIL // SIDE
    small = np.empty((count, SIDE, SIDE), np.float32)
    for start in range(0, count, 1000):
        part = slice(start, start + 1000)
        cells = features.thumbnails(part).reshape(-1, SIDE, by, SIDE, by * 3)
        small[part] = cells.mean(axis=(2, 4), dtype=np.float32)
    return small


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Of two grey pictures; 0 where one of them is plain."""
    a, b = a - a.mean(), b - b.mean()
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float((a * b).sum()) / length if length > 1e-6 else 0.0
