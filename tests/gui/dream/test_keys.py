"""Every key that the help names works after a click on every control."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QWidget,
)

from tests.gui.dream.conftest import DREAM, STIMULUS, STYLE, WALL
from visualizer.engine.ascent.optimal_stimulus import StimulusSettings
from visualizer.gui.shell.workspaces import WORKSPACES
from visualizer.gui.widgets.unit_area import UnitArea

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(make_desk, settle, plate):
    desk = make_desk()
    desk.session.open_network("plain")
    desk.session.add(plate("red"))
    settle(desk.compute, timeout=60_000)
    desk.window.choose_workspace(WORKSPACES.index("dream"))
    desk.window.activateWindow()
    return desk.window


def clickable(part: QWidget) -> list[QWidget]:
    kinds = (QAbstractButton, QComboBox, QAbstractSpinBox)
    return [
        widget
        for widget in part.findChildren(QWidget)
        if isinstance(widget, kinds) and widget.isVisible() and widget.isEnabled()
    ]


@pytest.fixture(params=[DREAM, STIMULUS, WALL, STYLE])
def page(request, window, settle, qtbot):
    window.workspace.choose_page(request.param)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield window.workspace.page
    window.workspace.page.stop()
    settle(window.session.compute, timeout=60_000)


def note_keys(page, monkeypatch):
    """Let all that keys do on a page only be noted, in the list that is returned."""
    pressed = []
    for name, action in page.declared.items():
        action.triggered.disconnect()
        action.triggered.connect(lambda _=False, name=name: pressed.append(name))
        action.setEnabled(True)
    for name in ("step_stage", "step_unit"):
        monkeypatch.setattr(page, name, lambda by, name=name: pressed.append((name, by)))
    return pressed


def click(widget, monkeypatch):
    """Click a control for its focus alone: a button does nothing, a list opens nothing."""
    if isinstance(widget, QAbstractButton):
        widget.blockSignals(True)
    with_menu = isinstance(widget, QComboBox)
    if with_menu:
        monkeypatch.setattr(widget, "showPopup", lambda: None)
    QTest.mouseClick(widget, LEFT, pos=QPoint(widget.width() // 3, widget.height() // 2))
    widget.blockSignals(False)
    if with_menu:
        widget.hidePopup()


def press(window, key):
    QTest.keySequence(window.focusWidget() or window, QKeySequence(key))


def test_a_click_on_a_control_takes_no_key_away(window, page, monkeypatch):
    pressed = note_keys(page, monkeypatch)
    keys = {
        name: action.shortcut()
        for name, action in page.declared.items()
        if not action.shortcut().isEmpty()
    }
    assert len(keys) >= 2
    found = clickable(page) + clickable(page.side_panel())
    assert len(found) > 5
    for widget in found:
        if isinstance(widget, QComboBox) and widget.isEditable():
            continue  # what is typed there is a name
        window.workspace.setFocus()
        assert not isinstance(QApplication.focusWidget(), QLineEdit)
        click(widget, monkeypatch)
        typed_into = isinstance(widget, QAbstractSpinBox)
        for name, sequence in keys.items():
            if typed_into and not (len(sequence.toString()) == 1 and sequence.toString().isalpha()):
                continue  # a point, or Backspace, are typed into a number
            pressed.clear()
            press(window, sequence)
            assert pressed == [name], f"{name} after a click on {widget.accessibleName() or widget}"
        if not typed_into:
            check_arrows(window, pressed)


def check_arrows(window, pressed):
    """Right goes to the next stage, and Down to the next unit."""
    pressed.clear()
    press(window, Qt.Key.Key_Right)
    assert pressed == [("step_stage", 1)]
    if isinstance(window.focusWidget(), UnitArea):  # it walks over its tiles itself
        press(window, Qt.Key.Key_Home)
        first = window.session.unit
        press(window, Qt.Key.Key_Down)
        assert window.session.unit != first
    else:
        pressed.clear()
        press(window, Qt.Key.Key_Down)
        assert pressed == [("step_unit", 1)]


def test_l_goes_through_the_layers(window, settle, qtbot):
    dream, session = window.workspace, window.session
    dream.choose_page(STIMULUS)
    page = dream.page
    page.forms["stimulus"].set_settings(StimulusSettings(steps=2, shift=1))
    qtbot.waitUntil(lambda: page.run.state == "done", timeout=60_000)
    session.compare_with(session.specimens[-1].id)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_L)
    settle(session.compute, timeout=60_000)
    assert window.workspace.title == "Layers"
    assert session.compared is None  # that was another picture's
    assert session.specimen.provenance.technique == "stimulus"


def test_the_help_names_the_keys_of_the_page_on_show(window):
    dream = window.workspace
    changed = []
    dream.actions_changed.connect(lambda: changed.append(dream.page.title))
    for index, key in ((DREAM, "V"), (STIMULUS, "M"), (WALL, "A"), (STYLE, "G")):
        dream.choose_page(index)
        keys = dict(dream.own_keys())
        assert keys["Alt+1"] == "The page Dream"
        assert keys[key]
        assert ("V" in keys) == (index == DREAM)
        shown = {action.text() for action in dream.window_actions()}
        assert set(keys.values()) <= shown
        dream.page.stop()
    assert changed == ["Dream", "Stimulus", "Wall", "Style"]


def test_a_hidden_page_asks_for_nothing(user, qtbot):
    """Only what the user started goes on."""
    pages = [user.page(index) for index in (DREAM, STIMULUS, WALL, STYLE)]
    user.settle()
    user.workspace.hide()
    user.side.hide()
    user.settle()
    submitted = []
    submit = user.session.compute.submit
    user.session.compute.submit = lambda job: (submitted.append(job.name), submit(job))[1]
    user.session.select_stage("conv2")
    user.session.select_unit(3)
    user.session.add(user.waves, select=False)
    for page in pages:
        page.explanation()
    qtbot.wait(400)
    user.settle()
    assert submitted == []


def test_every_page_is_seen_whole_on_a_small_screen(window, settle):
    window.resize(1024, 768)
    dream = window.workspace
    for index in (DREAM, STIMULUS, WALL, STYLE):
        dream.choose_page(index)
        dream.page.stop()
        settle(window.session.compute, timeout=60_000)
        assert window.size().width() == 1024
        assert window._room.horizontalScrollBar().maximum() == 0, dream.page.title
        assert window._room.verticalScrollBar().maximum() == 0, dream.page.title
