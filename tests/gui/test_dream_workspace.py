from __future__ import annotations

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from visualizer.engine.ascent.deep_dream import DreamSettings
from visualizer.engine.ascent.feature_wall import Tile, WallSettings
from visualizer.engine.ascent.optimal_stimulus import StimulusSettings
from visualizer.engine.ascent.style import StyleSettings
from visualizer.engine.camera import SyntheticCamera
from visualizer.engine.objective import Target
from visualizer.engine.specimen import Provenance, Specimen, open_specimen
from visualizer.gui.dream import course as course_module
from visualizer.gui.dream import unfinished
from visualizer.gui.dream.wall_jobs import middle
from visualizer.gui.dream.zoom_dialog import ZoomDialog
from visualizer.gui.main_window import MainWindow
from visualizer.gui.session import Session
from visualizer.gui.theme import Theme
from visualizer.gui.workspaces.dream import DreamWorkspace

QUICK = DreamSettings(side=48, steps=3, octaves=2, jitter=2)
DREAM, STIMULUS, WALL, STYLE = range(4)
PATIENCE = 120_000
"""Milliseconds: a test machine may have other things to do."""


class User:
    """Someone in front of the workspace, with a small network and two pictures."""

    def __init__(self, qtbot, session, settle):
        self.qtbot, self.session, self._settle = qtbot, session, settle
        self.workspace = DreamWorkspace(session)
        self.side = self.workspace.side_panel()
        for widget, size in ((self.workspace, (900, 700)), (self.side, (340, 700))):
            qtbot.addWidget(widget)
            widget.resize(*size)
            widget.show()
        rng = np.random.default_rng(1)
        grain = rng.uniform(0.2, 0.8, (36, 48, 3)).astype(np.float32)
        waves = np.tile(np.linspace(0, 1, 40, dtype=np.float32)[:, None, None], (1, 40, 3))
        self.grain = Specimen(grain, "Grain", Provenance("sample grain"))
        self.waves = Specimen(waves, "Waves", Provenance("sample waves"))

    def open(self, name="plain"):
        self.session.open_network(name)
        self.session.add(self.waves)
        self.session.add(self.grain)
        self.settle()

    def settle(self):
        self._settle(self.session.compute, timeout=PATIENCE)

    def page(self, index):
        self.workspace.choose_page(index)
        self.qtbot.waitUntil(lambda: not self._waiting(), timeout=PATIENCE)
        self.settle()
        return self.workspace.page

    def _waiting(self):
        rest = getattr(self.workspace.page, "_rest", None)
        return rest is not None and rest.isActive()

    def rest(self):
        """Wait for what begins a moment after a choice, and for what comes of it."""
        self.qtbot.waitUntil(lambda: not self._waiting(), timeout=PATIENCE)
        self.settle()

    def press(self, key):
        QTest.keyClick(self.workspace, key)


@pytest.fixture
def newcomer(qtbot, session, settle, catalogue):
    return User(qtbot, session, settle)


@pytest.fixture
def user(newcomer):
    newcomer.open()
    return newcomer


@pytest.fixture
def dreamer(user):
    page = user.page(DREAM)
    page.form.set_settings(QUICK)
    page.targets.set_targets([Target("conv2")])
    return user


def test_before_a_network_there_are_hints_and_nothing_breaks(newcomer):
    for index in range(4):
        newcomer.workspace.choose_page(index)
        page = newcomer.workspace.page
        assert newcomer.workspace.explanation().body
        for press in (page.toggle, page.stop, lambda p=page: p.step_stage(1)):
            press()
        page.step_unit(1)
        assert not newcomer.workspace.grab().isNull()
    assert newcomer.session.compute.is_idle()


