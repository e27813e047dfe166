"""Layers and functions that Keras had once and computes differently, or not at all, today.

`repairs` puts them in place of what an old file names, under the names in
`layer_allowlist.OLD_LAYERS`. Their weights lie in files under the names of the classes, so the
classes are called as in Keras. Importing this imports Keras.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from visualizer.models.layer_allowlist import PACKAGE


def hard_sigmoid(x: Any) -> Any:
    """Compute clip(0.2 x + 0.5, 0, 1), as Keras 1 and 2 do; Keras 3 has x / 6 + 0.5."""
    return ops.clip(0.2 * x + 0.5, 0.0, 1.0)


class Attention(keras.layers.Attention):
    """Attention of Keras up to 2.9, where `causal` was a setting and not an argument."""

    def __init__(self, causal: bool = False, **others: Any) -> None:
        super().__init__(**others)
        self.causal = causal

    def call(self, inputs: Any, *args: Any, **others: Any) -> Any:
        return super().call(inputs, *args, **{**others, "use_causal_mask": self.causal})


class LayerNormalization(keras.layers.LayerNormalization):
    """Layer normalisation with the `rms_scaling` of Keras 3.0-3.12.

    x / sqrt(variance + epsilon) * gamma: the mean is taken off for the variance only, and there
    is a gamma whatever `scale` says, and no beta.
    """

    def __init__(self, **others: Any) -> None:
        super().__init__(**{**others, "scale": True, "center": False})

    def call(self, inputs: Any) -> Any:
        shape = [1] * len(inputs.shape)
        for axis in self.axis:
            shape[axis] = inputs.shape[axis]
        variance = ops.var(inputs, axis=self.axis, keepdims=True)
        gamma = ops.reshape(ops.convert_to_tensor(self.gamma), shape)
        return inputs * ops.rsqrt(variance + self.epsilon) * gamma


class RandomCrop(keras.layers.Layer):
    """The random crop of Keras 2.3 to 2.6, except in training: resized, then the middle."""

    def __init__(self, height: int, width: int, **others: Any) -> None:
        super().__init__(**others)
        self.height, self.width = int(height), int(width)

    def call(self, inputs: Any) -> Any:
        height, width = self._resized(*inputs.shape[1:3])
        resized = ops.image.resize(inputs, (height, width), data_format="channels_last")
        top, left = (height - self.height) // 2, (width - self.width) // 2
        return resized[:, top : top + self.height, left : left + self.width]

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        return (input_shape[0], self.height, self.width, input_shape[-1])

    def _resized(self, height: int | None, width: int | None) -> tuple[int, int]:
        if height is None or width is None:
            raise ValueError("a random crop needs an input of fixed size")
        if height / width > self.height / self.width:
            return int(self.width * height / width), self.width
        return self.height, int(self.height * width / height)


class SyncBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalisation whose statistics are gathered over several devices in training."""


class UpSampling2D(keras.layers.UpSampling2D):
    """Bilinear upsampling of Keras 2 before it was TensorFlow's.

    Pixel i of the result is that of the input at i / factor, not at (i + 1/2) / factor - 1/2.
    """

    def call(self, inputs: Any) -> Any:
        for axis, factor in enumerate(self.size, 1):
            count = ops.shape(inputs)[axis]
            place = ops.arange(count * factor)
            low = place // factor
            high = ops.minimum(low + 1, count - 1)
            share = ops.cast(place % factor, inputs.dtype) / factor
            share = ops.reshape(share, (-1, 1) if axis == 2 else (-1, 1, 1))
            inputs = (
                ops.take(inputs, low, axis=axis) * (1 - share)
                + ops.take(inputs, high, axis=axis) * share
            )
        return inputs


