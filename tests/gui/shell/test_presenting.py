"""Presenting: the stage alone in large letters, the keys of a clicker, and a second screen."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QLabel, QLineEdit, QMenu

from tests.gui.desk import page_of
from tests.live import film
from visualizer.gui.core.compute import Job
from visualizer.gui.shell import presentation as module
from visualizer.gui.shell.help_dialogs import PageDialog
from visualizer.gui.shell.workspaces import WORKSPACES

Key = Qt.Key


@pytest.fixture
def shown(desk):
    """A window that presents on its only screen."""
    desk.window.presentation.start()
    yield desk
    desk.window.presentation.stop()


@pytest.mark.parametrize(
    ("key", "modifier"),
    [
        (Key.Key_F11, Qt.KeyboardModifier.NoModifier),
        (Key.Key_F5, Qt.KeyboardModifier.NoModifier),
        (Key.Key_F5, Qt.KeyboardModifier.ShiftModifier),
    ],
)
def test_only_what_the_audience_needs_is_shown(desk, qtbot, key, modifier):
    window = desk.window
    qtbot.keyClick(window, key, modifier)
    hidden = (window.top, window.rail, window.jobs, window.tray, window.explain, window.speaker)
    assert not any(part.isVisible() for part in hidden)
    assert window.predictions.isVisible()
    title = f"conv1: convolution · unit {desk.session.unit}  ·  red  ·  Plain"
    assert window.stage.title.text() == title
    assert not window.workspace.header.choices.isVisible()
    qtbot.keyClick(window, Key.Key_Escape)
    assert all(part.isVisible() for part in hidden[:-1])
    assert window.workspace.header.choices.isVisible()
    assert not window.stage.title.isVisible()


def test_afterwards_the_window_is_as_large_as_before(desk, qtbot):
    window = desk.window

    def measured():
        return window.rail.width(), window.top.sizeHint(), window.tray.width()

    before = measured()
    window.presentation.start()
    qtbot.wait(1)
    window.theme.set_mode("dark")
    window.presentation.stop()
    qtbot.wait(1)
    assert measured() == before


def test_afterwards_the_panels_are_as_wide_as_before(desk, qtbot):
    """A screen is larger than the window, which gets its own size back later."""
    window = desk.window
    columns = window.tray, window.stage, window.explain
    window.resize(1280, 800)
    qtbot.wait(1)
    before = [each.width() for each in columns]

    def boxes():
        return [each.minimumSizeHint().height() for each in window.findChildren(QComboBox)]

    heights = boxes()
    for size in ((1920, 1080), (3840, 2160)):
        window.presentation.start()
        window.setWindowState(Qt.WindowState.WindowNoState)
        window.resize(*size)
        window.theme.set_mode("light" if size[0] < 3000 else "dark")
        qtbot.wait(1)
        window.presentation.stop()
        window.resize(1280, 800)
        qtbot.waitUntil(lambda: [each.width() for each in columns] == before)
        assert boxes() == heights


def test_letters_are_seen_from_the_last_row(shown):
    height = shown.window.screen().geometry().height()
    labels = [each for each in shown.window.findChildren(QLabel) if each.isVisible()]
    assert len(labels) > 3
    for label in labels:
        pixels = label.fontInfo().pixelSize()
        assert pixels >= height // 40, label.text()


def test_a_clicker_walks_what_is_on_the_stage(shown, qtbot, settle):
    window, session = shown.window, shown.session
    stages = [stage.name for stage in session.network.stages]
    session.select_stage("data")
    for wanted in stages[1:3]:
        qtbot.keyClick(window, Key.Key_PageDown)
        assert session.stage == wanted
    qtbot.keyClick(window, Key.Key_PageUp)
    assert session.stage == stages[1]

    window.choose_workspace(3)
    settle(shown.compute)
    before = window.workspace.panel.turned.levels
    qtbot.keyClick(window, Key.Key_PageDown)
    assert window.workspace.panel.turned.levels == before + 1

    window.choose_workspace(1)
    qtbot.keyClick(window, Key.Key_PageDown)
    assert window.workspace.page is window.workspace.pages[1]
    window.choose_workspace(2)
    before = window.workspace.controls.method
    qtbot.keyClick(window, Key.Key_PageDown)
    assert window.workspace.controls.method != before


@pytest.mark.parametrize(("key", "colour"), [("B", "black"), (".", "black"), ("W", "white")])
def test_a_shade_covers_everything_and_leaves(shown, qtbot, key, colour):
    window = shown.window
    qtbot.keyClick(window, key)
    image = window.grab().toImage()
    places = [(2, 2), (image.width() // 2, image.height() // 2)]
    wanted = {"black": "#000000", "white": "#ffffff"}[colour]
    assert {image.pixelColor(*place).name() for place in places} == {wanted}
    qtbot.keyClick(window, key)
    assert window.grab().toImage().pixelColor(2, 2).name() not in ("#000000", "#ffffff")


def test_a_workspaces_own_key_waits_while_a_clicker_uses_it(shown, qtbot):
    shown.window.choose_workspace(1)  # W is "start from" in Dream
    before = shown.window.workspace.page.start_from.currentIndex()
    qtbot.keyClick(shown.window, "W")
    assert shown.window.presentation.shaded == "white"
    assert shown.window.workspace.page.start_from.currentIndex() == before


def test_letters_that_are_typed_are_letters(shown, qtbot):
    shown.window.choose_workspace(4)
    search = shown.window.workspace.findChild(QLineEdit)
    search.window().activateWindow()
    search.parentWidget().show()
    search.setFocus()
    qtbot.keyClicks(search, "bw.")
    assert search.text() == "bw."
    assert not shown.window.presentation.shaded


def test_no_notice_comes_up_before_an_audience(shown):
    window = shown.window
    shown.session.say("The disk is full.", "error")
    assert not window.notices.isVisible()
    window.presentation.stop()
    assert window.notices.isVisible()
    assert window.notices.label.text() == "The disk is full."


def test_escape_makes_everything_safe_before_it_ends(shown, qtbot, settle):
    window, session = shown.window, shown.session

    def endless():
        while True:
            yield

    shown.compute.submit(Job(endless, title="Dreaming"))
    session.start_live(film)
    qtbot.keyClick(window, "B")
    qtbot.keyClick(window, Key.Key_Escape)
    settle(shown.compute)
    assert not session.live
    assert not window.presentation.shaded
    assert window.presentation.active
    qtbot.keyClick(window, Key.Key_Escape)
    assert not window.presentation.active
    assert not window.isFullScreen()


@pytest.mark.parametrize("workspace", ["dream", "attack", "evolve", "train"])
def test_escape_stops_what_runs_in_any_workspace(shown, qtbot, settle, workspace):
    window, session = shown.window, shown.session
    window.choose_workspace(WORKSPACES.index(workspace))
    settle(shown.compute)
    window.workspace.toggle()
    qtbot.waitUntil(lambda: workspace == "attack" or not shown.compute.is_idle())
    session.start_live(film)
    qtbot.waitUntil(lambda: session.specimen.title == "Test film")
    qtbot.keyClick(window, Key.Key_Escape)
    settle(shown.compute)
    assert window.presentation.active
    assert not session.live
    assert session.specimen.title == "red"
    seen = session.network.fit(session.specimen.picture)
    assert np.allclose(session.activations.picture, seen)  # the last good picture
    qtbot.keyClick(window, Key.Key_Escape)
    assert not window.presentation.active


def test_escape_while_a_network_opens_leaves_the_picture(shown, catalogue, qtbot, settle):
    def slow():
        while True:
            yield None

    catalogue["slow"] = slow
    shown.session.open_network("slow")
    qtbot.waitUntil(lambda: not shown.compute.is_idle())
    qtbot.keyClick(shown.window, Key.Key_Escape)
    settle(shown.compute)
    assert shown.window.presentation.active
    assert shown.session.network.title == "Plain"
    assert not shown.window.notices.isVisible()


def test_a_dialog_waits_until_the_audience_has_gone(shown, qtbot):
    window = shown.window
    window.show_about()
    window.inputs.open_files()
    seen = [each for each in QApplication.topLevelWidgets() if isinstance(each, QDialog)]
    assert len(seen) == 2
    qtbot.wait(1)
    assert not any(dialog.isVisible() for dialog in seen)
    before = shown.session.stage
    qtbot.keyClick(window, Key.Key_PageDown)
    assert shown.session.stage != before  # the keys are the window's
    qtbot.keyClick(window, Key.Key_F11)
    assert page_of(window).isVisible()
    for dialog in seen:
        dialog.reject()


def test_escape_closes_a_dialog_that_waits(shown, qtbot):
    shown.window.show_about()
    qtbot.wait(1)
    qtbot.keyClick(shown.window, Key.Key_Escape)
    assert shown.window.presentation.active
    qtbot.keyClick(shown.window, Key.Key_Escape)
    assert not [each for each in shown.window.findChildren(PageDialog) if each.isVisible()]


def test_spotlight_and_magnifier_show_the_place_under_the_pointer(shown, qtbot):
    stage = shown.window.stage
    plain = stage.grab().toImage()
    corner = QPoint(3, stage.height() - 4)
    qtbot.keyPress(shown.window, Key.Key_Control)
    dark = stage.grab().toImage()
    assert stage.pointer.isVisible()
    assert dark.pixelColor(corner).lightness() < plain.pixelColor(corner).lightness()
    qtbot.keyRelease(shown.window, Key.Key_Control)
    assert not stage.pointer.isVisible()
    qtbot.keyClick(shown.window, Key.Key_Z)
    assert stage.pointer.magnifier
    assert stage.grab().toImage() != plain
    qtbot.keyClick(shown.window, Key.Key_Escape)
    assert not stage.pointer.isVisible()
    assert shown.window.presentation.active


def test_the_pointer_rests_when_the_mouse_does(shown, qtbot):
    shape = QGuiApplication.overrideCursor
    assert not shape().pixmap().isNull()
    shown.window.presentation._rest.setInterval(1)
    qtbot.mouseMove(shown.window, QPoint(50, 50))
    qtbot.mouseMove(shown.window, QPoint(60, 60))
    qtbot.waitUntil(lambda: shape().shape() is Qt.CursorShape.BlankCursor)
    shown.window.presentation._rest.setInterval(60_000)
    qtbot.mouseMove(shown.window, QPoint(70, 50))
    qtbot.waitUntil(lambda: not shape().pixmap().isNull())
    shown.window.presentation.stop()
    assert shape() is None


TWO = {
    "screens": [
        {"name": "laptop", "x": 0, "y": 0, "width": 1280, "height": 800},
        {"name": "projector", "x": 1280, "y": 0, "width": 1920, "height": 1080},
    ]
}
TALK = """
import time
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLabel
from visualizer.gui.app import delete, make_window
from visualizer.gui.core.application import make_application

