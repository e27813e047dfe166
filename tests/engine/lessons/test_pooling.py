"""The slide's numbers, scikit-image and Keras as references, and what a shift leaves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.data import astronaut, coffee
from skimage.measure import block_reduce

from visualizer.engine.lessons.lesson import LessonError
from visualizer.engine.lessons.pooling import (
    GRID,
    MEAN,
    PICTURE,
    RANDOM,
    Pooling,
    PoolingSettings,
    PoolingState,
    shifted,
    with_cell,
)
from visualizer.engine.lessons.run import LessonRun, advance
from visualizer.engine.lessons.sliding import grey, pooled

LESSON = Pooling()


def test_the_slide_by_hand():
    run = LessonRun(LESSON)
    assert LESSON.details(run.state, run.settings).result.tolist() == [[6, 8], [3, 4]]
    run.choose(PoolingSettings(kind=MEAN))
    assert LESSON.details(run.state, run.settings).result.tolist() == [[3.25, 5.25], [2, 2]]
    run.choose(PoolingSettings(size=3, stride=1))
    assert LESSON.numbers(run.state, run.settings)[1] == [(1, 7, 8), (2, 7, 8)]
    assert run.solved == [False, True, False]


@given(st.integers(0, 999), st.integers(1, 4), st.integers(4, 13), st.sampled_from(("max", "mean")))
def test_windows_side_by_side_are_those_of_scikit_image(seed, size, side, kind):
    grid = np.random.default_rng(seed).normal(size=(side, side + 3))
    fits = [length // size * size for length in grid.shape]
    function = np.max if kind == "max" else np.mean
    expected = block_reduce(grid[: fits[0], : fits[1]], (size, size), function)
    assert pooled(grid, size, size, kind) == pytest.approx(expected)


@pytest.mark.parametrize(("size", "stride"), [(3, 2), (2, 3), (4, 1)])
def test_overlap_is_that_of_keras(size, stride):
    from keras import layers

    grid = np.random.default_rng(1).normal(size=(9, 11)).astype(np.float32)
    for kind, layer in (("max", layers.MaxPooling2D), ("mean", layers.AveragePooling2D)):
        expected = np.asarray(layer(size, stride)(grid[None, ..., None]))[0, ..., 0]
        assert pooled(grid, size, stride, kind) == pytest.approx(expected, abs=1e-6)


def test_a_shift_within_the_windows_changes_no_maximum():
    """One bright cell at the left of its window: moved by one it is still in it."""
    picture = np.zeros((8, 8))
    picture[2, 4] = 9
    moved = PoolingSettings(over=RANDOM, shift=1)
    details = LESSON.details(PoolingState(picture), moved)
    assert details.kept == 1
    assert details.cells_kept == 62 / 64
    details = LESSON.details(PoolingState(picture), PoolingSettings(over=RANDOM, shift=2))
    assert details.kept == 14 / 16
    details = LESSON.details(PoolingState(picture), PoolingSettings(over=RANDOM))
    assert (details.kept, details.cells_kept) == (1, 1)


@pytest.mark.parametrize(("photograph", "least"), [(coffee, 0.25), (astronaut, 0.25)])
def test_of_a_photograph_more_maxima_stay_than_pixels_or_means(photograph, least):
    state = PoolingState(np.round(grey(photograph()[::4, ::4] / 255, 96) * 255))
    shares = {}
    for kind in ("max", "mean"):
        details = LESSON.details(state, PoolingSettings(over=PICTURE, kind=kind, shift=1))
        assert details.result.shape == (48, 48)
        shares[kind] = details.kept
    assert shares["max"] > least > details.cells_kept
    assert shares["max"] > 1.5 * shares["mean"]


def test_shifting_repeats_the_first_column():
    assert shifted(np.array([[1, 2, 3.0]]), 1).tolist() == [[1, 1, 2]]
    assert shifted(np.array([[1, 2, 3.0]]), 4).tolist() == [[1, 1, 1]]


def test_the_tasks_are_solved_by_what_they_ask_for():
    run = LessonRun(LESSON)
    run.take(*advance(LESSON, run.state, run.settings, 3, 10)[:2])
    assert run.solved == [False] * 3
    run.take(*advance(LESSON, run.state, run.settings, 3, 10)[:2])
    assert run.solved == [True, False, False]
    run.choose(PoolingSettings(over=PICTURE, shift=1))
    assert run.solved == [True, False, True]


def test_a_state_is_kept_and_hostile_ones_are_refused():
    for over in (GRID, RANDOM):
        settings = PoolingSettings(over=over)
        state = with_cell(LESSON.start(settings, 5), (1, 1), 7)
        values = LESSON.to_values(LESSON.step(state, settings))
        assert LESSON.to_values(LESSON.from_values(values, settings, 1)) == values
    large = PoolingSettings(over=PICTURE)
    assert LESSON.from_values({"at": 3}, large, 1).at == 3
    for wrong in ({"at": -2}, {"picture": [[1]]}, {"picture": [[float("nan")] * 8] * 8}):
        with pytest.raises(LessonError, match="damaged"):
            LESSON.from_values({**values, **wrong}, settings, 1)
