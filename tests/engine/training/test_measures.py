"""Accuracy, temperature and calibration, against answers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from visualizer.engine.training.measures import (
    cross_entropy,
    expected_calibration_error,
    fit_temperature,
    log_softmax,
    top_k_accuracy,
)


def test_top_k_counts_a_label_among_the_k_highest():
    scores = np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [3.0, 2.0, 1.0]])
    labels = np.array([0, 1, 2])
    assert top_k_accuracy(scores, labels, 1) == pytest.approx(1 / 3)
    assert top_k_accuracy(scores, labels, 2) == pytest.approx(2 / 3)
    assert top_k_accuracy(scores, labels, 3) == 1


@given(arrays(np.float64, (4, 5), elements=st.floats(-1e4, 1e4)))
def test_log_softmax_is_normalised_and_finite(logits):
    result = log_softmax(logits)
    assert np.isfinite(result).all()
    np.testing.assert_allclose(np.exp(result).sum(axis=1), 1)


def test_cross_entropy_by_hand():
    logits = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]))
    expected = -(np.log(0.25) + np.log(0.8)) / 2
    assert cross_entropy(logits, np.array([1, 2])) == pytest.approx(expected)
    assert cross_entropy(logits + 1e4, np.array([1, 2])) == pytest.approx(expected)


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_the_labels_is_found_again(true_temperature):
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (20_000, 5))
    chances = np.exp(log_softmax(logits / true_temperature))
    labels = (chances.cumsum(axis=1) < rng.random((len(chances), 1))).sum(axis=1)
    assert fit_temperature(logits, labels) == pytest.approx(true_temperature, rel=0.05)


def test_calibration_error_of_overconfidence_is_the_gap():
    # Always 80% sure, right half of the time: the gap is 30%.
    probabilities = np.tile([0.8, 0.2], (100, 1))
    labels = np.arange(100) % 2
    assert expected_calibration_error(probabilities, labels) == pytest.approx(0.3)


def test_calibration_error_of_honest_answers_is_zero():
    probabilities = np.tile([0.75, 0.25], (100, 1))
    labels = (np.arange(100) % 4 == 0).astype(int)
    assert expected_calibration_error(probabilities, labels) == pytest.approx(0)
