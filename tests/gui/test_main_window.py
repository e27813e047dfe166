"""The window under the hands of a visitor: keys, menus, presenting, and what is back next time."""

import itertools

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QTextBrowser,
    QWidget,
)

from visualizer.gui import crash_log
from visualizer.gui.compute import Compute
from visualizer.gui.main_window import MainWindow
from visualizer.gui.session import Session
from visualizer.gui.store import Store
from visualizer.gui.theme import DARK, LIGHT, Theme
from visualizer.gui.widgets.help_dialogs import PageDialog


class Desk:
    """A window with everything behind it, as `app.run` makes it."""

    closed = False

    def __init__(self, qapp):
        self.store = Store()
        self.theme = Theme(qapp, self.store)
        self.compute = Compute()
        self.session = Session(self.compute, self.store)
        self.window = MainWindow(self.session, self.theme)
        self.window.show()

    def close(self):
        self.window.close()
        assert self.compute.stop(timeout=30)
        # Now and here: left to the garbage collector it could happen on another test's thread.
        shiboken6.delete(self.window)
        shiboken6.delete(self.theme)
        self.closed = True


@pytest.fixture
def make_desk(qapp, tmp_path, monkeypatch, catalogue):
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))
    style, palette, font = qapp.styleSheet(), qapp.palette(), qapp.font()
    desks = []

    def make():
        desks.append(Desk(qapp))
        return desks[-1]

    yield make
    for desk in desks:
        if not desk.closed:
            desk.close()
    qapp.setStyleSheet(style)
    qapp.setPalette(palette)
    qapp.setFont(font)


@pytest.fixture
def desk(make_desk, settle, plate, qtbot):
    """A window with the network "plain" and two pictures."""
    desk = make_desk()
    desk.session.open_network("plain")
    desk.session.add(plate("red"))
    desk.session.add(plate("green", (0.1, 0.7, 0.2)), select=False)
    settle(desk.compute)
    return desk


def page_of(window):
    (dialog,) = [d for d in window.findChildren(PageDialog) if d.isVisible()]
    return dialog


def visible_texts(widget):
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def leave(window):
    """Give the focus to the workspace, as a click into it does."""
    window.workspace.setFocus()


# The start


def test_before_the_network_the_picture_is_there_with_a_calm_line(make_desk, plate, qtbot):
    desk = make_desk()
    gate_opened = []

    def slow():
        while not gate_opened:
            yield

    desk.compute.submit("slow", slow)
    desk.session.add(plate("red", (1.0, 0.0, 0.0)))
    desk.session._announce("plain")
    look = desk.window._first_look
    qtbot.waitUntil(lambda: look.picture.image is not None)
    assert look.isVisible()
    assert look.line.text() == "Loading the network…"
    assert not desk.window.workspace.isVisible()
    middle = look.picture.rect().center()
    assert look.picture.grab().toImage().pixelColor(middle) == QColor(255, 0, 0)
    gate_opened.append(1)


def test_the_window_says_what_to_do_if_no_network_opens(make_desk, settle):
    desk = make_desk()
    desk.session.open_network("nowhere")
    settle(desk.compute)
    assert "No network is open" in desk.window._first_look.line.text()
    assert desk.window.notices.texts() == ["There is no network “nowhere”; choose another."]


def test_with_a_network_the_workspace_is_there(desk):
    assert desk.window.workspace.isVisible()
    assert not desk.window._first_look.isVisible()
    assert desk.window.top.network.currentText() == "Plain"
    assert desk.window.top.device.currentText()
    assert "all stages in" in desk.window.jobs.status.text()


# Keys


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


@pytest.mark.parametrize("place", ["tray", "predictions", "explain", "top", "rail", "jobs"])
def test_a_click_anywhere_does_not_take_the_arrow_keys_away(desk, qtbot, place, settle):
    window = desk.window
    widget = getattr(window, place)
    leave(window)
    target = widget.childAt(widget.rect().center()) or widget
    if not isinstance(target, QComboBox):  # its list would open
        qtbot.mouseClick(target, Qt.MouseButton.LeftButton)
    focus = QApplication.focusWidget() or window
    before = desk.session.stage
    qtbot.keyClick(focus, Qt.Key.Key_Right)
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
    named = [action.text() for action in window.actions_.all if action not in in_menus]
    assert named == ["&Export"]  # the button of the menu that is there
    keys = [key.toString() for action in window.actions_.all for key in action.shortcuts()]
    assert len(keys) == len(set(keys))
    for key in ("Ctrl+O", "Ctrl+V", "Ctrl+S", "F11", "Esc", "F1", "Ctrl+1", "Ctrl++", "Ctrl+-"):
        assert key in keys


