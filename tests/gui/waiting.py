"""Waiting for the window without polling: what is waited for is looked at after every event."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer

PATIENCE = 120_000
"""Milliseconds: a test machine may have other things to do."""


def wait_until(condition: Callable[[], object], timeout: int = PATIENCE) -> None:
    """Let the window work until something is so.

    Raises:
        TimeoutError: it is not so after `timeout` milliseconds.
    """
    deadline = time.monotonic() + timeout / 1000
    heartbeat = QTimer(interval=20)  # for what changes without an event
    heartbeat.start()
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"It is not so after {timeout / 1000:g} s.")
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    heartbeat.stop()
