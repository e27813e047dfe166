"""Grad-CAM: where in the last maps the evidence for a score is."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from visualizer.engine import backend
from visualizer.engine.errors import UserError
from visualizer.engine.network import Network
from visualizer.engine.objective import Target


def last_spatial_stage(network: Network, before: str) -> str:
    """The last stage with maps that comes before `before`, convolutions first.

    Raises:
        UserError: there is none.
    """
    names = [stage.name for stage in network.stages]
    earlier = [s for s in network.stages[1 : names.index(before)] if s.spatial and s.shape[0] > 1]
    convolutions = [s for s in earlier if s.kind in ("convolution", "add", "concatenate")]
    if not earlier:
        raise UserError(f"No stage before {before} has maps, so Grad-CAM has nothing to weigh.")
    return (convolutions or earlier)[-1].name


def grad_cam(
    network: Network, picture: np.ndarray, target: Target, stage: str | None = None
) -> np.ndarray:
    """The weighted sum of a stage's maps, cut at zero, at the picture's size, H x W.

    Each map counts by the mean slope of the score over it (Selvaraju et al. 2016, "Grad-CAM",
    equations 1 and 2).

    Args:
        network: to be explained.
        picture: as the network sees it, H x W x 3 in [0, 1].
        target: a channel of a later stage.
        stage: whose maps; None for the last convolution before the target.

    Raises:
        UserError: no stage has maps, or not every path goes through it.
    """
    stage = stage or last_spatial_stage(network, target.stage)
    kept = network.__dict__.setdefault("_grad_cam", {})
    key = (stage, target.stage, target.position)
    if key not in kept:

        def score(maps: Any, weights: Any) -> Any:
            from keras import ops

            later = network.continued(maps, stage, target.stage)
            if len(later.shape) == 4:
                if target.position is None:
                    later = ops.mean(later, axis=(1, 2))
                else:
                    later = later[:, target.position[0], target.position[1]]
            return ops.sum(later * weights)

        kept[key] = (
            backend.compiled(lambda x: network.tensor(x, stage)),
            backend.value_and_gradient(score),
        )
    forward, slope = kept[key]
    maps = forward(picture[None])
    weights = np.zeros((1, network.stage(target.stage).units), np.float32)
    weights[0, list(target.channels)] = target.weight
    _, gradient = slope(maps, weights)
    importance = gradient[0].mean(axis=(0, 1))
    heat = np.maximum((maps[0] * importance).sum(axis=-1), 0)
    height, width = picture.shape[:2]
    return cv2.resize(heat, (width, height), interpolation=cv2.INTER_LINEAR)
