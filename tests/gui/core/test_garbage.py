"""Widgets in reference cycles are never freed on another thread than the window's."""

import gc
import threading

import pytest
from PySide6.QtCore import QObject

from visualizer.gui.core.application import make_application
from visualizer.gui.core.garbage import INTERVAL, GarbageCollector, collect_all_soon


class Cycle:
    """Garbage that only the collector finds, and that tells on which thread it is freed."""

    def __init__(self, freed):
        self.itself, self.freed = self, freed

    def __del__(self):
        self.freed.append(threading.current_thread().name)


def allocate():
    """What has Python collect all three generations when nobody keeps it from doing so."""
    return [[] for _ in range(200_000)]


@pytest.fixture
def automatic():
    gc.enable()
    yield
    gc.disable()


@pytest.fixture
def collector(automatic):
    parent = QObject()
    yield GarbageCollector(parent)
    parent.deleteLater()


def on_a_thread(function):
    kept = []
    thread = threading.Thread(target=lambda: kept.append(function()), name="compute")
    thread.start()
    thread.join()
    return kept


def test_python_itself_frees_on_the_thread_that_allocates(automatic):
    freed = []
    Cycle(freed)
    on_a_thread(allocate)
    assert len(freed) == 1
    assert freed != ["MainThread"]  # the one that allocates, or another that happens to


def test_garbage_is_freed_on_the_window_thread_alone(collector, qtbot):
    freed = []
    Cycle(freed)
    _kept = on_a_thread(allocate)
    assert freed == []
    qtbot.waitUntil(lambda: freed == ["MainThread"])


def test_what_is_let_go_is_found_soon_where_it_is_asked_for(collector, qtbot):
    freed = []
    kept = Cycle(freed)
    gc.collect()
    del kept  # it is old by now, and Python's thresholds let it wait
    qtbot.wait(2 * INTERVAL)
    assert freed == []
    collect_all_soon()
    qtbot.waitUntil(lambda: freed == ["MainThread"])


def test_the_application_has_one_collector(qapp):
    for _ in range(2):
        make_application()
    assert len(qapp.findChildren(GarbageCollector)) == 1
    assert not gc.isenabled()
