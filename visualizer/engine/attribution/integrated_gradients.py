"""Integrated gradients: the slopes summed along the way from nothing to the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from visualizer.engine.attribution.target import Gradient
from visualizer.engine.network import Network
from visualizer.engine.objective import Target

BASELINES = ("black", "grey", "white", "blurred")


@dataclass(frozen=True, eq=False)
class Integral:
    """Attributions H x W x 3 so far, and how well they add up.

    `gained` is the score at the picture less that at the baseline; the attributions should sum to
    it (completeness). `error` is how far off they are, as a share of it.
    """

    attribution: np.ndarray
    gained: float

    @property
    def error(self) -> float:
        """|sum of attributions - gained| / |gained|."""
        return abs(float(self.attribution.sum()) - self.gained) / max(abs(self.gained), 1e-9)


def baseline_of(picture: np.ndarray, kind: str) -> np.ndarray:
    """The picture that stands for "nothing", H x W x 3."""
    if kind == "blurred":
        return cv2.GaussianBlur(picture, (0, 0), max(picture.shape[:2]) / 8)
    return np.full_like(picture, {"black": 0.0, "grey": 0.5, "white": 1.0}[kind])


def integrated_gradients(
    network: Network,
    picture: np.ndarray,
    target: Target,
    *,
    baseline: str = "black",
    steps: int = 64,
    batch: int = 8,
) -> Iterator[Integral]:
    """Yield the integral, batch by batch; only the last is the whole.

    Sundararajan, Taly & Yan 2017, "Axiomatic Attribution for Deep Networks", equation 1, by the
    midpoint rule.

    Args:
        network: to be explained.
        picture: as the network sees it, H x W x 3 in [0, 1].
        target: the score that is explained.
        baseline: "black", "grey", "white" or "blurred".
        steps: points along the way; more make the error smaller.
        batch: points computed together.
    """
    nothing = baseline_of(picture, baseline)
    gradient_of = Gradient(network, target)
    ends, _ = gradient_of(np.stack([nothing, picture]))
    gained = float(ends[1] - ends[0])
    along = ((np.arange(steps) + 0.5) / steps).astype(np.float32)
    total = np.zeros(picture.shape, np.float64)
    for start in range(0, steps, batch):
        points = along[start : start + batch].reshape(-1, 1, 1, 1)
        _, gradients = gradient_of(nothing + points * (picture - nothing))
        total += gradients.sum(axis=0)
        yield Integral((picture - nothing) * total / steps, gained)
