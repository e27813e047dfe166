"""Integrated gradients add up to the score that was gained, also in a network that has learned."""

import keras
import numpy as np
import pytest

from tests.engine.attribution.small import layers, network_of
from visualizer.engine.attribution.integrated_gradients import (
    BASELINES,
    baseline_of,
    integrated_gradients,
)
from visualizer.engine.attribution.target import Score, choose_target
from visualizer.engine.objective import Target
from visualizer.engine.pictures import samples


def gained(network, target, nothing, picture):
    low, high = Score(network, target)(np.stack([nothing, picture]))
    return high - low


@pytest.mark.parametrize("sample", samples()[:6], ids=lambda sample: sample.name)
def test_the_shares_add_up_within_a_hundredth_on_alexnet(alexnet, sample):
    seen = alexnet.fit(sample.load())
    target = choose_target(alexnet, seen, "")
    *_, last = integrated_gradients(alexnet, seen, target)
    expected = gained(alexnet, target, np.zeros_like(seen), seen)
    assert last.whole
    assert last.gained == pytest.approx(expected, rel=1e-4)
    assert last.attribution.sum() == pytest.approx(expected, rel=0.01)
    assert last.error <= 0.01


@pytest.mark.parametrize("baseline", BASELINES)
def test_from_any_baseline(alexnet, baseline):
    seen = alexnet.fit(samples()[1].load())
    target = choose_target(alexnet, seen, "")
    *_, last = integrated_gradients(alexnet, seen, target, baseline=baseline)
    expected = gained(alexnet, target, baseline_of(seen, baseline), seen)
    assert last.attribution.sum() == pytest.approx(expected, rel=0.01)


def test_points_are_added_until_it_is_good_enough(picture):
    keras.utils.set_random_seed(2)
    network = network_of(
        layers.Conv2D(6, 3, activation="relu"),
        layers.Conv2D(5, 2, activation="relu"),
        layers.Flatten(),
        layers.Dense(4, activation="softmax"),
    )
    target = Target("output", (0,))
    loose = list(integrated_gradients(network, picture, target, tolerance=0.3))
    strict = list(integrated_gradients(network, picture, target, tolerance=1e-3))
    assert loose[-1].points < strict[-1].points
    assert strict[-1].error <= 1e-3
    points = [found.points for found in strict]
    assert points == sorted(points)
    assert [found.whole for found in strict] == [False] * (len(strict) - 1) + [True]


@pytest.mark.parametrize(("steps", "points"), [(1, 2), (5, 6), (8, 9), (40, 41)])
def test_there_are_never_more_points_than_allowed(picture, steps, points):
    network = network_of(layers.Conv2D(3, 3, activation="relu"), layers.Flatten(), layers.Dense(2))
    target = Target("output", (1,))
    *_, last = integrated_gradients(network, picture, target, tolerance=0.0, steps=steps)
    assert last.whole
    assert last.points == points


def test_points_are_added_where_the_score_is_made():
    """The score rises on the first hundredth of the way only."""
    jump = network_of(
        layers.Conv2D(1, 1, activation=layers.ReLU(max_value=0.01), use_bias=False),
        layers.Flatten(),
        layers.Dense(1, use_bias=False),
        size=(1, 1),
    )
    convolution, _, dense = jump.model.layers
    convolution.set_weights([np.ones((1, 1, 3, 1), np.float32)])
    dense.set_weights([np.full((1, 1), 100, np.float32)])
    white = np.ones((1, 1, 3), np.float32)
    *_, last = integrated_gradients(jump, white, Target("output", (0,)))
    assert last.gained == pytest.approx(1)
    assert last.error <= 0.01
    assert last.points < 129  # steps of equal width need 300 to see it at all


def test_of_a_linear_network_they_are_weight_times_pixel(picture):
    linear = network_of(layers.Flatten(), layers.Dense(2))
    kernel = linear.model.layers[-1].get_weights()[0][:, 1].reshape(8, 8, 3)
    first, *_ = integrated_gradients(linear, picture, Target("output", (1,)), steps=1)
    np.testing.assert_allclose(first.attribution, kernel * picture, rtol=1e-4, atol=1e-6)


def test_from_a_picture_to_itself_nothing_is_gained():
    network = network_of(layers.Flatten(), layers.Dense(2))
    black = np.zeros((8, 8, 3), np.float32)
    *_, last = integrated_gradients(network, black, Target("output", (0,)))
    assert (last.error, last.gained, np.abs(last.attribution).max()) == (0, 0, 0)
