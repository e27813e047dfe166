"""Along one direction: what the network answers at every size of the change.

FGSM's direction does not depend on epsilon, so one gradient serves all of them: moving the dial
costs a forward pass. The curve from -epsilon to +epsilon is figure 4 of Goodfellow et al. 2014.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from visualizer.engine.adversarial.goal import Goal
from visualizer.engine.adversarial.oracle import Oracle, softmax


@dataclass(frozen=True, eq=False)
class Ray:
    """A picture and the direction in which an attack pushes it.

    `picture` and `direction` are H x W x 3; the direction has entries -1, 0 and 1.
    """

    picture: np.ndarray
    direction: np.ndarray

    def at(self, epsilon: float) -> np.ndarray:
        """The picture moved by epsilon (in units of pixels in [0, 1]; may be negative), clipped."""
        return np.clip(self.picture + np.float32(epsilon) * self.direction, 0, 1)


def fgsm_ray(oracle: Oracle, picture: np.ndarray, goal: Goal) -> Ray:
    """The ray of the fast gradient sign method from one picture (H x W x 3)."""
    _, gradient = oracle.cross_entropy(picture[None], goal.labels)
    return Ray(picture, (goal.sign * np.sign(gradient[0])).astype(np.float32))


@dataclass(frozen=True, eq=False)
class Curve:
    """Scores and probabilities (each M x K) at the sizes `epsilons` (M)."""

    epsilons: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray

    def flip(self, goal: Goal) -> float | None:
        """The smallest epsilon >= 0 of the curve at which the goal is reached, or None."""
        labels = Goal(np.full(len(self.epsilons), goal.labels[0]), goal.targeted)
        reached = labels.reached(self.logits) & (self.epsilons >= 0)
        return float(self.epsilons[reached].min()) if reached.any() else None


def curve(oracle: Oracle, ray: Ray, epsilons: np.ndarray, batch: int = 16) -> Curve:
    """Answers along a ray, computed in batches."""
    parts = [
        oracle.logits(np.stack([ray.at(e) for e in epsilons[start : start + batch]]))
        for start in range(0, len(epsilons), batch)
    ]
    logits = np.concatenate(parts)
    return Curve(np.asarray(epsilons), logits, softmax(logits))
