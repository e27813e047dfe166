"""The record: complete, bounded, and the same after a round trip."""

import json

import numpy as np
import pytest

from visualizer.engine.training import history as module
from visualizer.engine.training.history import EpochDone, History

NAN = float("nan")


def filled(count):
    history = History()
    for i in range(count):
        history.add(loss=float(i), accuracy=0.5, adversarial_accuracy=NAN, learning_rate=0.1)
    return history


def test_every_batch_is_kept_in_order():
    history = filled(3000)
    assert history.batches == 3000
    np.testing.assert_array_equal(history.column("batch"), np.arange(1, 3001))
    np.testing.assert_array_equal(history.column("loss"), np.arange(3000))
    assert np.isnan(history.column("adversarial_accuracy")).all()


def test_a_very_long_one_is_averaged_and_stays_small(monkeypatch):
    monkeypatch.setattr(module, "MOST_BATCHES", 1024)
    history = filled(10_000)
    loss, batch = history.column("loss"), history.column("batch")
    assert 512 <= len(loss) <= 1024
    np.testing.assert_allclose(batch, loss + 1)
    assert (np.diff(batch) > 0).all()
    assert history.batches == 10_000
    assert loss[0] == pytest.approx(np.mean(np.arange(16)))  # 16 batches a row by now
    assert loss[-1] > 9_900


def test_it_comes_back_from_json():
    history = filled(1500)
    history.add_change("learning rate 0.1")
    history.add_epoch(EpochDone(1, 1500, 0.5, 0.6, 0.7, 0.8, NAN, 2.0))
    again = History.from_dict(json.loads(json.dumps(history.to_dict())))
    for name in module.COLUMNS:
        np.testing.assert_array_equal(again.column(name), history.column(name))
    assert again.changes == history.changes
    assert str(again.epochs) == str(history.epochs)
    again.add(1.0, 0.5, NAN, 0.1)
    assert again.column("batch")[-1] == 1501


def test_few_rows_can_be_asked_for():
    kept = filled(1000).to_dict(most=100)
    assert len(kept["batches"]["loss"]) == 100
    assert kept["total"] == 1000


def test_a_fork_begins_with_the_past():
    history = filled(2500)
    for epoch in (1, 2):
        history.add_epoch(EpochDone(epoch, 1000 * epoch, 0, 0, 0, 0, NAN, 0))
    past = history.until(1700)
    assert past.batches == 1700
    assert len(past.column("loss")) == 1700
    assert len(past.epochs) == 1
    past.add(7.0, 0.5, NAN, 0.1)
    assert past.column("batch")[-1] == 1701
    assert history.batches == 2500
    assert len(History().until(0).column("loss")) == 0


@pytest.mark.parametrize(
    "damage",
    [
        {"batches": {}},
        {"batches": {name: [1.0] * (i + 1) for i, name in enumerate(module.COLUMNS)}},
        {"total": -1},
        {"stride": 0.5},
        {"epochs": [{}]},
        {"changes": [3]},
    ],
)
def test_what_is_no_history_is_refused(damage):
    with pytest.raises((ValueError, KeyError, TypeError)):
        History.from_dict(filled(3).to_dict() | damage)
