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
    photos = np.random.default_rng(1).integers(0, 256, (4, 135, 135, 3), dtype=np.uint8)
    logits = keras.ops.convert_to_numpy(trained(photos, training=False))
    expected = keras.ops.convert_to_numpy(keras.ops.softmax(logits / 1.7))
    shipped = alexnet.fold(trained, temperature=1.7)
    found = keras.ops.convert_to_numpy(shipped(photos.astype(np.float32) / 255))
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-6)


def test_the_cheap_training_network_shares_every_variable_shape(trained):
    small = alexnet.build_for_training(size=103, pool3_stride=1)
    assert [v.shape for v in small.variables] == [v.shape for v in trained.variables]
    assert small.get_layer("pool3").output.shape == trained.get_layer("pool3").output.shape


def test_maps_shrink_like_the_originals():
    model = alexnet.build()
    sides = {name: model.get_layer(name).output.shape[1] for name in ("conv1", "conv2", "conv5")}
    assert sides == {"conv1": 32, "conv2": 16, "conv5": 8}
    assert model.get_layer("pool3").output.shape == (None, 4, 4, 256)
