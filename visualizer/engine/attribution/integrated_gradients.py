"""Integrated gradients: gradients integrated along the line from a baseline to the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import cv2
import numpy as np

from visualizer.engine.attribution import heatmap
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

BASELINES = ("black", "grey", "white", "blurred")
BATCH = 8
COMPLETENESS = "completeness error"
"""The name of the completeness error in the numbers of a frame."""
POINTS = "points on the way"
SCORE_GAINED = "score gained"
NARROWEST = 1e-6
"""Shortest interval as a share of the path: below it, rounding dominates the error."""


@dataclass(frozen=True)
class IntegratedGradientsSettings(AttributionSettings):
    """The baseline and the accuracy of the integral."""

    baseline: str = setting(
        "black", choices=BASELINES, help="The picture that stands for “nothing”."
    )
    tolerance: float = setting(
        0.01,
        low=0.0,
        high=1.0,
        step=0.005,
        help="The completeness error that is good enough: points are added until it is reached.",
    )
    steps: int = setting(
        256, low=1, high=1024, unit="steps", help="The most steps that the way is cut into."
    )

    def quick(self) -> Self:
        """At most 32 steps; see `AttributionSettings.quick`."""
        return replace(self, steps=min(self.steps, 4 * BATCH))


@dataclass(frozen=True, eq=False)
class Integral:
    """Attributions H x W x 3, and their completeness.

    `gained` is the score at the picture less that at the baseline; the attributions should sum to
    it (completeness). `error` is how far off they are, as a share of it. `points` have been looked
    at so far; `whole` says that these attributions are the last.
    """

    attribution: np.ndarray
    gained: float
    points: int
    whole: bool = False

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
    tolerance: float = 0.01,
    steps: int = 256,
) -> Iterator[Integral]:
    """Yield the integral, finer after each batch of points.

    Sundararajan, Taly & Yan 2017, "Axiomatic Attribution for Deep Networks", equation 1, by the
    trapezoidal rule. The score at both ends of an interval gives its error, and the intervals
    with the largest errors are bisected: the score mostly changes on a short part of the path.

    Args:
        network: to be explained.
        picture: as the network sees it, H x W x 3 in [0, 1].
        target: the score that is explained.
        baseline: one of `BASELINES`.
        tolerance: the completeness error that is small enough. It must be met
            twice in a row.
        steps: the largest number of intervals.
    """
    nothing = baseline_of(picture, baseline)
    way = picture - nothing
    gradient_of = Gradient(network, target)

    def at(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return gradient_of(nothing + way * points.reshape(-1, 1, 1, 1).astype(np.float32))

    points = np.linspace(0, 1, min(BATCH, steps) + 1)
    scores, found_slopes = at(points)
    slopes = list(found_slopes)
    gained = float(scores[-1]) - float(scores[0])
    rises = np.array([np.vdot(slope, way) for slope in slopes], np.float64)  # slopes along the way
    widths = np.diff(points)
    total = np.tensordot(widths / 2, found_slopes[1:] + found_slopes[:-1], axes=1)
    met = False
    while True:
        found = Integral(way * total, gained, len(points))
        met_before, met = met, found.error <= tolerance
        wrong = np.abs((rises[1:] + rises[:-1]) / 2 * widths - np.diff(scores))
        wrong[widths < NARROWEST] = 0
        worst = np.sort(np.argsort(-wrong, kind="stable")[: min(BATCH, steps + 1 - len(points))])
        worst = worst[wrong[worst] > 0]
        if (met and met_before) or not worst.size:
            yield replace(found, whole=True)
            return
        yield found
        middles = (points[worst] + points[worst + 1]) / 2
        new_scores, new_slopes = at(middles)
        for piece, slope in zip(worst, new_slopes, strict=True):
            total += widths[piece] / 4 * (2 * slope - slopes[piece] - slopes[piece + 1])
        after = worst + 1
        points, scores = np.insert(points, after, middles), np.insert(scores, after, new_scores)
        rises = np.insert(rises, after, [np.vdot(slope, way) for slope in new_slopes])
        for place, slope in reversed(list(zip(after, new_slopes, strict=True))):
            slopes.insert(place, slope)
        widths = np.diff(points)


def _maps(
    network: Network, picture: np.ndarray, target: Target, settings: IntegratedGradientsSettings
) -> Iterator[Map]:
    integrals = integrated_gradients(
        network,
        picture,
        target,
        baseline=settings.baseline,
        tolerance=settings.tolerance,
        steps=settings.steps,
    )
    for found in integrals:
        yield Map(
            heatmap.channel_sum(found.attribution),
            found.attribution,
            found.points,
            found.points if found.whole else settings.steps + 2,
            {SCORE_GAINED: found.gained, COMPLETENESS: found.error, POINTS: found.points},
        )


@technique(
    name="integrated-gradients",
    title="Integrated gradients",
    paper="Sundararajan, Taly & Yan 2017, Axiomatic Attribution for Deep Networks, section 3",
    explanation="The slopes along the way from nothing to the picture, added up: every pixel gets "
    "its share of the score, and the shares sum to the whole of it.",
    settings=IntegratedGradientsSettings,
)
def explain(
    network: Network, specimen: Specimen, settings: IntegratedGradientsSettings
) -> Iterator[AttributionFrame]:
    """Explain one specimen by integrated gradients."""
    yield from attribution_frames(network, specimen, settings, _maps)