def work(milliseconds=150):
    QTest.qWait(milliseconds)

def until(true, what):
    for _ in range(3000):
        if true():
            return
        app.processEvents()
        time.sleep(0.02)  # for the compute thread
    raise AssertionError(what)

app = make_application()
window = make_window(app)
window.show()
work()
QTest.keyClick(window, Qt.Key.Key_F5)
work()
talk = window.presentation
audience = talk.audience
assert audience.screen().name() == "projector", audience.screen().name()
assert audience.geometry().getRect() == (1280, 0, 1920, 1080), audience.geometry()
assert window.top.isVisible() and window.tray.isVisible() and window.speaker.isVisible()
assert window.speaker.where.text() == "projector: live", window.speaker.where.text()
assert not window.speaker.notes.isVisible()  # there is no show
window.speaker.minutes.setValue(30)
assert window.speaker.left.text().endswith(" left"), window.speaker.left.text()
assert not window.workspace.header.choices.isVisible() and not window.explain.isVisible()
def smallest():
    labels = [each for each in window.stage.findChildren(QLabel) if each.isVisible()]
    return min(each.fontInfo().pixelSize() for each in labels if each.text())

for _ in range(100):  # once the stage has the room that the controls leave
    if (least := smallest()) >= window.stage.height() // 40:
        break
    work()
