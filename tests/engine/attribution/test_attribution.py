"""Each way to explain a score, against numerical gradients, hand-worked networks and identities."""

import cv2
import keras
import numpy as np
import pytest

from visualizer.engine.attribution.grad_cam import grad_cam, last_spatial_stage
from visualizer.engine.attribution.guided_backprop import deconvnet, guided_backprop
from visualizer.engine.attribution.heat import masked, normalised
from visualizer.engine.attribution.integrated_gradients import integrated_gradients
from visualizer.engine.attribution.occlusion import occlusion, places
from visualizer.engine.attribution.saliency import saliency
from visualizer.engine.attribution.smooth_grad import smooth_grad
from visualizer.engine.attribution.target import Gradient, choose_target
from visualizer.engine.network import Network
from visualizer.engine.objective import Target
from visualizer.engine.preprocessing import Preprocessing

layers = keras.layers


def network_of(*body, size=(8, 8)) -> Network:
    model = keras.Sequential([layers.Input((*size, 3)), *body])
    return Network(model, name="n", title="N", classes=(), preprocessing=Preprocessing(), sha256="")


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(2)
    return network_of(
        layers.Conv2D(6, 3, activation="relu", name="first"),
        layers.MaxPooling2D(2, name="pool"),
        layers.Conv2D(5, 2, name="second"),
        layers.ReLU(),
        layers.Flatten(),
        layers.Dense(4, activation="softmax"),
    )


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(0).uniform(0, 1, (8, 8, 3)).astype(np.float32)


def logit(network, pictures, index):
    return keras.ops.convert_to_numpy(network.logits(np.asarray(pictures, np.float32)))[:, index]


def test_saliency_is_the_numerical_slope(network, picture):
    heat = saliency(network, picture, Target("output", (1,)))
    step = 1e-2
    for row, column in ((0, 0), (3, 4), (7, 7)):
        slopes = []
        for colour in range(3):
            up, down = picture.copy(), picture.copy()
            up[row, column, colour] += step
            down[row, column, colour] -= step
            high, low = logit(network, [up, down], 1)
            slopes.append((high - low) / (2 * step))
        assert heat[row, column] == pytest.approx(np.abs(slopes).max(), rel=0.02, abs=1e-4)


def test_smooth_grad_without_noise_is_saliency(network, picture):
    target = Target("output", (2,))
    *_, heat = smooth_grad(network, picture, target, copies=3, noise=0.0)
    np.testing.assert_allclose(heat, saliency(network, picture, target), rtol=1e-4, atol=1e-6)


def test_integrated_gradients_add_up_to_the_score_gained(network, picture):
    target = Target("output", (0,))
    *_, whole = integrated_gradients(network, picture, target, steps=128)
    ends = logit(network, [np.zeros_like(picture), picture], 0)
    assert whole.gained == pytest.approx(ends[1] - ends[0], rel=1e-4)
    assert whole.attribution.sum() == pytest.approx(whole.gained, rel=0.01)
    assert whole.error < 0.01


def test_integrated_gradients_of_a_linear_network_are_weight_times_pixel(picture):
    linear = network_of(layers.Flatten(), layers.Dense(2))
    kernel = linear.model.layers[-1].get_weights()[0][:, 1].reshape(8, 8, 3)
    first, *_ = integrated_gradients(linear, picture, Target("output", (1,)), steps=1)
    np.testing.assert_allclose(first.attribution, kernel * picture, rtol=1e-4, atol=1e-6)


def one_relu(weight_in, weight_out):
    """A network of one unit: weight_out * relu(weight_in . pixel), on a picture of one pixel."""
    small = network_of(
        layers.Conv2D(1, 1, activation="relu", use_bias=False),
        layers.Flatten(),
        layers.Dense(1, use_bias=False),
        size=(1, 1),
    )
    convolution, _, dense = small.model.layers
    convolution.set_weights([np.asarray(weight_in, np.float32).reshape(1, 1, 3, 1)])
    dense.set_weights([np.asarray([[weight_out]], np.float32)])
    return small


@pytest.mark.parametrize(
    ("weight_in", "weight_out", "true", "guided", "deconv"),
    [
        # x > 0 and g > 0: all three pass.
        ((1, 2, 3), 2, (2, 4, 6), (2, 4, 6), (2, 4, 6)),
        # x > 0 and g < 0: only the true gradient passes.
        ((1, 2, 3), -2, (-2, -4, -6), (0, 0, 0), (0, 0, 0)),
        # x < 0 and g > 0: only the deconvnet's passes.
        ((-1, -2, -3), 2, (0, 0, 0), (0, 0, 0), (-2, -4, -6)),
        # x < 0 and g < 0: none passes.
        ((-1, -2, -3), -2, (0, 0, 0), (0, 0, 0), (0, 0, 0)),
    ],
)
def test_the_three_rules_by_hand(weight_in, weight_out, true, guided, deconv):
    small = one_relu(weight_in, weight_out)
    pixel = np.full((1, 1, 3), 0.5, np.float32)
    target = Target("output", (0,))
    np.testing.assert_allclose(Gradient(small, target)(pixel[None])[1].ravel(), true)
    np.testing.assert_allclose(guided_backprop(small, pixel, target).ravel(), guided)
    np.testing.assert_allclose(deconvnet(small, pixel, target).ravel(), deconv)


def test_deconvnet_is_the_gradient_where_no_relu_cuts(picture):
    keras.utils.set_random_seed(4)
    positive = network_of(
        layers.Conv2D(4, 3, activation="relu", kernel_initializer="random_uniform"),
        layers.MaxPooling2D(2),
        layers.Conv2D(3, 2, activation="relu"),
        layers.Flatten(),
        layers.Dense(2),
    )
    for layer in positive.model.layers:
        layer.set_weights([np.abs(w) for w in layer.get_weights()])
    target = Target("output", (1,))
    expected = Gradient(positive, target)(picture[None])[1][0]
    np.testing.assert_allclose(deconvnet(positive, picture, target), expected, rtol=1e-4)
    np.testing.assert_allclose(guided_backprop(positive, picture, target), expected, rtol=1e-4)


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


def test_no_words_mean_the_networks_own_answer(network, picture):
    answer = int(network.forward(picture[None])["output"][0].argmax())
    assert choose_target(network, picture, "") == Target("output", (answer,))
    assert choose_target(network, picture, "3") == Target("output", (3,))
    assert choose_target(network, picture, "first:2@1,1") == Target("first", (2,), (1, 1))


def test_heat_is_shown_between_nothing_and_all():
    heat = np.array([[-1.0, 0.0], [1.0, 2.0]])
    shown = normalised(heat, percentile=100)
    np.testing.assert_allclose(shown, [[0, 0], [0.5, 1]])
    assert normalised(np.zeros((3, 3))).max() == 0
    picture = np.ones((2, 2, 3), np.float32)
    np.testing.assert_allclose(masked(picture, shown)[..., 0], shown, atol=0.03)
