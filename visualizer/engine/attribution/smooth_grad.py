"""SmoothGrad: the mean of the slopes at many noisy copies of the picture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from visualizer.engine.attribution.heat import strongest
from visualizer.engine.attribution.target import Gradient
from visualizer.engine.network import Network
from visualizer.engine.objective import Target


def smooth_grad(
    network: Network,
    picture: np.ndarray,
    target: Target,
    *,
    copies: int = 25,
    noise: float = 0.15,
    seed: int = 0,
    batch: int = 5,
) -> Iterator[np.ndarray]:
    """Yield the map H x W of the copies so far, batch by batch.

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
        yield strongest(total / done)
