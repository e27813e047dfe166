"""The perceptron's numbers by hand, Novikoff's bound, and the lesson as a run."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from visualizer.engine.lessons.lesson import LessonError
from visualizer.engine.lessons.margin import nearest_to_origin, widest_margin
from visualizer.engine.lessons.perceptron import (
    MOST_POINTS,
    Perceptron,
    PerceptronSettings,
    PerceptronState,
    added,
    bound,
    gradient,
    moved,
    removed,
)
from visualizer.engine.lessons.run import LessonRun, advance

LESSON = Perceptron()


def at_rest(settings, seed=1, most=5000):
    run = LessonRun(LESSON, settings, seed)
    state, steps, problem = advance(LESSON, run.state, settings, most, 10)
    assert not problem
    run.take(state, steps)
    return run


def test_the_rule_by_hand():
    """Two points: the first changes the weights from 0 to y (x, 1), the second is wrong too."""
    points, signs = np.array([(1.0, 0.5), (-0.5, 1.0)]), np.array([1, -1])
    state = PerceptronState(points, signs, np.zeros(3))
    settings = PerceptronSettings()
    state = LESSON.step(state, settings)
    assert state.weights.tolist() == [1, 0.5, 1]
    state = LESSON.step(state, settings)  # -0.5 + 0.5 + 1 = 1 says orange, but it is blue
    assert state.weights.tolist() == [1.5, -0.5, 0]
    assert (state.updates, state.looked_at, state.right_in_a_row) == (2, 1, 0)
    state = LESSON.step(LESSON.step(state, settings), settings)
    assert LESSON.over(state, settings)
    assert state.updates == 2


@given(st.integers(0, 10_000))
def test_what_a_line_can_part_rests_within_the_bound(seed):
    run = at_rest(PerceptronSettings(), seed)
    most = bound(run.state.points, run.state.signs)
    if most is None:  # the groups overlap
        assert not run.over
    elif most < 4000:
        assert run.over
        assert run.state.updates <= most
        assert not run.state.wrong.any()


@pytest.mark.parametrize("kind", ["AND", "OR"])
def test_and_and_or_come_to_rest(kind):
    run = at_rest(PerceptronSettings(points=kind))
    assert run.over
    assert run.state.updates <= bound(run.state.points, run.state.signs)


def test_xor_never_rests_and_has_no_margin():
    run = at_rest(PerceptronSettings(points="XOR"))
    assert not run.over
    assert run.steps == 5000
    assert bound(run.state.points, run.state.signs) is None
    assert run.state.updates > 1000


@given(st.integers(0, 10_000), st.integers(1, 9))
def test_the_nearest_point_of_a_hull_is_that_of_a_solver(seed, count):
    points = np.random.default_rng(seed).normal(0.5, 1, (count, 3))
    nearest, weights = nearest_to_origin(points)
    assert weights.min() > -1e-6
    assert weights.sum() == pytest.approx(1)
    assert weights @ points == pytest.approx(nearest, abs=1e-6)
    # It is nearest where no corner lies on the origin's side of it.
    assert (points @ nearest >= nearest @ nearest - 1e-6).all()


def test_the_margin_is_that_of_a_solver():
    """Against SciPy's constrained minimisation of |w|² / 2 with y w·x >= 1: γ = 1 / |w|."""
    state = LESSON.start(PerceptronSettings(), 3)
    margin, direction = widest_margin(state.points, state.signs)
    signed = state.signs[:, None] * np.column_stack([state.points, np.ones(len(state.points))])
    limits = {"type": "ineq", "fun": lambda w: signed @ w - 1, "jac": lambda _: signed}
    found = minimize(lambda w: w @ w / 2, direction / margin * 2, jac=lambda w: w,
                     constraints=[limits], tol=1e-12)  # fmt: skip
    assert margin == pytest.approx(1 / np.linalg.norm(found.x), rel=1e-5)
    assert (signed @ direction).min() == pytest.approx(margin)


