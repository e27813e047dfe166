"""Runs Python's cyclic garbage collector on the window thread only.

Left to itself, Python collects on whichever thread happens to allocate, and frees what it finds
there: a widget that is freed on the compute thread takes the whole program down.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QTimer

INTERVAL = 250
"""Milliseconds between two checks whether a collection is due."""


class GarbageCollector(QObject):
    """Disables automatic collection and collects from a timer, as long as its parent lives."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        timer = QTimer(self, interval=INTERVAL)
        timer.timeout.connect(self._collect)
        timer.start()

    def _collect(self) -> None:
        if _all_wanted.is_set() and not _loading.is_set():
            _all_wanted.clear()
            gc.collect()
        else:
            collect_due()


_loading, _all_wanted = threading.Event(), threading.Event()


def collect_due() -> None:
    """Collect the oldest generation that is due by Python's own thresholds."""
    if _loading.is_set():
        return
    counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
    due = [generation for generation, (count, most) in enumerate(counts) if count > most]
    if due:
        gc.collect(due[-1])


def collect_all_soon() -> None:
    """Request a full collection, after something large such as a network was dropped.

    A network is few objects with much memory, which Python's thresholds do not see.
    """
    _all_wanted.set()


@contextmanager
def loading_libraries() -> Iterator[None]:
    """Freeze what is imported within (`gc.freeze`), so that no collection visits it.

    It never becomes garbage, and to look through TensorFlow alone takes a fifth of a second.
    """
    _loading.set()
    try:
        yield
    finally:
        gc.freeze()
        _loading.clear()
