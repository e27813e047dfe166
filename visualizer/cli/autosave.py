"""Saves the newest picture of a long ascent, so that an interruption does not lose it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from visualizer.cli import terminal
from visualizer.engine.errors import UserError

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.technique import Frame

SECONDS = 15.0
"""Seconds between two saves."""


def file_beside(output: Path) -> Path:
    """Where the newest picture is while `output` is being made."""
    return output.with_suffix(".unfinished.png")


def saving_newest(
    frames: Iterator[Frame], output: Path, specimen_of: Callable[[Frame], Specimen]
) -> Generator[Frame, None, None]:
    """Pass frames on and save the newest picture beside `output` now and then, and on errors.

    Failures to save do not stop the ascent.

    Args:
        frames: those with a picture are kept now and then, and the newest when it is stopped.
        output: the file that will be made in the end.
        specimen_of: makes the picture of a frame, with its recipe.
    """
    file, newest, written = file_beside(output), None, None
    since = time.monotonic()

    def write() -> None:
        nonlocal written
        if newest is not None and newest is not written:
            with contextlib.suppress(UserError):
                specimen_of(newest).save(file)
                written = newest

    try:
        for frame in frames:
            newest = frame if frame.picture is not None else newest
            if time.monotonic() - since >= SECONDS:
                write()
                since = time.monotonic()
            yield frame
    except BaseException as error:  # Ctrl+C among them
        if written is None:
            raise
        write()
        where = f"The picture as far as it came is “{file}”."
        if isinstance(error, UserError):
            raise UserError(f"{error} {where}") from error
        terminal.print_error(where)
        raise
