from __future__ import annotations

import numpy as np

from visualizer.engine.class_answers import answer_of, strongest


def test_an_answer_at_every_pixel_becomes_a_mean():
    values = np.zeros((2, 2, 3))
    values[0, 0, 1] = 1
    assert answer_of(values, []).tolist() == [0, 0.25, 0]
    assert answer_of(np.array([np.nan, 0.5]), []).tolist() == [0, 0.5]


def test_one_number_of_two_classes_becomes_two():
    np.testing.assert_allclose(answer_of(np.array([0.7]), ["no", "yes"]), [0.3, 0.7])


def test_the_lower_index_wins_a_tie():
    assert strongest(np.array([1.0, 3.0, 2.0, 3.0]), 3) == [1, 3, 2]
