"""A champion's page, breeding by hand, the tray and other workspaces, the keys."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.gui.evolve.conftest import QUICK
from tests.gui.keys import keys_that_fail
from visualizer.engine.evolution.breeding import genome_of
from visualizer.engine.evolution.rendering import picture
from visualizer.engine.rendering import to_bytes
from visualizer.gui.shell.workspaces import WORKSPACES


def test_a_click_opens_a_champion_with_its_line_and_formula(user):
    user.evolve(10)
    user.click(user.wall.wall, 0)
    cell, page = user.wall.cell, user.champion
    assert user.workspace.pages.currentWidget() is page
    archive = user.run.evolving.evolution.archive
    assert [tile.key for tile in page.tree.tiles] == [i.number for i in archive.line(cell)[::-1]]
    assert all(tile.image is not None for tile in page.tree.tiles)
    assert page.tree.tiles[-1].words == user.wall.names[cell]
    for individual, tile in zip(archive.line(cell)[::-1], page.tree.tiles, strict=True):
        assert tile.words in [user.wall.names[won] for won in individual.won]
    assert page.picture.image is not None
    shown = [row.name.text() for row in page.rows if row.name.isVisible()]
    assert shown[:3] == ["as it is", "drawn at 2 × the size", "drawn at 4 × the size"]
    sure = float(np.exp(archive.scores[cell]))
    assert page.view.survivals[0].probability == pytest.approx(sure, rel=1e-4)
    user.press(Qt.Key.Key_V)
    assert page.graph.isVisible()
    genome = page.view.genome
    assert set(page.graph.places) == {0, 1, 2, 3, *genome.order()}
    assert page.graph.words(4).startswith("hue: ")
    assert user.workspace.back()
    assert user.workspace.pages.currentWidget() is user.wall
    assert not user.workspace.back()


def test_a_champion_goes_to_the_tray_with_its_genome(user):
    user.evolve(5)
    user.press(Qt.Key.Key_T)
    made = user.session.specimens[-1]
    assert made.title.startswith("evolved ")
    genome = genome_of(made)
    np.testing.assert_array_equal(to_bytes(made.picture), picture(genome, 24, 24))


def test_a_picture_of_the_tray_joins_and_is_bred_from(user, plain):
    user.evolve(8)
    user.workspace.first_unit()
    user.press(Qt.Key.Key_T)
    made, best = user.session.specimens[-1], user.state()[0]
    assert not user.controls.join.isVisible()
    user.run.clear()
    user.settle()
    user.session.select(made.id)
    user.settle()
    assert made.title in user.controls.tray_words.text()
    user.controls.join.click()
    user.settle()
    assert max(user.state()[0]) == pytest.approx(max(best), abs=1e-5)
    user.controls.breed_tray.click()
    user.settle()
    assert made.title in user.breeding.status.text()
    first = user.breeding.children_.tiles[0]
    assert first.image is not None


def test_breeding_by_hand(user):
    user.evolve(2)
    user.press(Qt.Key.Key_B)
    children = user.breeding.children_
    assert len(children.tiles) == 16
    assert not user.breeding.undo_button.isEnabled()
    before = [tile.image.cacheKey() for tile in children.tiles]
    user.click(children, 3)
    user.click(children, 5)
    user.click(children, 5)
    assert user.breeding.chosen == [3]
    user.workspace.step_stage(1)  # the keys choose without marking
    assert user.breeding.chosen == [3]
    user.press(Qt.Key.Key_Return)
    assert user.breeding.chosen == [3, 6]
    assert "2 parents" in user.breeding.status.text()
    user.press(Qt.Key.Key_G)
    assert user.breeding.litter.generation == 2
    assert user.breeding.chosen == []
    breeding = user.workspace._breeder._breeding
    parents = breeding.children[:2]
    assert all(set(child.parents) <= set(parents) for child in breeding.children[2:])
    assert len(breeding.children[-1].line()) == 3  # it, a parent, and the champion
    user.workspace.first_unit()
    user.press(Qt.Key.Key_T)
    made = user.session.specimens[-1]
    assert made.provenance.source.startswith("bred by hand from “evolved ")
    assert genome_of(made) is not None
    user.press(Qt.Key.Key_Backspace)
    assert user.breeding.litter.generation == 1
    assert len(before) == len(children.tiles)
    assert not user.breeding.undo_button.isEnabled()


def test_breeding_from_nothing_without_an_evolution(user):
    user.controls.new.click()
    user.settle()
    assert len(user.breeding.children_.tiles) == 16
    assert "generation 0, bred from nothing" in user.breeding.status.text()
    user.press(Qt.Key.Key_G)  # nothing chosen: others
    assert user.breeding.litter.generation == 0
    assert user.breeding.undo_button.isEnabled()


def test_a_formula_of_other_colours_is_refused_in_a_sentence(user, plain):
    from visualizer.engine.evolution.breeding import genome_text
    from visualizer.engine.evolution.cppn import CPPNRates, random_genome
    from visualizer.engine.specimen import Provenance, Specimen

    genome = random_genome(np.random.default_rng(0), 1, CPPNRates())
    recipe = Provenance("test", technique="evolve", genome=genome_text(genome))
    user.session.add(Specimen(picture(genome, 24, 24), "grey", recipe))
    user.settle()
    user.controls.breed_tray.click()
    user.settle()
    assert "other colours" in user.session.sentences[-1][0]
    assert user.workspace.pages.currentWidget() is user.wall
    user.controls.join.click()
    user.settle()
    assert "other colours" in user.wall.error.text()


# In the window


@pytest.fixture
def window(desk, settle, often):
    desk.window.choose_workspace(WORKSPACES.index("evolve"))
    desk.window.activateWindow()
    assert QTest.qWaitForWindowActive(desk.window)
    workspace = desk.window.workspace
    workspace.controls.settings.set_settings(QUICK)
    settle(desk.compute)
    workspace.run.start(desk.session.network, QUICK)
    workspace.run.pause()
    settle(desk.compute)
    for _ in range(3):
        workspace.run.take_step()
        settle(desk.compute)
    return desk.window


def test_it_is_attacked_in_one_click(window, settle):
    workspace, session = window.workspace, window.session
    workspace.controls.attack.click()
    settle(session.compute)
    assert window.workspace.title == "Attack"
    assert session.specimen.provenance.technique == "evolve"
    assert window.workspace.result is not None


def test_esc_leads_back_and_stops_nothing(window, qtbot, settle):
    workspace = window.workspace
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    settle(window.session.compute)
    assert workspace.pages.currentWidget() is workspace.champion_page
    workspace.run.go_on()
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert workspace.pages.currentWidget() is workspace.wall_page
    assert workspace.run.running
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    settle(window.session.compute)
    assert workspace.run.state == "paused"


@pytest.mark.parametrize("page", ["wall", "champion", "breeding"])
def test_every_key_works_after_a_click_on_each_control(window, settle, monkeypatch, page):
    workspace = window.workspace
    if page == "champion":
        workspace.declared["open"].trigger()
    elif page == "breeding":
        workspace.declared["breed"].trigger()
    settle(window.session.compute)
    failed = keys_that_fail(window, monkeypatch)
    typed = {"QSpinBox " + name for name in ("population", "random starts", "seed")}
    # A point and Backspace are typed into a number.
    assert {(name, key) for name, key in failed if name not in typed} == set()
    assert {key for _, key in failed} <= {".", "Backspace"}


def test_the_arrows_walk_over_the_wall(window):
    wall = window.workspace.wall_page.wall
    for key, place in ((Qt.Key.Key_Home, 0), (Qt.Key.Key_Right, 1), (Qt.Key.Key_End, 4)):
        QTest.keyClick(window.focusWidget(), key)
        assert wall.unit == place
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Up)
    assert wall.unit == 4 - wall.columns() if wall.columns() < 5 else 0
