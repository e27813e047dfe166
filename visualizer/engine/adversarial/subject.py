"""A picture under attack, ready for the hand on the dial: one gradient, then forward passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.activations import Activations, activations, divergence
from visualizer.engine.adversarial.attack import Attacked, judged
from visualizer.engine.adversarial.epsilon import Ray, fgsm_ray
from visualizer.engine.adversarial.goal import Goal, choose_goal
from visualizer.engine.adversarial.noise import random_twin
from visualizer.engine.adversarial.norms import to_8_bit, to_8_bit_within
from visualizer.engine.adversarial.oracle import Oracle, per_class

if TYPE_CHECKING:
    from visualizer.engine.network import Network


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture before a network, whatever is wanted of it.

    Attributes:
        network: what is to be fooled.
        picture: H x W x 3 multiples of 1/255, at the network's size.
        scores: of the picture, 1 x K.
        before: its probabilities, K numbers.
        clean: what every stage makes of it.
    """

    network: Network
    picture: np.ndarray
    scores: np.ndarray
    before: np.ndarray
    clean: Activations


@dataclass(frozen=True, eq=False)
class Subject:
    """What an attack on one picture needs, whatever its size.

    Attributes:
        scene: the network and the picture.
        goal: what is wanted.
        ray: the picture and FGSM's direction from it.
    """

    scene: Scene
    goal: Goal
    ray: Ray

    @property
    def network(self) -> Network:
        """What is to be fooled."""
        return self.scene.network

    @property
    def picture(self) -> np.ndarray:
        """The picture before the attack, H x W x 3."""
        return self.scene.picture

    def moved(self, epsilon: float) -> np.ndarray:
        """The picture after FGSM of this size, rounded to what a PNG can hold; never farther."""
        changed = self.ray.at(epsilon)[None]
        return to_8_bit_within(changed, self.picture[None], abs(epsilon))[0]

    def judge(self, adversarial: np.ndarray, way: Walk | None = None) -> Attacked:
        """What comes of FGSM that made this picture; its walk, if known, saves a pass."""
        scene, after = self.scene, None if way is None else way.probabilities
        before = scene.before
        return judged(scene.network, "fgsm", scene.picture, adversarial, before, self.goal, after)


def look(network: Network, picture: np.ndarray, mode: str = "crop") -> Scene:
    """Bring a picture to the network and see what it makes of it.

    Args:
        network: what is to be fooled.
        picture: H x W x 3 in [0, 1], any size.
        mode: how the picture is brought to the network's size; see `Network.fit`.

    Raises:
        AttackError: the network gives no numbers here (NaN).
        UserError: the network has no classes.
    """
    oracle = Oracle.of(network)
    original = to_8_bit(network.fit(picture, "fit" if mode == "fit" else "crop"))
    scores = oracle.finite_logits(original[None])
    before = oracle.probabilities(scores)[0]
    return Scene(network, original, scores, before, activations(network, original))


def aim(scene: Scene, target: str | None = None) -> Subject:
    """Ask once for the gradient that leads to a target; see `choose_goal`.

    Raises:
        UserError: the target is none of the network's classes.
    """
    goal = choose_goal(scene.network, scene.scores, target)
    return Subject(scene, goal, fgsm_ray(Oracle.of(scene.network), scene.picture, goal))


NOT_NEEDED = (np.zeros(0), 0.0)
"""Probabilities and seconds of activations that are only compared."""


@dataclass(frozen=True, eq=False)
class Walk:
    """The way of an adversarial picture and of its random twin through the network.

    Attributes:
        probabilities: what the network makes of the adversarial picture, K numbers.
        twin: noise of exactly the same size, H x W x 3.
        twin_probabilities: what the network makes of the twin, K numbers.
        divergence: how far the adversarial picture is from the clean one, by stage (0 to 2).
        twin_divergence: likewise for the twin.
    """

    probabilities: np.ndarray
    twin: np.ndarray
    twin_probabilities: np.ndarray
    divergence: dict[str, float]
    twin_divergence: dict[str, float]


def walk(subject: Subject, adversarial: np.ndarray, seed: int = 0) -> Walk:
    """Walk both pictures through every stage, in one pass together."""
    network = subject.network
    grey = Oracle.of(network).grey
    twin = to_8_bit(random_twin(subject.picture, adversarial, seed, grey))
    both = network.forward(np.stack([adversarial, twin]))
    fooled, noisy = (
        Activations(picture, {name: values[row] for name, values in both.items()}, *NOT_NEEDED)
        for row, picture in enumerate((adversarial, twin))
    )
    answer, twins = per_class(both[network.stages[-1].name])
    return Walk(
        answer,
        twin,
        twins,
        divergence(subject.scene.clean, fooled),
        divergence(subject.scene.clean, noisy),
    )
