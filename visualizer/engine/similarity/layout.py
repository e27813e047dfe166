"""Vectors as points in a plane: principal components, and t-SNE.

Van der Maaten & Hinton 2008, "Visualizing Data using t-SNE", computed by openTSNE (Policar, Strazar
& Zupan 2024), which takes its steps a few at a time and can place a new point.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from visualizer.engine.generators import waited_for

COMPONENTS = 50
"""Principal components that t-SNE looks at."""
PERPLEXITY = 30.0
"""About how many neighbours a point of t-SNE has."""
EXACT = 1000
"""Points up to which their neighbours are found by comparing all of them."""
NOTHING = 1e-5
"""Of the largest number: differences that are rounding."""
FEW = 20
"""Points too few for t-SNE, which falls into one point: they are laid out by principal components.
"""
EXAGGERATED, PLAIN, STEPS = 250, 500, 25
"""Steps of t-SNE with the attraction exaggerated, as usual, and without; and steps a slice."""


class Layout(Protocol):
    """Where vectors lie in the plane."""

    @property
    def xy(self) -> np.ndarray:
        """Float64, N x 2."""

    def place(self, vectors: np.ndarray) -> np.ndarray:
        """Where other vectors, M x D, would lie: M x 2."""


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """The plane through the points along which they vary most (Pearson 1901).

    Attributes:
        xy: float64, N x 2.
        mean: D numbers.
        axes: 2 x D; zeros where the points vary along fewer directions.
        explained: the share of the variance along each axis, 2 numbers.
    """

    xy: np.ndarray
    mean: np.ndarray
    axes: np.ndarray
    explained: np.ndarray

    def place(self, vectors: np.ndarray) -> np.ndarray:
        """Where other vectors, M x D, lie in this plane: M x 2; exactly where they would have."""
        return (np.asarray(vectors, np.float64) - self.mean) @ self.axes.T


@dataclass(frozen=True, eq=False)
class Embedding:
    """A layout by t-SNE.

    Attributes:
        xy: float64, N x 2.
    """

    xy: np.ndarray
    _reduced: Any
    _embedded: Any

    def place(self, vectors: np.ndarray) -> np.ndarray:
        """Where other vectors, M x D, would lie if the points stayed: M x 2.

        An optimum for each new vector alone (openTSNE); a map made with them may look otherwise.
        """
        reduced = self._reduced.transform(np.asarray(vectors, np.float64))
        placed = self._embedded.prepare_partial(reduced, initialization="median", k=10)
        placed.optimize(100, learning_rate=0.1, exaggeration=1.5, momentum=0.8, inplace=True)
        return np.array(placed, np.float64)


def principal_components(vectors: np.ndarray, seed: int = 0) -> PrincipalComponents:
    """Lay out vectors, N x D, along the two directions in which they vary most.

    The sign of each axis is such that its largest number is positive.
    """
    found = _reduced(vectors, 2, seed)
    lacking = 2 - len(found.components_)
    axes = np.pad(found.components_, ((0, lacking), (0, 0)))
    largest = np.abs(axes).argmax(1)
    axes = axes * np.where(axes[np.arange(2), largest] < 0, -1, 1)[:, None]
    xy = (np.asarray(vectors, np.float64) - found.mean_) @ axes.T
    explained = np.nan_to_num(np.pad(found.explained_variance_ratio_, (0, lacking)))
    return PrincipalComponents(xy, found.mean_, axes, explained)


def laying_out(
    vectors: np.ndarray,
    method: str = "t-sne",
    *,
    seed: int = 0,
    begin: np.ndarray | None = None,
) -> Generator[np.ndarray | None, None, Layout]:
    """Lay out vectors, N x D; yields the points, N x 2, as they move, or None while it prepares.

    Args:
        vectors: float32.
        method: "t-sne" keeps neighbours together, "pca" large distances true. Fewer than `FEW`
            points, or such that are all the same, are laid out by "pca".
        seed: of what is random.
        begin: N x 2, where t-SNE begins: the layout of another stage, so that the two can be
            compared; principal components if None.
    """
    from sklearn.decomposition import PCA

    same = len(vectors) < 2 or np.ptp(vectors, axis=0).max() <= NOTHING * np.abs(vectors).max()
    if method == "pca" or len(vectors) < FEW or same:
        return (yield from waited_for(lambda: principal_components(vectors, seed)))

    import openTSNE
    from openTSNE import affinity, initialization

    reduced: PCA = yield from waited_for(lambda: _reduced(vectors, COMPONENTS, seed))
    points = reduced.transform(np.asarray(vectors, np.float64))
    perplexity = min(PERPLEXITY, (len(points) - 1) / 3)
    affinities = yield from waited_for(
        lambda: affinity.PerplexityBasedNN(
            points,
            perplexity=perplexity,
            method="exact" if len(points) < EXACT else "annoy",
            random_state=seed,
            n_jobs=1,
        )
    )
    start = points[:, :2] if begin is None or _flat(begin) else np.asarray(begin, np.float64)
    if start.shape[1] < 2:  # the points vary along one direction only
        start = np.pad(start, ((0, 0), (0, 1)))
    start = initialization.rescale(start)
    start = start + np.random.default_rng(seed).normal(0, 1e-6, start.shape)  # none on another
    embedded: Any = openTSNE.TSNEEmbedding(start, affinities, random_state=seed, n_jobs=1)
    for steps, how in (
        (EXAGGERATED, {"exaggeration": 12, "momentum": 0.5}),
        (PLAIN, {"exaggeration": 1, "momentum": 0.8}),
    ):
        for _ in range(steps // STEPS):
            yield from waited_for(
                partial(embedded.optimize, STEPS, inplace=True, **how)  # seconds, of many points
            )
            yield np.array(embedded, np.float64)
    return Embedding(np.array(embedded, np.float64), reduced, embedded)


def aligned(xy: np.ndarray, to: np.ndarray) -> np.ndarray:
    """Turn, mirror and move points, N x 2, so that they lie as near others as they can.

    Procrustes (Schönemann 1966). A layout has no up and down of its own, so two of them can only
    be compared when one is laid over the other. They become as large as the others: the scale of
    least squares would let maps shrink that have little in common.
    """
    from scipy.linalg import orthogonal_procrustes

    xy, to = np.asarray(xy, np.float64), np.asarray(to, np.float64)
    centred, target = xy - xy.mean(0), to - to.mean(0)
    size = (centred**2).sum()
    if size == 0:
        return np.broadcast_to(to.mean(0), xy.shape).copy()
    turn, _ = orthogonal_procrustes(centred, target)
    scale = float(np.sqrt((target**2).sum() / size)) or 1.0
    return scale * centred @ turn + to.mean(0)


def _flat(points: np.ndarray) -> bool:
    """Whether points lie on one another, or one above the other."""
    return bool(np.ptp(points[:, 0]) <= NOTHING * np.abs(points).max())


def _reduced(vectors: np.ndarray, components: int, seed: int) -> Any:
    """Principal components, at most as many as there can be."""
    from sklearn.decomposition import PCA

    components = min(components, *vectors.shape)
    large = min(vectors.shape) > 500
    solver = "randomized" if large else "full"
    with np.errstate(invalid="ignore"):  # of points that are all the same, no share is explained
        return PCA(components, svd_solver=solver, random_state=seed).fit(
            np.asarray(vectors, np.float64)
        )
