"""A picture under attack, ready for the hand on the dial: one gradient, then forward passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.activations import Activations, activations, divergence
from visualizer.engine.adversarial.attack import Attacked, AttackError, judged
from visualizer.engine.adversarial.epsilon import Ray, fgsm_ray
from visualizer.engine.adversarial.goal import Goal, choose_goal
from visualizer.engine.adversarial.noise import random_twin
from visualizer.engine.adversarial.norms import to_8_bit, to_8_bit_within
from visualizer.engine.adversarial.oracle import Oracle, softmax

if TYPE_CHECKING:
    from visualizer.engine.network import Network


@dataclass(frozen=True, eq=False)
class Subject:
    """What an attack on one picture needs, whatever its size.

    Attributes:
        network: what is to be fooled.
        ray: the picture (H x W x 3 multiples of 1/255) and FGSM's direction from it.
        goal: what is wanted.
        before: probabilities of the picture, K numbers.
        clean: what every stage makes of the picture.
    """

    network: Network
    ray: Ray
    goal: Goal
    before: np.ndarray
    clean: Activations

    @property
    def picture(self) -> np.ndarray:
        """The picture before the attack, H x W x 3."""
        return self.ray.picture

    def moved(self, epsilon: float) -> np.ndarray:
        """The picture after FGSM of this size, rounded to what a PNG can hold; never farther."""
        changed = self.ray.at(epsilon)[None]
        return to_8_bit_within(changed, self.picture[None], abs(epsilon))[0]

    def judge(self, adversarial: np.ndarray, method: str = "fgsm") -> Attacked:
        """What comes of the attack that made this picture."""
        return judged(self.network, method, self.picture, adversarial, self.before, self.goal)


def prepare(
    network: Network, picture: np.ndarray, target: str | None = None, mode: str = "crop"
) -> Subject:
    """Bring a picture to the network and ask once for the gradient.

    Args:
        network: what is to be fooled.
        picture: H x W x 3 in [0, 1], any size.
        target: see `choose_goal`.
        mode: how the picture is brought to the network's size; see `Network.fit`.

    Raises:
        AttackError: the network gives no numbers here (NaN).
        UserError: the network has no classes, or the target is none of them.
    """
    oracle = Oracle.of(network)
    original = to_8_bit(network.fit(picture, "fit" if mode == "fit" else "crop"))
    scores = oracle.logits(original[None])
    if not np.isfinite(scores).all():
        raise AttackError(
            f"{network.title} gives no numbers for this picture (NaN), so there is no slope to "
            "follow; check the network's weights."
        )
    goal = choose_goal(network, scores, target)
    clean = activations(network, original)
    return Subject(network, fgsm_ray(oracle, original, goal), goal, softmax(scores)[0], clean)


NOT_NEEDED = (np.zeros(0), 0.0)
"""Probabilities and seconds of activations that are only compared."""


@dataclass(frozen=True, eq=False)
class Walk:
    """The way of an adversarial picture and of its random twin through the network.

    Attributes:
        twin: noise of exactly the same size, H x W x 3.
        twin_probabilities: what the network makes of the twin, K numbers.
        divergence: how far the adversarial picture is from the clean one, by stage (0 to 2).
        twin_divergence: likewise for the twin.
    """

    twin: np.ndarray
    twin_probabilities: np.ndarray
    divergence: dict[str, float]
    twin_divergence: dict[str, float]


def walk(subject: Subject, adversarial: np.ndarray, seed: int = 0) -> Walk:
    """Walk both pictures through every stage, in one pass together."""
    network = subject.network
    twin = to_8_bit(random_twin(subject.picture, adversarial, seed))
    both = network.forward(np.stack([adversarial, twin]))
    fooled, noisy = (
        Activations(picture, {name: values[row] for name, values in both.items()}, *NOT_NEEDED)
        for row, picture in enumerate((adversarial, twin))
    )
    return Walk(
        twin,
        both[network.stages[-1].name][1],
        divergence(subject.clean, fooled),
        divergence(subject.clean, noisy),
    )