def test_three_steps_pause_undo_resume_and_a_walk_through_the_layers(dreamer):
    page, session = dreamer.workspace.page, dreamer.session
    page.start()
    page.toggle()
    dreamer.settle()
    assert page.run.state == "paused"
    while page.run.frame is None or page.run.frame.step < 3:
        assert page.run_view.transport.step_button.isEnabled()
        page.run_view.transport.step_button.click()
        dreamer.settle()
        assert page.run.state == "paused"
    assert page.run.frame.step == 3
    assert len(page.run_view.curve.values) == 3
    shown = page.run_view.view.image
    assert (shown.width(), shown.height()) == (48, 36)

    page.run_view.transport.undo_button.click()
    assert page.run.frame.step == 2
    assert len(page.run_view.curve.values) == 2
    second = page.run.frame.picture

    page.toggle()  # goes on from what was left after the undo
    dreamer.settle()
    assert page.run.state == "done"
    assert page.run.frame.step == page.run.frame.total
    assert np.abs(page.run.frame.picture - second).max() > 0

    before = len(session.specimens)
    page.run_view.transport.walk_button.click()
    dreamer.settle()
    assert len(session.specimens) == before + 1
    made = session.specimen
    assert made.provenance.technique == "dream"
    assert made.provenance.settings["target"] == "conv2"
    assert made.provenance.parents == (dreamer.grain.id,)
    assert np.array_equal(made.picture, page.run.frame.picture)
    assert session.activations.picture.shape == (24, 24, 3)  # it went through the layers
    expected = session.network.forward(session.network.fit(made.picture)[None])["conv2"][0]
    np.testing.assert_allclose(session.activations.maps["conv2"], expected, atol=1e-5)


def test_a_whole_dream_is_what_the_technique_makes(dreamer):
    from visualizer.engine.technique import techniques

    page = dreamer.workspace.page
    page.start()
    dreamer.settle()
    *_, last = techniques()["dream"](dreamer.session.network, dreamer.grain, page.settings)
    np.testing.assert_allclose(page.run.frame.picture, last.picture, atol=1e-5)
    assert page.run.frame.step == last.step == last.total
    made = page.specimen_of(page.run.frame)
    assert made.provenance.source == "technique"
    assert made.provenance.settings == page.settings.to_dict()


def test_what_is_changed_while_it_dreams_steers_it_from_the_present_picture(dreamer):
    page = dreamer.workspace.page
    page.start()
    page.toggle()
    dreamer.settle()
    while page.run.frame is None or page.run.frame.step < 1:
        page.run.step()
        dreamer.settle()
    here = page.run.frame
    page.form.control("steps").setValue(1)
    page.targets.set_targets([Target("conv1", (2,))])
    page.run.step()
    dreamer.settle()
    assert page.run.frame.step == here.step + 1
    assert page.run.frame.total == here.step + 2  # two octaves of one step are left
    assert page.run.frame.label == "conv1:2"
    moved = np.abs(page.run.frame.picture - here.picture).mean()
    assert 0 < moved < 0.1
    assert "steered" in page.specimen_of(page.run.frame).provenance.source


def test_start_from_here_dreams_on_and_again_and_again(dreamer):
    page = dreamer.workspace.page
    page.start()
    dreamer.settle()
    total = page.run.frame.total
    page.run_view.transport.here_button.click()
    dreamer.settle()
    assert page.run.frame.step == 2 * total
    page.run_view.transport.endless.click()
    page.toggle()
    dreamer.qtbot.waitUntil(lambda: page.run.frame.step > 3 * total + 1, timeout=PATIENCE)
    page.toggle()
    dreamer.settle()
    assert page.run.state == "paused"
    assert page.run.frame.total is None


def test_white_noise_and_a_guide_are_starts_too(dreamer):
    page = dreamer.workspace.page
    page.start_from.setCurrentIndex(1)
    best = int(dreamer.session.activations.probabilities.argmax())
    assert page.targets.targets == (Target("output", (best,)),)  # a stage makes little of noise
    page.start_from.setCurrentIndex(0)
    assert page.targets.targets == (Target("conv2"),)
    page.start_from.setCurrentIndex(1)
    page.targets.set_targets([Target("conv2")])
    page.guide.choose(dreamer.waves)
    page.start()
    dreamer.settle()
    assert page.run.state == "done"
    made = page.specimen_of(page.run.frame)
    assert made.title.startswith("white noise dreams")
    assert made.provenance.settings["start"] == "noise"
    assert made.provenance.settings["guide"] == "waves"
    assert dreamer.waves.id in made.provenance.parents
    assert "waves" in dreamer.workspace.explanation().body


