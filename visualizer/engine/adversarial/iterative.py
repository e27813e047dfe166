"""Basic and momentum iterative methods: many small steps of FGSM, never farther than epsilon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.adversarial.attack import Attack, AttackSettings, attack
from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.differentiable_model import DifferentiableModel
from visualizer.engine.adversarial.iterate import iterate
from visualizer.engine.technique import setting, technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen


@dataclass(frozen=True)
class BasicIterativeSettings(AttackSettings):
    """Epsilon and steps."""

    steps: int = setting(10, low=1, high=1000, help="How many steps.")
    step_share: float = setting(
        0.2, low=0.001, high=1.0, step=0.05, help="Size of one step as a share of epsilon."
    )


@dataclass(frozen=True)
class MomentumIterativeSettings(BasicIterativeSettings):
    """Epsilon, steps and momentum."""

    momentum: float = setting(
        1.0, low=0.0, high=2.0, step=0.1, help="How much of the earlier gradients is kept."
    )


def perturb(
    model: DifferentiableModel,
    pictures: np.ndarray,
    criterion: Criterion,
    settings: BasicIterativeSettings,
) -> Iterator[np.ndarray]:
    """Yield the batch after each step (Kurakin et al. 2016, section 2.2).

    With a momentum among the settings, the steps of Dong et al. 2018, algorithm 1.
    """
    yield from iterate(
        model,
        pictures,
        criterion,
        epsilon=settings.epsilon,
        step_size=settings.epsilon * settings.step_share,
        steps=settings.steps,
        momentum=getattr(settings, "momentum", 0.0),
    )


@technique(
    name="bim",
    title="Basic iterative",
    paper="Kurakin, Goodfellow & Bengio 2016, Adversarial Examples in the Physical World, 2.2",
    explanation="FGSM again and again in small steps: the gradient is asked anew after each, so "
    "the change fits the network's bends better.",
    settings=BasicIterativeSettings,
)
def bim(network: Network, specimen: Specimen, settings: BasicIterativeSettings) -> Attack:
    """Attack one specimen; see `attack` for what the generator returns."""
    return (yield from attack("bim", network, specimen, settings, perturb))


@technique(
    name="mim",
    title="Momentum iterative",
    paper="Dong et al. 2018, Boosting Adversarial Attacks with Momentum, algorithm 1",
    explanation="Like the basic iterative method, but each step remembers the ones before, so it "
    "fits less to the quirks of one network and fools others more often.",
    settings=MomentumIterativeSettings,
)
def mim(network: Network, specimen: Specimen, settings: MomentumIterativeSettings) -> Attack:
    """Attack one specimen; see `attack` for what the generator returns."""
    return (yield from attack("mim", network, specimen, settings, perturb))
