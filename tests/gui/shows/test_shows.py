"""Scenes are taken of what is on show, and stand again as they were."""

import pytest
from PySide6.QtCore import Qt

from visualizer.engine.shows.show import Animation
from visualizer.gui.shell.workspaces import WORKSPACES

Key, CTRL_SHIFT = Qt.Key, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def take(desk, qtbot, settle):
    settle(desk.compute)
    qtbot.keyClick(desk.window, Key.Key_S, CTRL_SHIFT)
    settle(desk.compute)


def on_stage(session, window):
    return (
        window.workspace_name,
        session.network.name,
        session.specimen.title,
        session.stage,
        session.unit,
    )


def test_a_scene_stands_again_as_it_was(desk, qtbot, settle):
    window, session = desk.window, desk.session
    session.select_stage("conv2")
    session.select_unit(3)
    window.workspace.header.colour_map.setCurrentText("viridis")
    take(desk, qtbot, settle)
    first = on_stage(session, window)
    assert not window.shows.thumbnail(0).isNull()

    session.open_network("residual")
    settle(desk.compute)
    session.step_specimen(1)
    window.choose_workspace(WORKSPACES.index("attack"))
    window.workspace.panel.dial.set_levels(17)
    take(desk, qtbot, settle)
    second = on_stage(session, window)
    assert window.shows.count == 2

    window.shows.go_to(0)
    settle(desk.compute)
    assert on_stage(session, window) == first
    assert window.workspace.header.colour_map.currentText() == "viridis"
    window.shows.go_to(1)
    settle(desk.compute)
    assert on_stage(session, window) == second
    assert window.workspace.panel.dial.levels == 17


def test_a_clicker_gives_the_show_and_begins_what_moves(desk, qtbot, settle):
    window, session, shows = desk.window, desk.session, desk.window.shows
    session.select_stage("data")
    take(desk, qtbot, settle)
    window.choose_workspace(WORKSPACES.index("explain"))
    take(desk, qtbot, settle)
    animation = Animation("walk", {"seconds": 0.5})
    shows.edit(shows.show.changed(0, animation=animation, title="On the way"))
    qtbot.keyClick(window, Key.Key_F5)
    settle(desk.compute)
    assert window.presentation.active
    assert (shows.index, session.stage) == (0, "data")
    assert window.stage.title.text().startswith("On the way")
    qtbot.keyClick(window, Key.Key_PageDown)
    assert window.workspace.moving
    qtbot.waitUntil(lambda: session.stage == session.network.stages[-1].name)
    qtbot.keyClick(window, Key.Key_PageDown)
    settle(desk.compute)
    assert window.workspace_name == "explain"
    qtbot.keyClick(window, Key.Key_PageDown)  # the end
    assert window.workspace_name == "explain"
    qtbot.keyClick(window, Key.Key_PageUp)
    settle(desk.compute)
    assert (window.workspace_name, session.stage) == ("layers", "data")
    qtbot.keyClick(window, Key.Key_PageDown)
    qtbot.keyClick(window, Key.Key_Escape)
    assert window.presentation.active
    assert not window.workspace.moving
    qtbot.keyClick(window, Key.Key_Escape)
    assert not window.presentation.active
    qtbot.keyClick(window, Key.Key_F5, Qt.KeyboardModifier.ShiftModifier)
    assert (window.presentation.active, shows.index) == (True, 0)
    window.presentation.stop()


@pytest.mark.parametrize("name", WORKSPACES)
def test_every_workspace_gives_its_state_and_takes_it(desk, qtbot, settle, name, tmp_path):
    """Through a file, and with something in it that is of another version."""
    window, shows = desk.window, desk.window.shows
    window.choose_workspace(WORKSPACES.index(name))
    take(desk, qtbot, settle)
    before = window.workspace.state().settings
    shows.save(tmp_path / "talk")
    settle(desk.compute)
    assert not shows.modified
    window.choose_workspace(0 if name != "layers" else 3)
    window.show_menu.open(tmp_path / "talk.show")
    qtbot.waitUntil(lambda: window.show_menu.rehearsal.running, timeout=30_000)
    qtbot.waitUntil(lambda: not window.show_menu.rehearsal.running, timeout=60_000)
    settle(desk.compute)
    assert window.workspace_name == name
    assert window.workspace.state().settings == before
    state = shows.scene.state
    left_out = window.workspace.restore(
        type(state)({**state.settings, "of_the_future": 1}, state.pictures, state.files)
    )
    if name != "dream":  # whose settings are those of a page
        assert "of the future" in left_out
    settle(desk.compute)