def test_a_picture_too_small_is_said_in_a_sentence(dreamer):
    page = dreamer.workspace.page
    thin = Specimen(np.full((4, 200, 3), 0.5, np.float32), "Thin", Provenance("sample thin"))
    dreamer.session.add(thin)
    page.start()
    dreamer.settle()
    assert page.run.state == "failed"
    assert "too small" in page.run_view.error.text()
    assert page.run_view.error.isVisible()
    assert any("too small" in text for text, level in dreamer.session.sentences if level == "error")


def test_several_targets_are_weighed_and_wrong_ones_are_said(dreamer):
    targets = dreamer.workspace.page.targets
    targets.add.click()
    first, second = targets.rows
    second.stage.setCurrentText("output")
    second.units.setText("do")  # a part of a class's name
    second.units.editingFinished.emit()
    second.weight.setValue(-0.5)
    assert targets.targets == (Target("conv2"), Target("output", (3,), None, -0.5))
    assert targets.text == "conv2 + -0.5*output:3"
    first.units.setText("99")
    first.units.editingFinished.emit()
    assert "no channel 99" in targets.error.text()
    assert targets.targets[0] == Target("conv2")  # the last that could be
    first.units.setText("1@0,2")
    first.units.editingFinished.emit()
    assert targets.targets[0] == Target("conv2", (1,), (0, 2))
    assert targets.error.text() == "" or not targets.error.isVisible()
    second.remove.click()
    assert targets.text == "conv2:1@0,2"


def test_keys_do_what_buttons_do(dreamer):
    page = dreamer.workspace.page
    dreamer.workspace.activateWindow()
    dreamer.qtbot.waitUntil(dreamer.workspace.isActiveWindow)
    dreamer.press(Qt.Key.Key_N)
    dreamer.settle()
    done = page.run.frame.step
    dreamer.press(Qt.Key.Key_Backspace)
    assert page.run.frame.step == done - 1
    dreamer.press(Qt.Key.Key_Period)
    dreamer.settle()
    assert page.run.frame.step == done
    before = len(dreamer.session.specimens)
    dreamer.press(Qt.Key.Key_T)
    dreamer.settle()
    assert len(dreamer.session.specimens) == before + 1
    stage = page.targets.rows[0].stage.currentText()
    dreamer.workspace.step_stage(-1)
    assert page.targets.rows[0].stage.currentText() != stage


def test_a_long_dream_is_on_disk_and_comes_back_after_a_crash(dreamer, monkeypatch):
    monkeypatch.setattr(course_module, "AUTOSAVE_SECONDS", 0.0)
    page, session = dreamer.workspace.page, dreamer.session
    page.start()
    dreamer.settle()
    file = unfinished.file_of(session.store, "dream")
    saved = open_specimen(file)
    assert np.abs(saved.picture - page.run.frame.picture).max() <= 1 / 255
    assert saved.provenance.technique == "dream"

    again = Session(session.compute, session.store)  # the next start of the program
    DreamWorkspace(again)
    dreamer.settle()
    assert [each.id for each in again.specimens] == [saved.id]
    assert not file.exists()


def test_what_is_in_the_tray_is_not_kept_twice(dreamer):
    page = dreamer.workspace.page
    page.start()
    dreamer.settle()
    file = unfinished.file_of(dreamer.session.store, "dream")
    assert file.exists()
    page.run_view.transport.tray_button.click()
    dreamer.settle()
    assert not file.exists()


def test_the_past_is_bounded(dreamer, monkeypatch):
    monkeypatch.setattr(course_module, "HISTORY_BYTES", 3 * 36 * 48 * 3 * 4)
    page = dreamer.workspace.page
    page.start()
    dreamer.settle()
    assert len(page.run._course.frames) == 3
    assert len(page.run_view.curve.values) == 6


