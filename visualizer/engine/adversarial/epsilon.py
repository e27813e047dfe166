"""The network's answer along one direction, as a function of epsilon.

FGSM's direction does not depend on epsilon, so one gradient serves all of them: moving the dial
costs one forward pass. The curve from -epsilon to +epsilon is figure 4 of Goodfellow et al. 2014.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.differentiable_model import DifferentiableModel

if TYPE_CHECKING:
    from visualizer.engine.network import Network


@dataclass(frozen=True, eq=False)
class Ray:
    """A picture and the direction of an attack from it.

    `picture` and `direction` are H x W x 3; the direction has entries -1, 0 and 1.
    """

    picture: np.ndarray
    direction: np.ndarray

    def at(self, epsilon: float) -> np.ndarray:
        """The picture moved by epsilon (in units of pixels in [0, 1]; may be negative), clipped."""
        return np.clip(self.picture + np.float32(epsilon) * self.direction, 0, 1)


def fgsm_ray(model: DifferentiableModel, picture: np.ndarray, criterion: Criterion) -> Ray:
    """The ray of the fast gradient sign method from one picture (H x W x 3)."""
    _, gradient = model.cross_entropy(picture[None], criterion.labels)
    return Ray(picture, (criterion.sign * np.sign(gradient[0])).astype(np.float32))


@dataclass(frozen=True, eq=False)
class Curve:
    """Scores and probabilities (each M x K) at the sizes `epsilons` (M)."""

    epsilons: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray

    def flip(self, criterion: Criterion) -> float | None:
        """The smallest epsilon >= 0 of the curve that satisfies the criterion, or None."""
        labels = Criterion(np.full(len(self.epsilons), criterion.labels[0]), criterion.targeted)
        reached = labels.satisfied(self.logits) & (self.epsilons >= 0)
        return float(self.epsilons[reached].min()) if reached.any() else None

    def leading_classes(self, criterion: Criterion, count: int = 5) -> list[int]:
        """The classes that matter: the answer, the label of the goal, and who rises highest."""
        first = int(self.probabilities[np.abs(self.epsilons).argmin()].argmax())
        highest = np.argsort(-self.probabilities.max(axis=0), kind="stable")
        order = (first, int(criterion.labels[0]), *highest[:count].tolist())
        return list(dict.fromkeys(order))[:count]


def curve(model: DifferentiableModel, ray: Ray, epsilons: np.ndarray, batch: int = 16) -> Curve:
    """Scores and probabilities along a ray, computed in batches."""
    *_, whole = _curves(model, ray, epsilons, batch)
    return whole


def curve_steps(
    network: Network, ray: Ray, epsilons: np.ndarray, batch: int = 6
) -> Iterator[Curve]:
    """Yield the curve at the sizes computed so far, the smallest first, batch by batch.

    Raises:
        UserError: the network has no classes.
    """
    order = np.argsort(np.abs(epsilons), kind="stable")
    for part in _curves(DifferentiableModel.of(network), ray, np.asarray(epsilons)[order], batch):
        upwards = np.argsort(part.epsilons, kind="stable")
        yield Curve(part.epsilons[upwards], part.logits[upwards], part.probabilities[upwards])


def _curves(
    model: DifferentiableModel, ray: Ray, epsilons: np.ndarray, batch: int
) -> Iterator[Curve]:
    parts: list[np.ndarray] = []
    for start in range(0, len(epsilons), batch):
        some = epsilons[start : start + batch]
        parts.append(model.logits(np.stack([ray.at(e) for e in some])))
        logits = np.concatenate(parts)
        yield Curve(np.asarray(epsilons[: len(logits)]), logits, model.probabilities(logits))
