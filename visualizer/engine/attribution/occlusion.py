"""Occlusion: cover the picture patch by patch and watch the score fall."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from visualizer.engine import backend
from visualizer.engine.network import Network
from visualizer.engine.objective import Target, objective


@dataclass(frozen=True, eq=False)
class Covered:
    """The map so far, H x W (how much the score falls where it is covered; NaN where not tried),
    the place of the last patch (top, left, bottom, right), and how many of all are tried.
    """

    heat: np.ndarray
    patch: tuple[int, int, int, int]
    done: int
    total: int


def places(length: int, patch: int, stride: int) -> np.ndarray:
    """Where patches begin along one axis, so that every pixel is covered at least once."""
    starts = np.arange(0, max(length - patch, 0) + 1, stride)
    last = max(length - patch, 0)
    return np.unique(np.append(starts, last))


def occlusion(
    network: Network,
    picture: np.ndarray,
    target: Target,
    *,
    patch: int = 24,
    stride: int = 8,
    colour: float = 0.5,
    batch: int = 32,
) -> Iterator[Covered]:
    """Yield the map after each batch of covered pictures.

    Zeiler & Fergus 2013, "Visualizing and Understanding Convolutional Networks", section 4.2. Where
    patches overlap, a pixel gets their mean.

    Args:
        network: to be explained.
        picture: as the network sees it, H x W x 3 in [0, 1].
        target: the score that is explained.
        patch: side of the patch in pixels.
        stride: how far it moves each time.
        colour: grey value of the patch.
        batch: pictures computed together.
    """
    height, width = picture.shape[:2]
    climb = objective(network, [target])
    kept = network.__dict__.setdefault("_scores", {})
    if climb.parts not in kept:
        kept[climb.parts] = backend.compiled(climb)
    scores_of = kept[climb.parts]
    corners = [
        (top, left)
        for top in places(height, patch, stride)
        for left in places(width, patch, stride)
    ]
    whole = float(scores_of(picture[None], *climb.weights([target]))[0])
    fall = np.zeros((height, width))
    count = np.zeros((height, width))
    for start in range(0, len(corners), batch):
        some = corners[start : start + batch]
        covered = np.repeat(picture[None], len(some), axis=0)
        for row, (top, left) in enumerate(some):
            covered[row, top : top + patch, left : left + patch] = colour
        scores = scores_of(covered, *climb.weights([target], len(some)))
        for (top, left), score in zip(some, scores, strict=True):
            fall[top : top + patch, left : left + patch] += whole - float(score)
            count[top : top + patch, left : left + patch] += 1
        with np.errstate(invalid="ignore"):
            heat = fall / count
        top, left = some[-1]
        box = (int(top), int(left), int(top) + patch, int(left) + patch)
        yield Covered(heat, box, start + len(some), len(corners))