def test_a_camera_is_dreamt_on_while_it_runs(dreamer):
    page = dreamer.workspace.page
    page.camera.button.click()
    assert not page.camera.on
    assert "camera first" in dreamer.session.sentences[-1][0]
    dreamer.session.start_live(SyntheticCamera((36, 48), rate=20))
    dreamer.qtbot.waitUntil(lambda: dreamer.session.specimen is not dreamer.grain, timeout=PATIENCE)
    seen = []
    page.camera.shown.connect(seen.append)
    page.camera.button.click()
    dreamer.qtbot.waitUntil(lambda: len(seen) >= 3, timeout=PATIENCE)
    assert page.run_view.view.image is not None
    page.camera.button.click()
    dreamer.session.stop_live()
    dreamer.settle()
    assert seen[0].picture.shape[2] == 3


@pytest.mark.parametrize("name", ["flight.mp4", "flight.gif"])
def test_a_zoom_film_is_written_with_preview_and_progress(dreamer, tmp_path, name):
    page = dreamer.workspace.page
    page.open_film()
    dialog: ZoomDialog = page.dialog
    for field, value in (("frames", 3), ("steps", 1), ("side", 32), ("jitter", 2)):
        dialog.form.control(field).setValue(value)
    assert "3 pictures" in dialog.status.text()
    dialog.make(tmp_path / name)
    dreamer.settle()
    assert (tmp_path / name).stat().st_size > 0
    assert name in dialog.status.text()
    assert dialog.progress.value() == dialog.progress.maximum() == 3
    dialog.reject()


def test_a_cancelled_film_leaves_no_file(dreamer, tmp_path):
    page = dreamer.workspace.page
    page.open_film()
    dialog = page.dialog
    dialog.form.control("frames").setValue(10_000)
    dialog.form.control("side").setValue(32)
    dialog.make(tmp_path / "long.mp4")
    dreamer.qtbot.waitUntil(lambda: dialog.progress.value() > 0, timeout=PATIENCE)
    dialog.cancel.click()
    dreamer.settle()
    assert list(tmp_path.glob("*.mp4")) == []
    assert "Cancelled" in dialog.status.text()
    dialog.reject()


def test_the_stimulus_follows_the_unit_that_is_chosen_anywhere(user):
    page = user.page(STIMULUS)
    page.forms["stimulus"].set_settings(StimulusSettings(steps=4, shift=1))
    user.session.select_stage("conv2")
    user.session.select_unit(3)
    user.rest()
    assert page.run.state == "done"
    assert page.run.frame.label == "conv2:3"
    assert "conv2, unit 3" in page.question.text()
    up = page.run.values
    page.negative.click()
    user.rest()
    assert page.settings.negative
    assert "least" in page.question.text()
    down = page.run.values
    assert up[-1] > up[0]
    assert -down[-1] < -down[0] or down[-1] > down[0]
    user.session.select_unit(5)
    user.rest()
    assert page.run.frame.label == "conv2:5"


def test_several_different_stimuli_stand_side_by_side(user):
    page = user.page(STIMULUS)
    page.forms["stimulus"].set_settings(StimulusSettings(steps=2, shift=1))
    page.several.click()
    user.rest()
    height, width = page.run.frame.picture.shape[:2]
    assert height > 2 * 24
    assert width > 2 * 24
    page.run_view.transport.tray_button.click()
    user.settle()
    assert user.session.specimens[-1].provenance.settings["count"] == 4


def test_the_published_regularisers_climb_too(user):
    page = user.page(STIMULUS)
    page.methods.setCurrentIndex(1)
    page.forms["regularised"].control("steps").setValue(3)
    user.rest()
    assert page.run.state == "done"
    assert len(page.run.values) == 3
    assert page.specimen_of(page.run.frame).provenance.technique == "regularised"


def test_a_dead_unit_is_said_not_shown(user, monkeypatch):
    from visualizer.engine.ascent.slope import DeadError, Slope

    def dead(*_):
        raise DeadError("Nothing that the picture could change moves this unit; it is dead.")

    monkeypatch.setattr(Slope, "through", dead)
    page = user.page(STIMULUS)
    user.session.select_stage("conv2")
    user.rest()
    assert page.run.state == "failed"
    assert "dead" in page.run_view.error.text()
    assert page.run_view.view.image is None


