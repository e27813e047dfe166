"""SmoothGrad: the mean gradient over noisy copies of the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from visualizer.engine.attribution.heatmap import channel_max
from visualizer.engine.attribution.method import (
    AttributionFrame,
    AttributionSettings,
    Map,
    attribution_frames,
)
from visualizer.engine.attribution.target import Gradient
from visualizer.engine.technique import setting, technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.objective import Target
    from visualizer.engine.specimen import Specimen

BATCH = 5


@dataclass(frozen=True)
class SmoothGradSettings(AttributionSettings):
    """Number of noisy copies and their noise."""

    copies: int = setting(25, low=1, high=1000, unit="copies", help="How many noisy copies.")
    noise: float = setting(
        0.15,
        low=0.0,
        high=1.0,
        step=0.01,
        help="Standard deviation of the noise, as a share of the picture's range.",
    )
    seed: int = setting(0, low=0, high=2**31 - 1, help="Decides the noise.")

    def quick(self) -> Self:
        """At most ten copies; see `AttributionSettings.quick`."""
        return replace(self, copies=min(self.copies, 2 * BATCH))


def smooth_grad(
    network: Network,
    picture: np.ndarray,
    target: Target,
    *,
    copies: int = 25,
    noise: float = 0.15,
    seed: int = 0,
    batch: int = BATCH,
) -> Iterator[np.ndarray]:
    """Yield the mean gradient H x W x 3 of the copies so far, batch by batch.

    Smilkov et al. 2017, "SmoothGrad: removing noise by adding noise", section 3.

    Args:
        network: to be explained.
        picture: as the network sees it, H x W x 3 in [0, 1].
        target: the score that is explained.
        copies: how many noisy copies.
        noise: their standard deviation as a share of the picture's range.
        seed: decides the noise.
        batch: copies computed together.
    """
    rng = np.random.default_rng(seed)
    gradient_of = Gradient(network, target)
    deviation = noise * float(picture.max() - picture.min())
    total, done = np.zeros_like(picture), 0
    while done < copies:
        count = min(batch, copies - done)
        noisy = picture + rng.normal(0, deviation, (count, *picture.shape)).astype(np.float32)
        _, gradients = gradient_of(noisy)
        total, done = total + gradients.sum(axis=0), done + count
        yield total / done


def _maps(
    network: Network, picture: np.ndarray, target: Target, settings: SmoothGradSettings
) -> Iterator[Map]:
    total = -(-settings.copies // BATCH)
    slopes = smooth_grad(
        network,
        picture,
        target,
        copies=settings.copies,
        noise=settings.noise,
        seed=settings.seed,
    )
    for step, slope in enumerate(slopes, start=1):
        yield Map(channel_max(slope), slope, step, total)


@technique(
    name="smoothgrad",
    title="SmoothGrad",
    paper="Smilkov et al. 2017, SmoothGrad: Removing Noise by Adding Noise, section 3",
    explanation="The mean slope over many noisy copies of the picture: what is left is what "
    "counts in all of them.",
    settings=SmoothGradSettings,
)
def explain(
    network: Network, specimen: Specimen, settings: SmoothGradSettings
) -> Iterator[AttributionFrame]:
    """Explain one specimen by the mean gradient of its noisy copies."""
    yield from attribution_frames(network, specimen, settings, _maps)
