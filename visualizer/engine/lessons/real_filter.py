"""One filter of a convolution of the open network, computed again with NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.lessons.lesson import LessonError, Numbers
from visualizer.engine.lessons.sliding import windows

if TYPE_CHECKING:
    from visualizer.engine.graph import Step
    from visualizer.engine.network import Network

Function = Callable[[np.ndarray], np.ndarray]
KINDS = ("convolution", "depthwise")
LAYERS = ("Conv2D", "DepthwiseConv2D", "Dense")
FUNCTIONS: dict[str, Function] = {
    "relu": lambda z: np.maximum(z, 0),
    "relu6": lambda z: np.clip(z, 0, 6),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-np.clip(z, -500, 500))),
    "silu": lambda z: z / (1 + np.exp(-np.clip(z, -500, 500))),
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
}
"""The activations that are computed here, by their names in Keras."""


@dataclass(frozen=True, eq=False)
class RealFilter:
    """A unit of a stage on a picture, with all that it is computed from.

    Attributes:
        stage: name of the stage.
        unit: its number in the stage.
        inputs: H x W x C, what the layer is given, with its padding of zeros.
        padded: rows above and columns to the left that are of the padding.
        kernel: h x w x C.
        bias: added to the sum.
        scale: of a batch normalisation that follows; 1 without.
        shift: of a batch normalisation that follows; 0 without.
        activation: its name, or "" for none.
        strides: (y, x).
        dilation: (y, x).
        theirs: Y x X, what the network itself computes.
    """

    stage: str
    unit: int
    inputs: np.ndarray
    padded: tuple[int, int]
    kernel: np.ndarray
    bias: float
    scale: float
    shift: float
    activation: str
    strides: tuple[int, int]
    dilation: tuple[int, int]
    theirs: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of the map."""
        return self.theirs.shape[0], self.theirs.shape[1]

    @cached_property
    def result(self) -> np.ndarray:
        """The map, Y x X, computed from the kernel: sums over channels, bias, activation."""
        seen = self._windows()
        height, width = self.kernel.shape[:2]
        sums = np.zeros(seen.shape[:2])
        for row in range(height):  # a tap at a time: never a copy of all windows
            for column in range(width):
                sums += seen[..., row, column] @ self.kernel[row, column]
        return self.activated(sums)

    @property
    def apart(self) -> float:
        """The largest difference from what the network computes."""
        return float(np.abs(self.result - self.theirs).max()) if self.theirs.size else 0.0

    def activated(self, sums: np.ndarray) -> np.ndarray:
        """Return what becomes of sums over the channels: bias, normalisation, activation."""
        before = self.scale * (sums + self.bias) + self.shift
        return FUNCTIONS[self.activation](before) if self.activation else before

    def under(self, place: tuple[int, int]) -> np.ndarray:
        """Return what the filter sees at a place of the map, h x w x C."""
        return np.moveaxis(self._windows()[place], 0, -1)

    def by_channel(self, place: tuple[int, int]) -> np.ndarray:
        """Return the sum of products of each input channel at a place, C numbers."""
        return (self.under(place) * self.kernel).sum((0, 1))

    def numbers(self, place: tuple[int, int]) -> Numbers:
        """Return the sum of a place, channel by channel, and what becomes of it."""
        sums = self.by_channel(place)
        after = float(self.activated(sums.sum()))
        rows: list[tuple[Any, ...]] = [
            ("sum of all channels", float(sums.sum())),
            ("bias", self.bias),
        ]
        if (self.scale, self.shift) != (1, 0):
            rows += [("times (normalisation)", self.scale), ("plus (normalisation)", self.shift)]
        rows += [
            (f"after {self.activation or 'no activation'}", after),
            ("the network's own number", float(self.theirs[place])),
        ]
        rows += [(f"channel {channel}", value) for channel, value in enumerate(sums.tolist())]
        return ("what", "value"), rows

    def _windows(self) -> np.ndarray:
        height, width = self.kernel.shape[:2]
        return windows(self.inputs, (height, width), self.strides, self.dilation)


