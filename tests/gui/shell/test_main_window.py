"""The window under the hands of a visitor: the start, the keys, and what is back next time."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QToolButton, QWidget

from tests.gui.desk import leave, page_of
from visualizer.gui.core.compute import Job
from visualizer.gui.shell.main_window import MainWindow
from visualizer.gui.shell.workspaces import WORKSPACES
from visualizer.gui.workspace import Action, Walk

# The start


def test_before_the_network_the_picture_is_there_with_a_calm_line(make_desk, plate, qtbot):
    desk = make_desk()
    gate_opened = []

    def slow():
        while not gate_opened:
            yield

    desk.compute.submit(Job(slow))
    desk.session.add(plate("red", (1.0, 0.0, 0.0)))
    desk.session._set_busy("Loading the network…")
    look = desk.window._first_picture
    qtbot.waitUntil(lambda: look.picture.image is not None)
    assert look.isVisible()
    assert look.line.text() == "Loading the network…"
    assert not desk.window.workspace.isVisible()
    middle = look.picture.rect().center()
    assert look.picture.grab().toImage().pixelColor(middle) == QColor(255, 0, 0)
    gate_opened.append(1)


def test_before_the_network_no_text_field_waits_for_keys(make_desk, qtbot):
    desk = make_desk()
    desk.window.choose_workspace(WORKSPACES.index("explain"))
    desk.window.show()
    desk.window.activateWindow()
    qtbot.waitUntil(desk.window.isActiveWindow)
    qtbot.waitUntil(lambda: desk.window.focusWidget() is not None)
    assert not isinstance(desk.window.focusWidget(), QLineEdit | QComboBox)


def test_the_window_says_what_to_do_if_no_network_opens(make_desk, settle):
    desk = make_desk()
    desk.session.open_network("nowhere")
    settle(desk.compute)
    assert "No network is open" in desk.window._first_picture.line.text()
    assert desk.window.notices.texts() == ["There is no network “nowhere”; choose another."]


def test_with_a_network_the_workspace_is_there(desk):
    assert desk.window.workspace.isVisible()
    assert not desk.window._first_picture.isVisible()
    assert desk.window.top.network.currentText() == "Plain"
    assert desk.window.top.device.currentText()
    assert "all stages in" in desk.window.jobs.status.text()


class Shown(QObject):
    """Notes every window that comes up."""

    def __init__(self, application):
        super().__init__()
        self.windows = []
        application.installEventFilter(self)

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.windows.append(type(watched).__name__)
        return False


def test_nothing_but_the_window_comes_up_at_the_start(qapp, make_desk, qtbot):
    shown = Shown(qapp)
    try:
        window = make_desk().window
        while not window.is_built:
            window.build_next()
            qtbot.wait(5)
        window.choose_workspace(0)
    finally:
        qapp.removeEventFilter(shown)
    assert shown.windows == ["MainWindow"]


@pytest.mark.parametrize("size", [(1024, 768), (1280, 720)])
@pytest.mark.parametrize("before", [(40, 40, 3000, 2000), (5000, -900, 1000, 700)])
def test_the_window_with_its_frame_is_on_the_screen(make_desk, qtbot, monkeypatch, size, before):
    free = QRect(0, 28, size[0], size[1] - 28)  # under a bar of the system
    monkeypatch.setattr(
        MainWindow, "screen", lambda _: SimpleNamespace(availableGeometry=lambda: free)
    )
    first = make_desk()
    first.window.setGeometry(*before)
    first.close()
    window = make_desk().window
    for index in range(len(window.workspaces)):
        window.choose_workspace(index)
        qtbot.wait(20)
        assert free.contains(window.frameGeometry()), window.frameGeometry()
    present = window.top.findChildren(QToolButton)[-1]
    for part in (window.top, present, window.jobs):
        area = part.rect().translated(part.mapTo(window, QPoint(0, 0)))
        assert window.rect().contains(area)


# Keys


def test_the_menu_and_the_footer_follow_the_workspace_on_show(desk, qtbot, monkeypatch):
    window = desk.window
    (menu,) = [a.menu() for a in window.top.menus.actions() if a.text() == "&Workspace"]

    def entries():
        return [action.text() for action in menu.actions() if action.text()]

    assert "Next stage\t→" in entries()
    assert window.jobs.hints.text().startswith("←/→ stage   ↑/↓ unit   Space play")
    done = []
    other = window.workspaces[3]
    other.walk = Walk("smaller and larger ε", "method", "", "attack")
    other.declare(Action("again", "Once more", "Ctrl+J", lambda: done.append(1)))
    window.choose_workspace(3)
    assert "Once more" in entries()
    assert "Next method\t↓" in entries()
    assert not [text for text in entries() if text.endswith(("Home", "End"))]
    assert window.jobs.hints.text().startswith(
        "←/→ smaller and larger ε   ↑/↓ method   Space attack"
    )
    leave(window)
    qtbot.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert done == [1]
    other.declare(Action("late", "Something new", "", lambda: done.append(2)))
    other.actions_changed.emit()
    next(each for each in menu.actions() if each.text() == "Something new").trigger()
    assert done == [1, 2]
    qtbot.keyClick(window, Qt.Key.Key_F1)
    page = page_of(window).page.toPlainText()
    assert page.startswith("Keys in Attack\n")
    assert page.index("Once more") < page.index("Everywhere") < page.index("In Layers")
    window.choose_workspace(0)
    assert "Once more" not in entries()


@pytest.mark.parametrize("index", range(4))
def test_the_keys_are_the_workspaces_as_soon_as_the_network_is_open(
    make_desk, settle, plate, index
):
    desk = make_desk()
    window = desk.window
    window.choose_workspace(index)
    window.tray.view.setFocus()
    window.top.setFocus()
    desk.session.add(plate("red"))
    desk.session.open_network("plain")
    settle(desk.compute)
    assert window.workspace.isAncestorOf(window.focusWidget())


def test_the_arrow_keys_walk_the_network(desk, qtbot):
    window, session = desk.window, desk.session
    leave(window)
    assert session.stage == "conv1"
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert session.stage == "pool1"
    qtbot.keyClick(window, Qt.Key.Key_Left)
    qtbot.keyClick(window, Qt.Key.Key_Left)
    assert session.stage == "data"
    qtbot.keyClick(window, Qt.Key.Key_Right)
    qtbot.keyClick(window, Qt.Key.Key_Home)
    first = session.unit
    qtbot.keyClick(window, Qt.Key.Key_End)
    assert session.unit != first


def test_the_arrow_keys_walk_from_a_picture_at_the_side_too(desk, qtbot, settle):
    desk.window.resize(1280, 800)
    settle(desk.compute)
    view = desk.window.workspace.unit_panel.view
    view.setFocus()
    before = desk.session.stage
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert desk.session.stage != before
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert desk.session.stage == before


@pytest.mark.parametrize("place", ["tray", "predictions", "explain", "top", "rail", "jobs"])
def test_a_click_anywhere_does_not_take_the_arrow_keys_away(desk, qtbot, place, settle):
    window = desk.window
    widget = getattr(window, place)
    leave(window)
    middle = widget.rect().center()
    if place == "rail":  # Layers, whose arrows walk the stages
        middle.setY(widget.childAt(middle.x(), 20).geometry().center().y())
    target = widget.childAt(middle) or widget
    if not isinstance(target, QComboBox):  # its list would open
        qtbot.mouseClick(target, Qt.MouseButton.LeftButton)
    focus = QApplication.focusWidget() or window
    before = desk.session.stage  # a click on an answer has gone to the last one
    qtbot.keyClick(focus, Qt.Key.Key_Left if before == "output" else Qt.Key.Key_Right)
    assert desk.session.stage != before


def test_every_action_has_a_place_in_the_menus_and_no_key_is_taken_twice(desk):
    window = desk.window
    in_menus = set()

    def collect(menu):
        for action in menu.actions():
            in_menus.add(action)
            if action.menu() is not None:
                collect(action.menu())

    for action in window.top.menus.actions():
        collect(action.menu())
    actions = window.actions_.values()
    named = [action.text() for action in actions if action not in in_menus]
    assert named == ["&Export"]  # the button of the menu that is there
    keys = [key.toString() for action in actions for key in action.shortcuts()]
    assert len(keys) == len(set(keys))
    for key in ("Ctrl+O", "Ctrl+V", "Ctrl+S", "F11", "Esc", "F1", "Ctrl+1", "Ctrl++", "Ctrl+-"):
        assert key in keys


def test_no_letter_is_underlined_twice_in_a_menu(desk):
    bar = desk.window.menuBar()
    for actions in (bar.actions(), *(entry.menu().actions() for entry in bar.actions())):
        texts = [action.text() for action in actions if not action.isSeparator()]
        letters = [text[text.index("&") + 1].lower() for text in texts if "&" in text]
        assert len(letters) == len(set(letters)), texts


def test_ctrl_z_brings_a_removed_picture_back(desk, qtbot):
    desk.session.remove(desk.session.specimens[0].id)
    assert len(desk.session.specimens) == 1
    assert "Ctrl+Z" in desk.window.jobs.status.text()
    qtbot.keyClick(desk.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert [s.title for s in desk.session.specimens] == ["red", "green"]


# Next time


def test_the_next_window_stands_as_the_last(make_desk, qtbot):
    first = make_desk()
    first.theme.set_mode("light")
    first.theme.smaller()
    first.window.actions_["show-explanation"].trigger()
    first.window.workspace.unit_panel.opacity.setValue(30)
    first.window.resize(770, 640)  # what the screen of the tests can give back
    usual, sizes = {}, {}
    for name, splitter in first.window._splitters.items():
        usual[name] = before = splitter.sizes()
        splitter.setSizes([before[0] + 30, before[1] - 30, *before[2:]])
        qtbot.wait(1)
        sizes[name] = splitter.sizes()
    assert sizes != usual
    first.close()
    second = make_desk()
    qtbot.waitExposed(second.window)
    assert (second.window.width(), second.window.height()) == (770, 640)
    for name, splitter in second.window._splitters.items():
        # The paddings are those of the text size at the start.
        assert splitter.sizes() == pytest.approx(sizes[name], abs=4), name
    assert second.window.workspace.unit_panel.opacity.value() == 30
    assert second.theme.mode == "light"
    assert second.theme.scale == pytest.approx(1 / 1.1, abs=1e-3)
    assert not second.window.explain.isVisible()
