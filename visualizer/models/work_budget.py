"""Bounds the computing time of one picture, estimated in multiply-adds.

Work is counted in multiply-adds, about 3e10 a second on a school computer's processor. A number
that is only written counts as many as are done in its time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from visualizer.models.safety import UnsafeFileError

if TYPE_CHECKING:
    from visualizer.engine.graph import Step

Shape = tuple[Any, ...]
"""A shape as Keras gives it: whole numbers, and None for sides that are free."""

FREE_WORK, WORK_PER_WEIGHT = 1 << 35, 1 << 13
"""For one picture: a second, or so much a weight if that is more. Of Keras Applications
EfficientNet-B7 needs the most, 2,900 a weight; a U-Net of 31 million weights needs 5,100."""
WRITTEN = 150
"""The multiply-adds that writing one number of a map counts as."""
STEP = 1 << 20
"""The multiply-adds that one step of a recurrent layer counts at least."""

WINDOWS = ("pool_size", "kernel_size")
"""Attributes with the window of a layer or operation."""
CONVOLUTIONS = {"Conv", "ConvTranspose", "DepthwiseConv", "SeparableConv"}
PRODUCTS = {"Matmul", "Dot", "Einsum", "Tensordot"}
RECURRENT = {"SimpleRNN", "LSTM", "GRU", "RNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D"}


def work(step: Step, shapes: dict[int, Shape]) -> float:
    """How many multiply-adds a step of a graph takes for one picture, counted high.

    Args:
        step: the call of a layer or operation.
        shapes: of all values of the graph by number, with 1 picture.
    """
    operation, kind = step.operation, type(step.operation).__name__
    given = [shapes[value] for value in step.inputs]
    made = [shapes[value] for value in step.outputs]
    written = sum(map(_numbers, made))
    total = WRITTEN * float(written + sum(map(_numbers, given)))
    if not given or not made:
        return total
    total += _layer(operation, given[0][1:], made[0][1:])
    arrays = [_numbers(shape) for shape in (*given, *_constants(step))]
    if kind in CONVOLUTIONS:
        total += max(_numbers(given[0]), written) * max(arrays[1:], default=1)
    elif kind in PRODUCTS:
        total += math.sqrt(arrays[0] * max(arrays[1:], default=arrays[0]) * max(written, 1))
        if kind == "Einsum":
            total += max(arrays) * max(arrays[1:], default=1) ** 0.5
    elif kind in RECURRENT:
        total += given[0][1] * STEP
    elif kind == "TimeDistributed" and len(given[0]) > 2 and len(made[0]) > 2:
        total += given[0][1] * _layer(operation.layer, given[0][2:], made[0][2:])
    return total


def check_work(total: float, weights: int, file: str) -> None:
    """Refuse a network that takes far longer for one picture than others of its size.

    Raises:
        UnsafeFileError: `total` multiply-adds are too many for so many weights.
    """
    if total > max(FREE_WORK, WORK_PER_WEIGHT * weights):
        raise UnsafeFileError(
            f"{file} would compute about {total:.2g} multiply-adds for one picture, far more than "
            "a network of its size needs; make its input, paddings and kernels smaller."
        )


def _layer(layer: Any, given: Shape, made: Shape) -> float:
    from visualizer.engine.operations import multiply_adds

    for name in WINDOWS:
        window = getattr(layer, name, None)
        sides = window if isinstance(window, tuple | list) else (window,)
        if not getattr(layer, "weights", None) and all(isinstance(side, int) for side in sides):
            return float(max(_numbers(given), _numbers(made)) * math.prod(map(abs, sides)))
    free = max((side or 1 for side in given), default=1)  # EinsumDense leaves sides open
    return float(multiply_adds(layer, given, tuple(side or free for side in made)))


def _constants(step: Step) -> Iterator[Shape]:
    """The shapes of the arrays that are written into the description."""
    for value in (*step.args, *step.kwargs.values()):
        shape = getattr(value, "shape", None)
        if shape is not None:
            yield tuple(shape)


def _numbers(shape: Shape) -> int:
    return math.prod(side or 1 for side in shape)
