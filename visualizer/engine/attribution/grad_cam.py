"""Grad-CAM: gradient-weighted class activation maps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from visualizer.engine import backend
from visualizer.engine.attribution.method import (
    AttributionFrame,
    AttributionSettings,
    Map,
    attribution_frames,
)
from visualizer.engine.attribution.target import AttributionError, check_numbers
from visualizer.engine.objective import Objective
from visualizer.engine.technique import setting, technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.objective import Target
    from visualizer.engine.specimen import Specimen


@dataclass(frozen=True)
class GradCamSettings(AttributionSettings):
    """Whose maps are weighed."""

    stage: str = setting(
        "", help="Whose maps are weighed; empty: the last convolution before the target."
    )


def last_spatial_stage(network: Network, before: str) -> str:
    """The last stage with maps that comes before `before`, convolutions first.

    Raises:
        AttributionError: there is none.
    """
    names = [stage.name for stage in network.stages]
    earlier = [s for s in network.stages[1 : names.index(before)] if s.spatial and s.shape[0] > 1]
    convolutions = [s for s in earlier if s.kind in ("convolution", "add", "concatenate")]
    if not earlier:
        raise AttributionError(
            f"No stage before {before} has maps, so Grad-CAM has nothing to weigh; explain a later "
            "stage, or take another method."
        )
    return (convolutions or earlier)[-1].name


def grad_cam(
    network: Network, picture: np.ndarray, target: Target, stage: str | None = None
) -> np.ndarray:
    """The weighted sum of a stage's maps, cut at zero, at the picture's size, H x W.

    Each map is weighted by the mean gradient of the score over it (Selvaraju et al. 2016,
    "Grad-CAM", equations 1 and 2).

    Args:
        network: to be explained.
        picture: as the network sees it, H x W x 3 in [0, 1].
        target: a channel of a later stage.
        stage: whose maps; None for the last convolution before the target.

    Raises:
        UserError: no stage has maps, not every path goes through it, or the target is a whole
            stage.
    """
    if not target.channels:
        raise AttributionError(
            f"Grad-CAM explains one unit or class, not all of {target.stage}; say which, as "
            f"{target.stage}:0."
        )
    stage = stage or last_spatial_stage(network, target.stage)
    _check_order(network, stage, target.stage)
    forward, value_and_gradient = network.cached(
        (grad_cam, stage, target.stage, target.position), lambda: _compiled(network, stage, target)
    )
    maps = forward(picture[None])
    weights = np.zeros((1, network.stage(target.stage).units), np.float32)
    weights[0, list(target.channels)] = target.weight
    _, gradient = value_and_gradient(maps, weights)
    check_numbers(network, maps, gradient)
    importance = gradient[0].mean(axis=(0, 1))
    heat = np.maximum((maps[0] * importance).sum(axis=-1), 0)
    height, width = picture.shape[:2]
    return cv2.resize(heat, (width, height), interpolation=cv2.INTER_LINEAR)


def _compiled(
    network: Network, stage: str, target: Target
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The maps of `stage` of a picture, and the score of `target` with its gradient in the maps."""
    score = Objective(network, ((target.stage, True, target.position),), after=stage)

    def total(maps: Any, weights: Any) -> Any:
        from keras import ops

        return ops.sum(score(maps, weights))

    variables = network.model.variables
    return (
        backend.compiled(lambda x: network.tensor(x, stage), variables=variables),
        backend.value_and_gradient(total, variables=variables),
    )


def _check_order(network: Network, stage: str, target: str) -> None:
    """Raise an `AttributionError` unless `stage` has maps and comes before `target`."""
    found = network.stage(stage)
    if not found.spatial or found.index >= network.stage(target).index:
        raise AttributionError(
            f"Grad-CAM weighs maps that come before {target}, and {stage} has none such; take "
            f"{last_spatial_stage(network, target)} or an earlier stage."
        )


@technique(
    name="grad-cam",
    title="Grad-CAM",
    paper="Selvaraju et al. 2016, Grad-CAM, section 3, equations 1 and 2",
    explanation="The maps of the last convolution, each weighed by how much the score depends on "
    "it: coarse, but it shows where the evidence is.",
    settings=GradCamSettings,
)
def explain(
    network: Network, specimen: Specimen, settings: GradCamSettings
) -> Iterator[AttributionFrame]:
    """Explain one specimen by Grad-CAM."""
    stage = settings.stage.strip() or None

    def maps(network: Network, picture: np.ndarray, target: Target, _: Any) -> Iterator[Map]:
        yield Map(grad_cam(network, picture, target, stage))

    yield from attribution_frames(network, specimen, settings, maps)
