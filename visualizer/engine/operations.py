"""What an operation of a network is: its kind, activation, geometry, weights and cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import keras
import numpy as np
from keras import layers

from visualizer.engine.graph import FlatGraph, Step

Kind = Literal[
    "input",
    "convolution",
    "depthwise",
    "pooling",
    "dense",
    "add",
    "concatenate",
    "activation",
    "normalisation",
    "other",
]

HIDDEN = "hidden"
"""The kind of operations that are not stages: they only move, scale or drop numbers."""


def kinds_of_layer(*names: str) -> tuple[type, ...]:
    """Return the layer classes of these names that this Keras has: some came after 3.8."""
    return tuple(getattr(layers, name) for name in names if hasattr(layers, name))


CONVOLUTION = kinds_of_layer("Conv2D", "SeparableConv2D", "Conv2DTranspose")
GLOBAL_POOLING = kinds_of_layer("GlobalAveragePooling2D", "GlobalMaxPooling2D")
LOCAL_POOLING = kinds_of_layer("MaxPooling2D", "AveragePooling2D")
DROPOUT = kinds_of_layer(
    *("Dropout", "SpatialDropout2D", "GaussianDropout", "GaussianNoise", "AlphaDropout"),
    *("ActivityRegularization", "Identity"),
)
ACTIVATION = kinds_of_layer("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax")
_BY_LAYER: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("convolution", CONVOLUTION),
    ("depthwise", kinds_of_layer("DepthwiseConv2D")),
    ("dense", kinds_of_layer("Dense", "EinsumDense")),
    ("pooling", GLOBAL_POOLING + LOCAL_POOLING),
    ("pooling", kinds_of_layer("AdaptiveAveragePooling2D", "AdaptiveMaxPooling2D")),
    ("add", kinds_of_layer("Add")),
    ("concatenate", kinds_of_layer("Concatenate")),
    ("activation", ACTIVATION),
    (
        "normalisation",
        kinds_of_layer("BatchNormalization", "LayerNormalization", "GroupNormalization")
        + kinds_of_layer("UnitNormalization", "RMSNormalization"),
    ),
    (
        HIDDEN,
        kinds_of_layer(
            *("InputLayer", "Rescaling", "Normalization", "ZeroPadding2D", "Cropping2D"),
            *("Flatten", "Reshape", "Permute", "RandomFlip", "RandomRotation", "RandomZoom"),
            *("RandomCrop", "RandomTranslation", "RandomContrast", "RandomBrightness"),
        ),
    ),
)
# Layers of keras.applications that Keras does not export.
_SCALES = {"LayerScale", "StochasticDepth"}
# Operations of `keras.ops`, by the name of their class.
_OPS_ACTIVATION = {
    *("Relu", "Relu6", "Sigmoid", "Softmax", "LogSoftmax", "Silu", "Gelu", "Elu", "Selu", "Celu"),
    *("Tanh", "Softplus", "Softsign", "LeakyRelu", "HardSigmoid", "HardSilu", "HardSwish"),
}
RECTIFIERS = {"relu", "relu6", "leaky_relu", "prelu"}
OPS_ARITHMETIC = {"Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Power", "Negative"}
_OPS_HIDDEN = {"Cast", "Reshape", "Squeeze", "ExpandDims", "Pad", "Transpose", "GetItem", "Flip"}


def kind(step: Step) -> str:
    """Return the `Kind` of the operation, or `HIDDEN`."""
    operation = step.operation
    if passes_on(operation):
        return HIDDEN
    if isinstance(operation, layers.Dense) and len(step.specs[0].shape) == 4:
        return "convolution"  # of 1 x 1: the same units at every position
    if isinstance(operation, keras.Layer):
        return next((name for name, kinds in _BY_LAYER if isinstance(operation, kinds)), "other")
    name = type(operation).__name__
    if name in _OPS_ACTIVATION:
        return "activation"
    if name in _OPS_HIDDEN or (name in OPS_ARITHMETIC and len(step.inputs) == 1):
        return HIDDEN
    return {"Add": "add", "Concatenate": "concatenate"}.get(name, "other")


def activation(operation: Any) -> str | None:
    """Return the name of the activation an operation ends with ("relu", "softmax"), or None."""
    if not isinstance(operation, keras.Layer):
        name = type(operation).__name__
        return _snake(name) if name in _OPS_ACTIVATION else None
    if isinstance(operation, layers.ReLU):
        if operation.negative_slope:
            return "leaky_relu"
        return "relu6" if operation.max_value == 6 else "relu"
    function = getattr(operation, "activation", None)
    if function is not None:
        name = getattr(function, "__name__", None) or _snake(type(function).__name__)
        return None if name == "linear" else name
    return _snake(type(operation).__name__) if isinstance(operation, ACTIVATION) else None


def passes_on(operation: Any) -> bool:
    """Return whether it is the identity up to a scale at inference: dropout, linear activation."""
    linear = isinstance(operation, layers.Activation) and activation(operation) is None
    return linear or isinstance(operation, DROPOUT) or type(operation).__name__ in _SCALES


def _snake(name: str) -> str:
    known = {"LeakyReLU": "leaky_relu", "LeakyRelu": "leaky_relu", "PReLU": "prelu", "ELU": "elu"}
    short = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
    return known.get(name, short)


def without_activation(operation: Any) -> Any:
    """Return a layer that computes what `operation` does up to its own activation.

    It shares the weights; the layer itself is left alone, so that other threads may run it.
    """
    twin = object.__new__(type(operation))
    twin.__dict__.update(operation.__dict__)
    twin.__dict__["activation"] = keras.activations.linear
    return twin


def rectifies(operation: Any) -> bool:
    """Return whether the operation is, or ends in, a ReLU: a plain, bounded or leaky one."""
    return activation(operation) in RECTIFIERS


def with_relu(
    steps: Sequence[Step], relu: Callable[[Callable[..., Any]], Callable[..., Any]] | None
) -> dict[int, Callable[..., Any]]:
    """Return what takes the place of every ReLU, by the number of its output; {} for None.

    `relu` is given the function of a ReLU, be it bounded or leaky, and returns the one to use.
    """
    if relu is None:
        return {}
    replaced: dict[int, Callable[..., Any]] = {}
    for step in steps:
        if not rectifies(step.operation):
            continue
        if has_own_activation(step.operation):
            twin = without_activation(step.operation)
            twin.__dict__["activation"] = relu(step.operation.activation)
            replaced[step.outputs[0]] = twin
        else:
            replaced[step.outputs[0]] = relu(step.operation)
    return replaced


def without_last_activations(graph: FlatGraph, value: int) -> dict[int, Callable[..., Any]]:
    """Return what replaces the activations that only pooling and joining lie between and a value.

    So the value is pooled or joined from what went into them. By the number of their output.
    """
    maker = graph.maker()
    replaced: dict[int, Callable[..., Any]] = {}
    stack = [value]
    while stack:
        made = stack.pop()
        if made not in maker or made in replaced:
            continue
        step = maker[made]
        if has_own_activation(step.operation):
            replaced[made] = without_activation(step.operation)
        elif kind(step) == "activation":
            replaced[made] = keras.activations.linear
        elif kind(step) in ("pooling", "concatenate", HIDDEN):
            stack.extend(step.inputs)
    return replaced


def has_own_activation(operation: Any) -> bool:
    """Return whether the layer applies an activation as its last act, as `Conv2D` may."""
    fused = (*CONVOLUTION, layers.DepthwiseConv2D, layers.Dense, layers.EinsumDense)
    return isinstance(operation, fused) and activation(operation) is not None


def kernel(operation: Any) -> np.ndarray | None:
    """Return the kernel as the layer keeps it, or None if it has none.

    Convolution: height x width x channels in x channels out. Depthwise and the first half of a
    separable one: height x width x channels x multiplier. Dense: units in x units out.
    """
    for name in ("depthwise_kernel", "_kernel", "kernel"):
        variable = getattr(operation, name, None)
        if variable is not None:
            return np.array(keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(variable)))
    return None


def multiply_adds(operation: Any, in_shape: Sequence[int], out_shape: Sequence[int]) -> int:
    """Return the multiply-adds of one picture through a layer; additions alone count as none.

    Args:
        operation: the layer; anything but a convolution or dense layer costs 0.
        in_shape: of one picture, H x W x C or C.
        out_shape: likewise.
    """
    positions = math.prod(out_shape[:-1])
    if isinstance(operation, layers.SeparableConv2D):
        depth = in_shape[-1] * operation.depth_multiplier
        return positions * depth * (math.prod(operation.kernel_size) + out_shape[-1])
    if isinstance(operation, layers.DepthwiseConv2D):
        return positions * math.prod(operation.kernel_size) * out_shape[-1]
    if isinstance(operation, layers.Conv2DTranspose):
        taps = math.prod(operation.kernel_size) * in_shape[-1] * out_shape[-1]
        return math.prod(in_shape[:-1]) * taps
    if isinstance(operation, layers.Conv2D):
        taps = math.prod(operation.kernel_size) * in_shape[-1] // operation.groups
        return positions * taps * out_shape[-1]
    if isinstance(operation, layers.Dense):
        return positions * in_shape[-1] * out_shape[-1]
    return 0


def geometry(
    operation: Any, in_shape: Sequence[int], zero_padded: bool
) -> tuple[tuple[int, int] | None, tuple[int, int] | None, str | None]:
    """Return (kernel size, strides, padding) of a layer that slides a window, else Nones.

    Args:
        operation: the layer.
        in_shape: of one picture, H x W x C; the window of a global pooling.
        zero_padded: whether zeros were put around before it: its padding is then "explicit".
    """
    if isinstance(operation, layers.Dense) and len(in_shape) == 3:
        return (1, 1), (1, 1), "valid"
    if isinstance(operation, GLOBAL_POOLING):
        return (in_shape[0], in_shape[1]), None, None
    if isinstance(operation, (*CONVOLUTION, *LOCAL_POOLING, layers.DepthwiseConv2D)):
        layer: Any = operation
        size = layer.pool_size if hasattr(layer, "pool_size") else layer.kernel_size
        padding = "explicit" if zero_padded else layer.padding
        return pair(size), pair(layer.strides), padding
    return None, None, None


def pair(value: Any) -> tuple[int, int]:
    """Return (y, x) of a setting that may be one number for both."""
    height, width = (value, value) if isinstance(value, int) else value
    return int(height), int(width)
