"""Norms, dead units, one sample through the loop, and the range test."""

import numpy as np
import pytest

from tests.engine.training.test_loop import QUICK, assert_equal, played, started, weights
from visualizer.engine.training.bricks import Convolution, Dense, Flatten, build
from visualizer.engine.training.evaluation import confusion, worst_mistakes
from visualizer.engine.training.loop import Training
from visualizer.engine.training.probes import Probe
from visualizer.engine.training.range_test import range_test, suggest
from visualizer.engine.training.shapes import draw_shapes
from visualizer.engine.training.split import Split, split
from visualizer.engine.training.train_settings import TrainSettings


@pytest.fixture(scope="module")
def data():
    return split(draw_shapes(60, 0), part=0.2, seed=1)


def plain(data, **settings):
    layers = (Convolution(filters=4, stride=4), Flatten(), Dense(units=12))
    model = build(layers, (32, 32, 3), 6, 1)
    return Training(model, data, TrainSettings(**QUICK | {"optimizer": "sgd"} | settings))


def test_the_norms_of_gradient_descent_are_each_others(data):
    """Of plain gradient descent the change is rate times gradient."""
    training = plain(data)
    kernel = weights(training)[0]
    found, event = Probe(training).norms()
    assert [norms.layer for norms in found] == ["conv1", "fc2", "output"]
    assert found[0].weight == pytest.approx(np.linalg.norm(kernel))
    for norms in found:
        assert norms.update == pytest.approx(0.01 * norms.gradient, rel=1e-3)
        assert norms.ratio == pytest.approx(norms.update / norms.weight)
    assert event.batch == training.batch == 1
    other = plain(data)
    played(other, "batch")
    assert_equal(training, other)  # looking changes nothing


def test_one_sample_through_the_loop_has_the_real_numbers(data):
    training = plain(data)
    first = int(training.next_indices()[0])
    logits = training.logits(data.train.pictures[[first]])[0]
    before = weights(training)
    trace = Probe(training).step()
    assert (trace.index, trace.label) == (first, data.train.labels[first])
    np.testing.assert_allclose(trace.logits, logits, atol=1e-5)
    assert trace.probabilities.sum() == pytest.approx(1)
    assert trace.loss == pytest.approx(-np.log(trace.probabilities[trace.label]))
    assert trace.logit_gradient.sum() == pytest.approx(0, abs=1e-9)
    conv, _, output = trace.layers
    np.testing.assert_array_equal(conv.after, np.maximum(conv.before, 0))
    assert (conv.before < 0).any()
    assert output.before is None
    np.testing.assert_allclose(output.after, logits, atol=1e-5)
    for layer, old, new in zip(trace.layers, before[::2], weights(training)[::2], strict=True):
        np.testing.assert_array_equal(layer.weight, old)
        np.testing.assert_array_equal(layer.new_weight, new)
        step = -trace.batch.learning_rate * layer.gradient
        np.testing.assert_allclose(layer.new_weight - layer.weight, step, atol=1e-6)


def test_a_sample_of_pictures_without_end_is_the_one_that_is_drawn(data):
    other = draw_shapes(len(data.train), 7)
    endless = Split(data.train, data.validation, lambda epoch: other)
    training = Training(plain(data).model, endless, TrainSettings(**QUICK))
    trace = Probe(training).step()
    np.testing.assert_array_equal(trace.picture, other.pictures[trace.index])
    assert trace.label == other.labels[trace.index]


def test_dead_units_are_found(data):
    training = plain(data)
    conv = training.model.get_layer("conv1")
    kernel, bias = conv.get_weights()
    bias[2] = -100
    conv.set_weights([kernel, bias])
    dead = Probe(training).dead_units()
    assert set(dead) == {"conv1", "fc2"}
    assert dead["conv1"][2]
    assert not dead["conv1"].all()
    softmax = build((Flatten(),), (32, 32, 3), 6)
    assert Probe(Training(softmax, data, TrainSettings(**QUICK))).dead_units() == {}


def test_confusion_and_the_worst_mistakes():
    logits = np.log(np.array([[0.9, 0.1], [0.2, 0.8], [0.99, 0.01], [0.4, 0.6]]))
    labels = np.array([0, 0, 1, 1])
    assert confusion(logits, labels).tolist() == [[1, 1], [1, 1]]
    assert worst_mistakes(logits, labels).tolist() == [2, 1]


def test_a_range_test_leaves_the_training_as_it_was(data):
    training = started(data, schedule="one-cycle")
    played(training, "batch")
    before, loss = weights(training), training.history.column("loss")
    steps = range_test(training, low=1e-4, high=10, batches=60)
    points = []
    while True:
        try:
            points.append(next(steps))
        except StopIteration as stopped:
            found = stopped.value
            break
    for value, expected in zip(weights(training), before, strict=True):
        np.testing.assert_array_equal(value, expected)
    np.testing.assert_array_equal(training.history.column("loss"), loss)
    assert (training.settings.learning_rate, training.schedule.kind) == (0.01, "one-cycle")
    assert training.history.changes == []
    rates = [point.learning_rate for point in points]
    np.testing.assert_allclose(rates, np.geomspace(1e-4, 10, 60)[: len(rates)])
    assert 1e-4 < found.steepest < 1
    assert 1e-4 < found.valley < 1
    closed = range_test(training)
    next(closed)
    closed.close()
    for value, expected in zip(weights(training), before, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_suggestions_of_a_curve_by_hand():
    rates = np.geomspace(1e-4, 1, 41)
    x = np.linspace(0, 1, 41)
    # Flat, falls from 0.25 to 0.75 as a cosine, then explodes.
    fall = np.clip((x - 0.25) / 0.5, 0, 1)
    losses = 2 + np.cos(np.pi * fall) + np.where(x > 0.75, (x - 0.75) * 100, 0)
    found = suggest(rates, losses)
    assert found.steepest == pytest.approx(1e-2, rel=0.3)
    assert found.valley == pytest.approx(1e-2, rel=0.3)
    nothing = suggest(rates, 2 + x)
    assert (nothing.steepest, nothing.valley) == (None, None)
    assert suggest(rates[:3], losses[:3]).steepest is None
    assert suggest(rates, losses * np.nan).valley is None
