"""A model as people save it, and its answers once its file is opened again."""

import keras
import numpy as np
from keras import layers

from tests.models.editing import answer, randomised
from visualizer.models import loader

PICTURES = np.random.default_rng(1).random((2, 12, 12, 3)).astype(np.float32)


def sequential():
    """12 x 12 x 3 to 3 classes, through every common kind of layer."""
    return randomised(
        keras.Sequential(
            [
                keras.Input((12, 12, 3)),
                layers.Conv2D(4, 3, padding="same", activation="relu", name="conv"),
                layers.BatchNormalization(name="norm"),
                layers.DepthwiseConv2D(3, name="depthwise"),
                layers.MaxPooling2D(name="pool"),
                layers.Flatten(name="flat"),
                layers.Dense(3, activation="softmax", name="scores"),
            ],
            name="net",
        )
    )


def reopened(path, x=PICTURES, **options):
    """The answers after opening, on inputs as the model itself takes them, and what was mended."""
    model, notes, _ = loader.read_model(path, **options)
    return answer(model, x), " ".join(notes)
