"""The first stages, computed where a patch changed them, are those of the whole covered picture."""

import keras
import numpy as np
import pytest

from tests.engine.attribution.small import network_of
from visualizer.engine.attribution import incremental
from visualizer.engine.attribution.incremental import IncrementalStart
from visualizer.engine.attribution.occlusion import occlusion
from visualizer.engine.objective import parse_targets

layers = keras.layers


def chain(*body, size=(40, 36)):
    return network_of(*body, layers.Flatten(), layers.Dense(3), size=size)


CHAINS = {
    "same": lambda: chain(
        layers.Conv2D(4, 5, padding="same", activation="relu"),
        layers.MaxPooling2D(3, 2, padding="same"),
        layers.Conv2D(5, 3, padding="same"),
    ),
    "valid": lambda: chain(layers.Conv2D(4, 7, 3), layers.ReLU(), layers.MaxPooling2D(2)),
    "padded": lambda: chain(
        layers.Rescaling(2.0, -1.0),
        layers.ZeroPadding2D(((2, 1), (3, 0))),
        layers.Conv2D(4, 3, 2, use_bias=False),
        layers.BatchNormalization(),
        layers.DepthwiseConv2D((3, 2), padding="same", activation="relu"),
        layers.Conv2D(6, 1),
    ),
    "dilated": lambda: chain(layers.Conv2D(3, 3, padding="same", dilation_rate=2)),
}


@pytest.fixture(scope="module", params=CHAINS)
def network(request):
    found = CHAINS[request.param]()
    rng = np.random.default_rng(3)
    found.model.set_weights([rng.uniform(0.1, 0.6, w.shape) for w in found.model.get_weights()])
    return found


def picture_for(network):
    return np.random.default_rng(1).uniform(0, 1, (*network.size, 3)).astype(np.float32)


def covered(picture, patches, corners):
    whole = np.repeat(picture[None], len(corners), axis=0)
    for each, patch, (top, left) in zip(whole, patches, corners, strict=True):
        each[top : top + patch.shape[0], left : left + patch.shape[1]] = patch
    return whole


def test_the_maps_are_those_of_the_whole_picture(network):
    picture, size = picture_for(network), (6, 5)
    start = IncrementalStart(network, picture, size, "output")
    assert start.stage == network.stages[-2].name  # all that is not dense
    bottom, right = network.size[0] - size[0], network.size[1] - size[1]
    corners = np.array([(0, 0), (bottom, right), (0, right), (13, 8), (bottom, 1), (7, 7)])
    rng = np.random.default_rng(2)
    patches = rng.uniform(0, 1, (len(corners), *size, 3)).astype(np.float32)
    expected = network.forward(covered(picture, patches, corners))[start.stage]
    np.testing.assert_allclose(start.maps(patches, corners), expected, rtol=1e-5, atol=1e-6)


def test_a_patch_that_changes_most_of_the_maps_saves_nothing(network):
    assert IncrementalStart(network, picture_for(network), network.size, "output").stage is None


def test_it_ends_where_the_network_forks(residual):
    picture = picture_for(residual)
    start = IncrementalStart(residual, picture, (3, 3), "output")
    assert start.stage == "stem"
    patches, corners = np.zeros((2, 3, 3, 3), np.float32), np.array([(0, 0), (17, 9)])
    expected = residual.forward(covered(picture, patches, corners))["stem"]
    np.testing.assert_allclose(start.maps(patches, corners), expected, rtol=1e-5, atol=1e-6)


TARGETS = ("output:1", "conv5:7@2,3", "conv5", "conv3:4", "conv1:3", "pool2:5")


@pytest.mark.parametrize("words", TARGETS)
def test_the_map_of_alexnet_is_the_same_without_it(alexnet, photo, monkeypatch, words):
    def last():
        *_, found = occlusion(alexnet, seen, target, patch=20, stride=57)
        return found.heat

    seen, (target,) = alexnet.fit(photo), parse_targets(words)
    quick = last()
    monkeypatch.setattr(incremental, "WORTH", 0.0)
    np.testing.assert_allclose(quick, last(), atol=1e-5 * np.nanmax(np.abs(quick)))
