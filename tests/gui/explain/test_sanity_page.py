"""The page of the sanity check."""

import time

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.gui.explain.user import QUICK
from visualizer.engine.attribution.method import METHODS
from visualizer.engine.attribution.sanity_table import SanityCell, SanityTable, sanity_table
from visualizer.gui.explain import workspace
from visualizer.gui.explain.sanity_grid import SanityGrid
from visualizer.gui.explain.text import verdict


def test_the_sanity_check_shows_each_map_as_the_weights_are_lost(user):
    weights = [w.copy() for w in user.network.model.get_weights()]
    user.press(Qt.Key.Key_Y)
    grid, table = user.workspace.sanity, user.workspace.sanity.table
    assert grid.isVisible()
    assert table.methods == tuple(QUICK.split())
    assert table.stages == ("trained", "output", "conv2", "conv1")
    assert len(table.cells) == 8
    for name in table.methods:
        assert table.cell(name, "trained").rank == pytest.approx(1)
        assert table.cell(name, "conv1").rank < 0.95
        assert "notices" in verdict(table, name)
    user.workspace.step_stage(1)
    assert "output" in user.workspace.sanity_words.text()
    user.workspace.step_unit(1)
    assert "Grad-CAM" in user.workspace.sanity_words.text()
    rows = user.workspace.figure()
    assert [row.title.split(" · ")[0] for row in rows] == ["Saliency", "Grad-CAM"]
    assert all(tuple(tile.caption for tile in row.tiles) == table.stages for row in rows)
    assert all(row.columns == len(table.stages) for row in rows)
    header, rows = user.workspace.table_for_export()
    assert header[2:] == ["rank correlation", "SSIM"]
    assert len(rows) == 8
    assert "trained" in user.workspace.explanation().formula
    for before, now in zip(weights, user.network.model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, now)


def test_a_sanity_check_that_was_left_begins_again_and_another_picture_is_checked_anew(
    user, monkeypatch
):
    def no_further_than_two_maps(*question):
        for table in sanity_table(*question):
            yield table
            while len(table.cells) > 1:
                time.sleep(0.01)
                yield table

    with monkeypatch.context() as patched:
        patched.setattr(workspace, "sanity_table", no_further_than_two_maps)
        user.workspace.header.sanity.toggle()
        user.until(lambda: len(user.workspace.sanity.table.cells) > 1)
        user.workspace.header.sanity.toggle()
        user.settle()
    assert not user.workspace.sanity.table.done
    user.press(Qt.Key.Key_Y)
    first = user.workspace.sanity.table
    assert first.done
    user.workspace.header.sanity.toggle()
    user.workspace.header.sanity.toggle()
    assert not user.workspace.running  # nothing is checked twice
    user.another_picture()
    assert user.workspace.sanity.table.done
    assert user.workspace.sanity.table is not first


def test_esc_stops_the_check_and_then_leaves_it(user):
    user.workspace.header.sanity.toggle()
    assert user.workspace.running
    user.workspace.stop()
    assert user.workspace.checking
    assert not user.workspace.running
    user.workspace.stop()
    assert not user.workspace.checking
    user.workspace.stop()
    assert not user.workspace.checking


@pytest.fixture
def grid(qtbot):
    grid = SanityGrid()
    qtbot.addWidget(grid)
    grid.resize(700, 300)
    grid.show()
    return grid


def table_of(methods, stages, planned=0):
    picture = np.zeros((4, 4, 3), np.uint8)
    cells = tuple(SanityCell(m, stage, picture, 0.1, 0.2) for stage in stages for m in methods)
    return SanityTable(cells, planned or len(stages))


def test_more_stages_than_fit_are_scrolled_and_the_names_stay(grid):
    stages = ["trained", *(f"conv{n}" for n in range(60))]
    heard = []
    grid.pointed.connect(heard.append)
    bar = grid.horizontalScrollBar()
    for count in (3, 30, len(stages)):
        grid.show_table(table_of(["saliency"], stages[:count], len(stages)))
        assert bar.value() == bar.maximum()  # the newest is seen
    assert bar.maximum() > 0
    em = grid.fontMetrics().height()
    middle = grid.viewport().rect().topRight()
    middle.setX(middle.x() - 2 * em)
    middle.setY(3 * em)
    QTest.mouseMove(grid.viewport(), middle)
    assert "conv59" in heard[-1]
    bar.setValue(0)
    grid.show_table(table_of(["saliency"], stages))
    assert bar.value() == 0  # who looks back is left there
    for _ in range(12):
        grid.step(0, -1)
    assert "conv47" in heard[-1]
    assert bar.value() > 0


@pytest.mark.parametrize("size", [(420, 160), (560, 330), (1200, 900)])
def test_maps_are_never_too_small_to_be_seen(grid, size):
    grid.resize(*size)
    grid.show_table(table_of(METHODS, ["trained", *(f"conv{n}" for n in range(5))]))
    em = grid.fontMetrics().height()
    assert grid._side() >= 4 * em
    heard = []
    grid.pointed.connect(heard.append)
    grid.step(99, 99)
    assert "Occlusion, drawn anew down to conv4" in heard[-1]
    box = grid._box(len(METHODS) - 1, 5).toAlignedRect()
    assert grid.viewport().rect().adjusted(-1, -1, 1, 1).contains(box)
