"""Keeps what C++ libraries write past Python off the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

STDERR = 2
"""Where C and C++ write their messages."""


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep for ourselves the stderr that C++ libraries write to past Python.

    TensorFlow says things there before any of its own switches is read. With `VISUALIZER_VERBOSE`
    set in the environment, it is shown.
    """
    if os.environ.get("VISUALIZER_VERBOSE") or not _is_open(STDERR):
        yield
        return
    kept, before = os.dup(STDERR), sys.stderr
    if before is not None:
        before.flush()
        if before.fileno() == STDERR:
            sys.stderr = os.fdopen(
                kept, "w", encoding="utf-8", errors="backslashreplace", closefd=False
            )
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDERR)
    os.close(nowhere)
    try:
        yield
    finally:
        if sys.stderr is not None:
            sys.stderr.flush()
        sys.stderr = before
        os.dup2(kept, STDERR)
        os.close(kept)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:  # a program without a console
        return False
    return True
