"""HDF5 of strangers is read by a child process, which hands over a copy that is safe to open."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from pathlib import Path

from visualizer.engine.child_process import Limits, ask
from visualizer.models.model_parts import ModelFileError
from visualizer.models.safety import UnsafeFileError

PATIENCE = 6.0
"""Seconds that a file may take, and one more for each `BYTES_A_SECOND` in it."""
BYTES_A_SECOND = 10_000_000
MOST_MEMORY = 2 << 30
"""Bytes that the process may take; it holds a piece of one array at a time."""


def copied(source: Path, target: Path, name: str, on_disk: int) -> Generator[None, None, int]:
    """Copy what may be read of an HDF5 file into a file that is safe to open; yields while waiting.

    Args:
        source: the file.
        target: where to write the copy.
        name: of the file that the user opened, for sentences.
        on_disk: how many bytes that has.

    Returns:
        How many numbers it holds.

    Raises:
        UnsafeFileError: it declares more than the bounds, or points outside itself.
        ModelFileError: it is damaged, or cannot be read in reasonable time and memory.
    """
    if shutil.disk_usage(target.parent).free < source.stat().st_size + (16 << 20):
        raise ModelFileError(
            f"There is no room to unpack {name} in {target.parent}; free some space there."
        )
    seconds = PATIENCE + source.stat().st_size / BYTES_A_SECOND
    request = {"source": str(source), "target": str(target), "name": name, "on_disk": on_disk}
    try:
        answer = yield from ask(
            "visualizer.models.hdf5_copy", request, Limits(seconds, MOST_MEMORY)
        )
    except OSError as error:
        raise ModelFileError(
            f"The part of the program that reads model files could not be started ({error}); "
            "install the program again."
        ) from None
    if answer is None:
        raise ModelFileError(
            f"{name} is damaged in a way that keeps it from being read in reasonable time and "
            "memory; fetch or save the model again."
        )
    if "refusal" in answer:
        raise UnsafeFileError(answer["refusal"])
    if "damage" in answer:
        raise ModelFileError(
            f"{name} is damaged or only a part of it arrived; fetch or save the model again."
        )
    return int(answer["numbers"])
