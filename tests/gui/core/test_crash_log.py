"""A crash leaves a log, and the next start offers it once."""

import subprocess
import sys
import threading

import pytest

from visualizer.gui.core import crash_log


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path))


def fail(text="it broke"):
    try:
        raise RuntimeError(text)
    except RuntimeError as error:
        return crash_log.record(error, "in a test")


def test_an_error_is_written_with_its_place_and_version():
    path = fail()
    text = path.read_text()
    for word in ("it broke", "in a test", "Convnet Visualizer", "Python", "test_crash_log.py"):
        assert word in text


def test_the_next_start_offers_it_once():
    assert crash_log.unseen() is None
    fail()
    assert crash_log.unseen() == crash_log.path()
    crash_log.mark_seen()
    assert crash_log.unseen() is None
    fail("again")
    assert crash_log.unseen() == crash_log.path()


def test_a_long_log_is_set_aside(monkeypatch):
    monkeypatch.setattr(crash_log, "MAX_BYTES", 100)
    fail("the first one")
    crash_log.mark_seen()
    fail("the second one")
    assert "the first one" not in crash_log.path().read_text()
    assert crash_log.unseen() is not None
    assert "the first one" in crash_log.path().with_suffix(".old.log").read_text()


def test_a_disk_that_refuses_is_no_second_error(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("VISUALIZER_HOME", str(blocked))
    assert fail() is None
    assert crash_log.unseen() is None
    crash_log.mark_seen()


def test_errors_of_slots_and_threads_are_recorded():
    excepthook, thread_hook = sys.excepthook, threading.excepthook
    crash_log.install()
    try:
        try:
            raise LookupError("in the window")
        except LookupError as error:
            sys.excepthook(type(error), error, error.__traceback__)
        thread = threading.Thread(target=lambda: 1 / 0, name="worker")
        thread.start()
        thread.join()
    finally:
        crash_log.uninstall()
        sys.excepthook, threading.excepthook = excepthook, thread_hook
    text = crash_log.path().read_text()
    assert "LookupError: in the window" in text
    assert "ZeroDivisionError" in text
    assert "worker" in text


def test_ctrl_c_is_no_crash():
    crash_log.install()
    try:
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    finally:
        crash_log.uninstall()
    assert crash_log.unseen() is None


def test_a_fault_below_python_is_offered_at_the_next_start():
    child = "from visualizer.gui.core import crash_log; crash_log.install(); import os; os.abort()"
    done = subprocess.run(
        [sys.executable, "-c", child], capture_output=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert crash_log.unseen() == crash_log.native_path()
    assert "Aborted" in crash_log.native_path().read_text()
