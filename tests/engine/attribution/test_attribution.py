"""Each way to explain a score, against numerical gradients, hand-worked networks and identities."""

import cv2
import keras
import numpy as np
import pytest

from tests.engine.attribution.small import network_of
from visualizer.engine.attribution.grad_cam import grad_cam, last_spatial_stage
from visualizer.engine.attribution.heatmap import channel_max
from visualizer.engine.attribution.occlusion import occlusion, places
from visualizer.engine.attribution.saliency import saliency
from visualizer.engine.attribution.smooth_grad import smooth_grad
from visualizer.engine.objective import Target

layers = keras.layers


@pytest.fixture(scope="module")
def network():
    found = network_of(
        layers.Conv2D(6, 3, activation="relu", name="first"),
        layers.MaxPooling2D(2, name="pool"),
        layers.Conv2D(5, 2, name="second"),
        layers.ReLU(),
        layers.Flatten(),
        layers.Dense(4, activation="softmax"),
    )
    rng = np.random.default_rng(2)  # the same on every backend
    found.model.set_weights([rng.normal(0, 0.4, w.shape) for w in found.model.get_weights()])
    return found


def logit(network, pictures, index):
    return keras.ops.convert_to_numpy(network.logits(np.asarray(pictures, np.float32)))[:, index]


def test_saliency_is_the_numerical_slope(network, picture):
    heat = saliency(network, picture, Target("output", (1,)))
    step = 2e-3
    for row, column in ((0, 0), (3, 4), (7, 7)):
        slopes = []
        for colour in range(3):
            up, down = picture.copy(), picture.copy()
            up[row, column, colour] += step
            down[row, column, colour] -= step
            high, low = logit(network, [up, down], 1)
            slopes.append((high - low) / (2 * step))
        assert heat[row, column] == pytest.approx(np.abs(slopes).max(), rel=0.02, abs=1e-3)


def test_smooth_grad_without_noise_is_saliency(network, picture):
    target = Target("output", (2,))
    *_, slope = smooth_grad(network, picture, target, copies=3, noise=0.0)
    expected = saliency(network, picture, target)
    np.testing.assert_allclose(channel_max(slope), expected, rtol=1e-4, atol=1e-6)


def test_grad_cam_by_hand():
    keras.utils.set_random_seed(7)
    pooled = network_of(
        layers.Conv2D(3, 3, name="maps", activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(2, name="scores"),
    )
    picture = np.random.default_rng(1).uniform(0, 1, (8, 8, 3)).astype(np.float32)
    maps = pooled.forward(picture[None])["maps"][0]
    weights = pooled.model.get_layer("scores").get_weights()[0][:, 1]
    # With global average pooling the slope over every place of a map is its weight / places.
    expected = np.maximum((maps * weights / 36).sum(axis=-1), 0)
    found = grad_cam(pooled, picture, Target("output", (1,)))
    assert last_spatial_stage(pooled, "output") == "maps"
    np.testing.assert_allclose(found, cv2.resize(expected, (8, 8)), rtol=1e-3, atol=1e-7)


def test_occlusion_finds_the_only_pixels_that_count():
    small = network_of(layers.Flatten(), layers.Dense(2))
    kernel = np.zeros((8, 8, 3, 2), np.float32)
    kernel[2:4, 4:6, :, 1] = 1
    small.model.layers[-1].set_weights([kernel.reshape(-1, 2), np.zeros(2, np.float32)])
    white = np.ones((8, 8, 3), np.float32)
    *_, last = occlusion(small, white, Target("output", (1,)), patch=2, stride=2, colour=0.0)
    assert last.done == last.total == 16
    assert np.isfinite(last.heat).all()
    expected = np.zeros((8, 8))
    expected[2:4, 4:6] = 12
    np.testing.assert_allclose(last.heat, expected, atol=1e-5)


@pytest.mark.parametrize(("length", "patch", "stride"), [(10, 3, 3), (10, 4, 3), (5, 9, 2)])
def test_patches_cover_every_pixel(length, patch, stride):
    covered = np.zeros(length, bool)
    for start in places(length, patch, stride):
        covered[start : start + patch] = True
    assert covered.all()


def test_a_unit_can_be_explained_too(network, picture):
    heat = saliency(network, picture, Target("second", (3,), (1, 1)))
    assert heat[2:6, 2:6].max() > 0  # its receptive field: rows and columns 2 to 7
    assert heat[:2].max() == 0
    assert heat[:, :2].max() == 0
