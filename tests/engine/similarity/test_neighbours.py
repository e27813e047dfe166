"""Distances and neighbours against SciPy and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from visualizer.engine.generators import run_to_end
from visualizer.engine.similarity.map_settings import METRICS
from visualizer.engine.similarity.neighbours import (
    Neighbours,
    OddOne,
    distances,
    finding_neighbours,
    knn_accuracy,
    nearest_to,
    odd_ones,
    precision_at,
)

SCIPY = {"cosine": "cosine", "euclid": "euclidean"}


@pytest.mark.parametrize("metric", METRICS)
def test_distances_are_those_of_scipy(metric):
    rng = np.random.default_rng(0)
    a, b = (rng.normal(3, 1, (count, 40)).astype(np.float32) for count in (7, 11))
    assert distances(a, b, metric) == pytest.approx(cdist(a, b, SCIPY[metric]), abs=1e-6)


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 40),
    st.integers(1, 6),
    st.integers(0, 50),
    st.sampled_from(METRICS),
)
def test_the_nearest_are_those_of_scipy_whatever_the_vectors(seed, count, width, k, metric):
    rng = np.random.default_rng(seed)
    vectors = rng.integers(0, 3, (count, width)).astype(np.float32)  # with ties, twins and zeros
    if metric == "cosine":
        vectors += 1
    found = run_to_end(finding_neighbours(vectors, k, metric))
    k = min(k, count - 1)
    assert found.indices.shape == found.distances.shape == (count, k)
    apart = cdist(vectors, vectors, SCIPY[metric])
    np.fill_diagonal(apart, np.inf)
    expected = np.sort(apart, axis=1)[:, :k]
    assert found.distances == pytest.approx(expected, abs=1e-6)
    assert np.take_along_axis(apart, found.indices, 1) == pytest.approx(expected, abs=1e-6)


def test_far_from_the_origin_near_neighbours_are_told_apart():
    vectors = np.array([[0.0], [1], [3], [7]], np.float32) + 1e4
    found = run_to_end(finding_neighbours(vectors, 2, "euclid"))
    assert found.indices.tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]
    assert found.distances.tolist() == [[1, 3], [1, 2], [2, 3], [4, 6]]


def test_the_cosine_of_nothing_is_nothing():
    zero, other = np.zeros((1, 3), np.float32), np.ones((1, 3), np.float32)
    assert distances(zero, other, "cosine").tolist() == [[1.0]]
    assert distances(other, -other, "cosine") == pytest.approx(2)


def test_the_nearest_to_a_new_picture():
    vectors = np.array([[0, 0], [3, 4], [1, 0]], np.float32)
    found = nearest_to(np.zeros(2, np.float32), vectors, 2, "euclid")
    assert found.indices.tolist() == [[0, 2]]
    assert found.distances == pytest.approx(np.array([[0, 1]]))


LABELS = np.array([0, 0, 1, 1, -1])
NEAR = Neighbours(
    np.array([[1, 2], [0, 2], [3, 0], [0, 1], [0, 1]]), np.zeros((5, 2))
)  # of the fourth, both neighbours are of the other class


def test_precision_and_accuracy_by_hand():
    assert precision_at(NEAR, LABELS, 2) == pytest.approx((0.5 + 0.5 + 0.5 + 0) / 4)
    assert precision_at(NEAR, LABELS, 1) == pytest.approx(3 / 4)
    assert knn_accuracy(NEAR, LABELS, 2) == pytest.approx(3 / 4)  # the nearer wins a tie


def test_without_classes_there_is_no_score():
    assert np.isnan(precision_at(NEAR, np.full(5, -1), 2))
    assert np.isnan(knn_accuracy(NEAR, np.full(5, -1), 2))
    alone = Neighbours(np.zeros((1, 0), int), np.zeros((1, 0)))
    assert np.isnan(precision_at(alone, np.zeros(1, int)))


def test_an_odd_one_has_only_neighbours_of_another_class():
    near = Neighbours(np.array([[1, 2, 3], [2, 3, 0], [1, 3, 0], [1, 2, 0]]), np.zeros((4, 3)))
    assert odd_ones(near, np.array([0, 1, 1, 1]), 3) == [OddOne(0, 0, 1, 1.0)]
    assert odd_ones(near, np.array([0, 1, 2, 3]), 3) == []  # its neighbours do not agree
    assert odd_ones(near, np.array([0, -1, -1, 1]), 3) == []  # too few are of a known class