def test_the_gradient_is_that_of_finite_differences():
    state = LESSON.start(PerceptronSettings(points="XOR", hidden_neurons=3), 5)

    def loss(weights):
        scores = PerceptronState(state.points, state.signs, weights).scores(state.points)
        return np.log1p(np.exp(-state.signs * scores)).mean()

    small = 1e-6 * np.eye(len(state.weights))
    slopes = [(loss(state.weights + d) - loss(state.weights - d)) / 2e-6 for d in small]
    assert gradient(state) == pytest.approx(np.array(slopes), abs=1e-8)


def test_four_hidden_neurons_part_xor():
    solved = [
        not at_rest(
            PerceptronSettings(points="XOR", hidden_neurons=4), seed, 2000
        ).state.wrong.any()
        for seed in range(1, 6)
    ]
    assert sum(solved) >= 4


def test_the_tasks_are_solved_by_what_they_ask_for():
    run = at_rest(PerceptronSettings())
    assert run.solved == [True, False, False]
    run.choose(PerceptronSettings(points="XOR"))
    run.take(*advance(LESSON, run.state, run.settings, 99, 10)[:2])
    assert run.solved == [True, False, False]
    run.take(*advance(LESSON, run.state, run.settings, 1, 10)[:2])
    assert run.solved == [True, True, False]
    run.choose(PerceptronSettings(points="XOR", hidden_neurons=4))
    assert not run.solved[2]
    run.take(*advance(LESSON, run.state, run.settings, 2000, 10)[:2])
    assert run.solved == [True, True, True]


def test_back_and_reset_come_to_the_very_same_state():
    run = LessonRun(LESSON)
    first = run.state
    run.take(*advance(LESSON, first, run.settings, 3, 10)[:2])
    run.take(moved(run.state, 0, (0.2, 3)))
    assert run.state.points[0].tolist() == [0.2, 1]
    run.choose(PerceptronSettings(points="XOR"))
    assert (run.steps, len(run.state.points)) == (0, 4)
    for _ in range(3):
        assert run.can_go_back
        run.back()
    assert run.state is first
    assert run.settings == PerceptronSettings()
    assert not run.can_go_back
    run.take(added(run.state, (0, 0), 1))
    run.reset()
    assert run.state.points.tolist() == first.points.tolist()
    run.reset(seed=2)
    assert run.state.points.tolist() != first.points.tolist()


def test_points_are_added_and_removed_within_bounds():
    state = LESSON.start(PerceptronSettings(), 1)
    while len(state.points) < MOST_POINTS:
        state = added(state, (0.5, 0.5), -1)
    with pytest.raises(LessonError, match="remove one"):
        added(state, (0, 0), 1)
    while len(state.points):
        state = removed(state, 0)
    assert LESSON.over(state, PerceptronSettings())
    assert LESSON.numbers(state, PerceptronSettings())[1] == []
    assert bound(state.points, state.signs) == 0


def test_a_state_is_kept_and_read_again():
    for settings in (PerceptronSettings(), PerceptronSettings(points="XOR", hidden_neurons=2)):
        state = at_rest(settings, most=7).state
        again = LESSON.from_values(LESSON.to_values(state), settings, 1)
        assert LESSON.to_values(again) == LESSON.to_values(state)


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": "x"},
        {"points": [[1e9, 0]] * 12},
        {"points": [[0, 0]] * 1000},
        {"points": [[0, 0, 0]] * 12},
        {"signs": [0] * 12},
        {"weights": [float("nan")] * 3},
        {"weights": [1] * 7},
        {"looked_at": 99},
        {"updates": True},
    ],
)
def test_hostile_values_are_refused(wrong):
    state = LESSON.start(PerceptronSettings(), 1)
    with pytest.raises(LessonError, match="damaged"):
        LESSON.from_values({**LESSON.to_values(state), **wrong}, PerceptronSettings(), 1)
