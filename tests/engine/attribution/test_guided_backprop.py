"""How gradients pass a ReLU of any kind: by hand, and where a network has none."""

import keras
import numpy as np
import pytest

from tests.engine.attribution.small import layers, network_of
from visualizer.engine.attribution.guided_backprop import (
    deconvnet,
    deconvnet_relu,
    guided_backprop,
    guided_relu,
)
from visualizer.engine.attribution.saliency import saliency
from visualizer.engine.attribution.target import AttributionError, Gradient
from visualizer.engine.objective import Target

SCORE = Target("output", (0,))


def one_relu(weight_in, weight_out, relu=None):
    """A network of one unit: weight_out * relu(weight_in . pixel), on a picture of one pixel."""
    fused = [layers.Conv2D(1, 1, activation="relu", use_bias=False)]
    apart = [layers.Conv2D(1, 1, use_bias=False), relu]
    small = network_of(
        *(apart if relu is not None else fused),
        layers.Flatten(),
        layers.Dense(1, use_bias=False),
        size=(1, 1),
    )
    convolution, dense = small.model.layers[0], small.model.layers[-1]
    convolution.set_weights([np.asarray(weight_in, np.float32).reshape(1, 1, 3, 1)])
    dense.set_weights([np.asarray([[weight_out]], np.float32)])
    return small


def passed(small, pixel):
    """What the true gradient, guided backprop and the deconvnet give."""
    ways = (lambda *given: Gradient(*given[::2])(pixel[None])[1], guided_backprop, deconvnet)
    return [np.asarray(way(small, pixel, SCORE)).ravel() for way in ways]


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
@pytest.mark.parametrize(
    "relu", [None, layers.Activation("relu6"), layers.ReLU(max_value=6), layers.ReLU()]
)
def test_the_three_rules_by_hand(relu, weight_in, weight_out, true, guided, deconv):
    if relu is not None:
        relu = type(relu).from_config(relu.get_config())
    small = one_relu(weight_in, weight_out, relu)
    found = passed(small, np.full((1, 1, 3), 0.5, np.float32))
    for one, expected in zip(found, (true, guided, deconv), strict=True):
        np.testing.assert_allclose(one, expected)


def test_a_bounded_relu_lets_nothing_through_where_it_is_full():
    small = one_relu((5, 5, 5), 2, layers.ReLU(max_value=6))  # 7.5 goes in
    found = passed(small, np.full((1, 1, 3), 0.5, np.float32))
    for one, expected in zip(found, ((0, 0, 0), (0, 0, 0), (10, 10, 10)), strict=True):
        np.testing.assert_allclose(one, expected)


@pytest.mark.parametrize(
    "leaky", [layers.ReLU(negative_slope=0.5), layers.LeakyReLU(negative_slope=0.5)]
)
def test_a_leaky_relu_keeps_its_own_slope(leaky):
    small = one_relu((-1, -2, -3), 2, leaky)
    found = passed(small, np.full((1, 1, 3), 0.5, np.float32))
    for one, expected in zip(found, ((-1, -2, -3), (-1, -2, -3), (-2, -4, -6)), strict=True):
        np.testing.assert_allclose(one, expected)


@pytest.mark.parametrize("rule", [guided_relu, deconvnet_relu])
@pytest.mark.parametrize(
    "relu",
    [
        {"negative_slope": 0.3},
        {"threshold": 0.2},
        {"max_value": 0.4},
        {"max_value": 0.5, "negative_slope": 0.1, "threshold": 0.1},
    ],
)
def test_the_score_stays_that_of_the_network(rule, relu, picture):
    keras.utils.set_random_seed(1)
    small = network_of(layers.Conv2D(4, 3), layers.ReLU(**relu), layers.Flatten(), layers.Dense(2))
    true, _ = Gradient(small, SCORE)(picture[None])
    kept, _ = Gradient(small, SCORE, rule)(picture[None])
    np.testing.assert_allclose(kept, true, rtol=1e-5)


def test_efficientnet_lite_is_guided_through_its_relus():
    from visualizer.models.catalog import open_network

    network = open_network("efficientnet-lite0")
    size = (*network.size, 3)
    noise = np.random.default_rng(0).uniform(0, 1, size).astype(np.float32)
    plain = saliency(network, noise, SCORE)
    for method in (guided_backprop, deconvnet):
        found = np.abs(method(network, noise, SCORE)).max(axis=-1)
        assert np.isfinite(found).all()
        assert np.corrcoef(found.ravel(), plain.ravel())[0, 1] < 0.8


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


@pytest.mark.parametrize(
    ("method", "name"), [(guided_backprop, "Guided"), (deconvnet, "deconvnet")]
)
def test_a_network_without_a_relu_is_refused(method, name, picture):
    smooth = network_of(
        layers.Conv2D(3, 3, activation="silu"), layers.Flatten(), layers.Dense(2, "softmax")
    )
    with pytest.raises(AttributionError, match=f"{name}.*only silu.*saliency"):
        method(smooth, picture, SCORE)
