"""A camera is dreamt on, and what is seen can be kept."""

from __future__ import annotations

import numpy as np
import pytest

from tests.gui.dream.conftest import DREAM, STIMULUS
from tests.gui.waiting import PATIENCE
from tests.live import film
from visualizer.engine.rendering import from_bytes


@pytest.fixture
def watcher(dreamer, settle):
    """A dreamer who dreams on a running camera."""
    page, session = dreamer.workspace.page, dreamer.session
    session.start_live(lambda: film(rate=20))
    dreamer.qtbot.waitUntil(lambda: session.specimen is not dreamer.grain, timeout=PATIENCE)
    page.camera.click()
    dreamer.qtbot.waitUntil(lambda: len(page.run.values("objective")) >= 3, timeout=PATIENCE)
    yield dreamer
    session.stop_live()
    settle(session.compute)  # the workspace may be closed already


def test_without_a_camera_it_is_said(dreamer):
    page = dreamer.workspace.page
    page.camera.click()
    assert not page.camera.isChecked()
    assert "camera first" in dreamer.session.sentences[-1][0]


def test_what_the_camera_dreams_can_be_kept_and_walked_through(watcher):
    page, session = watcher.workspace.page, watcher.session
    assert page.camera.isChecked()
    page.camera.click()
    watcher.qtbot.waitUntil(lambda: page.run.state == "paused", timeout=PATIENCE)
    seen = from_bytes(page.run.frame.picture)
    before = len(session.specimens)
    page.run_view.transport.layers_button.click()
    watcher.qtbot.waitUntil(lambda: len(session.specimens) > before, timeout=PATIENCE)
    made = session.specimens[-1]
    np.testing.assert_array_equal(made.picture, seen)
    assert session.specimen is made
    assert made.provenance.source.startswith("camera")
    assert made.provenance.settings["target"] == "conv2"
    assert made.title == "the camera dreams conv2"


def test_nobody_dreams_for_a_page_that_is_hidden(watcher):
    page = watcher.workspace.page
    watcher.workspace.choose_page(STIMULUS)
    watcher.qtbot.waitUntil(lambda: page.run.state == "paused", timeout=PATIENCE)
    assert not page.camera.isChecked()
    watcher.workspace.page.stop()
    steps = page.run.frame.step
    watcher.workspace.choose_page(DREAM)
    watcher.qtbot.waitUntil(lambda: page.run.frame.step > steps, timeout=PATIENCE)
    assert page.camera.isChecked()


def test_settings_and_a_guide_change_while_it_dreams(watcher):
    page = watcher.workspace.page
    page.guide.choose(watcher.waves)
    page.form.control("step_size").setValue(2.5)
    watcher.qtbot.waitUntil(
        lambda: page.run.step.recipe.settings.guide == "waves", timeout=PATIENCE
    )
    assert page.run.step.recipe.settings.step_size == pytest.approx(2.5 / 255)
    assert watcher.waves.id in page.run.step.specimen().provenance.parents


def test_the_dream_ends_with_the_camera(watcher):
    page = watcher.workspace.page
    watcher.session.stop_live()
    watcher.settle()
    assert page.run.state == "paused"
    assert not page.camera.isChecked()
