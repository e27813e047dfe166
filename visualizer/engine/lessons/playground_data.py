"""The points that the playground learns from, and the features that it sees of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

REACH = 6.0
"""The plane is [-6, 6] on both axes."""
POINTS = 250
CLASSES = ("circle", "XOR", "two Gaussians", "spiral")
OWN = "own points"
DATA = (*CLASSES, "plane", "hills", OWN)
REGRESSION = frozenset(("plane", "hills"))
"""Data with a number a point; all others have a class, ±1."""
FEATURES: dict[str, tuple[str, str, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
    "x": ("x", "x", lambda x, _: x),
    "y": ("y", "y", lambda _, y: y),
    "x_squared": ("x²", "x * x", lambda x, _: x * x),
    "y_squared": ("y²", "y * y", lambda _, y: y * y),
    "x_times_y": ("x·y", "x * y", lambda x, y: x * y),
    "sin_x": ("sin x", "keras.ops.sin(x)", lambda x, _: np.sin(x)),
    "sin_y": ("sin y", "keras.ops.sin(y)", lambda _, y: np.sin(y)),
}
"""Name, sign, Keras code and value of each."""
HILLS = (
    (0, 2.5, 1),
    (-2.5, 2.5, -1),
    (2.5, 2.5, -1),
    (0, -2.5, 1),
    (-2.5, -2.5, -1),
    (2.5, -2.5, -1),
)
"""x, y and height of each hill."""


def points_of(data: str, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the points of a kind of data in random order.

    Args:
        data: one of `DATA`.
        noise: from 0 to 0.5, how far the points stray.
        seed: of all that is random.

    Returns:
        Points (N x 2, in [-6, 6]) and targets (N: ±1, or a number in [-1, 1]); none of own points.
    """
    random = np.random.default_rng(seed)
    if data == OWN:
        return np.zeros((0, 2)), np.zeros(0)
    signs = np.tile((1.0, -1.0), POINTS // 2)
    random.shuffle(signs)
    if data == "two Gaussians":
        points = 2 * signs[:, None] + random.normal(0, 0.5 + 3.5 * noise, (POINTS, 2))
        return np.clip(points, -REACH, REACH), signs
    if data == "circle":
        inner = signs > 0
        radius = 5 * np.where(inner, random.uniform(0, 0.5, POINTS), random.uniform(0.7, 1, POINTS))
        angle = random.uniform(0, 2 * np.pi, POINTS)
        points = radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1)
        targets = signs
    elif data == "spiral":
        along = np.empty(POINTS)
        for side in (-1, 1):  # evenly along each arm
            along[signs == side] = (np.arange(POINTS // 2) + 0.5) / (POINTS // 2)
        angle = 1.75 * 2 * np.pi * along + np.where(signs > 0, 0, np.pi)
        points = 5 * along[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1)
        targets = signs
    else:
        points = random.uniform(-5, 5, (POINTS, 2))
        if data == "XOR":
            points += 0.3 * np.sign(points)  # a gap along the axes
        targets = _target(data, points)
    points = points + noise * random.uniform(-2, 2, points.shape)
    if data in REGRESSION:
        targets = _target(data, np.clip(points, -REACH, REACH))
        targets = np.clip(targets + noise * random.normal(0, 0.5, POINTS), -1, 1)
    return np.clip(points, -REACH, REACH), targets


def _target(data: str, points: np.ndarray) -> np.ndarray:
    """What belongs to points of XOR, the plane and the hills."""
    x, y = points.T
    if data == "XOR":
        return np.where(x * y > 0, 1.0, -1.0)
    if data == "plane":
        return np.asarray(np.clip((x + y) / 10, -1, 1))
    heights = [
        height * np.maximum(0, 1 - np.hypot(x - middle, y - up) / 2) for middle, up, height in HILLS
    ]
    return np.sum(heights, 0)


def in_training(count: int, share: float) -> np.ndarray:
    """Return which of the points are trained on (N booleans): evenly spread, the first always.

    A point's part does not change when others are added after it.
    """
    places = np.arange(count + 1)
    return np.diff(np.ceil(places * share - 1e-9)) > 0


def features_of(points: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Return the features of points (N x 2), with a constant 1 as the last: N x (F + 1)."""
    x, y = points.T
    return np.stack([*(FEATURES[each][2](x, y) for each in names), np.ones(len(points))], 1)