def test_work_that_is_not_saved_is_offered_next_time(make_desk, desk, qtbot, settle, tmp_path):
    take(desk, qtbot, settle)
    assert desk.window.shows.modified
    desk.close()
    again = make_desk()
    again.window.show_menu.offer_unsaved()
    settle(again.compute)
    notices = again.window.notices
    assert notices.label.text() == "A show of last time was not saved."
    again.session.open_network("plain")
    settle(again.compute)
    qtbot.mouseClick(notices.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: again.window.shows.count == 1)
    qtbot.waitUntil(lambda: not again.window.show_menu.rehearsal.running, timeout=60_000)
    settle(again.compute)
    assert again.window.shows.modified
    again.window.shows.save(tmp_path / "kept.show")
    settle(again.compute)
    again.close()
    third = make_desk()
    third.window.show_menu.offer_unsaved()
    settle(third.compute)
    assert not third.window.notices.texts()


def test_a_show_that_is_none_is_told_and_nothing_is_lost(desk, qtbot, settle, tmp_path):
    take(desk, qtbot, settle)
    path = tmp_path / "evil.show"
    path.write_bytes(b"PK\3\4 no zip")
    desk.window.inputs.open_paths([path])
    settle(desk.compute)
    assert "is no show, or a damaged one" in desk.window.notices.label.text()
    assert desk.window.shows.count == 1


def test_a_network_that_is_missing_is_told_and_the_talk_goes_on(desk, qtbot, settle):
    from dataclasses import replace

    window, shows = desk.window, desk.window.shows
    take(desk, qtbot, settle)
    gone = replace(shows.scene, network="../../gone.keras", sha256="ab" * 32)
    shows.edit(shows.show.inserted(1, gone))
    shows.edit(shows.show.inserted(2, replace(shows.scene, stage="pool1")))
    window.presentation.start_show(first=True)
    for _ in range(2):
        qtbot.keyClick(window, Key.Key_PageDown)
        settle(desk.compute)
    assert desk.session.stage == "pool1"
    window.presentation.stop()
    (told,) = [text for text in window.notices.texts() if "gone.keras" in text]
    assert told.startswith("The network “gone.keras” of this scene is not on this computer")


def test_pictures_of_a_show_are_not_kept_in_the_tray_for_ever(desk, qtbot, settle, plate):
    from dataclasses import replace

    shows = desk.window.shows
    take(desk, qtbot, settle)
    violet = plate("violet", (0.5, 0.1, 0.6))
    shows.edit(shows.show.changed(0, picture=violet))
    shows.go_to(0)
    settle(desk.compute)
    assert desk.session.specimen.title == "violet"
    assert desk.store.file_of(violet.id) is None
    assert replace(shows.scene, title="x").picture is violet


@pytest.mark.parametrize(
    ("data", "layers"),
    [
        ("digits", [{"layer": "flatten"}, *[{"layer": "dense", "units": 8192}] * 3]),
        ("digits", [{"layer": "teapot"}]),
        ("/etc", None),
    ],
)
def test_a_training_of_a_stranger_asks_for_nothing_unusual(desk, settle, tmp_path, data, layers):
    from visualizer.engine.shows.show import State
    from visualizer.engine.training import checkpoints
    from visualizer.engine.training.train_settings import TrainSettings

    recipe = {"data": data, "model": "lenet", "layers": layers}
    meta = {"recipe": recipe, "settings": TrainSettings().to_dict(), "epoch": 0.5}
    checkpoints.write(tmp_path / "evil", [], meta)
    window = desk.window
    window.choose_workspace(WORKSPACES.index("train"))
    settle(desk.compute)
    files = {"training": (tmp_path / "evil").read_bytes()}
    assert "its training" in window.workspace.restore(State({"page": "curves"}, {}, files))
    settle(desk.compute)
    assert window.workspace.run.frame.title == "LeNet-5 on digits"
