"""The map of each stage, from the pixels to the output, and where the classes come apart."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from visualizer.engine.generators import with_pauses
from visualizer.engine.similarity.features import Features
from visualizer.engine.similarity.layout import Layout, aligned, laying_out
from visualizer.engine.similarity.neighbours import (
    Neighbours,
    finding_neighbours,
    knn_accuracy,
    precision_at,
    unit,
)

K = 5
"""Neighbours by which a stage is judged, as "precision at 5"."""
KEPT = 20
"""Neighbours of each picture that are kept."""


@dataclass(frozen=True, eq=False)
class StageScore:
    """How well the classes lie apart at a stage.

    Attributes:
        stage: its name.
        neighbours: of each picture.
        precision: at K; NaN where classes are not known.
        accuracy: of the vote of the K nearest neighbours; likewise.
    """

    stage: str
    neighbours: Neighbours
    precision: float
    accuracy: float


def scoring(
    features: Features, stage: str, metric: str = "cosine"
) -> Generator[tuple[int, int], None, StageScore]:
    """Find the neighbours of all pictures at a stage; yields (done, of all)."""
    neighbours = yield from finding_neighbours(features.of(stage), KEPT, metric)
    labels = features.labels
    precision = precision_at(neighbours, labels, K)
    return StageScore(stage, neighbours, precision, knn_accuracy(neighbours, labels, K))


@dataclass(frozen=True, eq=False)
class StageMap:
    """The map of a stage.

    Attributes:
        score: of the stage, with the neighbours of each picture.
        xy: float64, N x 2, laid over the map of the stage before.
        layout: of the same points, in a position of its own.
        metric: what near means.
    """

    score: StageScore
    xy: np.ndarray
    layout: Layout
    metric: str

    @property
    def stage(self) -> str:
        """Its name."""
        return self.score.stage

    def place(self, vectors: np.ndarray) -> np.ndarray:
        """Where other pictures, whose vectors at this stage are M x D, lie on the map: M x 2."""
        points, own = self.layout.place(_laid_out(vectors, self.metric)), self.layout.xy
        if len(own) < 2 or not (own != own[0]).any():
            return points - own.mean(0) + self.xy.mean(0)
        affine = np.linalg.lstsq(np.c_[own, np.ones(len(own))], self.xy, rcond=None)[0]
        return np.asarray(np.c_[points, np.ones(len(points))] @ affine)


@dataclass(frozen=True, eq=False)
class MapProgress:
    """A map in the making: `xy` as it is after so many of the stages, N x 2; None at first.

    `done` is the map once it is whole.
    """

    stage: str
    step: int
    total: int
    xy: np.ndarray | None
    done: StageMap | None = None


def laying_out_stages(
    features: Features,
    stages: Sequence[str] | None = None,
    method: str = "t-sne",
    metric: str = "cosine",
    seed: int = 0,
) -> Generator[MapProgress, None, tuple[StageMap, ...]]:
    """Lay out the pictures at each stage, each map beginning at and laid over the one before it.

    Args:
        features: of the pictures.
        stages: names; all that were computed, in the network's order, if None.
        method: see `laying_out`.
        metric: what near means when neighbours are looked for.
        seed: of what is random.
    """
    names = features.stages if stages is None else tuple(stages)
    found: list[StageMap] = []
    for step, name in enumerate(names):
        before = found[-1].xy if found else None
        search = scoring(features, name, metric)
        score = yield from with_pauses(search, MapProgress(name, step, len(names), None))
        work = laying_out(_laid_out(features.of(name), metric), method, seed=seed, begin=before)
        while True:
            try:
                xy = next(work)
            except StopIteration as end:
                layout: Layout = end.value
                break
            moved = xy if xy is None or before is None else aligned(xy, before)
            yield MapProgress(name, step, len(names), moved)
        xy = layout.xy if before is None else aligned(layout.xy, before)
        found.append(StageMap(score, xy, layout, metric))
        yield MapProgress(name, step + 1, len(names), xy, found[-1])
    return tuple(found)


def _laid_out(vectors: np.ndarray, metric: str) -> np.ndarray:
    """Vectors whose Euclidean distances are in the order of the metric's."""
    return unit(vectors) if metric == "cosine" else vectors


def between(maps: Sequence[StageMap], position: float) -> np.ndarray:
    """The points at a position of the journey, N x 2: 0 is the first map, 1.5 between two.

    They move slowly near each map and fast between two.
    """
    position = min(max(position, 0.0), len(maps) - 1.0)
    first = min(int(position), len(maps) - 2) if len(maps) > 1 else 0
    if len(maps) == 1:
        return maps[0].xy
    part = position - first
    part = part * part * (3 - 2 * part)
    return np.asarray((1 - part) * maps[first].xy + part * maps[first + 1].xy)


def stops(maps: Sequence[StageMap], each: int, pause: int) -> Iterator[float]:
    """The positions of a film of a journey.

    Args:
        maps: its stages.
        each: pictures from one to the next.
        pause: pictures it stays at each.
    """
    for at in range(len(maps)):
        yield from [float(at)] * pause
        if at < len(maps) - 1:
            yield from (at + step / each for step in range(1, each))
