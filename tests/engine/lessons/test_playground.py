"""The playground against plain NumPy, finite differences and Keras; its data; its run."""

from dataclasses import replace

import numpy as np
import pytest

from visualizer.engine.errors import UserError
from visualizer.engine.lessons.functions import FUNCTIONS
from visualizer.engine.lessons.lesson import LessonError
from visualizer.engine.lessons.playground import (
    FIELD,
    MOST_KEPT,
    MOST_POINTS,
    Playground,
    PlaygroundSettings,
    from_recipe,
    outputs,
    recipe,
    with_point,
    with_point_moved,
    with_weight,
    without_point,
)
from visualizer.engine.lessons.playground_data import (
    CLASSES,
    DATA,
    FEATURES,
    REACH,
    features_of,
    in_training,
    points_of,
)
from visualizer.engine.lessons.playground_keras import keras_code
from visualizer.engine.lessons.playground_network import (
    Shape,
    first_weights,
    gradient,
    predict,
    train,
)
from visualizer.engine.lessons.run import LessonRun, advance

LESSON = Playground()
SMALL = PlaygroundSettings(hidden_layers=2, neurons_1=4, neurons_2=2)


def trained(settings, epochs, seed=1):
    run = LessonRun(LESSON, settings, seed)
    state, taken, problem = advance(LESSON, run.state, settings, epochs, 20)
    assert (taken, problem) == (epochs, "")
    run.take(state, taken)
    return run


def random_network(activation, hidden=(4, 3), seed=0):
    random = np.random.default_rng(seed)
    shape = Shape((2, *hidden, 1), activation, "tanh")
    features = np.column_stack([random.normal(0, 1, (7, 2)), np.ones(7)])
    return shape, random.normal(0, 0.7, shape.weights), features, random.uniform(-1, 1, 7)


@pytest.mark.parametrize("hidden", [(), (4, 3)])
@pytest.mark.parametrize("activation", [each for each in FUNCTIONS if each != "step"])
def test_the_gradient_is_that_of_finite_differences(activation, hidden):
    shape, weights, features, targets = random_network(activation, hidden)

    def loss(at):
        return ((predict(shape, at, features) - targets) ** 2).mean() / 2

    small = 1e-6 * np.eye(len(weights))
    slopes = [(loss(weights + each) - loss(weights - each)) / 2e-6 for each in small]
    assert gradient(shape, weights, features, targets) == pytest.approx(np.array(slopes), abs=1e-7)


def test_an_epoch_is_that_of_plain_steps():
    """Batches of 3 of 7 points with L1 and L2, each step from `gradient` alone."""
    shape, weights, features, targets = random_network("tanh")
    after = train(
        shape, weights, features, targets,
        batch=3, rate=0.1, l1=0.02, l2=0.03, random=np.random.default_rng(5),
    )  # fmt: skip
    order, expected = np.random.default_rng(5).permutation(7), weights.copy()
    no_bias = np.ones(len(weights))
    for view in shape.matrices(no_bias):
        view[:, -1] = 0
    for batch in (order[:3], order[3:6], order[6:]):
        slopes = gradient(shape, expected, features[batch], targets[batch])
        expected = expected - 0.1 * (slopes + 0.03 * no_bias * expected)
        shrunk = np.sign(expected) * np.maximum(np.abs(expected) - 0.002, 0)
        expected = np.where(no_bias, shrunk, expected)
    assert after == pytest.approx(expected, rel=1e-12)


def test_one_step_by_hand():
    """One neuron, w = 0.5, bias 0, x = 1, target 1, identity: the error is -0.5, the rate 0.1."""
    shape = Shape((1, 1), "tanh", "identity")
    one = np.array([[1.0, 1.0]])
    random = np.random.default_rng(1)
    after = train(shape, np.array([0.5, 0.0]), one, np.ones(1), batch=1, rate=0.1, random=random)
    assert after == pytest.approx([0.55, 0.05])


def test_step_functions_change_the_last_layer_only():
    settings = replace(SMALL, activation="step", data="XOR")
    first, run = LESSON.start(settings, 1), trained(settings, 100)
    before, after = (
        settings.shape.matrices(first.weights),
        settings.shape.matrices(run.state.weights),
    )
    assert np.array_equal(before[0], after[0])
    assert np.array_equal(before[1], after[1])
    assert not np.array_equal(before[2], after[2])
    assert run.solved == [False, False, True]


