"""A child process that reads what strangers made; killed when it exceeds its limits.

Libraries in C trust their files: damaged ones can make them loop for ever with Python's lock held,
take any memory, or crash. So what they read is read here, by a function that answers with plain
values and leaves the rest in a file that this program can trust.

A process that has answered waits for the next file; it takes about 60 MB and no time. Closing a
generator of `ask` ends the process that was at work, whatever it was doing.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import importlib
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

OPTION = "--read-for-another"
"""What makes the program, packed into one file with Python, this process instead of itself."""
ANSWER = ".json"
"""The suffix of the file with the answer, after the name of the file that goes with it."""
START = 30.0
"""Seconds more until a process counts as dead; usually it ends itself when its time is up."""

_idle: list[_Child] = []


@dataclass(frozen=True)
class Limits:
    """What reading one file may take.

    Attributes:
        seconds: by the clock.
        memory: resident bytes of the process.
        processor: seconds of the processor.
    """

    seconds: float
    memory: int
    processor: float = math.inf


def start() -> None:
    """Start a process in advance, which takes half a second; does not wait for it."""
    if not _idle:
        with contextlib.suppress(OSError):  # said when it is needed
            _idle.append(_Child())


def ask(
    module: str, request: dict[str, Any], limits: Limits, *, pause: float = 0.05
) -> Generator[None, None, dict[str, Any] | None]:
    """Let the process call `answer(**request)` of a module of this program; yields while waiting.

    Args:
        module: its name.
        request: plain values; `target` is a path, free for what the function makes.
        limits: of the process.
        pause: the most seconds that the generator waits between two yields.

    Returns:
        What the function returned, or None where the process died or exceeded its limits.

    Raises:
        OSError: no process can be started.
    """
    child = _ready()
    try:
        answer = yield from child.ask(module, request, limits, pause)
    except BaseException:
        child.end()
        raise
    if answer is None:
        child.end()
    else:
        _idle.append(child)
    return answer


def _ready() -> _Child:
    while _idle:
        child = _idle.pop()
        if child.process.poll() is None:
            return child
        child.end()
    return _Child()


class _Child:
    """One process that runs `serve`."""

    def __init__(self) -> None:
        frozen = getattr(sys, "frozen", False)
        package = Path(__file__).parents[2]
        places = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.process = subprocess.Popen(
            # -P: nothing is imported from the folder that the program was started in
            [sys.executable, OPTION] if frozen else [sys.executable, "-P", "-m", __name__],
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
        self, module: str, request: dict[str, Any], limits: Limits, longest: float
    ) -> Generator[None, None, dict[str, Any] | None]:
        """Return the answer, or None where the process died or exceeded its limits."""
        assert self.process.stdin is not None
        answer = Path(request["target"] + ANSWER)
        line = {"module": module, "seconds": limits.seconds, "request": request}
        pause, began = 0.002, time.monotonic()
        try:
            watched = psutil.Process(self.process.pid)
            used = sum(watched.cpu_times()[:2])
            self.process.stdin.write(json.dumps(line).encode() + b"\n")
            self.process.stdin.flush()
            while not answer.exists():
                if (
                    self.process.poll() is not None
                    or time.monotonic() - began > limits.seconds + START
                    or watched.memory_info().rss > limits.memory
                    or sum(watched.cpu_times()[:2]) - used > limits.processor
                ):
                    return None
                time.sleep(pause)
                pause = min(2 * pause, longest)
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


def serve() -> None:
    """Answer requests until stdin ends: each is a line of JSON, the answer a file."""
    with Path(os.devnull).open("w") as nowhere:
        for line in sys.stdin:
            asked = json.loads(line)
            request = asked["request"]
            answering = importlib.import_module(asked["module"]).answer
            # faulthandler's own thread ends this process even where a library never returns.
            faulthandler.dump_traceback_later(asked["seconds"], exit=True, file=nowhere)
            answer = answering(**request)
            faulthandler.cancel_dump_traceback_later()
            waiting = Path(request["target"] + ANSWER + "~")
            waiting.write_text(json.dumps(answer), encoding="utf-8")
            waiting.replace(request["target"] + ANSWER)


if __name__ == "__main__":
    serve()
