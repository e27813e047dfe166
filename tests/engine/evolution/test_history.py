"""The numbers of the generations: noted, thinned, saved, and read back within bounds."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer.engine.evolution import history as history_module
from visualizer.engine.evolution import storage
from visualizer.engine.evolution.fooling import EvolveSettings, new_evolution, resumed
from visualizer.engine.evolution.history import COLUMNS, MOST_ROWS, History
from visualizer.engine.evolution.loop import EvolutionLoop

QUICK = EvolveSettings(population=30, random_starts=60, seed=3)
SUMMARY = dict.fromkeys(COLUMNS, 0.5)


def test_curves_go_on_where_they_were_saved(plain, tmp_path):
    evolution = new_evolution(plain, QUICK)
    loop = EvolutionLoop(evolution, lambda: storage.saving(evolution, tmp_path, QUICK.to_dict()))
    for _ in loop.run(lambda: evolution.generation >= 4):
        pass
    rows = evolution.history.array()
    assert rows[:, 0].tolist() == [30, 60, 90, 120]
    assert rows[-1, 1] == pytest.approx(evolution.summary()["median_confidence"], abs=1e-6)
    later, _ = resumed(plain, tmp_path)
    np.testing.assert_array_equal(later.history.array(), rows)
    again = EvolutionLoop(later, lambda: ())
    for _ in again.run(lambda: later.generation >= 5):
        pass
    np.testing.assert_array_equal(later.history.array()[:4], rows)
    assert len(later.history.rows) == 5


def test_it_is_thinned_and_keeps_its_ends(monkeypatch):
    monkeypatch.setattr(history_module, "MOST_ROWS", 10)
    history = History()
    for number in range(100):
        history.note(SUMMARY | {"evaluations": number})
        assert history.array()[-1, 0] == number
        assert len(history.rows) <= 11
    seen = history.array()[:, 0]
    assert seen[0] == 0
    assert (np.diff(seen) > 0).all()


def test_an_evolution_of_an_older_version_begins_with_none(plain, tmp_path):
    evolution = new_evolution(plain, QUICK)
    storage.save(evolution, tmp_path, QUICK.to_dict())
    state = storage.read(tmp_path)
    del state["history"]
    storage.restore(evolution, state, tmp_path)
    assert evolution.history.array().shape == (0, len(COLUMNS))


numbers = st.floats(allow_nan=True) | st.integers() | st.booleans() | st.text() | st.none()


@given(st.lists(st.lists(numbers, max_size=8), max_size=4) | numbers)
def test_what_is_read_is_rows_of_numbers_or_refused(values):
    try:
        rows = History.restored(values).array()
    except (ValueError, TypeError):
        return
    assert rows.shape == (len(values), len(COLUMNS))
    assert np.isfinite(rows).all()
    json.dumps(rows.tolist(), allow_nan=False)


def test_too_many_rows_are_refused():
    with pytest.raises(ValueError, match="no list"):
        History.restored([[0.0] * len(COLUMNS)] * (MOST_ROWS + 1))