def test_the_spiral_is_solved_by_the_usual_settings():
    run = trained(PlaygroundSettings(), 150)
    assert run.settings.data == "spiral"
    assert run.state.test_loss <= 0.02
    assert run.solved == [True, False, False]


def test_two_squares_part_the_circle_without_a_layer():
    off = {"x": False, "y": False, "sin_x": False, "sin_y": False}
    settings = PlaygroundSettings(data="circle", hidden_layers=0, **off)
    assert trained(replace(settings, x=True, y=True), 60).state.test_loss > 0.3
    run = trained(replace(settings, x_squared=True, y_squared=True), 60)
    assert run.state.test_loss < 0.01
    assert run.solved == [False, True, False]


@pytest.mark.parametrize("data", ["XOR", "two Gaussians", "plane", "hills"])
def test_all_other_data_are_learnt(data):
    run = trained(PlaygroundSettings(data=data), 150)
    assert run.state.test_loss < (0.1 if data in CLASSES else 0.04)
    assert run.state.train_loss < 0.3 * run.state.losses[0, 1]


@pytest.mark.parametrize("data", DATA)
def test_points_are_in_bounds_and_stray_with_noise(data):
    quiet, targets = points_of(data, 0, 3)
    noisy, _ = points_of(data, 0.5, 3)
    for points in (quiet, noisy):
        assert np.abs(points).max(initial=0) <= REACH
    if data == "own points":
        assert not len(quiet)
        return
    assert len(quiet) == 250
    assert not np.array_equal(quiet, noisy)
    if data in CLASSES:
        assert sorted(set(targets)) == [-1, 1]
        assert abs(targets.sum()) <= 50
    assert np.array_equal(points_of(data, 0, 3)[0], quiet)


def test_training_points_stay_so_when_others_come():
    assert in_training(6, 0.5).tolist() == [True, False, True, False, True, False]
    assert in_training(250, 0.1).sum() == 25
    assert np.array_equal(in_training(251, 0.3)[:250], in_training(250, 0.3))


def test_features_by_hand():
    (row,) = features_of(np.array([[2.0, 3.0]]), tuple(FEATURES))
    assert row == pytest.approx([2, 3, 4, 9, 6, np.sin(2), np.sin(3), 1])


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_keras_code_predicts_the_same(activation):
    names = dict.fromkeys(FEATURES, activation == "tanh") | {"x": True, "sin_y": True}
    settings = replace(SMALL, activation=activation, data="hills", **names)
    state = trained(settings, 3).state
    made = {}
    exec(keras_code(state, settings), made)
    found = made["model"](state.points.astype(np.float32)).numpy()[:, 0]
    assert found == pytest.approx(outputs(state, settings), abs=1e-4)


def test_no_feature_and_no_layer_make_a_constant_in_keras_too():
    off = {"x": False, "y": False, "sin_x": False, "sin_y": False}
    settings = PlaygroundSettings(hidden_layers=0, **off)
    state = trained(settings, 2).state
    made = {}
    exec(keras_code(state, settings), made)
    assert np.ptp(outputs(state, settings)) == 0
    found = made["model"](state.points[:3].astype(np.float32)).numpy()[:, 0]
    assert found == pytest.approx(outputs(state, settings)[:3], abs=1e-6)


def test_the_same_seed_gives_the_same_run_at_any_pace():
    whole = trained(SMALL, 20).state
    run = trained(SMALL, 7)
    again, _, _ = advance(LESSON, run.state, SMALL, 13, 10)
    assert np.array_equal(whole.weights, again.weights)
    assert not np.array_equal(whole.weights, trained(SMALL, 20, seed=2).state.weights)


def test_an_edited_weight_is_exact_and_taken_back():
    run = trained(SMALL, 2)
    place = SMALL.shape.place(1, 1, 4)  # the bias of the second neuron of the second layer
    run.take(with_weight(run.state, SMALL, place, 0.125))
    assert SMALL.shape.matrices(run.state.weights)[1][1, 4] == 0.125
    header, rows = LESSON.numbers(run.state, SMALL)
    assert header == ("layer", "neuron", "from", "weight")
    assert (2, 2, "bias", 0.125) in rows
    assert len(rows) == SMALL.shape.weights
    errors = (outputs(run.state, SMALL) - run.state.targets) ** 2 / 2
    assert run.state.train_loss == pytest.approx(errors[in_training(250, 0.5)].mean())
    run.back()
    assert SMALL.shape.matrices(run.state.weights)[1][1, 4] != 0.125
    for wrong in (np.nan, np.inf, 1e7):
        with pytest.raises(LessonError, match="a number from"):
            with_weight(run.state, SMALL, 0, wrong)


