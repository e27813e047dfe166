"""Small networks to climb, with random weights of both signs."""

import numpy as np
import pytest


def opened(*stack, size=24, channels=3, classes=()):
    import keras

    from visualizer.engine.network import Network
    from visualizer.engine.preprocessing import Preprocessing

    model = keras.Sequential([keras.layers.Input((size, size, channels)), *stack])
    rng = np.random.default_rng(3)
    model.set_weights(
        [
            rng.normal(0, np.sqrt(2 / np.prod(w.shape[:-1])), w.shape) if w.ndim > 1 else w
            for w in model.get_weights()
        ]
    )
    names = {"name": "hill", "title": "Hill", "classes": classes, "sha256": ""}
    return Network(model, preprocessing=Preprocessing(channels=channels), **names)


@pytest.fixture(scope="session")
def hill():
    """Two convolutions and a dense head of four classes, on 24 x 24 pixels."""
    from keras import layers

    return opened(
        layers.Conv2D(8, 5, 2, activation="relu", name="conv1"),
        layers.Conv2D(8, 3, padding="same", activation="relu", name="conv2"),
        layers.Flatten(name="flatten"),
        layers.Dense(4, activation="softmax", name="scores"),
    )


@pytest.fixture(scope="session")
def grey_hill():
    """One convolution and a dense head of four classes, on 24 x 24 pixels without colour."""
    from keras import layers

    return opened(
        layers.Conv2D(8, 5, 2, activation="relu", name="conv1"),
        layers.Flatten(name="flatten"),
        layers.Dense(4, activation="softmax", name="scores"),
        channels=1,
    )


@pytest.fixture(scope="session")
def flat():
    """One 1 x 1 convolution to two channels without bias or activation: all is done by hand."""
    from keras import layers

    network = opened(
        layers.Conv2D(2, 1, use_bias=False, name="conv1"),
        layers.GlobalAveragePooling2D(name="mean"),
        size=8,
    )
    network.model.set_weights([FLAT[None, None]])
    return network


FLAT = np.array([[1.0, -2.0], [0.5, 0.0], [0.0, 3.0]], np.float32)
"""Colours to channels of `flat`."""


@pytest.fixture
def half_dead():
    """Four channels; channels 1 and 2 see nothing."""
    from keras import layers

    network = opened(
        layers.Conv2D(4, 3, activation="relu", name="conv1"),
        layers.GlobalAveragePooling2D(name="mean"),
        layers.Dense(2, name="scores"),
        size=16,
    )
    kernel, bias, *rest = network.model.get_weights()
    kernel[..., 1:3] = 0
    network.model.set_weights([kernel, bias, *rest])
    return network


@pytest.fixture(scope="session")
def silent():
    """A ReLU that nearly grey pictures leave at zero, pooled, and joined with another."""
    import keras
    from keras import layers

    from visualizer.engine.network import Network
    from visualizer.engine.preprocessing import Preprocessing

    x = inputs = layers.Input((16, 16, 3))
    quiet = keras.initializers.Constant(-0.5)
    kernel = keras.initializers.RandomNormal(0, 0.3, seed=4)
    with_own = layers.Conv2D(3, 3, activation="relu", kernel_initializer=kernel, name="conv1")
    x = with_own(layers.Rescaling(1, -0.5)(x))
    x = layers.MaxPooling2D(2, name="pool1")(x)
    other = layers.Conv2D(2, 3, padding="same", kernel_initializer=kernel, name="conv2")(x)
    other = layers.ReLU(name="relu2")(other)
    x = layers.Concatenate(name="joined")([x, other])
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    model = keras.Model(inputs, layers.Dense(2, name="scores")(x))
    for name in ("conv1", "conv2"):
        layer = model.get_layer(name)
        layer.set_weights([layer.get_weights()[0], quiet(layer.get_weights()[1].shape)])
    return Network(
        model,
        name="silent",
        title="Silent",
        classes=(),
        preprocessing=Preprocessing(),
        sha256="",
    )


@pytest.fixture(scope="session")
def noise():
    """A picture of noise, 40 x 52 x 3."""
    return np.random.default_rng(0).uniform(0.2, 0.8, (40, 52, 3)).astype(np.float32)
