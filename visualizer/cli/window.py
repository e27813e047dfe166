"""`visualizer` alone, or with pictures: the window."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.cli.options import NO_FILE, BackendOption, FileOptions
from visualizer.engine.backend import choose
from visualizer.engine.errors import UserError
from visualizer.engine.film_names import SUFFIXES, is_film, is_stream


class WindowError(UserError):
    """The window cannot open, or not with what was given."""


def window_command(commands: Callable[[], Iterable[str]]) -> Callable[..., int]:
    """The command that opens the window.

    Args:
        commands: the names of the other commands, for a word that was none.
    """

    def window(
        *paths: Annotated[
            Path,
            Parameter(
                name="files", help="Pictures, films, folders and models to open in the window."
            ),
        ],
        network: Annotated[
            str | None, Parameter(help="The network to start with.", show_default=False)
        ] = None,
        camera: Annotated[
            str | None,
            Parameter(
                help="What the key of the camera (Ctrl+K) starts: the number of a camera (0 is the "
                "first), a film file, or the address of a stream (rtsp://…).",
                show_default=False,
            ),
        ] = None,
        file: FileOptions = NO_FILE,
        backend: BackendOption = None,
    ) -> int:
        """Open the window."""
        for path in paths:
            if not path.exists():
                close = get_close_matches(str(path), list(commands()), n=1)
                hint = f"did you mean the command {close[0]!r}?" if close else "check its name."
                raise WindowError(f"There is no picture or command {str(path)!r}; {hint}")
        if camera is not None:
            check_camera(camera)
        if not terminal.has_display():
            raise WindowError(
                "There is no display here for a window to open on; "
                "`visualizer tour -o tour/` draws it into pictures instead."
            )
        choose(backend)
        with qt_libraries():
            from visualizer.gui import launch
        said = {name: value for name, value in asdict(file).items() if value}
        return launch.run(paths, network=network, camera=camera, **said)

    return window


def check_camera(name: str) -> None:
    """Refuse what is neither the number of a camera nor a film or stream.

    Raises:
        WindowError: it is something else, or the file is not there.
    """
    if not (name.isdecimal() and int(name) < 100) and not is_stream(name):
        if not Path(name).is_file():
            raise WindowError(
                f"There is no film {name!r}; name a file, a camera by its number (0 is the first), "
                "or a stream by its address (rtsp://…)."
            )
        if not is_film(Path(name)):
            raise WindowError(
                f"{name!r} is no film; choose one that ends in {', '.join(SUFFIXES)}."
            )


@contextmanager
def offscreen_window() -> Iterator[None]:
    """Draw windows offscreen, with a temporary home folder."""
    before = {name: os.environ.get(name) for name in ("QT_QPA_PLATFORM", "VISUALIZER_HOME")}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ.update(QT_QPA_PLATFORM="offscreen", VISUALIZER_HOME=home)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


@contextmanager
def qt_libraries() -> Iterator[None]:
    """Say what to do where Qt's own libraries are not complete.

    Raises:
        WindowError: one that it needs is missing.
    """
    try:
        yield
    except ImportError as error:
        frozen = getattr(sys, "frozen", False)
        way = "add that library with your system's packages, or ask whoever looks after it"
        if not frozen:
            way = "`make run` installs the system libraries it needs, or see README.md"
        raise WindowError(f"The window cannot be drawn here ({error}); {way}.") from error