@dataclass(frozen=True, eq=False)
class RealLayer:
    """A convolution of a network with what it is given and what it makes of a picture.

    Attributes:
        stage: name of the stage.
        inputs: H x W x C, with the padding of zeros.
        padded: rows above and columns to the left that are of the padding.
        weights: h x w x C' x K, or h x w x C x multiplier of a depthwise convolution.
        depthwise: whether it is one.
        bias, scale, shift: K numbers each; see `RealFilter`.
        activation: its name, or "" for none.
        strides: (y, x).
        dilation: (y, x).
        maps: Y x X x K, what the network computes.
    """

    stage: str
    inputs: np.ndarray
    padded: tuple[int, int]
    weights: np.ndarray
    depthwise: bool
    bias: np.ndarray
    scale: np.ndarray
    shift: np.ndarray
    activation: str
    strides: tuple[int, int]
    dilation: tuple[int, int]
    maps: np.ndarray

    def filter(self, unit: int) -> RealFilter:
        """Return one filter; the last one where there are not so many. Inputs are shared."""
        unit = min(unit, self.maps.shape[-1] - 1)
        if self.depthwise:
            first, which = divmod(unit, self.weights.shape[3])
            kernel = self.weights[:, :, first, which, None]
        else:
            kernel = self.weights[..., unit]
            groups = self.inputs.shape[-1] // kernel.shape[2]
            first = unit // (self.maps.shape[-1] // groups) * kernel.shape[2]
        return RealFilter(
            self.stage,
            unit,
            self.inputs[..., first : first + kernel.shape[2]],
            self.padded,
            kernel.astype(float),
            float(self.bias[unit]),
            float(self.scale[unit]),
            float(self.shift[unit]),
            self.activation,
            self.strides,
            self.dilation,
            self.maps[..., unit],
        )


def real_layer(network: Network, picture: np.ndarray, stage: str) -> RealLayer:
    """Take a convolution out of a network, with what it is given for a picture.

    Args:
        network: the open one.
        picture: H x W x 3 in [0, 1], at the network's size.
        stage: the name of a convolution.

    Raises:
        LessonError: the stage is of a kind that is not computed here.
    """
    import keras

    from visualizer.engine import operations

    def array(tensor: Any) -> np.ndarray:
        return np.asarray(keras.ops.convert_to_numpy(tensor))

    found = network.stage(stage)
    first: Any = next(iter(network.layers(stage)), None)
    weights = found.weights()
    if found.kind not in KINDS or type(first).__name__ not in LAYERS or weights is None:
        raise LessonError(f"{stage} is not a plain convolution; choose a stage that is one.")
    step, *others = _steps(network, stage)
    scale, shift = np.ones(found.units), np.zeros(found.units)
    named = [operations.activation(first)]
    for each in (other.operation for other in others):
        if isinstance(each, keras.layers.BatchNormalization) and named == [None]:
            by, plus = _normalisation(each)
            scale, shift = scale * by, shift * by + plus
        elif not operations.passes_on(each):
            named.append(operations.activation(each) or type(each).__name__)
    functions = [each for each in named if each]
    if len(functions) > 1 or not set(functions) <= set(FUNCTIONS):
        raise LessonError(f"{stage} ends in {', '.join(functions)}, which is not computed here.")
    seen = network.preprocessing.seen(keras.ops.convert_to_tensor(picture[None]))
    given = {network.graph.inputs[0]: network.preprocessing.scaled(seen)}
    wanted = [step.inputs[0], network.value_of(stage)]
    tensors = network.graph.run(given, wanted)
    inputs, maps = (array(tensors[value])[0].astype(np.float32) for value in wanted)
    strides = operations.pair(getattr(first, "strides", 1))
    dilation = operations.pair(getattr(first, "dilation_rate", 1))
    pads = [(0, 0), (0, 0)]
    if getattr(first, "padding", "valid") == "same":
        sides = zip(inputs.shape[:2], weights.shape[:2], strides, dilation, strict=True)
        pads = [same_padding(*each) for each in sides]
    bias = getattr(first, "bias", None)
    return RealLayer(
        stage,
        np.pad(inputs, (*pads, (0, 0))),
        (pads[0][0], pads[1][0]),
        weights,
        found.kind == "depthwise",
        np.zeros(found.units) if bias is None else array(bias),
        scale,
        shift,
        functions[0] if functions else "",
        strides,
        dilation,
        maps,
    )


def same_padding(side: int, window: int, stride: int, dilation: int) -> tuple[int, int]:
    """Return the zeros before and after a side for the padding that Keras calls "same"."""
    reach = (window - 1) * dilation + 1
    total = max((math.ceil(side / stride) - 1) * stride + reach - side, 0)
    return total // 2, total - total // 2


def _steps(network: Network, stage: str) -> list[Step]:
    """The operations of a stage in the graph, in order."""
    maker, value = network.graph.maker(), network.value_of(stage)
    found: list[Step] = []
    for _ in network.layers(stage):
        found.insert(0, maker[value])
        value = maker[value].inputs[0]
    return found


def _normalisation(layer: Any) -> tuple[np.ndarray, np.ndarray]:
    """What a batch normalisation multiplies units by at inference, and what it adds."""
    import keras

    def of(variable: Any, otherwise: float) -> Any:
        return otherwise if variable is None else np.asarray(keras.ops.convert_to_numpy(variable))

    scale = of(layer.gamma, 1.0) / np.sqrt(of(layer.moving_variance, 1.0) + layer.epsilon)
    return scale, of(layer.beta, 0.0) - of(layer.moving_mean, 0.0) * scale
