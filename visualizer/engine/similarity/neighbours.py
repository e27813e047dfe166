"""Which vectors lie near each other: distances, neighbours, and what these say of classes."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

ROWS, PAIRS = 256, 1_000_000
"""Vectors a slice whose neighbours are looked for, and pairs of vectors, at most."""
SHARE_OF_OTHERS = 0.6
"""Of the neighbours that must be of one other class, for a picture to be likely mislabelled."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest others of each vector, the nearest first.

    Attributes:
        indices: int64, N x k.
        distances: float64, N x k.
    """

    indices: np.ndarray
    distances: np.ndarray


def distances(a: np.ndarray, b: np.ndarray, metric: str = "cosine") -> np.ndarray:
    """The distances of each of `a`, M x D, to each of `b`, N x D: float64, M x N."""
    if metric == "cosine":
        return np.clip(1 - unit(a) @ unit(b).T, 0, 2)
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    centre = b.mean(0)  # far from the origin, the squares would swallow the differences
    a, b = a - centre, b - centre
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2 * (a @ b.T)
    return np.sqrt(np.maximum(squares, 0))


def finding_neighbours(
    vectors: np.ndarray, k: int, metric: str = "cosine"
) -> Generator[tuple[int, int], None, Neighbours]:
    """Find the `k` nearest others of each vector, some a slice; yields (done, of all).

    All pairs are compared, in float32 first; the distances of those found are worked out exactly.

    Args:
        vectors: float32, N x D.
        k: how many; at most N - 1 are found.
        metric: what near means.
    """
    count = len(vectors)
    k = max(0, min(k, count - 1))
    rows = _screened(vectors, metric)
    squares = (rows * rows).sum(1)
    spare = min(count - 1, k + 4)  # float32 may put the last of them in the wrong order
    indices = np.zeros((count, k), np.int64)
    found = np.zeros((count, k))
    step = max(1, min(ROWS, PAIRS // max(count, 1)))
    for start in range(0, count, step):
        part = slice(start, min(start + step, count))
        apart = squares[None] - 2 * (
            rows[part] @ rows.T
        )  # + the row's own square, the same for all
        own = np.arange(part.start, part.stop)
        apart[own - start, own] = np.inf
        if spare:
            near = np.argpartition(apart, spare - 1, axis=1)[:, :spare]
            exact = _exact(vectors, own, near, metric)
            order = np.lexsort((near, exact), axis=1)[:, :k]
            indices[part] = np.take_along_axis(near, order, 1)
            found[part] = np.take_along_axis(exact, order, 1)
        yield part.stop, count
    return Neighbours(indices, found)


def nearest_to(
    vector: np.ndarray, vectors: np.ndarray, k: int, metric: str = "cosine"
) -> Neighbours:
    """The `k` vectors nearest to another one, D numbers: 1 x k."""
    apart = distances(vector[None], vectors, metric)
    order = np.argsort(apart[0], kind="stable")[:k]
    return Neighbours(order[None].astype(np.int64), apart[:, order])


def precision_at(neighbours: Neighbours, labels: np.ndarray, k: int = 5) -> float:
    """Of the `k` nearest others, the share that is of the same class, over all of a known class.

    NaN where fewer than two are of a known class. Neighbours of no known class count as others.
    """
    same = labels[neighbours.indices[:, :k]] == labels[:, None]
    known = labels >= 0
    return float(same[known].mean()) if known.sum() > 1 and same.size else float("nan")


def knn_accuracy(neighbours: Neighbours, labels: np.ndarray, k: int = 5) -> float:
    """How often the class most frequent among the `k` nearest others is the right one.

    Cover & Hart 1967. The nearer wins a tie. NaN where fewer than two are of a known class.
    """
    known = np.flatnonzero(labels >= 0)
    if len(known) < 2 or not neighbours.indices.size:
        return float("nan")
    votes = labels[neighbours.indices[:, :k]]
    return float(np.mean([_elected(votes[at]) == labels[at] for at in known]))


@dataclass(frozen=True)
class OddOne:
    """A picture whose neighbours are of another class: likely mislabelled, or not typical.

    Attributes:
        index: which.
        label: its class.
        neighbours: the class of most of its neighbours.
        share: how many of them are of that class, from 0 to 1.
    """

    index: int
    label: int
    neighbours: int
    share: float


def odd_ones(neighbours: Neighbours, labels: np.ndarray, k: int = 10) -> list[OddOne]:
    """Pictures of whose `k` neighbours none is of their class, and most are of one other.

    The oddest first: those whose neighbours agree most.
    """
    found = []
    for index in np.flatnonzero(labels >= 0):
        votes = labels[neighbours.indices[index, :k]]
        votes = votes[votes >= 0]
        if len(votes) < 3 or (votes == labels[index]).any():
            continue
        most = _elected(votes)
        share = float((votes == most).mean())
        if share >= SHARE_OF_OTHERS:
            found.append(OddOne(int(index), int(labels[index]), most, share))
    return sorted(found, key=lambda each: -each.share)


def _elected(votes: np.ndarray) -> int:
    """The most frequent known class; the first of them wins a tie; -1 if none is known."""
    votes = votes[votes >= 0]
    if not len(votes):
        return -1
    values, first, counts = np.unique(votes, return_index=True, return_counts=True)
    return int(values[np.lexsort((first, -counts))[0]])


def _screened(vectors: np.ndarray, metric: str) -> np.ndarray:
    """Vectors in float32 whose Euclidean distances are nearly in the order of the metric's."""
    vectors = vectors.astype(np.float32, copy=False)
    if metric == "euclid":
        return vectors - vectors.mean(0, dtype=np.float64).astype(np.float32)
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    return vectors / np.where(length > 0, length, 1).astype(np.float32)[:, None]


def _exact(vectors: np.ndarray, own: np.ndarray, others: np.ndarray, metric: str) -> np.ndarray:
    """The distances of some vectors to others, R x k, by their differences, in float64."""
    a = vectors[own].astype(np.float64)
    found = np.empty(others.shape)
    for column in range(others.shape[1]):  # one neighbour of each at a time: R x D numbers
        b = vectors[others[:, column]].astype(np.float64)
        if metric == "cosine":
            found[:, column] = np.clip(1 - (unit(a) * unit(b)).sum(1), 0, 2)
        else:
            found[:, column] = np.linalg.norm(a - b, axis=1)
    return found


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors, N x D, brought to length 1, in float64; zeros stay zeros."""
    vectors = np.asarray(vectors, np.float64)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(length > 0, length, 1)
