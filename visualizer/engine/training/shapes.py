"""Coloured shapes, drawn by us without end: a data set that needs no download and no memory."""

from __future__ import annotations

import cv2
import numpy as np

from visualizer.engine.training.datasets import Dataset

SIDE = 32
"""Pixels on a side of a picture."""
CLASSES = ("disc", "square", "triangle", "star", "ring", "cross")
_FINE = 4
"""Times as many pixels as the picture has, on a side, while it is drawn."""


def draw_shapes(count: int, seed: int | tuple[int, ...]) -> Dataset:
    """Draw shapes of any colour, size and angle on other colours, with a little noise.

    Args:
        count: how many; the classes take turns.
        seed: the same seed gives the same pictures.
    """
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(CLASSES)
    pictures = np.stack([_picture(CLASSES[label], rng) for label in labels])
    return Dataset(pictures, labels.astype(np.int64), CLASSES)


def _picture(name: str, rng: np.random.Generator) -> np.ndarray:
    side = SIDE * _FINE
    back, front = rng.uniform(0, 255, (2, 3))
    while np.abs(back - front).max() < 80:  # so that people see it too
        front = rng.uniform(0, 255, 3)
    radius = rng.uniform(0.2, 0.42) * side
    centre = rng.uniform(radius, side - radius, 2)
    mask = np.zeros((side, side), np.uint8)
    middle = (int(centre[0]), int(centre[1]))
    if name == "disc":
        cv2.circle(mask, middle, int(radius), 255, -1)
    elif name == "ring":
        cv2.circle(mask, middle, int(radius * 0.8), 255, int(radius * 0.35))
    else:
        points = _OUTLINES[name] * radius
        angle = rng.uniform(0, 2 * np.pi)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        cv2.fillPoly(mask, [(points @ turn + centre).astype(np.int32)], 255)
    cover = cv2.resize(mask, (SIDE, SIDE), interpolation=cv2.INTER_AREA)[..., None] / 255
    slope = 1 + rng.uniform(-0.3, 0.3) * np.linspace(-1, 1, SIDE)[:, None, None]
    noise = rng.normal(0, rng.uniform(0, 12), (SIDE, SIDE, 3))
    drawn = (back * (1 - cover) + front * cover) * slope + noise
    return np.clip(drawn, 0, 255).astype(np.uint8)


def _polygon(corners: int, inner: float = 1.0) -> np.ndarray:
    """A regular polygon about 0; every other corner at `inner` times the radius."""
    angles = np.arange(corners) * 2 * np.pi / corners
    radii = np.where(np.arange(corners) % 2 == 0, 1.0, inner)
    return np.stack([np.sin(angles), -np.cos(angles)], 1) * radii[:, None]


_ARM = 0.33
_OUTLINES = {
    "square": _polygon(4),
    "triangle": _polygon(3),
    "star": _polygon(10, 0.42),
    "cross": np.array(
        [
            (-_ARM, -1), (_ARM, -1), (_ARM, -_ARM), (1, -_ARM), (1, _ARM), (_ARM, _ARM),
            (_ARM, 1), (-_ARM, 1), (-_ARM, _ARM), (-1, _ARM), (-1, -_ARM), (-_ARM, -_ARM),
        ]
    ),
}  # fmt: skip
