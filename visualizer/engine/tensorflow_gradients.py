"""Quicker gradients of convolutions and matrix products than TensorFlow's own on a CPU.

They are the same up to rounding. TensorFlow takes most of the time of AlexNet's backward pass for
the gradient of its first convolution (11 x 11 pixels, stride 4) in the pixels. Only `backend`
imports this module.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import tensorflow as tf

FEW_CHANNELS = 4
"""Most channels of an input, such as pixels, for which `_in_blocks` is the quicker way."""


def quick() -> AbstractContextManager[None]:
    """Give the operations that are made meanwhile in the present graph these gradients."""
    graph = tf.compat.v1.get_default_graph()
    return graph.gradient_override_map(_registered())


@cache
def _registered() -> dict[str, str]:
    """The names under which TensorFlow knows these gradients, by operation."""
    tf.RegisterGradient("QuickConv2D")(_conv2d)
    tf.RegisterGradient("QuickMatMul")(_matmul)
    return {"Conv2D": "QuickConv2D", "MatMul": "QuickMatMul"}


def _conv2d(op: Any, slope: Any) -> tuple[Any, Any]:
    x, kernel = op.inputs
    names = ("strides", "padding", "explicit_paddings", "dilations", "data_format")
    settings = {name: op.get_attr(name) for name in names}
    if _suits_blocks(op):
        in_x = _in_blocks(x, kernel, slope, settings["strides"][1])
    else:
        in_x = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=tf.shape(x), filter=kernel, out_backprop=slope, **settings
        )
    in_kernel = tf.raw_ops.Conv2DBackpropFilter(
        input=x, filter_sizes=tf.shape(kernel), out_backprop=slope, **settings
    )
    return in_x, in_kernel


def _suits_blocks(op: Any) -> bool:
    """Whether it is a convolution of a few channels, with a large kernel in long strides."""
    x, kernel = op.inputs
    (_, down, across, _), (height, width, channels, _) = op.get_attr("strides"), kernel.shape
    return (
        op.get_attr("padding") == b"VALID"
        and op.get_attr("data_format") == b"NHWC"
        and op.get_attr("dilations") == [1, 1, 1, 1]
        and down == across > 1
        and None not in kernel.shape
        and x.shape[3] == channels <= FEW_CHANNELS
        and min(height, width) > 2 * down
    )


def _in_blocks(x: Any, kernel: Any, slope: Any, stride: int) -> Any:
    """The gradient in x of a convolution without padding, by one without strides.

    In blocks of stride x stride pixels, x has stride^2 times the channels, and the kernel, in the
    same blocks, moves by one at a time.
    """
    height, width = tf.shape(x)[1], tf.shape(x)[2]  # known when it runs, in a graph of any size
    *sides, channels, units = kernel.shape
    rows, columns = (-(-side // stride) for side in sides)  # blocks of the kernel
    margin = [[0, rows * stride - sides[0]], [0, columns * stride - sides[1]], [0, 0], [0, 0]]
    row = stride * channels  # numbers in a row of a block
    blocks = tf.reshape(tf.pad(kernel, margin), (rows, stride, columns, row, units))
    blocks = tf.reshape(tf.transpose(blocks, (0, 2, 1, 3, 4)), (rows, columns, -1, units))
    count, down, across, _ = tf.unstack(tf.shape(slope))
    down, across = down + rows - 1, across + columns - 1  # blocks of x
    found = tf.raw_ops.Conv2DBackpropInput(
        input_sizes=tf.stack([count, down, across, stride * row]),
        filter=blocks,
        out_backprop=slope,
        strides=[1, 1, 1, 1],
        padding="VALID",
    )
    found = tf.nn.depth_to_space(found, stride)[:, :height, :width]
    below, right = tf.maximum(0, height - down * stride), tf.maximum(0, width - across * stride)
    found = tf.pad(found, [[0, 0], [0, below], [0, right], [0, 0]])  # pixels no window reaches
    return tf.ensure_shape(found, x.shape)


def _matmul(op: Any, slope: Any) -> tuple[Any, Any]:
    """In a batch x of x @ weights, (weights @ slope^T)^T: the weights are read as they lie."""
    x, weights = op.inputs
    x_turned, weights_turned = op.get_attr("transpose_a"), op.get_attr("transpose_b")
    in_x = tf.matmul(weights, slope, transpose_a=weights_turned, transpose_b=True)
    in_weights = tf.matmul(x, slope, transpose_a=not x_turned)
    return (
        in_x if x_turned else tf.transpose(in_x),
        tf.transpose(in_weights) if weights_turned else in_weights,
    )
