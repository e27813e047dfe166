"""Box-constrained L-BFGS: Szegedy's attack, the one that started it all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from visualizer.engine.adversarial.attack import Attack, TargetSettings, attack
from visualizer.engine.adversarial.goal import Goal
from visualizer.engine.adversarial.oracle import Oracle, softmax
from visualizer.engine.technique import setting, technique

CHUNK = 6
"""Iterations of L-BFGS between two frames, so that the window hears of it ten times a second."""


@dataclass(frozen=True)
class LBFGSSettings(TargetSettings):
    """How thoroughly to look for the smallest change."""

    searches: int = setting(9, low=1, high=30, help="How many values of c the line search tries.")
    iterations: int = setting(
        30, low=CHUNK, high=500, step=CHUNK, help="At most how many steps of L-BFGS for each c."
    )


def perturb(
    oracle: Oracle, pictures: np.ndarray, goal: Goal, settings: LBFGSSettings
) -> Iterator[np.ndarray]:
    """Yield the batch as the search goes on; the last one holds the smallest change that worked.

    Minimises c ||r||^2 + loss(x + r, label) with x + r in [0, 1] (section 4.1), and looks by line
    search for the largest c, and so the smallest r, that still reaches the label. Without a target
    the label is the runner-up: the paper's attack always has one.
    """
    best = pictures.copy()
    for index in range(len(pictures)):
        for found in _perturb_one(
            oracle, pictures[index], goal.subset(np.array([index])), settings
        ):
            best = best.copy()
            best[index] = found
            yield best


def _perturb_one(
    oracle: Oracle, picture: np.ndarray, goal: Goal, settings: LBFGSSettings
) -> Iterator[np.ndarray]:
    scores = oracle.logits(picture[None])
    if goal.reached(scores)[0]:
        return
    label = int(goal.labels[0]) if goal.targeted else int(np.argsort(-scores[0])[1])
    reach = Goal(np.array([label]), targeted=True)
    smallest, best = np.inf, None
    # c is searched by its logarithm: first ever smaller until it works, then halving the gap.
    log_c, failed_at, worked_at = 0.0, None, None
    for _ in range(settings.searches):
        candidate = picture
        for candidate in _minimise(oracle, picture, label, 10.0**log_c, settings.iterations):
            yield best if best is not None else candidate
        if reach.reached(oracle.logits(candidate[None]))[0]:
            worked_at = log_c
            length = float(np.linalg.norm(candidate - picture))
            if length < smallest:
                smallest, best = length, candidate
        else:
            failed_at = log_c
        if worked_at is None:
            log_c -= 1
        elif failed_at is None:
            log_c += 1
        else:
            log_c = (worked_at + failed_at) / 2
    if best is not None:
        yield best


def _minimise(
    oracle: Oracle, picture: np.ndarray, label: int, c: float, iterations: int
) -> Iterator[np.ndarray]:
    """Run L-BFGS-B from the picture itself; yield where it stands after every few iterations."""
    from scipy.optimize import minimize

    labels = np.array([label])

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        x = flat.reshape(picture.shape)
        scores, slope = oracle.cross_entropy(x[None].astype(np.float32), labels)
        change = x - picture
        loss = -np.log(max(softmax(scores)[0, label], 1e-300))
        value = c * float((change**2).sum()) + loss
        return value, (2 * c * change + slope[0]).ravel().astype(np.float64)

    at = picture.astype(np.float64).ravel()
    for _ in range(0, iterations, CHUNK):
        found = minimize(
            objective,
            at,
            jac=True,
            method="L-BFGS-B",
            bounds=[(0.0, 1.0)] * at.size,
            options={"maxiter": CHUNK, "maxcor": 10},
        )
        at = found.x
        yield at.reshape(picture.shape).astype(np.float32)
        if found.success and found.nit < CHUNK:
            break


@technique(
    name="lbfgs",
    title="L-BFGS",
    paper="Szegedy et al. 2013, Intriguing Properties of Neural Networks, section 4.1",
    explanation="The first attack: look for the smallest change of all that makes the network "
    "answer with the class you chose. Slow, and the change is nearly invisible.",
    settings=LBFGSSettings,
)
def lbfgs(network, specimen, settings: LBFGSSettings) -> Attack:
    """Attack one specimen; see `attack` for what the generator returns."""
    chunks = -(-settings.iterations // CHUNK) * settings.searches
    return (yield from attack("lbfgs", network, specimen, settings, perturb, chunks))
