"""What a command writes: tables and JSON to stdout, progress and one-line errors to stderr."""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


def set_up() -> None:
    """Speak UTF-8 where the system does not, and keep the libraries' chatter off stderr.

    To be called before a backend is imported. What the user set in the environment stays.
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            encoding = "utf-8" if os.name == "nt" else None
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("ABSL_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GLOG_minloglevel", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
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

    return PipeConsole(highlight=False, soft_wrap=not sys.stdout.isatty())


def print_json(value: Any) -> None:
    """Print `value` as indented JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def complain(message: str) -> None:
    """Say in one line on stderr what was wrong."""
    if sys.stderr is not None:  # None in a program without a console
        print(" ".join(str(message).split()), file=sys.stderr, flush=True)


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
