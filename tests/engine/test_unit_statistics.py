"""The numbers of units, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from visualizer.engine.unit_statistics import statistics_table, unit_statistics


@pytest.fixture
def maps():
    values = np.random.default_rng(0).normal(size=(4, 5, 3)).astype(np.float32)
    return np.maximum(values, 0)


def test_a_unit_is_measured_over_all_its_positions(maps):
    for unit in range(3):
        found, values = unit_statistics(maps, unit), maps[..., unit]
        assert found.maximum == values.max() == values[found.row, found.column]
        assert found.mean == pytest.approx(values.mean())
        assert found.zeros == (values == 0).sum() / 20
        assert found.rank == 1 + (maps.max((0, 1)) > values.max()).sum()
        assert found.units == 3


def test_a_unit_without_positions_has_no_place():
    found = unit_statistics(np.array([0.2, 0.0, 0.8]), 1)
    assert (found.maximum, found.mean, found.zeros, found.rank) == (0, 0, 1, 3)
    assert found.row is found.column is None


def test_the_table_has_the_same_numbers(maps):
    header, rows = statistics_table(maps, label="abc".__getitem__)
    assert header[:2] == ["unit", "class"]
    for unit, name, top, mean, zeros, row, column in rows:
        found = unit_statistics(maps, unit)
        assert name == "abc"[unit]
        assert (top, zeros, row, column) == (found.maximum, found.zeros, found.row, found.column)
        assert mean == pytest.approx(found.mean)
    header, rows = statistics_table(np.array([1.0, 2.0]))
    assert len(header) == 4
    assert rows == [[0, 1.0, 1.0, 0.0], [1, 2.0, 2.0, 0.0]]
