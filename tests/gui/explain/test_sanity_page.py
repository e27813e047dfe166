"""The page of the sanity check."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from tests.gui.explain.user import QUICK
from visualizer.gui.explain.sanity_grid import SanityCell, SanityGrid


def test_the_sanity_check_shows_each_map_as_the_weights_are_lost(user):
    weights = [w.copy() for w in user.network.model.get_weights()]
    user.press(Qt.Key.Key_Y)
    grid = user.workspace.sanity
    assert grid.isVisible()
    assert grid.rows == tuple(QUICK.split())
    assert grid.columns == ("trained", "output", "conv2", "conv1")
    assert len(grid.cells) == 8
    for name in grid.rows:
        assert grid.cells[name, "trained"].rank == pytest.approx(1)
        assert grid.cells[name, "conv1"].rank < 0.95
        assert "notices" in grid.verdict(name)
    grid.setFocus()
    user.qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert "output" in user.workspace.sanity_words.text()
    header, rows = user.workspace.table_for_export()
    assert header[2:] == ["rank correlation", "SSIM"]
    assert len(rows) == 8
    assert "trained" in user.workspace.explanation().formula
    for before, now in zip(weights, user.network.model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, now)
    user.press(Qt.Key.Key_Y)
    assert user.workspace.grid.isVisible()


def test_more_stages_than_fit_are_scrolled_and_the_names_stay(qtbot):
    grid = SanityGrid()
    qtbot.addWidget(grid)
    grid.resize(700, 300)
    grid.show()
    picture = QImage(4, 4, QImage.Format.Format_RGB32)
    picture.fill(0)
    stages = ["trained", *(f"conv{n}" for n in range(60))]
    cells = [SanityCell("saliency", stage, picture, 0.1, 0.2) for stage in stages]
    heard = []
    grid.pointed.connect(heard.append)
    bar = grid.horizontalScrollBar()
    for count in (3, 30, len(cells)):
        grid.show_cells(cells[:count], len(cells))
        assert bar.value() == bar.maximum()  # the newest is seen
    assert bar.maximum() > 0
    middle = QPointF(grid.viewport().width() - 40, 1.5 * grid.fontMetrics().height() + 20)
    QTest.mouseMove(grid.viewport(), middle.toPoint())
    assert "conv59" in heard[-1]
    bar.setValue(0)
    grid.show_cells(cells, len(cells))
    assert bar.value() == 0  # who looks back is left there
    grid.setFocus()
    for _ in range(12):
        QTest.keyClick(grid, Qt.Key.Key_Left)
    assert "conv47" in heard[-1]
    assert bar.value() > 0
