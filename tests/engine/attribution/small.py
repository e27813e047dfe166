"""Small networks to explain."""

import keras

from visualizer.engine.network import Network
from visualizer.engine.preprocessing import Preprocessing

layers = keras.layers


def network_of(*body, size=(8, 8), classes=()) -> Network:
    """These layers one after the other, on pictures of this size."""
    model = keras.Sequential([layers.Input((*size, 3)), *body])
    return Network(
        model, name="n", title="N", classes=classes, preprocessing=Preprocessing(), sha256=""
    )