assert least >= window.stage.height() // 40, (least, window.stage.height())

before = audience.picture.toImage()
window.stage.title.setText("Another title")
until(lambda: audience.picture.toImage() != before, "it does not follow the stage")
QTest.keyClick(window, Qt.Key.Key_F)
kept = audience.picture.toImage()
window.stage.title.setText("What the speaker tries")
window.notices.say("A sentence for the speaker", "error")
work()
assert window.notices.isVisible()
assert audience.picture.toImage() == kept, "frozen, it changes"
assert "frozen" in window.speaker.where.text() and window.speaker.freeze.isChecked()
assert window.speaker.now.isVisible() and not window.speaker.now.pixmap().isNull()
QTest.mouseClick(window.speaker.freeze, Qt.MouseButton.LeftButton)
until(lambda: audience.picture.toImage() != kept, "it does not go on")

window.show_about()
work()
(page,) = [each for each in app.topLevelWidgets() if isinstance(each, QDialog) and each.isVisible()]
assert page.screen().name() == "laptop", "a dialog is the speaker's"
QTest.keyClick(page, Qt.Key.Key_Escape)
assert not page.isVisible() and talk.active

QTest.keyClick(window, Qt.Key.Key_B)
assert audience.grab().toImage().pixelColor(900, 500).name() == "#000000"
assert window.stage.isVisible() and not window.stage.shade.isVisible()
QTest.keyClick(window, Qt.Key.Key_B)

