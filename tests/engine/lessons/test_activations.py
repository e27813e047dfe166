"""What layers do to a signal: the rates that theory gives, and gradients by finite differences."""

import numpy as np
import pytest

from visualizer.engine.lessons.activations import (
    BINS,
    SAMPLES,
    WIDTH,
    Activations,
    ActivationsSettings,
    ActivationsState,
    flow,
    passed,
)
from visualizer.engine.lessons.lesson import LessonError
from visualizer.engine.lessons.run import LessonRun, advance

LESSON, Settings = Activations(), ActivationsSettings


def run_of(settings, steps):
    run = LessonRun(LESSON, settings)
    run.take(advance(LESSON, run.state, settings, steps, 5)[0], steps)
    return run


def test_logistic_gradients_vanish_by_at_least_a_quarter_a_layer():
    found = flow(Settings(), 1)
    ratios = found.gradients[:-1] / found.gradients[1:]
    assert ratios.max() < 0.3  # 1/4, times the largest that random weights add
    assert found.gradients[0] < 1e-5
    assert found.gradients[-1] == pytest.approx(1, abs=0.05)


def test_identity_keeps_at_scale_one_and_explodes_by_the_scale():
    """Each layer multiplies the mean square by scale², on average over the weights."""
    for scale in (0.5, 1.0, 2.0):
        found = [flow(Settings("identity", scale, 0.0, 10), seed) for seed in range(20)]
        for sizes in ([f.sizes[-1] for f in found], [f.gradients[0] for f in found]):
            assert np.sqrt(np.mean(np.square(sizes))) == pytest.approx(scale**10, rel=0.3)


def test_relu_keeps_at_the_square_root_of_two():
    """He et al. (2015): at scale 1 the mean square is halved in each layer."""
    for scale, kept in ((np.sqrt(2), 1.0), (1.0, 2.0**-5)):
        sizes = [flow(Settings("ReLU", scale, 0.0, 10), seed).sizes[-1] for seed in range(20)]
        assert np.sqrt(np.mean(np.square(sizes))) == pytest.approx(kept, rel=0.3)


def test_a_step_lets_no_gradient_through_and_a_large_bias_kills_relu():
    assert flow(Settings("step"), 1).gradients[:-1].tolist() == [0] * 10
    dead = flow(Settings("ReLU", 1.0, -3.0), 1)
    assert dead.dead[2] == 1
    assert dead.gradients[0] == 0
    assert flow(Settings("ReLU"), 1).dead[1] == 0


def test_histograms_hold_every_value():
    found = flow(Settings("tanh", 2.0), 1)
    assert found.histograms.shape == (11, BINS)
    assert (found.histograms.sum(1) == WIDTH * SAMPLES).all()
    assert found.reaches[1:].max() <= 1
    saturated = found.histograms[-1][[0, -1]].sum() / (WIDTH * SAMPLES)
    assert saturated > flow(Settings("tanh", 0.5), 1).histograms[1][[0, -1]].sum() / (
        WIDTH * SAMPLES
    )


def test_steps_go_forwards_and_then_back():
    settings = Settings(depth=3)
    ways = [passed(ActivationsState(1, done), settings) for done in range(8)]
    assert ways == [(0, 4), (1, 4), (2, 4), (3, 3), (3, 2), (3, 1), (3, 0), (3, 0)]
    run = run_of(settings, 6)
    assert run.over
    assert [row[0] for row in LESSON.numbers(run.state, settings)[1]] == ["input", 1, 2, 3]
    shown = [row[2] for row in LESSON.numbers(ActivationsState(1, 4), settings)[1]]
    assert shown[:2] == ["", ""]
    assert shown[2] == pytest.approx(flow(settings, 1).gradients[2])


def test_the_tasks_are_solved_by_what_they_ask_for():
    run = run_of(Settings(), 20)
    assert run.solved == [False, False, False]
    run.take(ActivationsState(1, 20, 0.02))
    assert run.solved == [True, False, False]
    run.choose(Settings("ReLU"))
    assert run.solved == [True, False, False]
    run.choose(Settings("ReLU", 1.4))
    assert run.solved == [True, True, False]
    run.choose(Settings("ReLU", 1.0, -3.0))
    assert run.solved == [True, True, True]


def test_values_are_kept_and_hostile_ones_refused():
    state = ActivationsState(1, 7, -0.5)
    assert LESSON.from_values(LESSON.to_values(state), Settings(), 1) == state
    assert LESSON.from_values({}, Settings(), 1) == ActivationsState(1)
    for wrong in ({"done": 7, "x": float("nan")}, {"done": 7, "x": "0"}, {"done": -1, "x": 0}):
        with pytest.raises(LessonError, match="damaged"):
            LESSON.from_values(wrong, Settings(), 1)


def test_the_gradient_is_that_of_finite_differences():
    """Of the sum of outputs times the gradient at the last layer, by one input."""
    from visualizer.engine.lessons.functions import FUNCTIONS

    settings = Settings("arctan", 1.3, 0.2, 2)
    random = np.random.default_rng(4)
    inputs, last = random.normal(0, 1, (2, WIDTH, SAMPLES))
    weights = [random.normal(0, 1.3 / np.sqrt(WIDTH), (WIDTH, WIDTH)) for _ in range(2)]

    def total(values):
        for weight in weights:
            values = FUNCTIONS["arctan"](weight @ values + 0.2)
        return (values * last).sum(0)

    slopes = np.empty((WIDTH, SAMPLES))
    for place in range(WIDTH):
        small = np.zeros((WIDTH, 1))
        small[place] = 1e-5
        slopes[place] = (total(inputs + small) - total(inputs - small)) / 2e-5
    found = flow(settings, 4).gradients[0]
    assert found == pytest.approx(np.sqrt((slopes**2).mean()), rel=1e-6)
