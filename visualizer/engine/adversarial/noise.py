"""Random noise: with the norm of an attack's change for comparison, and as a baseline attack."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.adversarial.attack import Attack, AttackSettings, attack
from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.differentiable_model import DifferentiableModel
from visualizer.engine.adversarial.random_perturbations import picture_generators
from visualizer.engine.technique import setting, technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen


@dataclass(frozen=True)
class NoiseSettings(AttackSettings):
    """How much noise."""

    seed: int = setting(0, low=0, high=2**31 - 1, help="Decides the noise.")


def norm_matched_noise(
    original: np.ndarray,
    changed: np.ndarray,
    seed: int | np.random.Generator,
    grey: bool = False,
) -> np.ndarray:
    """The original plus random noise of exactly the norms of `changed` - `original`.

    The sizes of the pixels' changes are shuffled and given random signs, so that every norm of the
    change is the same; a sign that would leave [0, 1] is turned around. (Where neither sign fits,
    the change is clipped: only a change larger than a half can need that.)

    Args:
        original: H x W x 3 in [0, 1].
        changed: likewise.
        seed: decides the shuffle.
        grey: shuffle once for all three channels, for a greyscale network: independent changes of
            the channels would partly cancel in its grey.
    """
    size = np.abs(changed - original)[..., : 1 if grey else None]
    if isinstance(seed, np.random.Generator):
        order, signs = _shuffle(seed, size.shape)
    else:
        order, signs = _seeded_shuffle(seed, size.shape)
    change = size.ravel()[order].reshape(size.shape) * signs
    outside = (original + change < 0) | (original + change > 1)
    change = np.where(outside, -change, change)
    return np.clip(original + change, 0, 1).astype(np.float32)


def _shuffle(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """An order of all places, and a sign for each."""
    return rng.permutation(math.prod(shape)), rng.choice(np.array([-1, 1], np.float32), shape)


@lru_cache(maxsize=2)
def _seeded_shuffle(seed: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The same of a seed, kept: a dial asks for it at every turn."""
    return _shuffle(np.random.default_rng(seed), shape)


def perturb(
    model: DifferentiableModel, pictures: np.ndarray, _criterion: Criterion, settings: NoiseSettings
) -> Iterator[np.ndarray]:
    """Yield the batch with every pixel moved by epsilon, up or down at random."""
    moved = pictures + np.float32(settings.epsilon)
    twins = [
        norm_matched_noise(*each, grey=model.grey)
        for each in zip(pictures, moved, picture_generators(pictures, settings.seed), strict=True)
    ]
    yield np.stack(twins)


@technique(
    name="noise",
    title="Random twin",
    paper="Szegedy et al. 2013, Intriguing Properties of Neural Networks, section 4",
    explanation="Noise of exactly the size of the attack. It hardly ever fools anyone: it is the "
    "direction that matters, not the size.",
    settings=NoiseSettings,
)
def noise(network: Network, specimen: Specimen, settings: NoiseSettings) -> Attack:
    """Disturb one specimen; see `attack` for what the generator returns."""
    return (yield from attack("noise", network, specimen, settings, perturb))
