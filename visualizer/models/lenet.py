"""LeNet-5 for digits of 28 x 28 pixels: LeCun, Bottou, Bengio & Haffner 1998, section II.B.

The convolutions, their order and their sizes are the paper's. Units are ReLUs and pooling takes
the maximum, as has become usual; every map of `conv2` is joined to every one of `pool1`, which the
paper avoided to save time, and the outputs are a softmax where it has radial basis functions.
"""

from __future__ import annotations

import keras
from keras import layers

SIZE = 28


def build(classes: int = 10, activation: str | None = "softmax") -> keras.Model:
    """Build the network with random weights.

    Input: N x 28 x 28 x 1, light strokes on black, in [0, 1]. Output: N x classes, probabilities,
    or logits where `activation` is None, as training takes it.
    """
    x = pixels = layers.Input((SIZE, SIZE, 1), name="data")
    x = layers.Conv2D(6, 5, padding="same", activation="relu", name="conv1")(x)
    x = layers.MaxPooling2D(2, name="pool1")(x)
    x = layers.Conv2D(16, 5, activation="relu", name="conv2")(x)
    x = layers.MaxPooling2D(2, name="pool2")(x)
    x = layers.Conv2D(120, 5, activation="relu", name="conv3")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(84, activation="relu", name="fc4")(x)
    x = layers.Dense(classes, activation=activation, name="output")(x)
    return keras.Model(pixels, x, name="lenet")
