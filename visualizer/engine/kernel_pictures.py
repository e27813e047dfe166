"""The kernels of a stage as pictures, for stages whose kernels read colours or a single map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.rendering import filters

if TYPE_CHECKING:
    from visualizer.engine.network import Network, Stage

SMALLEST = 3
"""Weights across: smaller kernels have no form to look at."""


def kernel_shape(network: Network, stage: Stage) -> tuple[int, ...]:
    """Height, width and depth of one kernel of a stage; () where it has none."""
    if stage.kernel_size is None or stage.kind not in ("convolution", "depthwise"):
        return ()
    depth = network.stage(stage.inputs[0]).shape[-1] if stage.kind == "convolution" else 1
    return (*stage.kernel_size, depth)


def has_kernel_pictures(network: Network, stage: Stage) -> bool:
    """Whether the kernels of a stage can be seen: they read colours or a single map."""
    shape = kernel_shape(network, stage)
    return bool(shape) and shape[2] in (1, 3) and max(shape[:2]) >= SMALLEST


def kernel_pictures(network: Network, stage: Stage) -> np.ndarray | None:
    """Each kernel as a picture: uint8, units x h x w x 3; None where they cannot be seen.

    Zero is mid grey, and the largest weight of each kernel reaches an end of the range.
    """

    def make() -> np.ndarray | None:
        kernel = visible_kernel(network, stage)
        if kernel is None:
            return None
        height, width, _, count = kernel.shape
        sheet = filters(kernel, columns=1, gap=0).picture
        return sheet.reshape(count, height, width, 3)

    return network.cached((kernel_pictures, stage.name), make, of_weights=True)


def visible_kernel(network: Network, stage: Stage) -> np.ndarray | None:
    """The kernels of a stage that can be seen, h x w x (1 or 3) x units, else None.

    Those that read the picture are in the order red, green, blue, also where the network takes
    blue first.
    """
    weights = stage.weights() if has_kernel_pictures(network, stage) else None
    if weights is None or weights.ndim != 4:
        return None
    shape = kernel_shape(network, stage)
    if stage.kind == "depthwise":  # h x w x channels x multiplier
        return weights.reshape(*shape, -1)
    if weights.shape[2] != shape[2]:  # in groups, each of which reads a part
        return None
    reads_colours = network.stage(stage.inputs[0]).kind == "input"
    blue_first = reads_colours and network.preprocessing.order == "bgr"
    return weights[:, :, ::-1] if blue_first else weights
