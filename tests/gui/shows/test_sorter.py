"""The sorter: scenes in order, moved, copied, removed, brought back; what is said of them."""

import pytest
from PySide6.QtCore import QProcess, Qt
from PySide6.QtWidgets import QFileDialog

from visualizer.engine.shows.show import Scene, Show

Key, ALT, CTRL = Qt.Key, Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def sorter(desk):
    shows = desk.window.shows
    scenes = tuple(Scene("layers", title=each) for each in ("one", "two", "three"))
    shows.put(Show("A talk", scenes))
    desk.window.show_menu.open_sorter()
    sorter = desk.window.show_menu.sorter
    sorter.list.setCurrentRow(0)
    return sorter


def listed(sorter):
    return [sorter.list.item(row).text() for row in range(sorter.list.count())]


def titles(sorter):
    return [scene.title for scene in sorter._shows.show.scenes]


def test_scenes_are_moved_by_keys_and_undone(sorter, qtbot):
    qtbot.keyClick(sorter.list, Key.Key_Down, ALT)
    qtbot.keyClick(sorter.list, Key.Key_Down, ALT)
    assert titles(sorter) == ["two", "three", "one"]
    assert listed(sorter) == ["1  two", "2  three", "3  one"]
    assert sorter.row == 2
    qtbot.keyClick(sorter.list, Key.Key_Down, ALT)  # the last one stays
    assert titles(sorter) == ["two", "three", "one"]
    for _ in range(2):
        qtbot.keyClick(sorter.list, Key.Key_Z, CTRL)
    assert titles(sorter) == ["one", "two", "three"]


def test_scenes_are_dragged(sorter, qtbot):
    model = sorter.list.model()
    assert sorter.list.dragDropMode() is sorter.list.DragDropMode.InternalMove
    assert model.moveRow(sorter.list.rootIndex(), 0, sorter.list.rootIndex(), 3)
    qtbot.waitUntil(lambda: titles(sorter) == ["two", "three", "one"])
    assert listed(sorter) == ["1  two", "2  three", "3  one"]


def test_scenes_are_copied_and_removed(sorter, qtbot):
    qtbot.keyClick(sorter.list, Key.Key_D, CTRL)
    assert titles(sorter) == ["one", "one", "two", "three"]
    assert sorter.row == 1
    qtbot.keyClick(sorter.list, Key.Key_Delete)
    qtbot.keyClick(sorter.list, Key.Key_Delete)
    assert titles(sorter) == ["one", "three"]
    for _ in range(2):
        qtbot.mouseClick(sorter.buttons["remove"], Qt.MouseButton.LeftButton)
    assert not titles(sorter)
    assert not sorter.buttons["remove"].isEnabled()
    qtbot.keyClick(sorter.list, Key.Key_Z, CTRL)
    assert len(titles(sorter)) == 1


def test_what_is_typed_is_kept_whatever_comes_next(sorter, qtbot):
    qtbot.keyClick(sorter, Key.Key_F2)
    sorter.scene_title.selectAll()
    qtbot.keyClicks(sorter.scene_title, "First")
    qtbot.keyClicks(sorter.notes, "Say hello")
    sorter.list.setCurrentRow(2)  # before it was taken
    assert (sorter.scene_title.text(), sorter.row) == ("three", 2)
    show = sorter._shows.show
    assert (show.scenes[0].title, show.scenes[0].notes) == ("First", "Say hello")
    qtbot.keyClicks(sorter.notes, "Bye")
    sorter.title.setText("My talk")
    sorter.minutes.setValue(15)
    sorter.close()
    show = sorter._shows.show
    assert (show.title, show.minutes, show.scenes[2].notes) == ("My talk", 15, "Bye")
    assert sorter._shows.planned_seconds == 900


def test_something_moves_in_a_scene(sorter, qtbot):
    sorter.moves.setCurrentIndex(sorter.moves.findText("Walk on to the output"))
    sorter.form.control("seconds").setValue(3)
    sorter.starts.setCurrentIndex(1)
    animation = sorter._shows.show.scenes[0].animation
    assert (animation.name, animation.settings, animation.at_once) == (
        "walk",
        {"seconds": 3.0},
        True,
    )
    sorter.list.setCurrentRow(1)
    assert sorter.moves.currentText() == "nothing"
    assert sorter.form is None
    sorter.list.setCurrentRow(0)
    assert sorter.form.settings.seconds == 3
    sorter.moves.setCurrentIndex(0)
    assert sorter._shows.show.scenes[0].animation is None


def test_a_scene_is_taken_again_and_keeps_what_was_said_of_it(sorter, desk, qtbot, settle):
    sorter.notes.setPlainText("Keep me")
    desk.session.select_stage("conv2")
    qtbot.mouseClick(sorter.buttons["retake"], Qt.MouseButton.LeftButton)
    settle(desk.compute)
    scene = sorter._shows.show.scenes[0]
    assert (scene.title, scene.notes, scene.stage) == ("one", "Keep me", "conv2")
    assert not sorter._shows.thumbnail(0).isNull()
    desk.session.select_stage("pool1")
    qtbot.keyClick(sorter.list, Key.Key_Return)
    settle(desk.compute)
    assert desk.session.stage == "conv2"


def test_no_sorter_before_an_audience(sorter, desk):
    assert sorter.isVisible()
    desk.window.presentation.start()
    assert not sorter.isVisible()
    desk.window.presentation.stop()


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        ("PDF pages (*.pdf)", "talk", ["talk.pdf"]),
        ("PDF pages with the notes (*.pdf)", "talk.pdf", ["talk.pdf", "--notes"]),
        ("PowerPoint slides (*.pptx)", "talk.pdf", ["talk.pptx"]),
        ("A folder of PNG pictures (*)", "talk.pdf", ["talk"]),
    ],
)
def test_a_handout_is_what_was_chosen(desk, settle, monkeypatch, tmp_path, kind, typed, words):
    window, asked, started = desk.window, [], []

    def ask(dialog):
        asked.append(dialog)

    monkeypatch.setattr(QFileDialog, "open", ask)

    def start(process, _program, given):
        started.append(given)
        process.finished.emit(0, QProcess.ExitStatus.NormalExit)

    monkeypatch.setattr(QProcess, "start", start)
    window.shows.put(Show("A talk", (Scene("layers", title="one"),)))
    window.show_menu.ask_handout()
    (dialog,) = asked
    dialog.selectNameFilter(kind)
    dialog.fileSelected.emit(str(tmp_path / typed))
    settle(desk.compute)
    (given,) = started
    output = given[given.index("-o") + 1 :]
    assert [output[0].replace(f"{tmp_path}/", ""), *output[1:]] == words
