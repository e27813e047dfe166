"""Receptive fields: the input pixels that a unit depends on.

Computed from the layers, axis by axis, as in Araujo, Norris & Sim 2019, "Computing receptive fields
of convolutional neural networks" (Distill), sections 2 and 3, with TensorFlow's asymmetric "same"
padding, upsampling, and the union over branches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import keras
from keras import layers

from visualizer.engine import operations
from visualizer.engine.graph import FlatGraph, Step


@dataclass(frozen=True)
class ReceptiveField:
    """The pixels that the units of a stage see.

    Attributes:
        size: (height, width) in pixels, counting those beyond the border of the picture.
        stride: (y, x) pixels from the field of a unit to that of its neighbour; 0 where every unit
            sees the same.
        start: (y, x) of the centre of the field of unit (0, 0), in pixels, where pixel 0 has its
            centre at 0: half for even sizes, negative beyond the border.
    """

    size: tuple[int, int]
    stride: tuple[float, float]
    start: tuple[float, float]

    def box(self, row: int = 0, column: int = 0) -> tuple[int, int, int, int]:
        """Return (top, left, bottom, right) of what unit (row, column) sees.

        In pixels of the network's input, bottom and right exclusive, not clipped to the picture.
        At the border a unit may see a little less, where it reads zeros put around a layer.
        """
        ends = []
        for axis, unit in enumerate((row, column)):
            centre = self.start[axis] + unit * self.stride[axis]
            reach = (self.size[axis] - 1) / 2
            # A nudge keeps fractions such as 1/3 from rounding a whole pixel further.
            ends.append((math.floor(centre - reach + 1e-6), math.ceil(centre + reach - 1e-6) + 1))
        (top, bottom), (left, right) = ends
        return top, left, bottom, right


@dataclass(frozen=True)
class _Axis:
    """Unit i sees pixels low + i * stride to high + i * stride, both included, one axis."""

    low: Fraction
    high: Fraction
    stride: Fraction

    def window(self, before: float, after: float, stride: float = 1) -> _Axis:
        """Return what a unit sees that reads units i * stride + before to i * stride + after."""
        return _Axis(
            self.low + Fraction(before) * self.stride,
            self.high + Fraction(after) * self.stride,
            self.stride * Fraction(stride),
        )

    def whole(self, units: int, pixels: int) -> _Axis:
        """Return what sees all the units, within the picture."""
        last = (units - 1) * self.stride
        low, high = max(self.low, Fraction(0)), min(self.high + last, Fraction(pixels - 1))
        return _Axis(low, high, Fraction(0))

    def union(self, other: _Axis, units: int, pixels: int) -> _Axis:
        if self.stride != other.stride:  # no single step fits both: what any unit sees
            return self.whole(units, pixels).union(other.whole(units, pixels), units, pixels)
        return _Axis(min(self.low, other.low), max(self.high, other.high), self.stride)


Field = tuple[_Axis, _Axis]


def receptive_fields(
    graph: FlatGraph, shapes: dict[int, tuple[Any, ...]], size: tuple[int, int]
) -> dict[int, ReceptiveField]:
    """Return the receptive field of every value of a graph.

    Args:
        graph: the network, with one input N x H x W x C.
        shapes: of every value, as `graph.shapes` gives them.
        size: (height, width) of the input in pixels.

    An operation that is not known here is taken to see everything.
    """
    pixel = _Axis(Fraction(0), Fraction(0), Fraction(1))
    fields: dict[int, Field] = dict.fromkeys(graph.inputs, (pixel, pixel))
    for step in graph.steps:
        read = [value for value in step.inputs if value in fields]
        if not read:
            continue  # a constant: it sees nothing
        out_shape = shapes[step.outputs[0]]
        merged = fields[read[0]]
        for value in read[1:]:
            merged = _merge(merged, fields[value], _spatial(out_shape), size)
        field = _through(step, merged, shapes[read[0]], out_shape, size)
        fields.update(dict.fromkeys(step.outputs, field))
    return {value: _public(field) for value, field in fields.items()}


def _public(field: Field) -> ReceptiveField:
    lows = [math.floor(axis.low) for axis in field]
    highs = [math.ceil(axis.high) for axis in field]
    pairs = list(zip(lows, highs, strict=True))
    return ReceptiveField(
        size=_two([high - low + 1 for low, high in pairs]),
        stride=_two([_number(axis.stride) for axis in field]),
        start=_two([_number(Fraction(low + high, 2)) for low, high in pairs]),
    )


def _number(fraction: Fraction) -> float:
    return int(fraction) if fraction.denominator == 1 else float(fraction)


def _two(values: list[Any]) -> tuple[Any, ...]:
    first, second = values
    return first, second


def _spatial(shape: Sequence[Any]) -> tuple[int, int]:
    return (shape[1], shape[2]) if len(shape) == 4 else (1, 1)


def _merge(a: Field, b: Field, units: tuple[int, int], size: tuple[int, int]) -> Field:
    return _two([a[i].union(b[i], units[i], size[i]) for i in range(2)])


def _through(
    step: Step,
    field: Field,
    in_shape: tuple[Any, ...],
    out_shape: tuple[Any, ...],
    size: tuple[int, int],
) -> Field:
    operation = step.operation
    if is_pointwise(step, in_shape, out_shape):
        return field
    if len(in_shape) == 4 and len(out_shape) == 4:
        windows = sliding_windows(operation, _spatial(in_shape), _spatial(out_shape))
        if windows is not None:
            return _two([axis.window(*window) for axis, window in zip(field, windows, strict=True)])
    if operations.kind(step) in (operations.HIDDEN, "dense", "pooling", "normalisation"):
        units = _spatial(in_shape)
        return _two([axis.whole(units[i], size[i]) for i, axis in enumerate(field)])
    everything = [_Axis(Fraction(0), Fraction(pixels - 1), Fraction(0)) for pixels in size]
    return _two(everything)


_MERGE = operations.kinds_of_layer("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
_POINTWISE_LAYERS = (
    *_MERGE,
    layers.Dense,
    layers.BatchNormalization,
    layers.Rescaling,
    layers.Normalization,
)
_POINTWISE_OPS = operations.OPS_ARITHMETIC | {"Cast", "Maximum", "Minimum", "Clip", "Abs", "Exp"}


def is_pointwise(step: Step, in_shape: tuple[Any, ...], out_shape: tuple[Any, ...]) -> bool:
    """Return whether unit (y, x) of the result reads unit (y, x) of each input, and no other."""
    if len(in_shape) != len(out_shape) or in_shape[1:-1] != out_shape[1:-1]:
        return False
    operation, kind = step.operation, operations.kind(step)
    if kind in ("activation", "concatenate"):
        return getattr(operation, "axis", -1) in (-1, len(out_shape) - 1)
    if isinstance(operation, keras.Layer):
        if operations.passes_on(operation) or isinstance(operation, _POINTWISE_LAYERS):
            return True
        if kind == "normalisation" and not isinstance(operation, layers.GroupNormalization):
            axis = operation.axis
            axes = axis if isinstance(axis, (list, tuple)) else [axis]
            return all(a in (-1, len(out_shape) - 1) for a in axes)
        return False
    return kind == "activation" or type(operation).__name__ in _POINTWISE_OPS


Window = tuple[float, float, float]


def sliding_windows(
    operation: Any, units_in: tuple[int, int], units_out: tuple[int, int]
) -> list[Window] | None:
    """Return what unit i reads on each axis, as (before, after, stride), or None if not a window.

    It reads units i * stride + before to i * stride + after of the layer's input.
    """
    if isinstance(operation, layers.ZeroPadding2D):
        return [(-before, -before, 1) for before, _ in operation.padding]
    if isinstance(operation, layers.Cropping2D):
        return [(before, before, 1) for before, _ in operation.cropping]
    if isinstance(operation, layers.UpSampling2D):
        smooth = operation.interpolation != "nearest"
        return [_enlarged(Fraction(f), smooth) for f in operations.pair(operation.size)]
    if isinstance(operation, layers.Conv2DTranspose):
        return _transposed(operation)
    size, strides, padding = operations.geometry(operation, (*units_in, 1), zero_padded=False)
    if size is None or strides is None:
        return None
    dilation = operations.pair(getattr(operation, "dilation_rate", 1))
    found: list[Window] = []
    for axis in range(2):
        span = (size[axis] - 1) * dilation[axis]
        before = 0
        if padding == "same":
            needed = (units_out[axis] - 1) * strides[axis] + span + 1 - units_in[axis]
            before = max(needed, 0) // 2  # TensorFlow puts the odd one at the end
        found.append((-before, span - before, strides[axis]))
    return found


def _enlarged(factor: Fraction, smooth: bool) -> Window:
    """Return the window of unit i of an enlargement, which holds i / factor for every phase."""
    if smooth:  # reads two neighbours, centres aligned at half pixels
        middle = (1 / factor - 1) / 2
        return middle - 1, middle + 1, 1 / factor  # type: ignore[return-value]
    return -(factor - 1) / factor, 0, 1 / factor  # type: ignore[return-value]


def _transposed(operation: Any) -> list[Window]:
    found: list[Window] = []
    kernel, strides = operations.pair(operation.kernel_size), operations.pair(operation.strides)
    dilation = operations.pair(operation.dilation_rate)
    for size, stride, rate in zip(kernel, strides, dilation, strict=True):
        span = (size - 1) * rate
        cropped = max(span + 1 - stride, 0) // 2 if operation.padding == "same" else 0
        # Input j lands on outputs j * stride - cropped to j * stride - cropped + span.
        step = Fraction(1, stride)
        found.append(((cropped - span) * step, cropped * step, step))  # type: ignore[arg-type]
    return found