talk.choose_screen("laptop")
work()
assert talk.audience is None and window.isFullScreen() and not window.top.isVisible()
talk.choose_screen("")
work()
assert talk.audience is not None and not window.isFullScreen()
QTest.keyClick(window, Qt.Key.Key_F)
frozen = talk.audience.picture.toImage()
window.stage.title.setText("What nobody should see")
talk._on_screens_changed(None)  # another screen is plugged in
work()
assert talk.frozen and talk.audience.picture.toImage() == frozen, "it went live by itself"
QTest.keyClick(window, Qt.Key.Key_Escape)
assert talk.active and not talk.frozen, "Esc shows the stage again"
screens = talk.screens
talk.screens = lambda: screens()[:1]  # the projector is unplugged
talk._application.screenRemoved.emit(screens()[1])
work()
assert talk.active and talk.audience is None and window.isFullScreen(), "all on the one left"
QTest.keyClick(window, Qt.Key.Key_Escape)
assert not talk.active and not window.isFullScreen()
talk.screens = screens
"""
SHOW_GIVEN = """
from dataclasses import replace
from visualizer.engine.shows.bundled import find_show
from visualizer.engine.shows.show_file import read_show
from visualizer.gui.core.compute import Job

shows, session, compute = window.shows, window.session, window.session.compute
FAILS = 3  # a scene whose network is on no computer here

def press(key):
    QTest.keyClick(window, key)

def stands(index):
    until(lambda: shows.stands and shows.index == index, f"scene {index} does not stand")
    until(compute.is_idle, f"scene {index} goes on working")
    scene = show.scenes[index]
    assert window.stage.title.text() == scene.title, window.stage.title.text()
    assert window.workspace_name == scene.workspace
    assert window.speaker.notes.toPlainText() == scene.notes
    assert talk.active

def endless():
    while True:
        yield

