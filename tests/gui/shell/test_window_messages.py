"""What the window says, the jobs it shows, and the network chosen in its top bar."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel

from tests.gui.desk import leave
from visualizer.gui.core import crash_log
from visualizer.gui.core.compute import Job

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
        title = "Test camera"

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
