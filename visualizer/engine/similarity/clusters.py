"""Groups of pictures that lie together, in the network's own words."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from visualizer.engine.similarity.features import Features
from visualizer.engine.stage import LAST

WORDS = 3
"""Classes that a group is described by."""
MOST = 12
"""Groups, where nobody says how many."""


@dataclass(frozen=True, eq=False)
class Cluster:
    """A group of pictures.

    Attributes:
        members: their numbers, the most typical first.
        words: the classes that the network gives them more than others, the most first.
    """

    members: np.ndarray
    words: tuple[str, ...]


def clusters(
    features: Features, stage: str, count: int | None = None, seed: int = 0
) -> list[Cluster]:
    """Put the pictures into groups by k-means (Lloyd 1982) of their vectors at a stage.

    Args:
        features: of the pictures.
        stage: whose vectors.
        count: how many groups; about the root of half the pictures, at most `MOST`, if None.
        seed: of where k-means begins.

    Returns:
        Those with pictures, the largest first.
    """
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.exceptions import ConvergenceWarning

    vectors = features.of(stage)
    wanted = count or min(MOST, max(2, round((len(vectors) / 2) ** 0.5)))
    wanted = max(1, min(wanted, len(set(features.keys))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # other files, the same vectors
        model = MiniBatchKMeans(wanted, random_state=seed, n_init=3, batch_size=4096).fit(vectors)
    apart = np.linalg.norm(vectors - model.cluster_centers_[model.labels_], axis=1)
    answers = features.of(LAST)
    usual = answers.mean(0)
    found = []
    for label in range(wanted):
        members = np.flatnonzero(model.labels_ == label)
        if len(members):
            more = answers[members].mean(0) - usual
            best = [int(k) for k in np.argsort(-more, kind="stable")[:WORDS] if more[k] > 0]
            words = tuple(features.network.label(k) for k in best)
            found.append(Cluster(members[np.argsort(apart[members], kind="stable")], words))
    return sorted(found, key=lambda each: -len(each.members))
