"""Which threads a piece of code has left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection


def left_running(before: Collection[threading.Thread], patience: float = 2.0) -> list[str]:
    """The names of threads that were not there before and do not end within `patience` seconds.

    Daemons count: they keep no program from ending, but what they hold they hold for ever.
    """
    until = time.monotonic() + patience
    started = [thread for thread in threading.enumerate() if thread not in before]
    # A "dummy" is not Python's own: a thread of the backend or of Qt that once called Python.
    ours = [thread for thread in started if not thread.name.startswith("Dummy-")]
    for thread in ours:
        thread.join(max(0, until - time.monotonic()))
    return [thread.name for thread in ours if thread.is_alive()]
