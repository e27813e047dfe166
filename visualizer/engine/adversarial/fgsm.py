"""Fast gradient sign method: one step of the largest allowed size against the gradient's sign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.adversarial.attack import Attack, AttackSettings, attack
from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.differentiable_model import DifferentiableModel
from visualizer.engine.adversarial.iterate import iterate
from visualizer.engine.technique import technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen


@dataclass(frozen=True)
class FGSMSettings(AttackSettings):
    """Epsilon and target of FGSM."""


def perturb(
    model: DifferentiableModel, pictures: np.ndarray, criterion: Criterion, settings: FGSMSettings
) -> Iterator[np.ndarray]:
    """Yield x + epsilon * sign(gradient of the cross entropy), clipped to [0, 1] (equation 2)."""
    epsilon = settings.epsilon
    yield from iterate(model, pictures, criterion, epsilon=epsilon, step_size=epsilon, steps=1)


@technique(
    name="fgsm",
    title="Fast gradient sign",
    paper="Goodfellow, Shlens & Szegedy 2014, Explaining and Harnessing Adversarial Examples, "
    "section 4",
    explanation="Every pixel is moved by the same small step, up or down, whichever hurts more. "
    "Thousands of tiny pushes in one direction add up.",
    settings=FGSMSettings,
)
def fgsm(network: Network, specimen: Specimen, settings: FGSMSettings) -> Attack:
    """Attack one specimen with one step; see `attack` for what the generator returns."""
    return (yield from attack("fgsm", network, specimen, settings, perturb))
