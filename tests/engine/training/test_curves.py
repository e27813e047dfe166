"""The record of a training as curves."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from visualizer.engine.training.curves import curves_of, smoothed
from visualizer.engine.training.history import EpochDone, History


def record(batches, epochs):
    history = History()
    for index in range(batches):
        history.add(1 / (index + 1), 0.5, float("nan"), 0.1)
        for number, end in epochs:
            if end == index + 1:
                history.add_epoch(EpochDone(number, end, 1, 0.5, 2, 0.4, float("nan"), 1.0))
    return history


def test_batches_lie_within_their_epochs_also_where_the_batch_size_changed():
    curves = curves_of(record(18, [(1, 10), (2, 15)]), 2.6, smoothing=0)
    np.testing.assert_allclose(curves.x[:10], np.arange(1, 11) / 10)
    np.testing.assert_allclose(curves.x[10:15], 1 + np.arange(1, 6) / 5)
    np.testing.assert_allclose(curves.x[15:], [2.2, 2.4, 2.6])
    assert curves.epochs.tolist() == [1, 2]
    assert np.isnan(curves.adversarial).all()
    assert curves.rate.tolist() == [0.1] * 18


def test_a_long_record_is_thinned_and_its_newest_batch_stays():
    curves = curves_of(record(1234, [(1, 1000)]), 1.25, smoothing=0, points=100)
    assert 100 <= len(curves.x) <= 110
    assert curves.x[-1] == 1.25
    assert curves.loss[-1] == 1 / 1234


def test_nothing_yet():
    curves = curves_of(History(), 0.0)
    assert len(curves.x) == len(curves.loss) == len(curves.epochs) == 0


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.floats(-1e3, 1e3), st.just(float("nan"))), max_size=30),
    st.floats(0, 0.99),
)
def test_smoothed_values_are_weighted_means_of_what_came_before(values, strength):
    found = smoothed(np.array(values), strength)
    for index, value in enumerate(values):
        if np.isnan(value):
            assert np.isnan(found[index])
            continue
        pairs = [(v, strength ** (index - i)) for i, v in enumerate(values[: index + 1])]
        there = [(v, w) for v, w in pairs if not np.isnan(v)]
        expected = sum(v * w for v, w in there) / sum(w for _, w in there)
        np.testing.assert_allclose(found[index], expected, atol=1e-6, rtol=1e-6)
