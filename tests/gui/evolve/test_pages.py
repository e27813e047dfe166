"""A champion's page, breeding by hand, the tray and other workspaces, the keys."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.gui.evolve.conftest import QUICK
from tests.gui.keys import keys_that_fail
from visualizer.engine.evolution.breeding import genome_of
from visualizer.engine.evolution.rendering import picture
from visualizer.engine.rendering import to_bytes
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.evolve import text as words
from visualizer.gui.evolve.champion_page import Tab
from visualizer.gui.shell.workspaces import WORKSPACES
from visualizer.models import catalog
from visualizer.models.catalog import entries


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
    shown = [row.name for row in page.survival.rows]
    assert shown[:3] == ["as it is", "drawn at 2 × the size", "drawn at 4 × the size"]
    sure = float(np.exp(archive.scores[cell]))
    assert page.view.survivals[0].probability == pytest.approx(sure, rel=1e-4)
    user.press(Qt.Key.Key_V)
    assert page.tab is Tab.FORMULA
    assert page.graph.isVisible()
    genome = page.view.genome
    assert set(page.graph.places) == {0, 1, 2, 3, *genome.order()}
    assert page.graph.words(4).startswith("hue: ")
    assert user.workspace.back()
    assert user.workspace.pages.currentWidget() is user.wall
    assert not user.workspace.back()


def opened(user, tab, generations=3):
    """The page of the surest champion, with one of its tabs chosen."""
    user.evolve(generations)
    user.workspace.first_unit()
    user.press(Qt.Key.Key_Return)
    user.champion.tabs[tab].click()
    user.settle()
    return user.champion


def noise(count):
    rng = np.random.default_rng(1)
    return [
        Specimen(rng.random((24, 24, 3), np.float32), f"photo {n}", Provenance("test"))
        for n in range(count)
    ]


def test_a_stronger_champion_is_offered_and_shown(user):
    user.run.start(user.session.network, QUICK)
    user.run.pause()
    user.settle()
    user.run.take_step()
    user.settle()
    user.workspace.last_unit()  # the weakest
    user.press(Qt.Key.Key_Return, Qt.Key.Key_V)
    page = user.champion
    cell, number = page.view.cell, page.view.number
    assert not page.newer.isVisible()
    archive = user.run.evolving.evolution.archive
    for _ in range(30):
        user.wall.transport.step_button.click()
        user.settle()
        if archive.champions[cell] != number:
            break
    assert page.view.number == number
    assert page.newer.isVisible()
    sure = words.share(float(np.exp(archive.scores[cell])))
    assert page.newer.text() == f"A stronger one came: {sure}"
    user.press(Qt.Key.Key_C)
    assert page.view.number == archive.champions[cell]
    assert not page.newer.isVisible()
    assert page.tab is Tab.FORMULA


def test_the_nearest_photos_of_the_class_stand_beside_it(user, plain):
    photos = noise(6)
    for each in photos:
        user.session.add(each)
    dreamt = Provenance("test", technique="deep-dream")
    user.session.add(Specimen(photos[0].pixels * np.float32(0.9), "dream", dreamt))
    page = opened(user, Tab.PHOTOS)
    same = [p for p in photos if plain.predictions(p.picture, 1)[0].index == page.view.index]
    shown = [tile.words for tile in page.photos.tiles]
    assert set(shown) == {each.title for each in same or photos}
    numbers = [float(tile.number) for tile in page.photos.tiles]
    assert numbers == sorted(numbers, reverse=True)
    assert all(tile.image is not None for tile in page.photos.tiles)
    user.workspace.first_unit()
    assert user.controls.open.text() == "Choose photo"
    user.press(Qt.Key.Key_Return)
    assert user.session.specimen.title == shown[0]
    assert user.workspace.pages.currentWidget() is page


def test_without_photos_it_says_how_to_bring_some_and_takes_them(user):
    page = opened(user, Tab.PHOTOS)
    assert page.photos.tiles == ()
    assert "Drop photos" in page.photos._hint
    (photo,) = noise(1)
    user.session.add(photo)
    user.settle()
    assert [tile.words for tile in page.photos.tiles] == ["photo 0"]
    assert page.view.label in page.note.text()
    user.session.remove(photo.id)
    user.settle()
    assert page.photos.tiles == ()


@pytest.mark.parametrize(("own", "verdict"), [(0.9, "one of them"), (0.2, "it is a pattern")])
def test_class_or_pattern_is_answered_by_the_photos_among_themselves(user, own, verdict):
    for each in noise(2):
        user.session.add(each)
    page = opened(user, Tab.PHOTOS)
    found = page.inside.photos
    photo = replace(found.nearest[0], likeness=own)
    compared = replace(found, of_class=2, among=0.6, nearest=(photo, *found.nearest[1:]))
    page.show_inside(replace(page.inside, photos=compared))
    assert verdict in page.note.text()
    assert f"{own:.2f}" in page.note.text()
    assert "0.60" in page.note.text()


def test_a_layer_that_it_excites_leads_to_the_layer(user):
    page = opened(user, Tab.LAYERS)
    assert [tile.words for tile in page.layers.tiles] == ["conv1", "conv2"]
    assert [tile.number for tile in page.layers.tiles] == ["", ""]  # no photo to compare with
    (photo,) = noise(1)
    user.session.add(photo)
    user.settle()
    assert all(tile.number.endswith("×") for tile in page.layers.tiles)
    wanted = []
    user.workspace.workspace_wanted.connect(wanted.append)
    user.workspace.last_unit()
    assert user.controls.open.text() == "Go to layer"
    user.press(Qt.Key.Key_Return)
    assert wanted == ["layers"]
    assert user.session.specimen.provenance.technique == "evolve"
    assert (user.session.stage, user.session.unit) == ("conv2", page.inside.layers[1].unit)


@pytest.fixture
def others(monkeypatch, catalogue, residual):
    """Entries of the catalogue, and the names that were opened."""
    from visualizer.engine.errors import UserError

    known = entries()[0]
    names = ("plain", "residual", "damaged", "to download")
    monkeypatch.setattr(
        catalog,
        "entries",
        lambda: tuple(
            replace(known, name=name, title=name.title(), available=name != "to download")
            for name in names
        ),
    )
    opened = []

    def open_residual():
        opened.append("residual")
        yield None
        return residual

    catalogue["residual"] = open_residual
    catalogue["damaged"] = UserError("This file is damaged.")
    return opened


def test_other_networks_answer_when_they_are_asked(user, others, residual):
    page = opened(user, Tab.LAYERS)
    assert others == []
    user.press(Qt.Key.Key_V)
    assert page.tab is Tab.NETWORKS
    rows = page.networks.rows
    assert [row.name for row in rows] == ["Plain", residual.title, "Damaged"]
    assert rows[0].says[0] == page.view.label
    assert rows[0].share == pytest.approx(page.view.confidence, abs=1e-3)
    best = residual.predictions(page.view.draw(*residual.size), 3)
    assert rows[1].share == pytest.approx(best[0].probability)
    assert [each.split(" ")[-1] for each in rows[1].says[1:]] == [p.text() for p in best[1:]]
    assert rows[2].share is None
    assert rows[2].says == ("This file is damaged.",)
    user.workspace.back()
    user.workspace.last_unit()
    user.press(Qt.Key.Key_Return)  # another champion; the tab stays, and the network is still open
    assert len(page.networks.rows) == 3
    assert others == ["residual"]


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


def test_the_menu_export_has_what_the_page_on_show_can_write(window, settle):
    menu, workspace = window.exporter.menu(), window.workspace

    def own():
        menu.aboutToShow.emit()
        return [action for action in menu.actions() if action in workspace.actions()]

    assert own() == [workspace.declared["gallery"]]
    workspace.open_champion(0)
    settle(window.session.compute)
    assert own() == [workspace.declared["film"], workspace.declared["gallery"]]
    window.choose_workspace(WORKSPACES.index("layers"))
    menu.aboutToShow.emit()
    assert workspace.declared["gallery"] not in menu.actions()
