"""The end of the compute thread: what must be finished is, everything else is closed."""

import threading
import time

import pytest

from visualizer.engine.errors import UserError
from visualizer.gui.core import crash_log
from visualizer.gui.core.compute import Compute, Job, Listener, Phase, once
from visualizer.gui.core.session import Session
from visualizer.gui.core.store import Store
from visualizer.gui.shell.export import Exporter


@pytest.fixture
def stuck(qtbot, tmp_path, monkeypatch):
    """A compute thread in the middle of a long slice, and what lets it go on."""
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))
    compute, entered, go = Compute(), threading.Event(), threading.Event()

    def slice_without_end():
        entered.set()
        assert go.wait(30)

    compute.submit(Job(once(slice_without_end)))
    assert entered.wait(5)
    yield compute, go
    go.set()
    assert compute.stop()


def test_a_picture_that_came_during_a_long_slice_is_there_next_time(stuck, plate):
    compute, _ = stuck
    session, specimen = Session(compute, Store()), plate("just dropped")
    session.add(specimen)
    assert not Store().kept()
    assert not compute.stop(timeout=0.1)
    (file,) = Store().kept()
    assert Store().read_kept(file).title == "just dropped"


def test_a_picture_taken_out_during_a_long_slice_is_not_back_next_time(stuck, plate):
    compute, _ = stuck
    session, specimen = Session(compute, Store()), plate("unwanted")
    Store().keep(specimen)
    session.insert(specimen, 0)
    session.remove(specimen.id)
    assert not compute.stop(timeout=0.1)
    assert Store().kept() == []


def test_a_file_just_named_is_written(stuck, qtbot, tmp_path):
    from PySide6.QtWidgets import QWidget

    compute, _ = stuck
    window = QWidget()
    qtbot.addWidget(window)
    exporter = Exporter(Session(compute, Store()), window)
    exporter.write(tmp_path / "table.csv", lambda: b"a,b\r\n")
    assert not compute.stop(timeout=0.1)
    assert (tmp_path / "table.csv").read_bytes() == b"a,b\r\n"


def test_what_must_finish_is_done_once_and_to_its_end_while_the_rest_is_closed(qtbot):
    compute, done, closed = Compute(), [], []

    def save(name):
        def slices():
            yield from range(3)
            done.append(name)

        return slices

    def dream():
        try:
            while True:
                yield time.sleep(0.001)
        finally:
            closed.append("dream")

    frames = []
    compute.submit(Job(dream, Listener(on_frame=frames.append)))
    qtbot.waitUntil(lambda: bool(frames))
    gate = threading.Event()
    compute.submit(Job(once(gate.wait, 5)))
    jobs = [Job(save(name), must_finish=True) for name in "abc"]
    for job in jobs:
        compute.submit(job)
    compute.pause(jobs[1])
    gate.set()
    assert compute.stop()
    assert sorted(done) == ["a", "b", "c"]
    assert closed == ["dream"]


def test_stop_waits_for_the_file_that_is_being_written(qtbot):
    compute, entered, written = Compute(), threading.Event(), []

    def write():
        entered.set()
        time.sleep(0.05)  # longer than `stop` waits for the rest
        written.append(1)

    compute.submit(Job(once(write), must_finish=True))
    assert entered.wait(5)
    compute.stop(timeout=0.01)
    assert written == [1]
    assert compute.stop()


def test_a_full_disk_at_the_very_end_is_in_the_log(stuck):
    compute, _ = stuck

    def refuse():
        raise UserError("The disk is full; free some room.")

    compute.submit(Job(once(refuse), must_finish=True))
    assert not compute.stop(timeout=0.1)
    assert "The disk is full" in crash_log.path().read_text()


def test_stop_closes_everything_and_says_nothing_more(qtbot, log, tmp_path, monkeypatch):
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path))
    compute, closed = Compute(), []

    def job(name):
        def slices():
            try:
                while True:
                    yield time.sleep(0.001)
            finally:
                closed.append(name)

        return slices

    for name in "abc":
        log.submit(compute, job(name), name)
    qtbot.waitUntil(lambda: {name for _, name, _ in log.told} == {"a", "b", "c"})
    assert compute.stop()
    before = len(log.told)
    assert sorted(closed) == ["a", "b", "c"]
    late = log.submit(compute, once(lambda: 1), "late", must_finish=True)
    assert late.phase is Phase.CANCELLED
    qtbot.wait(50)
    assert len(log.told) == before
    assert compute.stop()  # twice is fine


def test_a_listener_that_stops_the_thread_is_the_last_one_called(compute, log, qtbot):
    gate = threading.Event()
    compute.submit(Job(once(gate.wait, 5), Listener(on_done=lambda _: compute.stop())))
    log.submit(compute, once(lambda: 1))
    gate.set()
    qtbot.waitUntil(lambda: not compute._thread.is_alive())
    qtbot.wait(20)
    assert log.told == []


def test_stop_does_not_wait_for_ever(stuck):
    compute, go = stuck
    assert not compute.stop(timeout=0.1)  # the slice is still at it
    go.set()
    assert compute.stop()