class LocallyConnected(keras.layers.Layer):
    """A convolution with a kernel of its own at every position, of Keras 1 and 2.

    Args:
        filters: how many units.
        kernel_size: of the window, by axis.
        strides: by axis.
        padding: "valid" or "same".
        activation: what it ends with.
        use_bias: whether there is a bias, one a unit and position.
        implementation: how the kernel is kept. 1: positions x (window and channels) x filters;
            2: a dense matrix input x output; 3: the non-zero numbers of that matrix.
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        activation: Any = None,
        use_bias: bool = True,
        implementation: int = 1,
        **others: Any,
    ) -> None:
        super().__init__(**others)
        self.filters = filters
        self.kernel_size = _per_axis(kernel_size, self.rank)
        self.strides = _per_axis(strides, self.rank)
        self.padding, self.implementation = padding, implementation
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias

    def build(self, input_shape: Any) -> None:
        sides, channels = tuple(input_shape[1:-1]), input_shape[-1]
        if None in (*sides, channels):
            raise ValueError("a locally connected layer needs an input of fixed size")
        self._sides, self._channels = sides, channels
        self._out = self._out_sides(sides)
        if self.implementation == 1:
            window = math.prod(self.kernel_size) * channels
            shape: tuple[int, ...] = (math.prod(self._out), window, self.filters)
        elif self.implementation == 2:
            shape = (*sides, channels, *self._out, self.filters)
        else:
            shape = (self._pairs() * channels * self.filters,)
        self.kernel = self.add_weight(shape=shape, name="kernel")
        if self.use_bias:
            self.bias = self.add_weight(shape=(*self._out, self.filters), name="bias")
        if self.implementation == 2:
            self._mask = self._connected()
        elif self.implementation == 3:
            self._reads, self._writes = self._order()

    def call(self, inputs: Any) -> Any:
        kernel = ops.convert_to_tensor(self.kernel)
        flat = ops.reshape(inputs, (-1, math.prod(self._sides) * self._channels))
        if self.implementation == 1:
            result = ops.einsum("npw,pwf->npf", self._windows(inputs), kernel)
        elif self.implementation == 2:
            matrix = ops.reshape(kernel * self._mask, (flat.shape[1], -1))
            result = ops.matmul(flat, matrix)
        else:
            products = ops.take(flat, self._reads, axis=1) * kernel
            units = math.prod(self._out) * self.filters
            summed = ops.segment_sum(ops.transpose(products), self._writes, units)
            result = ops.transpose(summed)
        result = ops.reshape(result, (-1, *self._out, self.filters))
        if self.use_bias:
            result = result + ops.convert_to_tensor(self.bias)
        return self.activation(result)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        sides = tuple(input_shape[1:-1])
        return (input_shape[0], *self._out_sides(sides), self.filters)

    def _out_sides(self, sides: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(
            -(-(side if self.padding == "same" else side - kernel + 1) // stride)
            for side, kernel, stride in zip(sides, self.kernel_size, self.strides, strict=True)
        )

    def _windows(self, inputs: Any) -> Any:
        """N x positions x (window, channels)."""
        size, strides = self.kernel_size, self.strides
        if self.rank == 1:  # a map of one column
            inputs, size, strides = inputs[:, :, None], (*size, 1), (*strides, 1)
        found = ops.image.extract_patches(
            inputs, size, strides, padding="valid", data_format="channels_last"
        )
        return ops.reshape(found, (-1, math.prod(self._out), found.shape[-1]))

    def _reach(self, axis: int) -> np.ndarray:
        """In x out along one axis: whether a position of the output reads one of the input."""
        size, place = self.kernel_size[axis], np.arange(self._sides[axis])[:, None]
        first = np.arange(self._out[axis]) * self.strides[axis]
        if self.padding == "same":
            first = first - size // 2  # as Keras 2 does, whatever the stride
        return (first <= place) & (place < first + size)

    def _connected(self) -> np.ndarray:
        """(sides of the input, 1, sides of the output, 1): 1 where a unit reads, else 0."""
        reach = [self._reach(axis).astype(np.float32) for axis in range(self.rank)]
        if self.rank == 1:
            return reach[0][:, None, :, None]
        return np.einsum("ab,cd->acbd", *reach)[:, :, None, :, :, None]

    def _pairs(self) -> int:
        """How many positions of the input all positions of the output read."""
        return math.prod(int(self._reach(axis).sum()) for axis in range(self.rank))

    def _order(self) -> tuple[np.ndarray, np.ndarray]:
        """The number of the input and of the output that each number of the kernel joins."""
        pairs = [np.argwhere(self._reach(axis)).T for axis in range(self.rank)]
        channels = np.indices((self._channels, self.filters)).reshape(2, -1)
        reads = writes = np.zeros(1, np.int64)
        for (inside, outside), side, out in zip(
            [*pairs, channels],
            [*self._sides, self._channels],
            [*self._out, self.filters],
            strict=True,
        ):
            reads = (reads[:, None] * side + inside).ravel()
            writes = (writes[:, None] * out + outside).ravel()
        order = np.lexsort((reads, writes))  # as Keras 2 sorts them: by output, then input
        return reads[order].astype(np.int32), writes[order].astype(np.int32)


class LocallyConnected1D(LocallyConnected):
    """Over one axis: N x positions x channels."""

    rank = 1


class LocallyConnected2D(LocallyConnected):
    """Over two axes: N x rows x columns x channels."""

    rank = 2


def registered() -> dict[str, Any]:
    """Return the classes and functions by the name under which a description asks for them."""
    made = (Attention, LayerNormalization, RandomCrop, SyncBatchNormalization, UpSampling2D)
    return {
        PACKAGE + item.__name__: item
        for item in (*made, LocallyConnected1D, LocallyConnected2D, hard_sigmoid)
    }


def _per_axis(value: Any, rank: int) -> tuple[int, ...]:
    values = value if isinstance(value, (list, tuple)) else [value] * rank
    return tuple(int(one) for one in values)
