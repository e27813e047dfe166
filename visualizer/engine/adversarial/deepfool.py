"""DeepFool: the smallest step across the nearest linearised decision boundary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.adversarial.attack import Attack, TargetSettings, attack
from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.differentiable_model import DifferentiableModel
from visualizer.engine.adversarial.norms import l2_norm
from visualizer.engine.technique import setting, technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

ROWS = 32
"""At most so many rows in one gradient call, to bound the memory."""


@dataclass(frozen=True)
class DeepFoolSettings(TargetSettings):
    """Steps, candidate classes and overshoot."""

    steps: int = setting(50, low=1, high=1000, help="At most how many steps.")
    candidates: int = setting(
        10, low=2, high=1000, help="How many of the likeliest classes are tried in each step."
    )
    overshoot: float = setting(
        0.02, low=0.0, high=1.0, step=0.01, help="How far beyond the border, as a share of the way."
    )


def perturb(
    model: DifferentiableModel,
    pictures: np.ndarray,
    criterion: Criterion,
    settings: DeepFoolSettings,
) -> Iterator[np.ndarray]:
    """Yield the batch after each step, until every goal is reached (algorithm 2 of the paper).

    The scores are linearised at the picture. The step to the boundary between the classes k
    and l is then |f_k - f_l| / ||w_k - w_l||^2 (w_k - w_l). Away from a class, the shortest step to
    one of the likeliest others is taken; with a target, that to its border with whichever other
    class is the best at the time.
    """
    current = pictures.copy()
    total = np.zeros_like(pictures)
    scores = model.logits(current)
    rivals = np.argsort(-scores, axis=1)[:, : settings.candidates]
    if criterion.targeted:
        rivals = criterion.labels[:, None]
    rows = min(ROWS, rivals.size)
    open_ = np.flatnonzero(~criterion.satisfied(scores))
    for _ in range(settings.steps):
        if not len(open_):
            break
        home = (
            _best_other(scores, criterion.labels[open_])
            if criterion.targeted
            else criterion.labels[open_]
        )
        step = _shortest_step(model, current[open_], home, rivals[open_], scores.shape[1], rows)
        total[open_] += step
        grown = pictures[open_] + np.float32(1 + settings.overshoot) * total[open_]
        current = current.copy()
        current[open_] = np.clip(grown, 0, 1)
        yield current
        scores = model.logits(current[open_])
        left = ~criterion.subset(open_).satisfied(scores)
        open_, scores = open_[left], scores[left]


def _best_other(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The likeliest class but `labels` of each row of scores."""
    others = scores.copy()
    others[np.arange(len(labels)), labels] = -np.inf
    return others.argmax(axis=1)


def _shortest_step(
    model: DifferentiableModel,
    pictures: np.ndarray,
    home: np.ndarray,
    rivals: np.ndarray,
    classes: int,
    rows: int,
) -> np.ndarray:
    """The smallest change that reaches a rival's linearised boundary, for each picture.

    Each pair of a picture and a rival is a row of a batch; all batches have as many `rows`, so that
    calls are compiled once.
    """
    n, k = rivals.shape
    nearest = np.full(n, np.inf)
    step = np.zeros_like(pictures)
    place = np.arange(rows)
    for start in range(0, n * k, rows):
        pair = np.minimum(start + place, n * k - 1)
        whose, theirs = pair // k, rivals.ravel()[pair]
        mine = home[whose]
        weights = np.zeros((rows, classes), np.float32)
        weights[place, theirs] += 1
        weights[place, mine] -= 1
        scores, slope = model.weighted_sum(pictures[whose], weights)
        gap = np.abs(scores[place, theirs] - scores[place, mine])
        length = np.maximum(l2_norm(slope), 1e-12)
        distance = np.where((theirs == mine) | (length <= 1e-12), np.inf, gap / length)
        for row in place:
            if distance[row] < nearest[whose[row]]:
                nearest[whose[row]] = distance[row]
                step[whose[row]] = slope[row] * ((gap[row] + 1e-4) / length[row] ** 2)
    return step


@technique(
    name="deepfool",
    title="DeepFool",
    paper="Moosavi-Dezfooli, Fawzi & Frossard 2016, DeepFool, algorithm 2",
    explanation="Looks for the nearest border between this class and another and steps just over "
    "it: close to the smallest change that fools the network.",
    settings=DeepFoolSettings,
)
def deepfool(network: Network, specimen: Specimen, settings: DeepFoolSettings) -> Attack:
    """Attack one specimen; see `attack` for what the generator returns."""
    return (yield from attack("deepfool", network, specimen, settings, perturb))
