"""One-tower AlexNet, after Krizhevsky, Sutskever & Hinton 2012, for photos of 195 x 195 pixels.

The weights that come with the program are of an earlier version, for 135 x 135, which is read from
its own file.

The window shows convolution -> ReLU -> pooling and nothing else. Batch normalisation is used while
training only and folded into the convolutions afterwards (`fold`), together with the pixel scaling:
`conv1` is not padded, so the folded network is exactly the trained one.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

SIZE = 195
"""Side of the input in pixels: maps of 47, 23, 11 and 4 where the original has 55, 27, 13, 6."""

SIZES = (99, 131, 163, 195, 227)
"""Sides at which no pooling leaves out a row, with variables of the same shapes."""

LAST = 4
"""Side of the maps that `fc6` sees, whatever the size of the input."""

PIXEL_SCALE, PIXEL_OFFSET = 4.0, -1.8
"""Training sees 4 x pixel - 1.8: about zero mean and unit variance over photos in [0, 1]."""

CONVOLUTIONS = {  # name: (channels, kernel, stride, padding)
    "conv1": (64, 11, 4, "valid"),
    "conv2": (192, 5, 1, "same"),
    "conv3": (384, 3, 1, "same"),
    "conv4": (256, 3, 1, "same"),
    "conv5": (256, 3, 1, "same"),
}
POOL_AFTER = {"conv1": "pool1", "conv2": "pool2", "conv5": "pool3"}


def _pooling(name: str, side: int) -> layers.Layer:
    """Overlapping pooling; `pool3` takes as large windows as leave maps of `LAST` x `LAST`."""
    if name != "pool3":
        return layers.MaxPooling2D(3, 2, name=name)
    stride = max(1, side // LAST)
    return layers.MaxPooling2D(side - (LAST - 1) * stride, stride, name=name)


def build(classes: int = 200, size: int = SIZE) -> keras.Model:
    """Build the network as it is used, with random weights.

    Input: N x size x size x 3, pixels in [0, 1]. Output: N x classes, probabilities.
    """
    x = pixels = layers.Input((size, size, 3), name="data")
    for name, (channels, kernel, stride, padding) in CONVOLUTIONS.items():
        x = layers.Conv2D(channels, kernel, stride, padding, activation="relu", name=name)(x)
        if name in POOL_AFTER:
            x = _pooling(POOL_AFTER[name], x.shape[1])(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(1024, activation="relu", name="fc6")(x)
    x = layers.Dense(classes, activation="softmax", name="output")(x)
    return keras.Model(pixels, x, name="alexnet")


def build_for_training(classes: int = 200, size: int = SIZE, dropout: float = 0.3) -> keras.Model:
    """Build the same network as it is trained: batch normalisation, dropout, logits out.

    Input: N x size x size x 3, pixels in [0, 1]. Output: N x classes, logits in float32.
    Its variables have the same shapes for every size of `SIZES`: the small ones are cheap, for the
    first epochs.
    """
    x = pixels = layers.Input((size, size, 3), name="data")
    x = layers.Rescaling(PIXEL_SCALE, PIXEL_OFFSET, dtype="float32")(x)
    for name, (channels, kernel, stride, padding) in CONVOLUTIONS.items():
        x = layers.Conv2D(channels, kernel, stride, padding, use_bias=False, name=name)(x)
        x = layers.BatchNormalization(momentum=0.98, epsilon=1e-3, name=f"{name}_normalised")(x)
        x = layers.ReLU(name=f"{name}_relu")(x)
        if name in POOL_AFTER:
            x = _pooling(POOL_AFTER[name], x.shape[1])(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(1024, use_bias=False, name="fc6")(x)
    x = layers.BatchNormalization(momentum=0.98, epsilon=1e-3, name="fc6_normalised")(x)
    x = layers.ReLU(name="fc6_relu")(x)
    x = layers.Dropout(dropout, name="fc6_dropout")(x)
    x = layers.Dense(classes, dtype="float32", name="output")(x)
    return keras.Model(pixels, x, name="alexnet_training")


def fold(trained: keras.Model, temperature: float = 1.0) -> keras.Model:
    """Return the shipped network that computes what `trained` computes.

    Batch normalisation y = gamma (x - mean) / sqrt(var + eps) + beta goes into the kernel and bias
    before it; the pixel scaling goes into `conv1`; the logits are divided by `temperature`
    (Guo et al. 2017, section 4.2), so that the probabilities are calibrated.
    """
    shipped = build(trained.output_shape[-1], trained.input_shape[1])
    for name in (*CONVOLUTIONS, "fc6"):
        kernel = np.asarray(trained.get_layer(name).kernel, np.float64)
        norm = trained.get_layer(f"{name}_normalised")
        gamma, beta, mean, variance = (np.asarray(v, np.float64) for v in norm.get_weights())
        scale = gamma / np.sqrt(variance + norm.epsilon)
        kernel, bias = kernel * scale, beta - mean * scale
        if name == "conv1":
            bias = bias + PIXEL_OFFSET * kernel.sum((0, 1, 2))
            kernel = kernel * PIXEL_SCALE
        shipped.get_layer(name).set_weights([kernel, bias])
    kernel, bias = trained.get_layer("output").get_weights()
    shipped.get_layer("output").set_weights([kernel / temperature, bias / temperature])
    return shipped
