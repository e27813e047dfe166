"""A dream is paused, undone, resumed and steered."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt

from tests.gui.waiting import PATIENCE
from visualizer.engine.ascent import objective_gradient
from visualizer.engine.objective import Target
from visualizer.engine.rendering import from_bytes
from visualizer.engine.technique import techniques
from visualizer.gui.runs.history import Bounds
from visualizer.gui.widgets import image_view


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
    assert len(page.run_view.curves["objective"].values) == 3
    shown = page.run_view.view.image
    assert (shown.width(), shown.height()) == (48, 36)

    third = page.run.frame.picture
    page.run_view.transport.undo_button.click()
    assert page.run.frame.step == 2
    assert len(page.run_view.curves["objective"].values) == 2
    assert (page.run.frame.picture != third).any()
    page.run_view.transport.step_button.click()
    dreamer.settle()
    np.testing.assert_array_equal(page.run.frame.picture, third)
    for _ in range(2):
        page.run_view.transport.undo_button.click()

    page.toggle()  # goes on from what was left after the undo
    dreamer.settle()
    assert page.run.state == "done"
    assert page.run.frame.step == page.run.frame.total == 6
    assert len(page.run.values("objective")) == 6
    *_, whole = techniques()["dream"](session.network, dreamer.grain, page.settings)
    np.testing.assert_allclose(page.run.frame.picture / 255, whole.picture, atol=1 / 255)

    before = len(session.specimens)
    page.run_view.transport.layers_button.click()
    dreamer.settle()
    assert len(session.specimens) == before + 1
    made = session.specimen
    assert made.provenance.technique == "dream"
    assert made.provenance.settings["target"] == "conv2"
    assert made.provenance.parents == (dreamer.grain.id,)
    assert made.provenance.source == "technique"  # an undone dream that goes on is the same dream
    np.testing.assert_array_equal(made.picture, from_bytes(page.run.frame.picture))
    assert session.activations.picture.shape == (24, 24, 3)  # it went through the layers
    expected = session.network.forward(session.network.fit(made.picture)[None])["conv2"][0]
    np.testing.assert_allclose(session.activations.maps["conv2"], expected, atol=1e-5)


def test_a_step_of_many_pieces_is_one_step(dreamer, monkeypatch):
    """A large picture is dreamt piece by piece; the breaths in between are no steps."""
    monkeypatch.setattr(objective_gradient, "TILE", 20)
    page = dreamer.workspace.page
    page.start()
    page.toggle()
    dreamer.settle()
    if page.run.frame is None:  # paused before it began
        page.run_view.transport.step_button.click()
        dreamer.settle()
    before = page.run.frame.step
    for count in (1, 2):
        page.run_view.transport.step_button.click()
        dreamer.settle()
        assert page.run.frame.step == before + count
        assert page.run.frame.picture is not None
    page.run_view.transport.undo_button.click()
    assert page.run.frame.step == before + 1


def test_what_is_changed_while_it_dreams_steers_it_from_the_present_picture(dreamer):
    page = dreamer.workspace.page
    page.start()
    page.toggle()
    dreamer.settle()
    while page.run.frame is None or page.run.frame.step < 1:
        page.run.take_step()
        dreamer.settle()
    here = page.run.frame
    page.form.control("steps").setValue(1)
    page.targets.set_targets([Target("conv1", (2,))])
    page.run.take_step()
    dreamer.settle()
    assert page.run.frame.step == here.step + 1
    assert page.run.frame.total == here.step + 2  # two octaves of one step are left
    assert page.run.frame.label == "conv1:2"
    moved = np.abs(page.run.frame.picture.astype(int) - here.picture).mean()
    assert 0 < moved < 25
    assert "steered" in page.run.step.specimen().provenance.source


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
    assert "steered" in page.run.step.specimen().provenance.source


def test_an_endless_dream_says_that_nobody_can_make_it_again(dreamer):
    page = dreamer.workspace.page
    page.run_view.transport.endless.click()
    page.start()
    dreamer.qtbot.waitUntil(lambda: len(page.run.values("objective")) > 7, timeout=PATIENCE)
    page.toggle()
    dreamer.settle()
    assert "steered" in page.run.step.specimen().provenance.source


def test_after_an_undo_another_way_can_be_taken(dreamer):
    page = dreamer.workspace.page
    page.start()
    dreamer.settle()
    page.run_view.transport.undo_button.click()
    page.run_view.transport.undo_button.click()
    here = page.run.frame.step
    page.targets.set_targets([Target("conv1", (2,))])
    assert page.run.step.specimen().provenance.settings["target"] == "conv2"  # still the old one
    page.run_view.transport.step_button.click()
    dreamer.settle()
    assert page.run.frame.step == here + 1
    made = page.run.step.specimen()
    assert made.provenance.settings["target"] == "conv1:2"
    assert "steered" in made.provenance.source


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


def test_the_letters_of_the_dream(dreamer):
    page, session = dreamer.workspace.page, dreamer.session
    dreamer.workspace.activateWindow()
    dreamer.qtbot.waitUntil(dreamer.workspace.isActiveWindow)
    session.select_stage("conv1")
    session.select_unit(3)
    dreamer.press(Qt.Key.Key_U)
    assert page.targets.text == "conv1:3"
    dreamer.press(Qt.Key.Key_W)
    assert page.settings.start == "noise"
    dreamer.press(Qt.Key.Key_G)
    assert page.guide.specimen is session.specimens[0]
    dreamer.press(Qt.Key.Key_E)
    assert page.run_view.transport.endless.isChecked()
    dreamer.press(Qt.Key.Key_E)
    dreamer.press(Qt.Key.Key_N)
    dreamer.settle()
    total = page.run.frame.total
    dreamer.press(Qt.Key.Key_H)
    dreamer.settle()
    assert page.run.frame.step > total
    dreamer.press(Qt.Key.Key_L)
    dreamer.settle()
    assert session.specimen.provenance.technique == "dream"
    dreamer.press(Qt.Key.Key_K)
    assert "camera first" in session.sentences[-1][0]
    dreamer.press(Qt.Key.Key_V)
    assert page.dialog.isVisible()
    page.dialog.reject()


def test_the_past_is_bounded_and_takes_bytes_not_floats(dreamer):
    page = dreamer.workspace.page
    page.start()
    dreamer.settle()
    history = page.run.history
    assert len(history.steps) == 7
    assert page.run.frame.picture.dtype == np.uint8
    size = history.step.size
    assert size <= 36 * 48 * (3 + 4)
    page.run.bounds = Bounds(bytes=3 * size)
    page.start()
    dreamer.settle()
    assert len(page.run.history.steps) == 3
    assert len(page.run_view.curves["objective"].values) == 6


def test_large_pictures_are_shown_no_larger_than_a_screen(dreamer, monkeypatch):
    monkeypatch.setattr(image_view, "SCREEN_SIDE", 24)
    page = dreamer.workspace.page
    page.start()
    dreamer.settle()
    assert page.run.frame.picture.shape == (36, 48, 3)
    shown = page.run_view.view.image
    assert (shown.width(), shown.height()) == (24, 18)


def test_a_start_puts_what_is_finished_into_the_tray_first(dreamer):
    page, session = dreamer.workspace.page, dreamer.session
    page.start()
    dreamer.settle()
    first = page.run.step.specimen()
    page.form.control("seed").setValue(5)
    before = len(session.specimens)
    page.start()
    dreamer.settle()
    assert [each.id for each in session.specimens[before:]] == [first.id]
    page.run_view.transport.tray_button.click()
    dreamer.settle()
    kept = len(session.specimens)
    page.start()  # what was kept by hand is not kept again
    dreamer.settle()
    assert len(session.specimens) == kept


def test_before_the_first_step_the_curve_says_what_will_be_there(dreamer):
    curve = dreamer.workspace.page.run_view.curves["objective"]
    assert not curve.getPlotItem().isVisible()
    before = curve.grab().toImage()
    curve.set_values([1.0, 2.0])
    assert curve.getPlotItem().isVisible()
    assert curve.grab().toImage() != before
