"""Projected gradient descent: the iterative attack from random starts, in L-infinity or L2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.adversarial.attack import Attack, AttackSettings, attack
from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.differentiable_model import DifferentiableModel
from visualizer.engine.adversarial.iterate import iterate
from visualizer.engine.adversarial.norms import NORMS, project
from visualizer.engine.adversarial.random_perturbations import (
    picture_generators,
    random_perturbations,
)
from visualizer.engine.technique import setting, technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen


@dataclass(frozen=True)
class PGDSettings(AttackSettings):
    """Norm, size, steps and random restarts."""

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


def perturb(
    model: DifferentiableModel, pictures: np.ndarray, criterion: Criterion, settings: PGDSettings
) -> Iterator[np.ndarray]:
    """Yield the batch after each step; pictures that satisfy the criterion are not restarted.

    Where no restart succeeds, the end of the one with the largest margin is kept.
    """
    size, norm = settings.size, settings.norm
    generators = picture_generators(pictures, settings.seed)
    best, margins = pictures, np.full(len(pictures), -np.inf)
    open_ = np.arange(len(pictures))
    for _ in range(settings.restarts):
        some, wanted, start = pictures[open_], criterion.subset(open_), None
        if settings.random_start:
            own = [generators[row] for row in open_]
            change = random_perturbations(pictures.shape[1:], size, norm, own, model.grey)
            start = project(some + change, some, size, norm)
        path = iterate(
            model,
            some,
            wanted,
            epsilon=size,
            step_size=size * settings.step_share,
            steps=settings.steps,
            norm=norm,
            start=start,
        )
        for step, current in enumerate(path, start=1):
            shown = current
            if len(open_) < len(pictures):
                shown = best.copy()
                shown[open_] = current
            ended = step == settings.steps and settings.restarts > 1
            if ended:
                scores = model.logits(current)
                margin = wanted.margin(scores)
                better = margin > margins[open_]
                margins[open_[better]] = margin[better]
                shown = shown.copy()
                shown[open_[~better]] = best[open_[~better]]
            yield shown
        best = shown
        if ended:
            open_ = open_[~wanted.satisfied(scores)]
        if not len(open_):
            break


@technique(
    name="pgd",
    title="Projected gradient descent",
    paper="Madry et al. 2017, Towards Deep Learning Models Resistant to Adversarial Attacks, 2.1",
    explanation="The strongest simple attack: many small steps from a random point near the "
    "picture, always pulled back to within epsilon.",
    settings=PGDSettings,
)
def pgd(network: Network, specimen: Specimen, settings: PGDSettings) -> Attack:
    """Attack one specimen; see `attack` for what the generator returns."""
    return (yield from attack("pgd", network, specimen, settings, perturb))
