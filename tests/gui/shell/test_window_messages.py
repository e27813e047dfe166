"""What the window says, the jobs it shows, and the network chosen in its top bar."""

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton

from tests.gui.desk import leave
from visualizer.engine.technique import Frame
from visualizer.gui.core import crash_log
from visualizer.gui.core.compute import Job
from visualizer.gui.core.session import Change
from visualizer.gui.widgets import notice_bar

# Messages and jobs


def seen(notices):
    """What stands in the notice bar."""
    return [label.text() for label in notices.findChildren(QLabel) if label.isVisible()][1:]


def test_one_sentence_is_on_show_and_the_one_before_comes_back(desk, qtbot):
    session, notices = desk.session, desk.window.notices
    session.say("The file “a.png” is empty; choose another.", "error")
    session.say("The file “a.png” is empty; choose another.", "error")
    assert seen(notices) == ["The file “a.png” is empty; choose another.", ""]
    qtbot.wait(1)
    height = notices.height()
    for number in range(3):
        session.say(f"Number {number}.", "warning")
    qtbot.wait(1)
    assert seen(notices) == ["Number 2.", "and 3 more"]
    assert notices.height() == height
    qtbot.keyClick(desk.window, Qt.Key.Key_Escape)
    assert seen(notices) == ["Number 1.", "and 2 more"]
    for _ in range(3):
        qtbot.keyClick(desk.window, Qt.Key.Key_Escape)
    assert not notices.isVisible()


def test_a_sentence_leaves_after_a_time_but_not_while_it_is_read(desk, qtbot, monkeypatch):
    monkeypatch.setattr(notice_bar, "SECONDS", {"warning": 0, "error": 60})
    notices = desk.window.notices
    desk.session.say("An error.", "error")
    desk.session.say("A warning.", "warning")
    qtbot.waitUntil(lambda: seen(notices) == ["An error.", ""])
    QApplication.sendEvent(notices, QEnterEvent(QPointF(), QPointF(), QPointF()))
    assert not notices._leave.isActive()
    QApplication.sendEvent(notices, QEvent(QEvent.Type.Leave))
    assert notices._leave.isActive()


def test_what_is_said_of_a_network_leaves_with_it(desk, settle):
    notices = desk.window.notices
    notices.say("How Plain takes its pixels is a guess.", "warning", "Look…", print, Change.NETWORK)
    assert not notices._leave.isActive()  # there is something to do about it
    desk.session.set_fit_mode("fit")
    assert notices.isVisible()
    desk.session.open_network("residual")
    settle(desk.compute)
    assert not notices.isVisible()


def test_a_sentence_that_looks_like_html_is_shown_as_it_is(desk):
    desk.session.say("<b>x</b> & <img src='y'>", "error")
    assert desk.window.notices.label.textFormat() == Qt.TextFormat.PlainText


def test_jobs_move_nothing_and_their_cancel_stays_inside(desk, qtbot, settle):
    def job():
        while True:
            yield Frame(1, 3)

    window = desk.window
    window.resize(1024, 720)
    qtbot.wait(20)
    before = window.jobs.geometry()
    for number in range(7):
        title = f"Dreaming of a stage with a long name, number {number}"
        desk.compute.submit(Job(job, title=title))
    qtbot.waitUntil(lambda: window.jobs.more.text() == "and 4 more")
    assert len(window.jobs.titles()) == 3
    desk.session.say("Something else is said meanwhile, which is long enough to need its room too.")
    qtbot.wait(50)
    assert window.jobs.geometry() == before
    assert window.width() == 1024
    cancels = [b for b in window.jobs.findChildren(QPushButton) if b.text() == "Cancel"]
    assert len(cancels) == 3
    assert window.jobs.more.isVisible()
    for button in cancels:
        place = button.rect().translated(button.mapTo(window, QPoint(0, 0)))
        assert window.rect().contains(place)
    desk.compute.cancel_all()
    settle(desk.compute)


def test_a_job_is_seen_and_cancelled(desk, qtbot, settle):
    started, closed = [], []

    def job():
        started.append(1)
        try:
            while True:
                yield
        finally:
            closed.append(1)

    desk.compute.submit(Job(job, title="Dreaming of conv1"))
    jobs = desk.window.jobs
    qtbot.waitUntil(lambda: any("Dreaming of conv1" in title for title in jobs.titles()))
    qtbot.waitUntil(lambda: bool(started))  # one that waits is cancelled without a start
    (cancel,) = [b for b in jobs.findChildren(QAbstractButton) if b.text() == "Cancel"]
    qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    settle(desk.compute)
    assert closed == [1]
    assert jobs.titles() == []
    assert jobs.status.isVisible()


def test_escape_stops_the_camera(desk, qtbot, settle):
    class Camera:
        kind, title = "camera", "Test camera"

        def read(self):
            return np.zeros((8, 8, 3), np.float32)

        def close(self):
            pass

    hints = desk.window.jobs.hints
    assert "Space play" in hints.text()
    desk.session.start_live(Camera())
    qtbot.waitUntil(lambda: desk.session.specimen.title == "Test camera")
    assert "Space hold" in hints.text()
    leave(desk.window)
    qtbot.keyClick(desk.window, Qt.Key.Key_Space)
    assert desk.session.held
    assert "Space go on" in hints.text()
    qtbot.keyClick(desk.window, Qt.Key.Key_Escape)
    settle(desk.compute)
    assert "Space play" in hints.text()
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
