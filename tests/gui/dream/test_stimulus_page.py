"""What a unit most wants to see."""

from __future__ import annotations

from PySide6.QtCore import Qt

from tests.gui.dream.conftest import STIMULUS
from visualizer.engine.ascent.optimal_stimulus import StimulusSettings


def test_the_stimulus_follows_the_unit_that_is_chosen_anywhere(user):
    page = user.page(STIMULUS)
    page.forms["stimulus"].set_settings(StimulusSettings(steps=4, shift=1))
    user.session.select_stage("conv2")
    user.session.select_unit(3)
    user.settle()
    assert page.run.state == "done"
    assert page.run.frame.label == "conv2:3"
    assert "conv2, unit 3" in page.question.text()
    up = page.run.values("objective")
    page.negative.click()
    user.settle()
    assert page.settings.negative
    assert "least" in page.question.text()
    down = page.run.values("objective")
    assert up[-1] > up[0]
    assert down[-1] < down[0]
    user.session.select_unit(5)
    user.settle()
    assert page.run.frame.label == "conv2:5"


def test_several_different_stimuli_stand_side_by_side(user):
    page = user.page(STIMULUS)
    page.forms["stimulus"].set_settings(StimulusSettings(steps=2, shift=1))
    page.several.click()
    user.settle()
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
    user.settle()
    assert page.run.state == "done"
    assert len(page.run.values("objective")) == 3
    assert page.run.step.specimen().provenance.technique == "regularised"


def test_a_dead_unit_is_said_not_shown(user, monkeypatch):
    from visualizer.engine.ascent.objective_gradient import ObjectiveGradient, ZeroGradientError

    def dead(*_):
        raise ZeroGradientError(
            "Nothing that the picture could change moves this unit; it is dead."
        )

    monkeypatch.setattr(ObjectiveGradient, "through", dead)
    page = user.page(STIMULUS)
    user.session.select_stage("conv2")
    user.settle()
    assert page.run.state == "failed"
    assert "dead" in page.run_view.error.text()
    assert page.run_view.view.image is None


def test_the_letters_of_the_page(user):
    page = user.page(STIMULUS)
    page.forms["stimulus"].set_settings(StimulusSettings(steps=2, shift=1))
    user.settle()
    user.workspace.activateWindow()
    user.qtbot.waitUntil(user.workspace.isActiveWindow)
    user.press(Qt.Key.Key_D)
    user.settle()
    assert page.several.isChecked()
    assert page.settings.count == 4
    user.press(Qt.Key.Key_M)
    user.settle()
    assert page.negative.isChecked()
    assert "least" in page.question.text()
    user.session.select_stage("output")
    user.settle()
    user.press(Qt.Key.Key_C)
    assert page.chooser.label.hasFocus()


def test_one_that_was_climbed_before_is_shown_at_once_and_start_climbs_it_again(user, monkeypatch):
    monkeypatch.setattr(user.session.network, "sha256", "cd" * 32)
    page = user.page(STIMULUS)
    view, transport = page.run_view, page.run_view.transport
    page.forms["stimulus"].set_settings(StimulusSettings(steps=3, shift=1))
    user.session.select_stage("conv2")
    user.settle()
    assert len(view.curves["objective"].values) == 3
    made = page.run.frame.picture
    user.session.select_unit(1)
    user.settle()
    user.session.select_unit(0)
    user.settle()
    assert view.status.text().startswith("kept from before: Start climbs it again")
    assert (page.run.frame.picture == made).all()
    for button in (transport.go_button, transport.step_button, transport.undo_button):
        assert not button.isEnabled()  # there is nothing that they could do
    assert transport.tray_button.isEnabled()
    transport.start_button.click()
    user.settle()
    assert len(view.curves["objective"].values) == 3
    assert view.status.text().startswith("done: step 3 of 3")
    assert (page.run.frame.picture == made).all()
    assert transport.undo_button.isEnabled()


def test_space_climbs_what_was_kept_again(user, monkeypatch):
    monkeypatch.setattr(user.session.network, "sha256", "ef" * 32)
    page = user.page(STIMULUS)
    page.forms["stimulus"].set_settings(StimulusSettings(steps=2, shift=1))
    user.session.select_stage("conv2")
    user.settle()
    page._begin(climb_again=False)
    user.settle()
    assert page.run.values("objective") == []
    user.workspace.toggle()
    user.settle()
    assert len(page.run.values("objective")) == 2
