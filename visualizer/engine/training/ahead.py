"""Makes the next batches on a thread while the step computes."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Generator, Iterator
from typing import Any, TypeVar

Item = TypeVar("Item")


class _EndError(Exception):
    """There are no more items."""


def ahead(items: Iterator[Item], count: int = 4) -> Generator[Item, None, None]:
    """Yield `items`, up to `count` of which are made before they are asked for.

    Closing the generator ends the thread. An error of `items` is raised here, after what came
    before it.
    """
    ready: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue(maxsize=count)
    closed = threading.Event()

    def produce() -> None:
        try:
            for item in items:
                ready.put((item, None))
                if closed.is_set():
                    return
            ready.put((None, _EndError()))
        except BaseException as error:  # for the one who waits for it
            ready.put((None, error))

    thread = threading.Thread(target=produce, name="batches", daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if isinstance(error, _EndError):
                return
            if error is not None:
                raise error
            yield item
    finally:
        closed.set()
        while thread.is_alive():
            with contextlib.suppress(queue.Empty):  # room for what it is about to put
                ready.get(timeout=0.02)
