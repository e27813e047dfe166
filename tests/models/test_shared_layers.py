"""A layer that is used inside a nested model and outside it; Keras itself cannot read it back."""

import keras
import numpy as np
import pytest
from keras import layers

from tests.models.editing import answer, randomised, save
from visualizer.models import loader


def nested(build):
    y = keras.Input((6, 6, 3))
    return keras.Model(y, build(y), name="body")


def inside_first():
    shared = layers.Conv2D(3, 3, padding="same")
    x = keras.Input((6, 6, 3))
    body = nested(lambda y: shared(layers.Conv2D(3, 3, padding="same")(y)))
    return keras.Model(x, layers.Conv2D(2, 1)(shared(body(x))))


def outside_first():
    shared = layers.Conv2D(3, 3, padding="same")
    x = keras.Input((6, 6, 3))
    body = nested(lambda y: layers.Conv2D(3, 1)(shared(y)))
    return keras.Model(x, body(layers.Conv2D(3, 1)(shared(x))))


def twins_of_one_name():
    """Two layers of one name and form that are not one."""
    twins = [layers.Conv2D(3, 3, padding="same", name="twin") for _ in range(2)]
    x = keras.Input((6, 6, 3))
    return keras.Model(x, twins[0](nested(twins[1])(x)))


@pytest.mark.parametrize("make", [inside_first, outside_first, twins_of_one_name])
@pytest.mark.parametrize("end", [".keras", ".h5"])
def test_its_weights_are_found_wherever_they_are_kept(make, end, tmp_path):
    model = randomised(make())
    x = np.random.default_rng(0).random((2, 6, 6, 3), np.float32)
    opened, _, _ = loader.read_model(save(model, tmp_path / f"net{end}"))
    np.testing.assert_allclose(answer(opened, x), answer(model, x), atol=1e-6)