def test_the_wall_fills_with_the_most_active_units_first(user):
    user.session.select_stage("conv2")
    page = user.page(WALL)
    page.form.set_settings(WallSettings(steps=3))
    user.rest()
    assert sorted(unit for _, unit in page.tiles) == list(range(6))
    assert all(tile.done for tile in page.tiles.values())
    strength = user.session.activations.strength("conv2")
    assert list(page.grid.order) == list(np.argsort(-strength, kind="stable"))
    assert page.status.text().startswith("6 of 6")
    page.grid.step(1)
    page.to_tray.click()
    user.settle()
    made = user.session.specimens[-1]
    assert made.provenance.technique == "stimulus"
    assert made.provenance.settings["target"] == f"conv2:{user.session.unit}"


def test_the_hierarchy_shows_every_stage_and_opens_a_unit(user):
    page = user.page(WALL)
    page.form.set_settings(WallSettings(steps=2))
    page.every.click()
    user.rest()
    assert [stage for stage, _ in page.hierarchy.rows] == ["conv1", "conv2", "output"]
    assert {stage for stage, _ in page.tiles} == {"conv1", "conv2", "output"}
    place = ("output", page.hierarchy.rows[2][1][1])
    centre = page.hierarchy.rect_of(2, 1).center().toPoint()
    QTest.mouseClick(page.hierarchy, Qt.MouseButton.LeftButton, pos=centre)
    assert (user.session.stage, user.session.unit) == place
    page.hierarchy.setFocus()
    QTest.keyClick(page.hierarchy, Qt.Key.Key_Return)
    assert user.workspace.page.title == "Stimulus"
    user.workspace.page.stop()


def test_style_takes_content_and_style_from_the_tray(user):
    page = user.page(STYLE)
    assert page.form.settings.style_stages == "conv1 + conv2"
    page.form.set_settings(
        StyleSettings(steps=3, side=32, content_stages="conv1", style_stages="conv1 + conv2")
    )
    page.style_from.choose(user.waves)
    page.start()
    user.settle()
    assert page.run.state == "done"
    assert page.run.frame.step == 3
    made = page.specimen_of(page.run.frame)
    assert made.title == "Grain in the style of Waves"
    assert made.provenance.parents == (user.grain.id, user.waves.id)
    assert made.provenance.settings["style"] == "waves"
    assert len(page.run_view.curve.values) == 3


def test_any_unit_of_the_layers_is_shown_what_it_wants(qapp, session, settle, catalogue):
    style, palette, font = qapp.styleSheet(), qapp.palette(), qapp.font()
    window = MainWindow(session, Theme(qapp, session.store))
    window.show()
    try:
        session.open_network("plain")
        session.add(Specimen(np.full((30, 30, 3), 0.4, np.float32), "Grey", Provenance("sample")))
        settle(session.compute, timeout=PATIENCE)
        layers, dream = window.workspaces[:2]
        assert window.workspace is layers
        session.select_stage("conv2")
        session.select_unit(4)
        layers.unit_panel.stimulus.click()
        assert window.workspace is dream
        assert dream.page.title == "Stimulus"
        assert "conv2, unit 4" in dream.page.question.text()
        dream.page.stop()
        window.choose_workspace(0)
        window.actions_.stimulus.trigger()
        assert window.workspace is dream
        settle(session.compute, timeout=PATIENCE)
    finally:
        window.close()
        session.compute.cancel_all()
        settle(session.compute, timeout=PATIENCE)
        shiboken6.delete(window)
        qapp.setStyleSheet(style)
        qapp.setPalette(palette)
        qapp.setFont(font)


def test_the_wall_leaves_out_the_margin_of_small_tiles():
    picture = np.zeros((48, 48, 3), np.uint8)
    picture[8:40, 8:40] = 200
    small = Tile(0, picture, True, False, StimulusSettings(side=48, shift=8))
    whole = Tile(0, picture, True, False, StimulusSettings(side=0, shift=8))
    assert middle(small).shape == (32, 32, 3)
    assert (middle(small) == 200).all()
    assert middle(whole).shape == (48, 48, 3)
