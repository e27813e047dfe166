"""The wall: evolving, pausing, going on; what it shows; what goes wrong."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt

from tests.gui.evolve.conftest import QUICK, Breeder
from tests.live import film
from visualizer.engine.evolution.fooling import EvolveSettings, new_evolution
from visualizer.gui.core.session import Change
from visualizer.gui.evolve.champion_page import Tab


def test_ten_generations_fill_the_wall(user):
    user.evolve(10)
    frame = user.run.frame
    assert frame.step >= 10
    tiles = user.wall.wall.tiles
    assert sorted(tile.words for tile in tiles) == ["ant", "bee", "cat", "dog", "elk"]
    assert all(tile.image is not None for tile in tiles)
    said = [tile.number for tile in tiles]
    assert said == [f"{100 * sure:.0f}%" for sure in sorted(frame.confidence)[::-1]]
    assert f"{frame.evaluations:,} pictures seen" in user.wall.status.toolTip()
    assert {curve.name for curve in user.wall.confidence_plot.curves} >= {"median"}
    assert len(user.wall.confidence_plot.curves[0].x) == len(frame.history) >= 10
    assert len(user.wall.count_plot.curves) == 2


def test_paused_and_gone_on_with_it_is_the_archive_of_the_command(user, plain):
    user.evolve(2)
    user.evolve(user.run.frame.step + 2)
    paused = user.run.frame.step
    assert user.wall.transport.go_button.text() == "Go on"
    user.wall.transport.step_button.click()
    user.settle()
    assert user.run.frame.step == paused + 1
    whole = new_evolution(plain, QUICK)
    for _ in range(paused + 1):
        for _ in whole.step():
            pass
    archive = whole.archive
    expected = archive.scores.tolist(), archive.champions.tolist(), archive.evaluations
    assert user.state() == expected


def test_a_pause_within_a_generation_loses_nothing(user):
    settings = EvolveSettings(population=2000, random_starts=2000)
    user.controls.settings.set_settings(settings)
    user.wall.transport.start_button.click()
    user.until(lambda: user.run.frame is not None)
    evolution = user.run.evolving.evolution
    user.until(lambda: evolution.rng.bit_generator.state != evolution.random_state)
    user.run.pause()
    user.settle()
    assert evolution.generation == 0
    assert evolution.rng.bit_generator.state != evolution.random_state  # it is within one
    user.wall.transport.step_button.click()
    user.settle()
    assert evolution.generation == 1
    whole = new_evolution(evolution.scores.network, settings)
    for _ in whole.step():
        pass
    assert evolution.random_state == whole.random_state  # no genome was drawn again


def test_new_champions_light_up_and_the_light_goes_out(user):
    user.evolve(1)
    wall = user.wall.wall
    while True:
        user.until(lambda: not wall._fading.isActive())
        calm, before = wall.viewport().grab().toImage(), user.run.frame.champions.copy()
        user.wall.transport.step_button.click()
        user.settle()
        if (user.run.frame.champions != before).any():
            break
    changed = {cell for cell in range(5) if user.run.frame.champions[cell] != before[cell]}
    assert set(wall._flashes) == changed
    assert wall.viewport().grab().toImage() != calm
    user.until(lambda: not wall._fading.isActive())
    assert not wall._flashes


def test_only_tiles_that_changed_are_painted_anew(user):
    user.evolve(3)
    wall = user.wall.wall
    wall.viewport().grab()
    painted = {key: pixmap.cacheKey() for key, (_, pixmap) in wall._painted.items()}
    before = dict(zip(wall._places, wall.tiles, strict=True))
    user.wall.transport.step_button.click()
    user.settle()
    wall.viewport().grab()
    for key, (tile, pixmap) in wall._painted.items():
        assert (pixmap.cacheKey() == painted[key]) == (tile == before[key])


def test_search_order_and_least_confidence(user):
    user.evolve(4)
    wall = user.wall
    wall.order.setCurrentIndex(1)
    assert [tile.words for tile in wall.wall.tiles] == ["ant", "bee", "cat", "dog", "elk"]
    wall.search.setText("do")
    assert [tile.words for tile in wall.wall.tiles] == ["dog"]
    wall.search.clear()
    frame = user.run.frame
    wall.order.setCurrentIndex(2)
    since = [frame.since[tile.key] for tile in wall.wall.tiles]
    assert since == sorted(since, reverse=True)
    wall.least.setCurrentIndex(3)
    assert {tile.key for tile in wall.wall.tiles} == set(np.flatnonzero(frame.confidence >= 0.99))
    wall.search.setText("zebra")
    assert wall.wall.tiles == ()


def test_the_camera_goes_on_while_it_evolves(user):
    user.session.start_live(lambda: film(rate=50))
    pictures = []
    user.session.changed.connect(
        lambda change: pictures.append(change) if Change.ACTIVATIONS in change else None
    )
    user.wall.transport.start_button.click()
    user.until(lambda: user.run.frame is not None and user.run.frame.step >= 2)
    seen, generation = len(pictures), user.run.frame.step
    user.until(lambda: len(pictures) > seen + 5)
    assert user.run.running
    assert user.run.frame.step > generation
    user.run.pause()
    user.session.stop_live()
    user.settle()


@pytest.mark.usefixtures("kept")
def test_it_carries_on_after_a_restart(user, qtbot, open_session):
    user.evolve(5)
    state, frame = user.state(), user.run.frame
    user.workspace.hide()
    user.run.clear()
    user.settle()
    rows = frame.history
    later = Breeder(qtbot, open_session, EvolveSettings())
    assert f"{frame.evaluations:,} evaluations of Plain" in later.wall.offer_words.text()
    assert later.wall.offer.isVisible()
    later.wall.go_on_button.click()
    later.until(lambda: later.run.frame is not None)
    later.run.pause()
    later.settle()
    assert not later.wall.offer.isVisible()
    assert later.controls.settings.settings == QUICK
    assert later.state()[2] >= state[2]
    assert all(a >= b for a, b in zip(later.state()[0], state[0], strict=True))
    assert all(tile.image is not None for tile in later.wall.wall.tiles)
    np.testing.assert_array_equal(later.run.frame.history[: len(rows)], rows)
    assert later.wall.confidence_plot.curves[0].x[0] == rows[0, 0]  # the curves go on


@pytest.mark.usefixtures("kept")
def test_an_evolution_is_replaced_only_at_the_second_time_of_asking(user, qtbot, open_session):
    user.evolve(3)
    seen, wall = user.run.frame.evaluations, user.wall
    user.press(Qt.Key.Key_N)
    assert wall.offer.isVisible()
    assert f"This evolution has seen {seen:,} pictures" in wall.offer_words.text()
    assert user.run.frame.evaluations == seen
    wall.go_on_button.click()  # keep it
    user.settle()
    assert not wall.offer.isVisible()
    assert (user.run.state, user.run.frame.evaluations) == ("paused", seen)
    user.workspace.hide()
    user.run.clear()
    user.settle()
    later = Breeder(qtbot, open_session)
    later.press(Qt.Key.Key_N)
    assert "The evolution of last time" in later.wall.offer_words.text()
    assert later.run.frame is None
    qtbot.keyClick(later.workspace, Qt.Key.Key_N)
    later.until(lambda: later.run.frame is not None and later.run.frame.step >= 1)
    later.run.pause()
    later.settle()
    assert not later.wall.offer.isVisible()


@pytest.mark.usefixtures("kept")
def test_closing_the_window_keeps_what_there_is(user, plain):
    from visualizer.engine.evolution.storage import saved_evaluations
    from visualizer.gui.evolve.evolving import saved_folder

    user.wall.transport.start_button.click()
    user.until(lambda: user.run.frame is not None and user.run.frame.step >= 3)
    assert user.session.compute.stop(timeout=30)
    folder = saved_folder(plain)
    assert saved_evaluations(folder, plain.sha256) == user.state()[2]
    assert saved_evaluations(folder, "cd" * 32) is None


@pytest.mark.usefixtures("kept")
def test_another_networks_evolution_is_not_offered(user):
    user.evolve(2)
    user.session.open_network("residual")
    user.settle()
    assert user.run.frame is None
    assert user.wall.wall.tiles == ()
    assert not user.wall.offer.isVisible()
    user.session.open_network("plain")
    user.settle()
    assert user.wall.offer.isVisible()


@pytest.mark.usefixtures("kept")
def test_a_second_window_says_that_it_keeps_nothing(user, qtbot, open_session):
    user.evolve(1)
    other = Breeder(qtbot, open_session)
    other.evolve(1)
    assert "another window" in other.wall.status.toolTip()
    user.run.clear()
    user.settle()
    other.evolve(other.run.frame.step + 1)
    assert "another window" not in other.wall.status.toolTip()


@pytest.mark.usefixtures("kept")
def test_a_full_disk_is_said_and_stops_nothing(user, monkeypatch):
    from visualizer.engine.evolution import storage
    from visualizer.engine.files import SaveError

    def full(*_):
        raise SaveError("the disk is full; free some space")

    monkeypatch.setattr(storage, "writing", full)
    user.evolve(2)
    assert "the disk is full" in user.wall.status.toolTip()
    assert user.run.frame.step >= 2


def test_a_network_that_gives_no_numbers_is_said_in_place(user, plain):
    head = plain.model.layers[-1]
    weights = head.get_weights()
    head.set_weights([weights[0], np.full_like(weights[1], np.nan)])
    try:
        user.wall.transport.start_button.click()
        user.settle()
    finally:
        head.set_weights(weights)
    assert "no numbers" in user.wall.error.text()
    assert user.wall.error.isVisible()
    user.evolve(1)
    assert not user.wall.error.isVisible()


def test_a_network_that_is_no_classifier_is_said_in_place(user, explore, catalogue):
    import keras

    layers = keras.layers
    catalogue["one"] = explore(
        keras.Sequential([layers.Input((8, 8, 3)), layers.Flatten(), layers.Dense(1)]), name="one"
    )
    user.session.open_network("one")
    user.settle()
    user.wall.transport.start_button.click()
    user.settle()
    assert "does not tell classes apart" in user.wall.error.text()


def test_pixels_evolve_too(user):
    user.controls.settings.set_settings(
        EvolveSettings(encoding="direct", population=20, random_starts=20)
    )
    user.evolve(3)
    assert not user.controls.breed.isEnabled()
    user.press(Qt.Key.Key_Return)
    view = user.champion.view
    assert view.genome is None
    assert [each.name for each in view.survivals][:2] == ["as it is", "as JPEG, quality 75"]
    assert not user.champion.tabs[Tab.FORMULA].isEnabled()


@pytest.mark.usefixtures("kept")
def test_a_damaged_evolution_of_last_time_is_said_in_place(user, plain):
    from visualizer.engine.evolution.storage import FILE
    from visualizer.gui.evolve.evolving import saved_folder

    user.evolve(3)
    user.run.clear()
    user.settle()
    file = saved_folder(plain) / FILE
    file.write_bytes(file.read_bytes()[:-40])
    user.workspace._carry_on()
    user.settle()
    assert "damaged" in user.wall.error.text()
    user.evolve(1)
    assert user.run.frame.step >= 1


def frames_of(film):
    reader = cv2.VideoCapture(str(film))
    frames = int(reader.get(cv2.CAP_PROP_FRAME_COUNT))
    reader.release()
    return frames


def test_the_line_of_a_champion_is_a_film(user, tmp_path):
    user.evolve(6)
    user.workspace.first_unit()
    user.press(Qt.Key.Key_Return)
    film = tmp_path / "line.mp4"
    view = user.champion.view
    user.save_as(user.champion.film, film)
    assert frames_of(film) == (len(view.line) - 1) * 14 + 36
    assert "is saved" in user.session.sentences[-1][0]


def test_the_gallery_and_a_large_picture_are_files(user, tmp_path):
    from visualizer.engine.specimen import open_specimen

    user.evolve(2)
    sheet, large = tmp_path / "sheet.png", tmp_path / "large.png"
    pages, film = tmp_path / "pages.pdf", tmp_path / "wall.mp4"
    for path in (sheet, pages, film):
        user.save_as(user.wall.gallery, path)
        assert f"“{path}” is saved." in user.session.sentences[-1]
    assert pages.read_bytes().count(b"/Subtype /Image") == 5
    assert frames_of(film) > 60
    assert open_specimen(sheet).size[1] > 5 * 144
    user.controls.side.setCurrentIndex(0)
    user.save_as(user.controls.save, large)
    again = open_specimen(large)
    assert again.size == (512, 512)
    user.controls.tray.click()
    user.settle()
    assert again.provenance.genome == user.session.specimens[-1].provenance.genome


def test_the_papers_figure_stands_beside_ours(user, plain, monkeypatch):
    monkeypatch.setattr(plain, "card", {"data": "ImageNet (ILSVRC 2012): photos"})
    user.evolve(2)
    said = dict(user.workspace.explanation().facts)["Median of ImageNet"]
    ours = user.run.evolving.evolution.summary()["median_confidence"]
    assert said.startswith(f"paper 88.11%, here {ours:.2%}")
    assert ("differs" in said) == (abs(ours - 0.8811) > 0.05)
