"""Momentum iterative method: steps along a running sum of gradients, which transfer better."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from visualizer.engine.adversarial.attack import Attack, attack
from visualizer.engine.adversarial.basic_iterative import BasicIterativeSettings
from visualizer.engine.adversarial.goal import Goal
from visualizer.engine.adversarial.iterate import iterate
from visualizer.engine.adversarial.oracle import Oracle
from visualizer.engine.technique import setting, technique


@dataclass(frozen=True)
class MomentumIterativeSettings(BasicIterativeSettings):
    """How far, in how many steps, remembering how much."""

    momentum: float = setting(
        1.0, low=0.0, high=2.0, step=0.1, help="How much of the earlier gradients is kept."
    )


def perturb(
    oracle: Oracle, pictures: np.ndarray, goal: Goal, settings: MomentumIterativeSettings
) -> Iterator[np.ndarray]:
    """Yield the batch after each step (Dong et al. 2018, algorithm 1)."""
    yield from iterate(
        oracle,
        pictures,
        goal,
        epsilon=settings.epsilon,
        step_size=settings.epsilon * settings.step_share,
        steps=settings.steps,
        momentum=settings.momentum,
    )


@technique(
    name="mim",
    title="Momentum iterative",
    paper="Dong et al. 2018, Boosting Adversarial Attacks with Momentum, algorithm 1",
    explanation="Like the basic iterative method, but each step remembers the ones before, so it "
    "fits less to the quirks of one network and fools others more often.",
    settings=MomentumIterativeSettings,
)
def mim(network, specimen, settings: MomentumIterativeSettings) -> Attack:
    """Attack one specimen; see `attack` for what the generator returns."""
    return (yield from attack("mim", network, specimen, settings, perturb, settings.steps))
