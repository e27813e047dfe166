"""What a command writes: tables and JSON to stdout, progress and one-line errors to stderr."""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

WIDE = 160
"""Columns of a table in a file or pipe."""

_in_window = False


def set_up(*, in_window: bool = False) -> None:
    """Use UTF-8 everywhere, silence log messages of libraries, and settle where errors are told.

    To be called before a backend is imported. What the user set in the environment stays.
    """
    global _in_window  # noqa: PLW0603  # one a process, as stderr is
    _in_window = in_window
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            encoding = "utf-8" if os.name == "nt" else None
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    for name in ("absl", "tensorflow", "jax", "h5py"):
        logging.getLogger(name).setLevel(logging.ERROR)


def console() -> Console:
    """The terminal or file that stdout is."""
    import rich.console

    class PipeConsole(rich.console.Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return PipeConsole(highlight=False, width=None if sys.stdout.isatty() else WIDE)


def print_json(value: Any) -> None:
    """Print `value` as indented JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def print_error(message: str) -> None:
    """Print an error as one line on stderr, or show it in a window if there is no console."""
    line = " ".join(str(message).split())
    if sys.stderr is not None:
        print(line, file=sys.stderr, flush=True)
    if sys.stderr is None or _in_window:
        _show(line)


def has_display() -> bool:
    """Whether a window can be seen here (or Qt was told to draw it where it needs no display)."""
    if not sys.platform.startswith("linux"):
        return True
    drawn_by = os.environ.get("QT_QPA_PLATFORM", "")
    if drawn_by and not drawn_by.startswith(("xcb", "wayland")):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _show(line: str) -> None:
    """Show a sentence after a double-click; where no window opens, leave it in a file."""
    try:
        if not has_display():
            raise ImportError("Qt would end the process")
        from visualizer.gui.core.message_box import show_message

        show_message(line)
    except ImportError:  # Qt itself may be what is wrong
        from visualizer.engine.folders import data_folder

        with suppress(OSError):
            data_folder().mkdir(parents=True, exist_ok=True)
            (data_folder() / "could-not-start.txt").write_text(f"{line}\n", encoding="utf-8")


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on stderr that goes away when done; nothing where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    there = sys.stderr is not None and sys.stderr.isatty()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:g}/{task.total:g}" if there else ""),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not there,
        transient=True,
    )
    with bar:
        yield bar


@contextmanager
def download_bar() -> Iterator[Callable[[Any], None]]:
    """A function to be told a download's `Progress`; it shows a bar of megabytes for each file."""
    with progress() as bar:
        tasks: dict[str, Any] = {}

        def show(state: Any) -> None:
            if state.total is None:
                return
            if state.label not in tasks:
                tasks[state.label] = bar.add_task(f"Fetching {state.label}, MB")
            megabytes = {
                "completed": round(state.step / 1e6, 1),
                "total": round(state.total / 1e6, 1),
            }
            bar.update(tasks[state.label], **megabytes)

        yield show
