"""Batch normalisation folded into the convolution before it, for weights in PyTorch's layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras
    import numpy as np

EPSILON = 1e-3


def fold(layer: keras.Layer, tensors: dict[str, np.ndarray], kernel: str, norm: str) -> None:
    """Set a convolution's kernel and bias to do convolution and batch normalisation at once.

    y = gamma (x - mean) / sqrt(variance + epsilon) + beta is linear in x, so it can be one with the
    convolution that makes x.

    Args:
        layer: a Conv2D or DepthwiseConv2D with bias.
        tensors: PyTorch's state dictionary; kernels are (out, in, height, width).
        kernel: name of the convolution in it.
        norm: name of the batch normalisation in it.

    Raises:
        KeyError: a tensor is missing.
        ValueError: a tensor has another shape than the layer.
    """
    gamma, beta, mean, variance = (
        tensors[f"{norm}.{part}"].astype("float64")
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gamma / (variance + EPSILON) ** 0.5
    values = tensors[f"{kernel}.weight"] * scale[:, None, None, None]
    depthwise = hasattr(layer, "depth_multiplier")
    values = values.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
    layer.set_weights([values.astype("float32"), (beta - mean * scale).astype("float32")])
