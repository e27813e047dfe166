"""An attack on one picture at any size: one gradient, then only forward passes.

This is what lets the window follow a dial that sets epsilon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.activations import Activations, activations, divergence
from visualizer.engine.adversarial.attack import AttackOutcome, judged
from visualizer.engine.adversarial.criterion import Criterion, choose_criterion
from visualizer.engine.adversarial.differentiable_model import DifferentiableModel, per_class
from visualizer.engine.adversarial.epsilon import Ray, fgsm_ray
from visualizer.engine.adversarial.noise import norm_matched_noise
from visualizer.engine.adversarial.norms import to_8_bit, to_8_bit_within

if TYPE_CHECKING:
    from visualizer.engine.network import Network


@dataclass(frozen=True, eq=False)
class CleanPass:
    """The unperturbed picture and what the network makes of it, whatever the attack.

    Attributes:
        network: the network under attack.
        picture: H x W x 3 multiples of 1/255, at the network's size.
        logits: scores of the picture, 1 x K.
        probabilities: its probabilities, K numbers.
        activations: the maps of every stage.
    """

    network: Network
    picture: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray
    activations: Activations


@dataclass(frozen=True, eq=False)
class AttackContext:
    """What an FGSM attack on one picture needs, whatever its size.

    Attributes:
        clean: the network, the picture and its clean forward pass.
        criterion: what the attack is to achieve.
        ray: the picture and FGSM's direction from it.
    """

    clean: CleanPass
    criterion: Criterion
    ray: Ray

    @property
    def network(self) -> Network:
        """The network under attack."""
        return self.clean.network

    @property
    def picture(self) -> np.ndarray:
        """The picture before the attack, H x W x 3."""
        return self.clean.picture

    def perturbed(self, epsilon: float) -> np.ndarray:
        """The picture after FGSM of this size, H x W x 3 multiples of 1/255, within epsilon."""
        changed = self.ray.at(epsilon)[None]
        return to_8_bit_within(changed, self.picture[None], abs(epsilon))[0]

    def judge(
        self, adversarial: np.ndarray, passed: AdversarialPass | None = None
    ) -> AttackOutcome:
        """The outcome of the FGSM attack that made this picture.

        Args:
            adversarial: H x W x 3 multiples of 1/255.
            passed: its forward pass, if there was one already.

        Raises:
            AttackError: the network gives no numbers for it (NaN).
        """
        clean, after = self.clean, None if passed is None else passed.probabilities
        before = clean.probabilities
        return judged(
            clean.network, "fgsm", clean.picture, adversarial, before, self.criterion, after
        )


def clean_pass(network: Network, picture: np.ndarray, mode: str = "crop") -> CleanPass:
    """Fit a picture to the network and run the network on it.

    Args:
        network: the network to attack.
        picture: H x W x 3 in [0, 1], any size.
        mode: how the picture is brought to the network's size; see `Network.fit`.

    Raises:
        AttackError: the network gives no numbers here (NaN).
        UserError: the network has no classes.
    """
    model = DifferentiableModel.of(network)
    original = to_8_bit(network.fit(picture, mode))
    logits = model.finite_logits(original[None])
    probabilities = model.probabilities(logits)[0]
    return CleanPass(network, original, logits, probabilities, activations(network, original))


def attack_context(clean: CleanPass, target: str | None = None) -> AttackContext:
    """Compute the gradient for a target once; see `choose_criterion`.

    Raises:
        UserError: the target is none of the network's classes.
    """
    criterion = choose_criterion(clean.network, clean.logits, target)
    model = DifferentiableModel.of(clean.network)
    return AttackContext(clean, criterion, fgsm_ray(model, clean.picture, criterion))


NOT_NEEDED = (np.zeros(0), 0.0)
"""Probabilities and seconds of activations that are only compared."""


@dataclass(frozen=True, eq=False)
class AdversarialPass:
    """A forward pass of an adversarial picture and of noise of the same norm.

    Attributes:
        probabilities: of the adversarial picture, K numbers.
        noise: the picture with random noise of exactly the same norm, H x W x 3.
        noise_probabilities: of that picture, K numbers.
        divergence: distance of the adversarial picture's maps from the clean ones, by stage (0 to
            2); see `visualizer.engine.activations.divergence`.
        noise_divergence: likewise for the noise.
    """

    probabilities: np.ndarray
    noise: np.ndarray
    noise_probabilities: np.ndarray
    divergence: dict[str, float]
    noise_divergence: dict[str, float]


def adversarial_pass(
    context: AttackContext, adversarial: np.ndarray, seed: int = 0
) -> AdversarialPass:
    """Run an adversarial picture (H x W x 3) and norm-matched noise through every stage at once."""
    network = context.network
    grey = DifferentiableModel.of(network).grey
    noise = to_8_bit(norm_matched_noise(context.picture, adversarial, seed, grey))
    both = network.forward(np.stack([adversarial, noise]))
    fooled, noisy = (
        Activations(picture, {name: values[row] for name, values in both.items()}, *NOT_NEEDED)
        for row, picture in enumerate((adversarial, noise))
    )
    probabilities, noise_probabilities = per_class(both[network.stages[-1].name])
    return AdversarialPass(
        probabilities,
        noise,
        noise_probabilities,
        divergence(context.clean.activations, fooled),
        divergence(context.clean.activations, noisy),
    )
