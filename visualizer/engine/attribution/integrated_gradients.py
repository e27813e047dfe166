"""Integrated gradients: the slopes summed along the way from nothing to the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from visualizer.engine.attribution import heat
from visualizer.engine.attribution.method import AttributionSettings, Explained, Map, explained
from visualizer.engine.attribution.target import Gradient
from visualizer.engine.technique import setting, technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.objective import Target

BASELINES = ("black", "grey", "white", "blurred")
BATCH = 8
COMPLETENESS = "completeness error"
"""The name of the number that says how far the attributions are from adding up."""


@dataclass(frozen=True)
class IntegratedGradientsSettings(AttributionSettings):
    """From where to integrate, and how finely."""

    baseline: str = setting(
        "black", choices=BASELINES, help="The picture that stands for “nothing”."
    )
    steps: int = setting(
        64, low=1, high=10_000, unit="steps", help="Points on the way; more make the error smaller."
    )


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
    batch: int = BATCH,
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


def _maps(network, picture, target, settings: IntegratedGradientsSettings) -> Iterator[Map]:
    total = -(-settings.steps // BATCH)
    integrals = integrated_gradients(
        network, picture, target, baseline=settings.baseline, steps=settings.steps
    )
    for step, integral in enumerate(integrals, start=1):
        # How well it adds up can only be said of the whole.
        numbers = {COMPLETENESS: integral.error} if step == total else {}
        yield Map(
            heat.total(integral.attribution),
            step,
            total,
            {"score gained": integral.gained, **numbers},
        )


@technique(
    name="integrated-gradients",
    title="Integrated gradients",
    paper="Sundararajan, Taly & Yan 2017, Axiomatic Attribution for Deep Networks, section 3",
    explanation="The slopes along the way from nothing to the picture, added up: every pixel gets "
    "its share of the score, and the shares sum to the whole of it.",
    settings=IntegratedGradientsSettings,
)
def explain(network, specimen, settings: IntegratedGradientsSettings) -> Iterator[Explained]:
    """Explain one specimen by integrated gradients."""
    yield from explained(network, specimen, settings, _maps)
