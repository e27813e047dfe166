"""Varied views of small photos: what keeps AlexNet from learning its 98,000 photos by heart.

Photos of 64 x 64 are enlarged, so a network that saw only soft enlargements would be lost on a
large sharp photo: some views are sharpened, some blurred, and the way of enlarging varies.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import cv2
import numpy as np

from visualizer.engine.training.datasets import Dataset

LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def centre_view(picture: np.ndarray, size: int) -> np.ndarray:
    """Enlarge the whole picture (uint8, H x W x 3) to `size` squared: the view to evaluate."""
    return cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR)


def _colour_jitter(rng: np.random.Generator) -> np.ndarray:
    """A 3 x 4 colour matrix: brightness, contrast and saturation changed by up to a quarter."""
    brightness, contrast, saturation = rng.uniform(0.75, 1.25, 3)
    matrix = np.empty((3, 4), np.float32)
    matrix[:, :3] = (
        contrast * brightness * (saturation * np.eye(3, dtype=np.float32) + (1 - saturation) * LUMA)
    )
    matrix[:, 3] = (1 - contrast) * 115
    return matrix


def random_view(
    picture: np.ndarray, size: int, crop: tuple[int, int], variety: float, rng: np.random.Generator
) -> np.ndarray:
    """A random square of `crop` pixels, perhaps mirrored, recoloured and enlarged (uint8).

    `variety` from 0 to 1 is how often colours, sharpness and softness are changed.
    """
    side = int(rng.integers(crop[0], crop[1] + 1))
    top, left = rng.integers(0, picture.shape[0] - side + 1, 2)
    view = picture[top : top + side, left : left + side]
    if rng.random() < 0.5:
        view = view[:, ::-1]
    view = np.ascontiguousarray(view)
    if rng.random() < 0.6 * variety:
        view = cv2.transform(view, _colour_jitter(rng))
    softness = rng.random()
    if softness < 0.1 * variety:
        view = cv2.GaussianBlur(view, (3, 3), rng.uniform(0.4, 0.9))
    sharp = softness > 1 - 0.25 * variety
    enlarge = cv2.INTER_CUBIC if sharp or rng.random() < 0.3 else cv2.INTER_LINEAR
    view = cv2.resize(view, (size, size), interpolation=enlarge)
    if sharp:
        amount = rng.uniform(0.5, 1.5)
        view = cv2.addWeighted(view, 1 + amount, cv2.GaussianBlur(view, (0, 0), 1.5), -amount, 0)
    return view


def batches(
    data: Dataset,
    size: int,
    crop: tuple[int, int],
    variety: float,
    batch: int,
    seed: tuple[int, int],
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield one epoch of shuffled (uint8 N x size x size x 3, int64 N), made on a thread ahead."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(data))
    ready: queue.Queue = queue.Queue(maxsize=4)

    def produce() -> None:
        for start in range(0, len(order) - batch + 1, batch):
            chosen = order[start : start + batch]
            views = np.stack(
                [random_view(data.pictures[i], size, crop, variety, rng) for i in chosen]
            )
            ready.put((views, data.labels[chosen]))
        ready.put(None)

    threading.Thread(target=produce, daemon=True).start()
    while (item := ready.get()) is not None:
        yield item