read = read_show(find_show("training"))
missing = replace(read.scenes[0], title="Missing", network="gone.keras", sha256="0" * 64)
show = read.inserted(FAILS, missing)
shows.put(show)
press(Qt.Key.Key_F5)
stands(0)
press(Qt.Key.Key_F5)  # a clicker's start button once more
assert talk.active and shows.index == 0
area, screen = window.stage.size(), talk.audience.size()
assert abs(area.width() / area.height() - screen.width() / screen.height()) < 0.02, area
moved = False
for index in range(1, len(show.scenes)):
    title = window.stage.title.text()
    press(Qt.Key.Key_PageDown)
    if shows.index < index:  # it began what moves in the scene
        until(lambda: window.workspace.moving, "nothing moves")
        moved = True
        if index == 2:
            press(Qt.Key.Key_Escape)
            until(lambda: not window.workspace.moving, "it goes on moving")
            assert talk.active and shows.index == 1
        press(Qt.Key.Key_PageDown)
        title = window.stage.title.text()
    if index != FAILS:
        stands(index)
        continue
    until(lambda: any("gone.keras" in each for each in window.notices.texts()), "it is not told")
    assert window.stage.title.text() == title == show.scenes[FAILS - 1].title
    assert talk.active and session.network is not None
    screens, talk.screens = talk.screens, lambda: screens()[:1]  # the projector is unplugged
    talk._application.screenRemoved.emit(screens()[1])
    work()
    assert talk.audience is None and window.isFullScreen() and not window.notices.isVisible()
    assert window.stage.title.text() == title
    talk.screens = screens  # and plugged in again
    talk._application.screenAdded.emit(screens()[1])
    work()
    assert talk.audience.screen().name() == "projector" and not window.isFullScreen()
    assert window.speaker.isVisible() and window.notices.isVisible()
    window.notices.close_newest()
assert moved
last = len(show.scenes) - 1
press(Qt.Key.Key_PageUp)
stands(last - 1)

# Esc in every state: all stops, the audience sees the stage, and the talk goes on
def black():
    press(Qt.Key.Key_B)

def freeze():
    press(Qt.Key.Key_F)

def job():
    compute.submit(Job(endless, title="Something long"))

def rehearse():
    window.show_menu.rehearse()
    work()
    assert window.show_menu.rehearsal.running

def move():
    shows.begin_animation()
    until(lambda: window.workspace.moving, "nothing moves")

for state in (move, black, freeze, job, window.show_about, window.show_menu.open_sorter, rehearse):
    state()
    work()
    press(Qt.Key.Key_Escape)
    until(compute.is_idle, "a job goes on")
    assert talk.active and not talk.shaded and not talk.frozen, state
    assert not window.workspace.moving and not window.show_menu.rehearsal.running, state
    left = [each for each in app.topLevelWidgets() if isinstance(each, QDialog)]
    assert not any(each.isVisible() for each in left), (state, left)
    title = window.stage.title.text()
    assert title in [scene.title for scene in show.scenes], title
press(Qt.Key.Key_Escape)
assert not talk.active and talk.audience is None
window.close()
assert compute.stop(timeout=30)
delete(window)
print("done")
"""


def test_two_screens(tmp_path):
    file = tmp_path / "two.json"
    dots = {"logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
    file.write_text(json.dumps({"screens": [each | dots for each in TWO["screens"]]}))
    environment = os.environ | {
        "QT_QPA_PLATFORM": f"offscreen:configfile={file}",
        "VISUALIZER_HOME": str(tmp_path / "home"),
    }
    ended = subprocess.run(
        [sys.executable, "-c", TALK + SHOW_GIVEN],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.stdout.strip() == "done", ended.stderr[-3000:]


def test_escape_with_a_menu_open_makes_everything_safe(shown, qtbot):
    menu = QMenu(shown.window)
    menu.addAction("Something")
    menu.popup(shown.window.mapToGlobal(QPoint(20, 20)))
    shown.session.start_live(film)
    qtbot.keyClick(menu, Key.Key_Escape)
    assert not menu.isVisible()
    assert not shown.session.live
    assert shown.window.presentation.active


def test_an_auto_repeated_key_is_one_step(shown):
    window = shown.window
    shown.session.select_stage("data")
    for repeated in (False, True, True):
        event = QKeyEvent(
            QEvent.Type.KeyPress, Key.Key_PageDown, Qt.KeyboardModifier.NoModifier, "", repeated
        )
        QApplication.sendEvent(window, event)
    assert shown.session.stage == shown.session.network.stages[1].name


def test_every_key_of_a_presentation_is_told_by_f1(desk):
    desk.window.show_keys()
    page = page_of(desk.window).page.toPlainText()
    assert "While presenting" in page
    for key, words in module.KEYS:
        assert key in page
        assert words in page
