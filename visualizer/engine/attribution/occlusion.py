"""Occlusion sensitivity: the drop of the score when a patch is covered, patch by patch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from visualizer.engine.attribution.method import (
    AttributionFrame,
    AttributionSettings,
    Map,
    attribution_frames,
)
from visualizer.engine.attribution.target import Score
from visualizer.engine.technique import setting, technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.objective import Target
    from visualizer.engine.specimen import Specimen

BATCH = 24


@dataclass(frozen=True)
class OcclusionSettings(AttributionSettings):
    """How large the patch is, how far it moves, and what it looks like."""

    patch: float = setting(
        0.15,
        low=0.01,
        high=1.0,
        step=0.01,
        help="Side of the patch, as a share of the picture's shorter side.",
    )
    stride: float = setting(
        0.05,
        low=0.005,
        high=1.0,
        step=0.01,
        help="How far it moves each time, likewise; at most its own side.",
    )
    colour: float = setting(0.5, low=0.0, high=1.0, step=0.05, help="Grey value of the patch.")

    def quick(self) -> Self:
        """It moves by half its side; see `AttributionSettings.quick`."""
        return replace(self, stride=max(self.stride, self.patch / 2))


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
    batch: int = BATCH,
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
    corners = np.array(
        [
            (top, left)
            for top in places(height, patch, stride)
            for left in places(width, patch, stride)
        ]
    )
    whole = float(Score(network, target)(picture[None])[0])
    score_of = _covered_scores(network, picture, target, patch, colour)
    fall = np.zeros((height, width))
    count = np.zeros((height, width))
    for start in range(0, len(corners), batch):
        some = corners[start : start + batch]
        for (top, left), score in zip(some, score_of(some), strict=True):
            fall[top : top + patch, left : left + patch] += whole - float(score)
            count[top : top + patch, left : left + patch] += 1
        with np.errstate(invalid="ignore"):
            heat = fall / count
        top, left = some[-1]
        box = (int(top), int(left), int(top) + patch, int(left) + patch)
        yield Covered(heat, box, start + len(some), len(corners))


def _covered_scores(
    network: Network, picture: np.ndarray, target: Target, patch: int, colour: float
) -> Callable[[np.ndarray], np.ndarray]:
    """The function that gives the scores of the picture covered at corners N x 2."""
    from visualizer.engine.attribution.incremental import IncrementalStart

    size = (min(patch, picture.shape[0]), min(patch, picture.shape[1]))
    start = IncrementalStart(network, picture, size, target.stage)
    score_of = Score(network, target, start.stage)

    def scores(corners: np.ndarray) -> np.ndarray:
        if start.stage is not None:
            patches = np.full((len(corners), *size, 3), colour, np.float32)
            return score_of(start.maps(patches, corners))
        covered = np.repeat(picture[None], len(corners), axis=0)
        for row, (top, left) in enumerate(corners):
            covered[row, top : top + patch, left : left + patch] = colour
        return score_of(covered)

    return scores


def _maps(
    network: Network, picture: np.ndarray, target: Target, settings: OcclusionSettings
) -> Iterator[Map]:
    side = min(picture.shape[:2])
    patch = max(1, round(settings.patch * side))
    stride = min(max(1, round(settings.stride * side)), patch)
    covered = occlusion(
        network, picture, target, patch=patch, stride=stride, colour=settings.colour
    )
    for found in covered:
        yield Map(found.heat, step=found.done, total=found.total, patch=found.patch)


@technique(
    name="occlusion",
    title="Occlusion",
    paper="Zeiler & Fergus 2013, Visualizing and Understanding Convolutional Networks, section 4.2",
    explanation="A grey patch covers one place after the other: where the score falls, there was "
    "something the network needs.",
    settings=OcclusionSettings,
)
def explain(
    network: Network, specimen: Specimen, settings: OcclusionSettings
) -> Iterator[AttributionFrame]:
    """Explain one specimen by covering it patch by patch."""
    yield from attribution_frames(network, specimen, settings, _maps)
