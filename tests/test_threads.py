"""The check that every test goes through: does it see a thread that was left behind?"""

import threading

import pytest

from tests.checks.threads import left_running


@pytest.mark.parametrize("daemon", [True, False])
@pytest.mark.parametrize("name", ["compute", "download weights.h5", "solver"])
def test_a_thread_left_behind_is_named(name, daemon):
    before, end = set(threading.enumerate()), threading.Event()
    thread = threading.Thread(target=end.wait, args=(30,), name=name, daemon=daemon)
    thread.start()
    assert left_running(before, patience=0.05) == [name]
    end.set()
    assert left_running(before) == []


def test_threads_that_end_soon_or_were_there_before_are_fine():
    short = threading.Timer(0.05, lambda: None)
    before = set(threading.enumerate())
    short.start()
    assert left_running(before) == []
