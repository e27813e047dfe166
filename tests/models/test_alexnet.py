"""AlexNet as shipped is AlexNet as trained."""

import keras
import numpy as np
import pytest

from visualizer.models import alexnet


@pytest.fixture(scope="module")
def trained():
    """The training network, every variable random, as if trained."""
    model = alexnet.build_for_training()
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            size = layer.gamma.shape[0]
            layer.set_weights(
                [
                    rng.uniform(0.5, 2, size),
                    rng.normal(0, 0.5, size),
                    rng.normal(0, 0.5, size),
                    rng.uniform(0.5, 2, size),
                ]
            )
    return model


def test_folding_changes_nothing_but_the_temperature(trained):
    photos = np.random.default_rng(1).random((4, 195, 195, 3), np.float32)
    logits = keras.ops.convert_to_numpy(trained(photos, training=False))
    expected = keras.ops.convert_to_numpy(keras.ops.softmax(logits / 1.7))
    shipped = alexnet.fold(trained, temperature=1.7)
    found = keras.ops.convert_to_numpy(shipped(photos))
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("size", alexnet.SIZES)
def test_at_every_size_the_variables_have_the_same_shapes(trained, size):
    other = alexnet.build_for_training(size=size)
    assert [v.shape for v in other.variables] == [v.shape for v in trained.variables]
    assert other.get_layer("pool3").output.shape == (None, 4, 4, 256)


def test_maps_shrink_like_the_originals():
    model = alexnet.build()
    sides = {name: model.get_layer(name).output.shape[1] for name in ("conv1", "conv2", "conv5")}
    assert sides == {"conv1": 47, "conv2": 23, "conv5": 11}
    assert model.get_layer("pool3").output.shape == (None, 4, 4, 256)
