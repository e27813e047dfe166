"""The slide's numbers, SciPy as a reference, and a filter of a network against the network."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import correlate2d

from visualizer.engine.lessons.convolution import (
    GRID,
    KERNELS,
    PICTURE,
    SLIDE,
    UNIT,
    Convolution,
    ConvolutionSettings,
    ConvolutionState,
    resized,
    result,
    under,
    with_cell,
)
from visualizer.engine.lessons.lesson import LessonError
from visualizer.engine.lessons.real_filter import FUNCTIONS, real_layer, same_padding
from visualizer.engine.lessons.run import LessonRun, advance

LESSON = Convolution()


def test_the_slide_step_by_step():
    run = LessonRun(LESSON)
    sums = []
    while not run.over:
        run.take(LESSON.step(run.state, run.settings), 1)
        seen = under(run.state, run.settings, run.state.place(run.settings))
        sums.append((seen * run.state.kernel).sum())
    assert sums == [4, 3, 4, 2, 4, 3, 2, 3, 4]
    assert LESSON.details(run.state, run.settings).tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
    assert LESSON.numbers(run.state, run.settings)[1][1] == (2, 2, 4, 3)
    assert run.solved == [True, False, False]


@given(
    st.integers(0, 999), st.integers(3, 9), st.integers(1, 4),
    st.integers(1, 4), st.integers(0, 3), st.integers(1, 3),
)  # fmt: skip
def test_any_filter_is_that_of_scipy(seed, side, size, stride, padding, dilation):
    random = np.random.default_rng(seed)
    picture, kernel = random.normal(size=(side, side + 2)), random.normal(size=(size, size))
    settings = ConvolutionSettings(stride=stride, padding=padding, dilation=dilation)
    state = ConvolutionState(picture, kernel)
    spread = np.zeros(((size - 1) * dilation + 1,) * 2)
    spread[::dilation, ::dilation] = kernel
    padded = np.pad(picture, padding)
    if min(padded.shape) < len(spread):
        assert 0 in state.shape(settings)
        assert not result(state, settings).size
        assert LESSON.over(state, settings)
        return
    expected = correlate2d(padded, spread, "valid")[::stride, ::stride]
    found = result(state, settings)
    assert found == pytest.approx(expected)
    assert state.shape(settings) == found.shape
    for place in np.ndindex(found.shape):
        assert (under(state, settings, place) * kernel).sum() == pytest.approx(found[place])


def test_named_filters_do_what_they_are_called():
    flat = np.full((5, 5), 0.5)
    for name, kernel in KERNELS.items():
        after = result(ConvolutionState(flat, kernel), ConvolutionSettings())
        wanted = {"the slide's": 2.5, "edges": 0, "upright edges": 0, "level edges": 0}
        assert after == pytest.approx(np.full((3, 3), wanted.get(name, 0.5))), name


def test_the_tasks_are_solved_by_what_they_ask_for():
    run = LessonRun(LESSON)
    run.take(with_cell(run.state, "kernel", (0, 0), 5))
    run.take(*advance(LESSON, run.state, run.settings, 99, 10)[:2])
    assert not any(run.solved), "of another filter"
    run = LessonRun(LESSON)
    run.choose(ConvolutionSettings(padding=1))
    run.take(ConvolutionState(SLIDE, KERNELS["identity"]))
    assert run.solved == [False, True, False]
    run.choose(ConvolutionSettings(over=PICTURE))
    assert not run.solved[2]
    run.take(ConvolutionState(run.state.picture, np.zeros((3, 3))))
    assert not run.solved[2]
    run.take(ConvolutionState(run.state.picture, KERNELS["edges"]))
    assert run.solved[2]


def test_a_large_picture_is_gone_through_row_by_row():
    settings = ConvolutionSettings(over=PICTURE)
    state = LESSON.start(settings, 1)
    places = []
    while not LESSON.over(state, settings):
        state = LESSON.step(state, settings)
        places.append(state.place(settings))
    assert places[:3] == [(0, 0), (1, 0), (2, 0)]
    assert places[-1] == (93, 93)
    assert len(LESSON.numbers(state, settings)[1]) == 16


def test_a_filter_is_made_larger_and_smaller():
    kernel = KERNELS["sharpen"]
    grown = resized(kernel, 5)
    assert grown.shape == (5, 5)
    assert grown[1:4, 1:4].tolist() == kernel.tolist()
    assert grown.sum() == kernel.sum()
    assert resized(grown, 3).tolist() == kernel.tolist()
    assert resized(kernel, 1).tolist() == [[5]]


def test_a_state_is_kept_and_hostile_ones_are_refused():
    settings = ConvolutionSettings()
    state = with_cell(LESSON.start(settings, 1), "picture", (1, 1), 7)
    values = LESSON.to_values(ConvolutionState(state.picture, resized(state.kernel, 5), 3))
    again = LESSON.from_values(values, settings, 1)
    assert LESSON.to_values(again) == values
    large = ConvolutionSettings(over=PICTURE)
    assert LESSON.from_values(values, large, 1).picture.shape == (96, 96)
    for wrong in (
        {"kernel": [[1] * 8] * 8},
        {"kernel": [[float("inf")]]},
        {"kernel": 3},
        {"picture": [[0] * 6] * 5},
        {"picture": "x"},
        {"at": -2},
        {"at": 1.5},
    ):
        with pytest.raises(LessonError, match="damaged"):
            LESSON.from_values({**values, **wrong}, settings, 1)


# One filter of a network


def is_that_of_the_network(network, picture, stage, units):
    seen = network.fit(picture)
    theirs = network.forward(seen[None])[stage][0]
    layer = real_layer(network, seen, stage)
    for unit in units:
        real = layer.filter(unit)
        assert real.shape == theirs.shape[:2]
        assert np.abs(real.result - theirs[..., unit]).max() <= 1e-5
        assert real.apart <= 1e-5
        assert real.result.any()
        place = real.shape[0] // 2, real.shape[1] - 1
        at_place = real.activated(real.by_channel(place).sum())
        assert float(at_place) == pytest.approx(real.result[place])
    return real


def test_filters_of_a_small_network_are_its_own(plain, residual, photo):
    """Strides, both paddings, zeros put around, normalisation and depthwise."""
    is_that_of_the_network(plain, photo, "conv1", range(4))
    real = is_that_of_the_network(plain, photo, "conv2", (0, 5))
    assert (real.activation, real.padded) == ("relu", (1, 1))
    for stage in residual.stages:
        if stage.kind in ("convolution", "depthwise"):
            is_that_of_the_network(residual, photo, stage.name, (0, stage.units - 1))


@pytest.fixture(scope="module")
def unusual(explore):
    """Groups, dilation, uneven strides and kernels, a multiplier, and other activations."""
    from keras import Sequential, layers

    model = Sequential(
        [
            layers.Input((21, 18, 3)),
            layers.Conv2D(4, (3, 2), (2, 3), padding="same", activation="tanh", name="uneven"),
            layers.Conv2D(6, 3, groups=2, padding="same", activation="silu", name="grouped"),
            layers.Conv2D(4, 2, dilation_rate=2, activation="sigmoid", name="dilated"),
            layers.DepthwiseConv2D(2, depth_multiplier=2, activation="elu", name="multiplied"),
            layers.Conv2D(4, 1, activation="gelu", name="gelu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5, activation="softmax"),
        ]
    )
    return explore(model)


def test_filters_of_unusual_layers_are_the_networks_own(unusual, photo):
    for name in ("uneven", "grouped", "dilated", "multiplied"):
        units = unusual.stage(name).units
        is_that_of_the_network(unusual, photo, name, range(units))


def test_what_cannot_be_computed_is_said(unusual, plain, photo):
    with pytest.raises(LessonError, match="gelu, which is not computed here"):
        real_layer(unusual, unusual.fit(photo), "gelu")
    with pytest.raises(LessonError, match="pool1 is not a plain convolution"):
        real_layer(plain, plain.fit(photo), "pool1")
    settings = ConvolutionSettings(over=UNIT)
    state = LESSON.start(settings, 1)
    assert LESSON.over(state, settings)
    assert LESSON.numbers(state, settings)[1]
    assert ConvolutionSettings().over == GRID


def test_the_numbers_of_a_unit_add_up(residual, photo):
    real = real_layer(residual, residual.fit(photo), "stem").filter(99)
    assert real.unit == 3, "the last one, where there are not so many"
    settings = ConvolutionSettings(over=UNIT)
    state = ConvolutionState(SLIDE, KERNELS["identity"], 5, real)
    values = dict(LESSON.numbers(state, settings)[1])
    whole = sum(values[f"channel {channel}"] for channel in range(3))
    assert values["sum of all channels"] == pytest.approx(whole)
    before = values["times (normalisation)"] * whole + values["plus (normalisation)"]
    assert values["after relu"] == pytest.approx(max(before, 0))
    assert values["the network's own number"] == pytest.approx(values["after relu"], abs=1e-5)


def test_activations_and_padding_are_those_of_keras():
    import keras

    z = np.linspace(-9, 9, 37)
    for name, function in FUNCTIONS.items():
        assert function(z) == pytest.approx(np.asarray(keras.activations.get(name)(z)), abs=1e-6), (
            name
        )
    assert same_padding(24, 3, 2, 1) == (0, 1)
    assert same_padding(5, 3, 1, 1) == (1, 1)
