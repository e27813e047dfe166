"""The shows that come with the program: one is given by a clicker alone, and all can be read."""

import pytest
from PySide6.QtCore import Qt

from visualizer.engine.shows.bundled import SHOWS
from visualizer.engine.shows.show_file import read_show
from visualizer.gui.shell.workspaces import WORKSPACES
from visualizer.models import catalog

ENTRIES = catalog.entries()


@pytest.mark.parametrize("show", SHOWS, ids=lambda show: show.name)
def test_a_bundled_show_can_be_read_and_says_something(show):
    found = read_show(show.path)
    assert found.title == show.title
    assert len(found.scenes) >= 6
    here = {entry.name: entry.available for entry in ENTRIES}
    for scene in found.scenes:
        assert scene.title, scene
        assert len(scene.notes) > 80, scene.title
        assert scene.workspace in WORKSPACES
        assert here[scene.network], scene.network
        assert scene.thumbnail is not None
    assert show.path.stat().st_size < 4e6


def test_a_bundled_show_is_given_by_clicker_keys_alone(
    make_desk, catalogue, alexnet, settle, qtbot, monkeypatch
):
    """From F5 to the last scene and back: what is on the stage is what the scene says."""
    monkeypatch.setattr(catalog, "entries", lambda: ENTRIES)
    catalogue["alexnet"] = alexnet
    desk = make_desk()
    window, session, shows = desk.window, desk.session, desk.window.shows
    show = read_show(SHOWS[0].path)
    shows.put(show)
    settle(desk.compute)
    qtbot.keyClick(window, Qt.Key.Key_F5)
    settle(desk.compute)
    walked = False
    while shows.index < len(show.scenes) - 1:
        scene = show.scenes[shows.index]
        assert window.presentation.active
        assert window.workspace_name == scene.workspace
        assert session.network is alexnet
        assert session.specimen.title == scene.picture.title
        assert (session.stage, session.unit) == (scene.stage, scene.unit)
        assert window.stage.title.text() == scene.title
        qtbot.keyClick(window, Qt.Key.Key_PageDown)
        if window.workspace.moving:  # a walk to the output
            qtbot.waitUntil(lambda before=scene.stage: session.stage != before)
            walked = True
            qtbot.keyClick(window, Qt.Key.Key_PageDown)
        settle(desk.compute)
    assert walked
    page = window.workspace.page
    assert page.title == "Stimulus"
    assert page.run.step.frame.step == 200
    assert page.run_view.view.image is not None
    for scene in reversed(show.scenes[:-1]):
        qtbot.keyClick(window, Qt.Key.Key_PageUp)
        settle(desk.compute)
        assert (window.workspace_name, session.stage) == (scene.workspace, scene.stage)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.presentation.active
    assert not desk.window.notices.texts()