def test_ctrl_z_brings_a_removed_picture_back(desk, qtbot):
    desk.session.remove(desk.session.specimens[0].id)
    assert len(desk.session.specimens) == 1
    assert "Ctrl+Z" in desk.window.jobs.status.text()
    qtbot.keyClick(desk.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert [s.title for s in desk.session.specimens] == ["red", "green"]


def test_f1_shows_every_key(desk, qtbot):
    qtbot.keyClick(desk.window, Qt.Key.Key_F1)
    dialog = page_of(desk.window)
    page = dialog.page.toPlainText()
    for key in ("Left / Right", "Ctrl+O", "F11", "Space", "Ctrl+1"):
        assert key in page
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not [d for d in desk.window.findChildren(PageDialog) if d.isVisible()]


def test_the_card_of_the_network(desk):
    desk.window.actions_.card.trigger()
    page = page_of(desk.window).page.toPlainText()
    assert "Plain" in page
    assert "24 × 24 pixels" in page
    assert "conv1 → pool1 → conv2" in page


def test_a_card_reads_like_words_and_its_text_is_not_taken_for_html(desk):
    desk.session.network.card = {
        "data": "Photos <b>of</b> & by",
        "accuracy": {"top1": 0.5432, "measured_on": "10,000 photos"},
        "seed": 1998,
    }
    try:
        desk.window.show_card()
        page = page_of(desk.window).page.toPlainText()
    finally:
        desk.session.network.card = None
    assert "Photos <b>of</b> & by" in page
    assert "top-1 54.3%, measured on 10,000 photos" in page


def test_about_names_the_licences(desk):
    desk.window.actions_.about.trigger()
    page = page_of(desk.window).page.toPlainText()
    assert "MIT licence" in page
    assert "SIL Open Font License" in page


# Presenting, sizes, themes


def test_presenting_shows_more_with_less_and_escape_leads_back(desk, qtbot):
    window = desk.window
    points = QApplication.font().pointSizeF()
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.isFullScreen()
    assert QApplication.font().pointSizeF() > 1.2 * points
    assert not window.tray.isVisible()
    assert not window.explain.isVisible()
    assert window.predictions.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isFullScreen()
    assert QApplication.font().pointSizeF() == pytest.approx(points)
    assert window.tray.isVisible()
    assert window.explain.isVisible()


def test_presenting_leaves_a_hidden_tray_hidden(desk, qtbot):
    desk.window.actions_.tray.trigger()
    assert not desk.window.tray.isVisible()
    qtbot.keyClick(desk.window, Qt.Key.Key_F11)
    qtbot.keyClick(desk.window, Qt.Key.Key_F11)
    assert not desk.window.tray.isVisible()


def test_text_scales_with_keys_and_back(desk, qtbot):
    control = Qt.KeyboardModifier.ControlModifier
    points = QApplication.font().pointSizeF()
    for _ in range(40):
        qtbot.keyClick(desk.window, Qt.Key.Key_Plus, control)
    assert QApplication.font().pointSizeF() == pytest.approx(2.5 * points)
    for _ in range(40):
        qtbot.keyClick(desk.window, Qt.Key.Key_Minus, control)
    assert QApplication.font().pointSizeF() == pytest.approx(0.7 * points)
    qtbot.keyClick(desk.window, Qt.Key.Key_0, control)
    assert QApplication.font().pointSizeF() == pytest.approx(points)


def test_dark_and_light_are_seen(desk):
    corner = QPoint(2, desk.window.height() - 3)
    seen = []
    for mode, colours in (("dark", DARK), ("light", LIGHT), ("dark", DARK)):
        desk.window.actions_.themes[mode].trigger()
        seen.append(desk.window.grab().toImage().pixelColor(corner).name())
        assert seen[-1] == colours.window
    assert desk.window.actions_.themes["dark"].isChecked()


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_nothing_is_cut_off(desk, qtbot, size):
    window = desk.window
    window.resize(*size)
    qtbot.wait(50)
    assert (window.width(), window.height()) == size
    for button in window.findChildren(QAbstractButton):
        if button.isVisible() and button.text() and button.window() is window:
            words = button.text().replace("&", "")
            assert button.width() >= button.fontMetrics().horizontalAdvance(words), words
    for part in (window.top, window.rail, window.tray, window.explain, window.jobs):
        area = part.rect().translated(part.mapTo(window, QPoint(0, 0)))
        assert window.rect().contains(area)


def test_buttons_lose_their_words_before_their_place(desk, qtbot):
    style = Qt.ToolButtonStyle
    top = desk.window.top
    desk.window.resize(1280, 800)
    qtbot.wait(20)
    styles = {button.toolButtonStyle() for button, *_ in top._buttons}
    assert styles == {style.ToolButtonTextBesideIcon}
    top.resize(500, top.height())
    styles = {button.toolButtonStyle() for button, *_ in top._buttons}
    assert styles == {style.ToolButtonIconOnly}


def test_everything_to_click_has_a_name_for_those_who_do_not_see_it(desk):
    for kind in (QAbstractButton, QComboBox, QTextBrowser):
        for widget in desk.window.findChildren(kind):
            if widget.isVisible() and type(widget).__module__.startswith("PySide6"):
                name = widget.accessibleName() or (
                    widget.text() if isinstance(widget, QAbstractButton) else ""
                )
                internal = widget.objectName().startswith("qt_") or _inside(widget, "QTextBrowser")
                assert name or internal or not widget.isEnabled(), _path(widget)


def _inside(widget, kind):
    parent = widget.parentWidget()
    return parent is not None and type(parent).__name__ == kind


def _path(widget):
    chain = itertools.takewhile(bool, _parents(widget))
    return " < ".join(f"{type(w).__name__}({w.objectName()})" for w in chain)


def _parents(widget: QWidget | None):
    while widget is not None:
        yield widget
        widget = widget.parentWidget()


# Messages and jobs


def test_errors_stay_until_closed_and_are_not_said_twice(desk, qtbot):
    session, notices = desk.session, desk.window.notices
    session.say("The file “a.png” is empty; choose another.", "error")
    session.say("The file “a.png” is empty; choose another.", "error")
    assert notices.texts() == ["The file “a.png” is empty; choose another."]
    assert notices.isVisible()
    for number in range(5):
        session.say(f"Number {number}.", "warning")
    assert notices.texts() == ["Number 2.", "Number 3.", "Number 4."]
    for _ in range(3):
        qtbot.keyClick(desk.window, Qt.Key.Key_Escape)
    assert not notices.isVisible()


def test_a_sentence_that_looks_like_html_is_shown_as_it_is(desk):
    desk.session.say("<b>x</b> & <img src='y'>", "error")
    label = desk.window.notices.findChildren(QLabel)[-1]
    assert label.textFormat() == Qt.TextFormat.PlainText


def test_a_job_is_seen_and_cancelled(desk, qtbot, settle):
    closed = []

    def job():
        try:
            while True:
                yield
        finally:
            closed.append(1)

    desk.compute.submit("job", job, title="Dreaming of conv1")
    jobs = desk.window.jobs
    qtbot.waitUntil(lambda: any("Dreaming of conv1" in title for title in jobs.titles()))
    (cancel,) = [b for b in jobs.findChildren(QAbstractButton) if b.text() == "Cancel"]
    qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    settle(desk.compute)
    assert closed == [1]
    assert jobs.titles() == []
    assert jobs.status.isVisible()


def test_escape_stops_the_camera(desk, qtbot, settle):
    class Camera:
        title = "Test camera"

        def read(self):
            return np.zeros((8, 8, 3), np.float32)

        def close(self):
            pass

    desk.session.start_live(Camera())
    qtbot.waitUntil(lambda: desk.session.specimen.title == "Test camera")
    leave(desk.window)
    qtbot.keyClick(desk.window, Qt.Key.Key_Space)
    assert desk.session.held
    qtbot.keyClick(desk.window, Qt.Key.Key_Escape)
    settle(desk.compute)
    assert not desk.session.live
    assert desk.session.specimen.title == "red"


def test_the_crash_of_last_time_is_offered_once(make_desk, monkeypatch):
    crash_log.record(RuntimeError("last time"))
    desk = make_desk()
    desk.window.offer_crash_log()
    (text,) = desk.window.notices.texts()
    assert "met an error last time" in text
    assert "Show" in [b.text() for b in desk.window.notices.findChildren(QAbstractButton)]
    desk.window.notices.close_newest()
    desk.window.offer_crash_log()
    assert desk.window.notices.texts() == []


# The top bar


def test_choosing_another_network(desk, settle, qtbot, catalogue):
    top = desk.window.top
    desk.session.open_network("residual")
    settle(desk.compute)
    assert top.network.currentText() == "Residual"
    assert desk.session.network is catalogue["residual"]


def test_a_network_that_does_not_open_leaves_the_picker_where_it_was(desk, settle):
    desk.session.open_network("nowhere")
    assert desk.window.top.network.currentText() == "nowhere"
    settle(desk.compute)
    assert desk.window.top.network.currentText() == "Plain"
    assert desk.session.network.name == "plain"


def test_the_last_row_of_the_picker_opens_a_file(desk, monkeypatch):
    asked = []
    desk.window.top.file_wanted.connect(lambda: asked.append(1))
    monkeypatch.setattr(type(desk.window.inputs), "_dialog", lambda *_: _NoDialog())
    picker = desk.window.top.network
    assert picker.itemText(picker.count() - 1) == "Open a model file…"
    picker.setCurrentIndex(picker.count() - 1)
    picker.activated.emit(picker.count() - 1)
    assert asked == [1]
    assert picker.currentText() == "Plain"


class _NoDialog:
    def setNameFilters(self, _filters):
        pass

    def open(self):
        pass


# Next time


def test_the_next_window_stands_as_the_last(make_desk, settle, qtbot):
    first = make_desk()
    first.theme.set_mode("light")
    first.theme.larger()
    first.window.actions_.explain.trigger()
    columns = first.window._splitters["columns"]
    columns.setSizes([200, 800, 300])
    state = columns.saveState()
    first.close()
    second = make_desk()
    # Not the sizes themselves: the screen of the tests is too small to give them back.
    assert second.store.state("splitter columns") == state
    assert not second.store.state("geometry").isEmpty()
    assert second.theme.mode == "light"
    assert second.theme.scale == pytest.approx(1.1)
    assert not second.window.explain.isVisible()
