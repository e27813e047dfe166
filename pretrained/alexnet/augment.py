"""Varied views of small photos: what keeps AlexNet from learning its 98,000 photos by heart.

Photos of 64 x 64 are enlarged, so a network that saw only soft enlargements would be lost on a
large sharp photo: some views are sharpened, some blurred, and the way of enlarging varies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True)
class View:
    """What of a photo is shown, and how changed.

    Attributes:
        size: pixels on a side of the view.
        smallest, largest: pixels on a side of the square of the photo that is enlarged to it.
        variety: from 0 to 1, how often colours, sharpness and softness are changed.
        mix: the part of the batches whose photos are mixed.
    """

    size: int
    smallest: int
    largest: int
    variety: float
    mix: float


def random_view(picture: np.ndarray, view: View, rng: np.random.Generator) -> np.ndarray:
    """A random square of a photo, perhaps mirrored, recoloured and enlarged (uint8)."""
    size, variety = view.size, view.variety
    side = int(rng.integers(view.smallest, view.largest + 1))
    top, left = rng.integers(0, picture.shape[0] - side + 1, 2)
    seen = picture[top : top + side, left : left + side]
    if rng.random() < 0.5:
        seen = seen[:, ::-1]
    seen = np.ascontiguousarray(seen)
    if rng.random() < 0.6 * variety:
        seen = cv2.transform(seen, _colour_jitter(rng))
    softness = rng.random()
    if softness < 0.1 * variety:
        seen = cv2.GaussianBlur(seen, (3, 3), rng.uniform(0.4, 0.9))
    sharp = softness > 1 - 0.25 * variety
    enlarge = cv2.INTER_CUBIC if sharp or rng.random() < 0.3 else cv2.INTER_LINEAR
    seen = cv2.resize(seen, (size, size), interpolation=enlarge)
    if sharp:
        amount = rng.uniform(0.5, 1.5)
        seen = cv2.addWeighted(seen, 1 + amount, cv2.GaussianBlur(seen, (0, 0), 1.5), -amount, 0)
    return seen


def mixed_batch(
    data: Dataset, chosen: np.ndarray, view: View, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return views of some photos (uint8) and their targets (float32, N x K).

    In a part `view.mix` of the batches, a rectangle of each photo shows another one of the batch,
    and the target is shared out by area (CutMix; Yun et al. 2019).
    """
    pictures = np.stack([random_view(data.pictures[i], view, rng) for i in chosen])
    targets = np.eye(len(data.classes), dtype=np.float32)[data.labels[chosen]]
    if rng.random() < view.mix:
        height, width = (view.size * np.sqrt(rng.uniform(0.05, 0.5, 2))).astype(int)
        top, left = rng.integers(0, (view.size - height + 1, view.size - width + 1))
        other = rng.permutation(len(chosen))
        window = np.s_[:, top : top + height, left : left + width]
        pictures[window] = pictures[other][window]
        part = np.float32(height * width / view.size**2)
        targets = (1 - part) * targets + part * targets[other]
    return pictures, targets


def batches(
    data: Dataset, view: View, batch: int, seed: tuple[int, int], first: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the batches of one epoch of shuffled photos, from batch `first` on.

    Each has random numbers of its own, so that one can be made without those before it.
    """
    order = np.random.default_rng(seed).permutation(len(data))
    for number in range(first, len(order) // batch):
        chosen = order[number * batch : (number + 1) * batch]
        yield mixed_batch(data, chosen, view, np.random.default_rng((*seed, number)))
