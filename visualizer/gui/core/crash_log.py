"""The log of errors and faults; the next start offers it."""

import contextlib
import faulthandler
import os
import platform
import sys
import threading
import traceback
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO

import visualizer
from visualizer.gui.core import store

MAX_BYTES = 1_000_000
"""An old log is set aside once it is this long."""

_native_log: IO[str] | None = None


def path() -> Path:
    """Where errors of the program are written."""
    return store.log_folder() / "errors.log"


def native_path() -> Path:
    """Where faults below Python (segmentation faults, aborts) are written."""
    return store.log_folder() / "faults.log"


def record(error: BaseException, where: str = "") -> Path | None:
    """Append the traceback of an error to the log; None if it cannot be written (a full disk is no
    reason to fail).
    """
    text = "".join(traceback.format_exception(error))
    heading = f"{datetime.now():%Y-%m-%d %H:%M:%S} {where}".rstrip()
    python, system = platform.python_version(), platform.platform()
    about = f"Convnet Visualizer {visualizer.__version__}, Python {python}, {system}"
    try:
        file = path()
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and file.stat().st_size > MAX_BYTES:
            file.replace(file.with_suffix(".old.log"))
        with file.open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"--- {heading}\n{about}\n{text}\n")
    except OSError:
        return None
    return file


def install() -> None:
    """Record every uncaught error of any thread, and faults below Python."""
    global _native_log  # noqa: PLW0603  # one a process, as faulthandler is
    sys.excepthook = _excepthook
    threading.excepthook = _thread_excepthook
    with contextlib.suppress(OSError):
        store.log_folder().mkdir(parents=True, exist_ok=True)
        _native_log = native_path().open("a", encoding="utf-8")
        faulthandler.enable(_native_log)


def uninstall() -> None:
    """Put back Python's own handlers."""
    global _native_log  # noqa: PLW0603
    sys.excepthook = sys.__excepthook__
    threading.excepthook = threading.__excepthook__
    faulthandler.disable()
    if _native_log is not None:
        _native_log.close()
        _native_log = None


def unseen() -> Path | None:
    """The log of an earlier run if it has grown since it was last offered, else None."""
    for file in (native_path(), path()):
        with contextlib.suppress(OSError):
            if file.stat().st_size > _seen_size(file):
                return file
    return None


def mark_seen() -> None:
    """Do not offer the present content of the logs again."""
    for file in (native_path(), path()):
        with contextlib.suppress(OSError):
            size = file.stat().st_size
            _seen_file(file).write_text(str(size), encoding="ascii")


def _seen_file(file: Path) -> Path:
    return file.with_suffix(".seen")


def _seen_size(file: Path) -> int:
    try:
        seen = int(_seen_file(file).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0
    # A log that was set aside since starts over.
    return seen if seen <= file.stat().st_size else 0


def _excepthook(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        record(error.with_traceback(trace), "in the window")
    with contextlib.suppress(
        OSError, AttributeError, ValueError
    ):  # a windowed program has no stderr
        sys.__excepthook__(kind, error, trace)


def _thread_excepthook(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None:
        name = arguments.thread.name if arguments.thread else "?"
        record(arguments.exc_value, f"in the thread {name} of process {os.getpid()}")
    with contextlib.suppress(OSError, AttributeError, ValueError):
        threading.__excepthook__(arguments)
