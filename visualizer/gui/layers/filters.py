"""The filters of a stage as pictures, where they are some: those that read colours or one map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.rendering import filters

if TYPE_CHECKING:
    from visualizer.engine.network import Network, Stage

SMALLEST = 3
"""Weights across, from which on a filter has a form to be looked at."""


def filter_shape(network: Network, stage: Stage) -> tuple[int, ...]:
    """Height, width and depth of a stage's filters; () where it has none."""
    if stage.kernel_size is None or stage.kind not in ("convolution", "depthwise"):
        return ()
    depth = network.stage(stage.inputs[0]).shape[-1] if stage.kind == "convolution" else 1
    return (*stage.kernel_size, depth)


def has_pictures(network: Network, stage: Stage) -> bool:
    """Whether the filters of a stage can be looked at: they read colours or a single map."""
    shape = filter_shape(network, stage)
    return bool(shape) and shape[2] in (1, 3) and max(shape[:2]) >= SMALLEST


def kernel_of(network: Network, stage: Stage) -> np.ndarray | None:
    """The filters of a stage that can be looked at, h x w x (1 or 3) x units, else None.

    Those that read the picture are in the order red, green, blue, also where the network takes it
    in another.
    """
    weights = stage.weights() if has_pictures(network, stage) else None
    if weights is None or weights.ndim != 4:
        return None
    shape = filter_shape(network, stage)
    if stage.kind == "depthwise":  # h x w x channels x multiplier
        return weights.reshape(*shape, -1)
    if weights.shape[2] != shape[2]:  # in groups, each of which reads a part
        return None
    reads_colours = network.stage(stage.inputs[0]).kind == "input"
    return (
        weights[:, :, ::-1] if reads_colours and network.preprocessing.order == "bgr" else weights
    )


def pictures_of(kernel: np.ndarray) -> np.ndarray:
    """Each filter as a picture, units x h x w x 3 in uint8: zero is mid grey, its largest weight an
    end.
    """
    height, width, _, count = kernel.shape
    sheet = filters(kernel, columns=1, gap=0).picture
    return sheet.reshape(count, height, width, 3)
