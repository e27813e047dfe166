"""Frequencies, colours, views and Adam: linear algebra against its definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visualizer.engine.ascent.lbfgs import LBFGS
from visualizer.engine.ascent.parameterisation import Adam, FourierBasis
from visualizer.engine.ascent.resampling import axis_matrix, random_views

sides = st.integers(2, 17)
patient = settings(deadline=None, max_examples=40)


@patient
@given(sides, sides, st.booleans(), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_pull_back_is_the_gradient_of_decode(height, width, grey, count, seed):
    rng = np.random.default_rng(seed)
    basis = FourierBasis(height, width, grey)
    parameters = basis.random(count, rng, scale=0.3)
    pictures = basis.decode(parameters)
    assert pictures.shape == (count, height, width, 3)
    assert pictures.dtype == np.float32
    gradient = rng.normal(0, 1, pictures.shape).astype(np.float32)
    direction = rng.normal(0, 1, parameters.shape).astype(np.float32)
    step = 2e-2 / max(1.0, float(np.sqrt(height * width)))
    ends = [basis.decode(parameters + s * step * direction).astype(np.float64) for s in (1, -1)]
    numerical = np.vdot(gradient, (ends[0] - ends[1]) / (2 * step))
    pulled = np.vdot(basis.pull_back(pictures, gradient), direction)
    scale = float(np.linalg.norm(basis.pull_back(pictures, gradient)) * np.linalg.norm(direction))
    assert pulled == pytest.approx(numerical, abs=2e-3 * scale + 1e-4)


@patient
@given(sides, sides, st.integers(0, 2**32 - 1))
def test_a_picture_that_is_encoded_comes_back(height, width, seed):
    rng = np.random.default_rng(seed)
    picture = rng.uniform(0.05, 0.95, (1, height, width, 3)).astype(np.float32)
    basis = FourierBasis(height, width)
    np.testing.assert_allclose(basis.decode(basis.encode(picture)), picture, atol=2e-3)


def test_grey_has_a_third_of_the_numbers_and_stays_grey():
    basis = FourierBasis(6, 9, grey=True)
    picture = np.random.default_rng(0).uniform(0.05, 0.95, (1, 6, 9, 1)).repeat(3, -1)
    parameters = basis.encode(picture.astype(np.float32))
    assert parameters.shape == basis.shape(1) == (2, 1, 6, 5, 1)
    np.testing.assert_allclose(basis.decode(parameters), picture, atol=2e-3)


def test_the_start_is_nearly_grey():
    basis = FourierBasis(32, 32)
    picture = basis.decode(basis.random(1, np.random.default_rng(0)))
    assert np.abs(picture - 0.5).max() < 0.25
    assert picture.std() > 0.001


def test_adam_by_hand():
    adam = Adam(0.1)
    at = np.array([1.0, 1.0], np.float32)
    at = adam.step(at, np.array([2.0, -0.5], np.float32))
    np.testing.assert_allclose(at, [1.1, 0.9], rtol=1e-5)  # the first step has one length
    at = adam.step(at, np.array([2.0, 0.5], np.float32))
    mean = (0.9 * 0.1 * -0.5 + 0.1 * 0.5) / (1 - 0.9**2)
    np.testing.assert_allclose(at, [1.2, 0.9 + 0.1 * mean / 0.5], rtol=1e-4)


@patient
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.floats(0.2, 5),
    st.floats(-50, 50),
)
def test_a_view_is_an_average_of_pixels(size, output, scale, shift):
    matrix = axis_matrix(size, output, scale, shift)
    assert matrix.shape == (output, size)
    assert matrix.min() >= 0
    np.testing.assert_allclose(matrix.sum(axis=1), 1, rtol=1e-5)
    assert ((matrix > 0).sum(axis=1) <= 2).all()


@patient
@given(st.integers(2, 30), st.integers(-5, 5))
def test_a_view_shifts_and_repeats_the_border(size, shift):
    values = np.arange(size, dtype=np.float32)
    moved = axis_matrix(size, size, 1.0, float(shift)) @ values
    np.testing.assert_allclose(moved, np.clip(values - shift, 0, size - 1), atol=1e-4)


def test_a_view_enlarges_about_the_centre():
    values = np.arange(9, dtype=np.float32)
    np.testing.assert_allclose(axis_matrix(9, 9, 2.0, 0.0) @ values, 4 + (values - 4) / 2)


def test_views_stay_within_their_bounds():
    rng = np.random.default_rng(0)
    ramp = np.arange(64, dtype=np.float32)
    for _ in range(50):
        rows, columns = random_views((64, 64), (64, 64), 3.0, 0.1, rng)
        for matrix in (rows, columns):
            seen = matrix @ ramp
            assert abs(seen[31:33].mean() - 31.5) <= 3.0 + 1e-3
            assert 1 / 1.1 - 1e-3 <= np.diff(seen)[20:40].mean() <= 1 / 0.9 + 1e-3


def test_lbfgs_finds_the_bottom_of_a_bowl():
    rng = np.random.default_rng(4)
    matrix = rng.normal(0, 1, (12, 12)).astype(np.float32)
    bowl = matrix @ matrix.T + 0.5 * np.eye(12, dtype=np.float32)
    bottom = rng.normal(0, 1, 12).astype(np.float32)

    def function(x):
        away = x - bottom
        return float(away @ bowl @ away) / 2, bowl @ away

    seek = LBFGS(function, np.zeros(12, np.float32))
    values = [seek.value]
    for _ in range(40):
        seek.step()
        values.append(seek.value)
    assert values == sorted(values, reverse=True)
    np.testing.assert_allclose(seek.x, bottom, atol=1e-2)


def test_lbfgs_stays_where_it_may_be():
    seek = LBFGS(
        lambda x: (float(-x.sum()), -np.ones_like(x)),
        np.full(4, 0.2, np.float32),
        project=lambda x: np.clip(x, 0, 1),
    )
    for _ in range(60):
        seek.step()
        assert seek.x.max() <= 1
    np.testing.assert_allclose(seek.x, 1, atol=1e-3)