def test_own_points_are_set_moved_removed_and_learnt():
    settings = replace(SMALL, data="own points")
    state = LESSON.start(settings, 1)
    assert LESSON.over(state, settings)
    assert advance(LESSON, state, settings, 5, 1)[1:] == (0, "")
    assert np.isnan(state.train_loss)
    for target in (1, -1, 1):
        state = with_point(state, settings, (1, 9), target)  # all on one spot
    assert state.points.tolist() == [[1, REACH]] * 3
    state, taken, problem = advance(LESSON, state, settings, 50, 5)
    assert (taken, problem) == (50, "")
    state = with_point_moved(state, settings, 1, (-2, 0))
    assert state.points[1].tolist() == [-2, 0]
    assert len(without_point(state, settings, 0).points) == 2
    while len(state.points) < MOST_POINTS:
        state = replace(state, points=np.vstack([state.points] * 2)[:MOST_POINTS],
                        targets=np.tile(state.targets, 2)[:MOST_POINTS])  # fmt: skip
    with pytest.raises(LessonError, match="remove one"):
        with_point(state, settings, (0, 0), 1)


@pytest.mark.parametrize("activation", ["identity", "ReLU"])
def test_exploding_weights_are_told_and_the_last_good_epoch_stays(activation):
    settings = replace(SMALL, data="hills", activation=activation, learning_rate=10)
    start = LESSON.start(settings, 1)
    state, taken, problem = advance(LESSON, start, settings, 50, 5)
    assert taken < 50
    assert "halve the learning rate" in problem
    assert np.isfinite(state.weights).all()
    assert LESSON.problem(state) == ""
    assert LESSON.problem(replace(state, weights=np.full_like(state.weights, np.nan)))


def test_every_neuron_has_its_picture():
    details = LESSON.details(LESSON.start(SMALL, 1), SMALL)
    assert details.features.shape == (4, FIELD, FIELD)
    assert [len(each) for each in details.neurons] == [4, 2, 1]
    assert details.features[0, 0, 0] == -REACH
    assert details.features[1, -1, 0] == REACH
    state = trained(SMALL, 1).state
    corner = features_of(np.array([[-REACH, REACH]]), SMALL.features)
    output = LESSON.details(state, SMALL).neurons[-1][0, -1, 0]
    assert output == pytest.approx(predict(SMALL.shape, state.weights, corner)[0])


def test_the_curves_are_thinned_out():
    state = trained(replace(SMALL, hidden_layers=0), 1500).state
    assert len(state.losses) <= MOST_KEPT + 1
    epochs = state.losses[:, 0]
    assert (epochs[0], epochs[-1]) == (0, 1500)
    assert (np.diff(epochs) > 0).all()
    assert np.diff(epochs).max() <= 8


def test_first_weights_do_not_depend_on_the_size_of_features():
    shape = Shape((2, 8, 1), "tanh", "tanh")
    scales = np.array([1.0, 100.0])
    first = shape.matrices(first_weights(shape, 1, scales))[0]
    assert first[:, :2] * scales == pytest.approx(
        shape.matrices(first_weights(shape, 1, np.ones(2)))[0][:, :2]
    )


def test_a_state_is_kept_in_values_and_recipe():
    state = with_point(trained(SMALL, 3).state, SMALL, (1, 2), -1)
    values = LESSON.to_values(state)
    assert LESSON.to_values(LESSON.from_values(values, SMALL, 1)) == values
    settings, again = from_recipe(recipe(state, SMALL), 1)
    assert settings == SMALL
    assert LESSON.to_values(again) == values
    assert np.array_equal(LESSON.step(again, SMALL).weights, LESSON.step(state, SMALL).weights)


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": [[0, 7]] * 250},
        {"points": [[0, 0]] * 501},
        {"targets": [2] * 250},
        {"weights": [0.0] * 5},
        {"weights": "x"},
        {"epoch": -1},
    ],
)
def test_hostile_values_are_refused(wrong):
    state = LESSON.start(SMALL, 1)
    with pytest.raises(LessonError, match="damaged"):
        LESSON.from_values({**LESSON.to_values(state), **wrong}, SMALL, 1)


@pytest.mark.parametrize("piece", ["{", "[]", 3, None, '{"points": 1}', "[" * 9000])
def test_hostile_recipes_are_refused(piece):
    made = SMALL.to_dict() | {"state of the lesson 0": piece}
    with pytest.raises(UserError):
        from_recipe(made, 1)
