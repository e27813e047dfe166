"""Turn a solver that calls back into a generator, so that its caller owns the loop (ask/tell)."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from typing import Any


class _StoppedError(Exception):
    """The generator was closed."""


def ask_tell(solve: Callable[[Callable[[Any], Any]], Any]) -> Generator[Any, Any, Any]:
    """Run `solve(function)`: yield each x it evaluates the function at, and be sent the value.

    The solver runs on a thread of its own, but only while this generator waits for it, so that the
    two never run at once. Closing the generator ends the solver at its next call.

    Returns:
        What `solve` returned.

    Raises:
        BaseException: whatever `solve` raised.
    """
    questions: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    answers: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def function(x: Any) -> Any:
        questions.put(("asked", x))
        wanted, value = answers.get()
        if not wanted:
            raise _StoppedError
        return value

    def run() -> None:
        try:
            questions.put(("returned", solve(function)))
        except _StoppedError:
            pass
        except BaseException as error:
            questions.put(("raised", error))

    thread = threading.Thread(target=run, name="solver", daemon=True)
    thread.start()
    try:
        while True:
            kind, value = questions.get()
            if kind == "returned":
                return value
            if kind == "raised":
                raise value
            answers.put((True, (yield value)))
    finally:
        answers.put((False, None))
        thread.join()
