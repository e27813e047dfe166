"""A small network to attack, as the engine sees it and as foolbox does."""

from types import SimpleNamespace

import numpy as np
import pytest


@pytest.fixture(scope="package")
def attacked():
    """A random network of four classes on 12 x 12 photos, its oracle, photos and their labels."""
    import keras

    from visualizer.engine.adversarial.differentiable_model import DifferentiableModel
    from visualizer.engine.network import Network
    from visualizer.engine.preprocessing import Preprocessing

    keras.utils.set_random_seed(5)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((12, 12, 3)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Conv2D(8, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(4, activation="softmax", kernel_initializer="glorot_normal"),
        ]
    )
    network = Network(
        model,
        name="small",
        title="Small",
        classes=("ant", "bee", "cat", "sea cat"),
        preprocessing=Preprocessing(scale=4.0, offset=-2.0, order="bgr"),
        sha256="",
    )
    model = DifferentiableModel.of(network)
    photos = np.random.default_rng(1).uniform(0.1, 0.9, (8, 12, 12, 3)).astype(np.float32)
    labels = model.logits(photos).argmax(axis=1)
    return SimpleNamespace(network=network, model=model, photos=photos, labels=labels)
