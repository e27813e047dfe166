"""Projected gradient descent: the iterative attack from random starts, in L-infinity or L2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from visualizer.engine.adversarial.attack import Attack, AttackSettings, attack
from visualizer.engine.adversarial.goal import Goal
from visualizer.engine.adversarial.iterate import iterate
from visualizer.engine.adversarial.norms import NORMS, l2_norm, project
from visualizer.engine.adversarial.oracle import Oracle
from visualizer.engine.technique import setting, technique


@dataclass(frozen=True)
class PGDSettings(AttackSettings):
    """How far, in how many steps, from how many starts."""

    norm: str = setting("linf", choices=NORMS, help="How the size of the change is counted.")
    l2_epsilon: float = setting(
        2.0, low=0.0, high=100.0, step=0.25, help="The largest change where the size is L2."
    )
    steps: int = setting(20, low=1, high=1000, help="How many steps from each start.")
    step_share: float = setting(
        0.1, low=0.001, high=1.0, step=0.05, help="Size of one step as a share of epsilon."
    )
    restarts: int = setting(
        1, low=1, high=100, help="How many random starts; the first that works wins."
    )
    random_start: bool = setting(True, help="Begin at a random point within epsilon.")
    seed: int = setting(0, low=0, high=2**31 - 1, help="Decides the random starts.")

    @property
    def size(self) -> float:
        """The largest change, in the chosen norm."""
        return self.epsilon if self.norm == "linf" else self.l2_epsilon


def random_start(
    pictures: np.ndarray, size: float, norm: str, rng: np.random.Generator
) -> np.ndarray:
    """A random picture within `size` of each: uniform in the cube, or in the ball for L2."""
    if norm == "linf":
        change = rng.uniform(-size, size, pictures.shape)
    else:
        change = rng.standard_normal(pictures.shape)
        dimensions = pictures[0].size
        radius = size * rng.random(len(pictures)) ** (1 / dimensions)
        change *= (radius / l2_norm(change)).reshape(-1, 1, 1, 1)
    return project(pictures + change.astype(np.float32), pictures, size, norm)


def perturb(
    oracle: Oracle, pictures: np.ndarray, goal: Goal, settings: PGDSettings
) -> Iterator[np.ndarray]:
    """Yield the batch after each step; pictures whose goal is reached take no further restart."""
    rng = np.random.default_rng(settings.seed)
    best = pictures.copy()
    open_ = np.ones(len(pictures), bool)
    for _ in range(settings.restarts):
        some, wanted = pictures[open_], goal.subset(open_)
        start = (
            random_start(some, settings.size, settings.norm, rng) if settings.random_start else None
        )
        for current in iterate(
            oracle,
            some,
            wanted,
            epsilon=settings.size,
            step_size=settings.size * settings.step_share,
            steps=settings.steps,
            norm=settings.norm,
            start=start,
        ):
            best = best.copy()
            best[open_] = current
            yield best
        open_[open_] = ~wanted.reached(oracle.logits(current))
        if not open_.any():
            break


@technique(
    name="pgd",
    title="Projected gradient descent",
    paper="Madry et al. 2017, Towards Deep Learning Models Resistant to Adversarial Attacks, 2.1",
    explanation="The strongest simple attack: many small steps from a random point near the "
    "picture, always pulled back to within epsilon.",
    settings=PGDSettings,
)
def pgd(network, specimen, settings: PGDSettings) -> Attack:
    """Attack one specimen; see `attack` for what the generator returns."""
    steps = settings.steps * settings.restarts
    return (yield from attack("pgd", network, specimen, settings, perturb, steps))
