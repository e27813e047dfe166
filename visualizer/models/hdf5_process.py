"""The child process that reads untrusted HDF5 files; killed when it exceeds its limits.

One that has answered waits for the next file; it takes about 40 MB and no time. Closing a generator
of `copied` ends the process that was at work, whatever it was doing.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import psutil

from visualizer.models.model_parts import ModelFileError
from visualizer.models.safety import UnsafeFileError

OPTION = "--copy-hdf5"
"""What makes the program, packed into one file with Python, this process instead of itself."""
ANSWER = ".json"
PATIENCE = 6.0
"""Seconds that a file may take, and one more for each `BYTES_A_SECOND` in it."""
BYTES_A_SECOND = 10_000_000
START = 30.0
"""Seconds more until a process counts as dead; usually it ends itself when its time is up."""
MOST_MEMORY = 2 << 30
"""Bytes that the process may take; it holds a piece of one array at a time."""

_idle: list[_Reader] = []


def start() -> None:
    """Start a process in advance, which takes half a second; does not wait for it."""
    if not _idle:
        with contextlib.suppress(OSError):  # said when it is needed
            _idle.append(_Reader())


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
    reader = _ready()
    try:
        answer = yield from reader.ask({**request, "seconds": seconds}, seconds)
    except BaseException:
        reader.end()
        raise
    if answer is None:
        reader.end()
        raise ModelFileError(
            f"{name} is damaged in a way that keeps it from being read in reasonable time and "
            "memory; fetch or save the model again."
        )
    _idle.append(reader)
    if "refusal" in answer:
        raise UnsafeFileError(answer["refusal"])
    if "damage" in answer:
        raise ModelFileError(
            f"{name} is damaged or only a part of it arrived; fetch or save the model again."
        )
    return int(answer["numbers"])


def _ready() -> _Reader:
    while _idle:
        reader = _idle.pop()
        if reader.process.poll() is None:
            return reader
        reader.end()
    try:
        return _Reader()
    except OSError as error:
        raise ModelFileError(
            f"The part of the program that reads model files could not be started ({error}); "
            "install the program again."
        ) from None


class _Reader:
    """One process that runs `hdf5_copy.serve`."""

    def __init__(self) -> None:
        frozen = getattr(sys, "frozen", False)
        package = Path(__file__).parents[2]
        places = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.process = subprocess.Popen(
            # -P: nothing is imported from the folder that the program was started in
            [sys.executable, OPTION]
            if frozen
            else [sys.executable, "-P", "-m", "visualizer.models.hdf5_copy"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(places),
                "OPENBLAS_NUM_THREADS": "1",
            },
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def ask(
        self, request: dict[str, Any], seconds: float
    ) -> Generator[None, None, dict[str, Any] | None]:
        """Return the answer, or None where the process died, or took too much time or memory."""
        assert self.process.stdin is not None
        answer = Path(request["target"] + ANSWER)
        pause, began = 0.002, time.monotonic()
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            watched = psutil.Process(self.process.pid)
            while not answer.exists():
                if self.process.poll() is not None or time.monotonic() - began > seconds + START:
                    return None
                if watched.memory_info().rss > MOST_MEMORY:
                    return None
                time.sleep(pause)
                pause = min(2 * pause, 0.05)
                yield
        except (OSError, psutil.Error):
            return None
        return json.loads(answer.read_bytes())

    def end(self) -> None:
        """Kill the process."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()


@atexit.register
def _end() -> None:
    while _idle:
        _idle.pop().end()
