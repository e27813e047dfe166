"""Generators that pause so that others can work between their slices, and return a result."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any, TypeVar

Result = TypeVar("Result")
Pending = TypeVar("Pending")


def run_to_end(work: Generator[Any, None, Result]) -> Result:
    """Run a generator to its end without pausing, and return its value."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def with_pauses(
    work: Generator[Any, None, Result], pending: Pending
) -> Generator[Pending, None, Result]:
    """Run a generator and return its value, yielding `pending` in place of what it yields."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value
        yield pending


def waited_for(work: Callable[[], Result]) -> Generator[None, None, Result]:
    """Run a function on a thread of its own and return its value, yielding while it runs.

    For what a library does in one go. Closing the generator does not stop it, but nobody waits for
    it any more; it may not keep the program from ending.

    Raises:
        BaseException: what the function raised.
    """
    ends: list[tuple[Result, None] | tuple[None, BaseException]] = []

    def run() -> None:
        try:
            ends.append((work(), None))
        except BaseException as error:  # raised where it is waited for
            ends.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        yield
        thread.join(0.05)
    ((result, error),) = ends
    if error is not None:
        raise error
    return result  # type: ignore[return-value]
