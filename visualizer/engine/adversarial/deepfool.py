"""DeepFool: the smallest step over the nearest of the flattened borders between classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from visualizer.engine.adversarial.attack import Attack, TargetSettings, attack
from visualizer.engine.adversarial.goal import Goal
from visualizer.engine.adversarial.norms import l2_norm
from visualizer.engine.adversarial.oracle import Oracle
from visualizer.engine.technique import setting, technique


@dataclass(frozen=True)
class DeepFoolSettings(TargetSettings):
    """How long to look and how far to overshoot."""

    steps: int = setting(50, low=1, high=1000, help="At most how many steps.")
    candidates: int = setting(
        10, low=2, high=1000, help="How many of the likeliest classes are tried in each step."
    )
    overshoot: float = setting(
        0.02, low=0.0, high=1.0, step=0.01, help="How far beyond the border, as a share of the way."
    )


def perturb(
    oracle: Oracle, pictures: np.ndarray, goal: Goal, settings: DeepFoolSettings
) -> Iterator[np.ndarray]:
    """Yield the batch after each step, until every goal is reached (algorithm 2 of the paper).

    Near the picture the scores are taken for linear. The step to the border between the classes k
    and l is then |f_k - f_l| / ||w_k - w_l||^2 (w_k - w_l). Away from a class, the shortest step to
    one of the likeliest others is taken; with a target, that to its border with whichever other
    class is the best at the time.
    """
    current = pictures.copy()
    total = np.zeros_like(pictures)
    scores = oracle.logits(current)
    rivals = np.argsort(-scores, axis=1)[:, : settings.candidates]
    if goal.targeted:
        rivals = goal.labels[:, None]
    open_ = np.flatnonzero(~goal.reached(scores))
    for _ in range(settings.steps):
        if not len(open_):
            break
        home = _best_other(scores, goal.labels[open_]) if goal.targeted else goal.labels[open_]
        step = _shortest_step(oracle, current[open_], home, rivals[open_], scores.shape[1])
        total[open_] += step
        grown = pictures[open_] + np.float32(1 + settings.overshoot) * total[open_]
        current = current.copy()
        current[open_] = np.clip(grown, 0, 1)
        yield current
        scores = oracle.logits(current[open_])
        left = ~goal.subset(open_).reached(scores)
        open_, scores = open_[left], scores[left]


def _best_other(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The likeliest class but `labels` of each row of scores."""
    others = scores.copy()
    others[np.arange(len(labels)), labels] = -np.inf
    return others.argmax(axis=1)


def _shortest_step(
    oracle: Oracle, pictures: np.ndarray, home: np.ndarray, rivals: np.ndarray, classes: int
) -> np.ndarray:
    """The smallest change that reaches a rival's flattened border, for each picture.

    One pass with gradients serves all rivals of all pictures: each pair is a row of the batch.
    """
    n, k = rivals.shape
    rows = np.repeat(pictures, k, axis=0)
    mine, theirs = np.repeat(home, k), rivals.ravel()
    index = np.arange(n * k)
    weights = np.zeros((n * k, classes), np.float32)
    weights[index, theirs] += 1
    weights[index, mine] -= 1
    scores, slope = oracle.weighted_sum(rows, weights)
    gap = np.abs(scores[index, theirs] - scores[index, mine])
    length = l2_norm(slope)
    distance = np.where(
        (theirs == mine) | (length < 1e-12), np.inf, gap / np.maximum(length, 1e-12)
    )
    best = index.reshape(n, k)[np.arange(n), distance.reshape(n, k).argmin(axis=1)]
    reachable = np.isfinite(distance[best])
    factor = np.where(reachable, (gap[best] + 1e-4) / np.maximum(length[best], 1e-12) ** 2, 0)
    return (slope[best] * factor.reshape(-1, 1, 1, 1)).astype(np.float32)


@technique(
    name="deepfool",
    title="DeepFool",
    paper="Moosavi-Dezfooli, Fawzi & Frossard 2016, DeepFool, algorithm 2",
    explanation="Looks for the nearest border between this class and another and steps just over "
    "it: close to the smallest change that fools the network.",
    settings=DeepFoolSettings,
)
def deepfool(network, specimen, settings: DeepFoolSettings) -> Attack:
    """Attack one specimen; see `attack` for what the generator returns."""
    return (yield from attack("deepfool", network, specimen, settings, perturb, settings.steps))
