"""The feature wall of a stage and of all."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.gui.dream.conftest import WALL
from tests.gui.waiting import PATIENCE
from visualizer.engine.ascent import feature_wall
from visualizer.engine.ascent.feature_wall import WallSettings
from visualizer.gui.dream.workspace import DreamWorkspace


def test_the_wall_fills_with_the_most_active_units_first(user):
    user.session.select_stage("conv2")
    page = user.page(WALL)
    page.form.set_settings(WallSettings(steps=3))
    user.settle()
    assert sorted(unit for _, unit in page.tiles) == list(range(6))
    assert all(tile.done for tile in page.tiles.values())
    strength = user.session.activations.strength("conv2")
    assert list(page.grid.order) == list(np.argsort(-strength, kind="stable"))
    assert page.status.text().startswith("6 of 6")
    (wall,) = user.workspace.figure()
    assert [tile.caption for tile in wall.tiles] == [f"unit {unit}" for unit in page.grid.order]
    assert wall.title == "conv2: what 6 of 6 units want to see"
    page.grid.step(1)
    page.tray_button.click()
    user.settle()
    made = user.session.specimens[-1]
    assert made.provenance.technique == "stimulus"
    assert made.provenance.settings["target"] == f"conv2:{user.session.unit}"


def test_the_hierarchy_shows_every_stage_and_opens_a_unit(user):
    page = user.page(WALL)
    page.form.set_settings(WallSettings(steps=2))
    page.every.click()
    user.settle()
    assert [stage for stage, _ in page.hierarchy.rows] == ["conv1", "conv2", "output"]
    assert {stage for stage, _ in page.tiles} == {"conv1", "conv2", "output"}
    titles = [row.title.partition(":")[0] for row in user.workspace.figure()]
    assert titles == ["conv1", "conv2", "output"]
    place = ("output", page.hierarchy.rows[2][1][1])
    centre = page.hierarchy.rect_of(2, 1).center().toPoint()
    QTest.mouseClick(page.hierarchy, Qt.MouseButton.LeftButton, pos=centre)
    assert (user.session.stage, user.session.unit) == place
    page.hierarchy.setFocus()
    QTest.keyClick(page.hierarchy, Qt.Key.Key_Return)
    assert user.workspace.page.title == "Stimulus"
    user.workspace.page.stop()


def test_a_wall_that_was_made_before_comes_from_disk_at_once(user, monkeypatch):
    session = user.session
    monkeypatch.setattr(session.network, "sha256", "ab" * 32)
    session.select_stage("conv2")
    page = user.page(WALL)
    page.form.set_settings(WallSettings(steps=3))
    user.settle()
    made = {place: tile.image for place, tile in page.tiles.items()}

    def climb(*_):
        raise AssertionError("nothing is left to climb")

    monkeypatch.setattr(feature_wall, "climb", climb)
    again = DreamWorkspace(session)  # the next start of the program
    user.qtbot.addWidget(again)
    again.show()
    again.choose_page(WALL)
    again.page.form.set_settings(WallSettings(steps=3))
    user.qtbot.waitUntil(lambda: len(again.page.tiles) == 6, timeout=PATIENCE)
    user.settle()
    assert {place: tile.image for place, tile in again.page.tiles.items()} == made
    assert again.page.status.text() == "6 of 6"


def test_a_dead_unit_says_so_on_the_wall_and_large(user, monkeypatch):
    from visualizer.engine.ascent.objective_gradient import ZeroGradientError

    def dead(*_):
        raise ZeroGradientError("dead")
        yield

    monkeypatch.setattr(feature_wall, "climb", dead)
    user.session.select_stage("conv2")
    page = user.page(WALL)
    page.form.set_settings(WallSettings(steps=4))
    user.settle()
    assert all(tile.dead for tile in page.tiles.values())
    assert "6 of them dead" in page.status.text()
    assert page.grid.describe(2).endswith("dead")
    assert page.large.image is None
    assert not page.tray_button.isEnabled()
    cell = page.grid.rect_of(2).toRect()
    alive = page.grid.viewport().grab(cell).toImage()
    page.grid.set_tiles({})
    assert page.grid.viewport().grab(cell).toImage() != alive  # the word is gone


def test_the_wall_is_driven_by_keys(user):
    user.session.select_stage("conv2")
    page = user.page(WALL)
    page.form.set_settings(WallSettings(steps=2))
    user.settle()
    user.workspace.activateWindow()
    user.qtbot.waitUntil(user.workspace.isActiveWindow)
    before = len(user.session.specimens)
    user.press(Qt.Key.Key_T)
    user.settle()
    assert len(user.session.specimens) == before + 1
    user.press(Qt.Key.Key_A)
    assert page.every.isChecked()
    user.press(Qt.Key.Key_A)
    assert not page.every.isChecked()
    user.workspace.toggle()
    assert page.paused
    user.workspace.toggle()
    assert not page.paused
    user.settle()
