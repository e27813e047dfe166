"""The options that every command has, and what they lead to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.engine.errors import UserError

if TYPE_CHECKING:
    from visualizer.engine.network import Network


class OutputError(UserError):
    """The folder to write to cannot be written to."""


DEFAULT_NETWORK = "alexnet"

NetworkOption = Annotated[
    str,
    Parameter(
        name="--network",
        help="A name of `visualizer networks`, or a file's path; PATH:OUTPUT for another of its "
        "outputs.",
    ),
]
BackendOption = Annotated[
    str | None,
    Parameter(name="--backend", help="tensorflow, jax or torch, if installed.", show_default=False),
]
JsonOption = Annotated[
    bool, Parameter(name="--json", negative="", help="Print JSON, for other programs.")
]
TrustOption = Annotated[
    bool,
    Parameter(
        name="--trust",
        negative="",
        help="Let the network's file run code of its own; only for files of people you trust.",
    ),
]
OutputOption = Annotated[
    Path, Parameter(name=["--output", "-o"], help="The folder to write to; made if need be.")
]


def open_network(name: str, backend: str | None = None, trust: bool = False) -> Network:
    """Choose the backend and open a network by name or path; `trust` lets it bring its own code.

    Raises:
        UserError: there is no such backend or network, or it does not open.
    """
    from visualizer.engine.backend import choose
    from visualizer.models.catalog import open_network

    choose(backend)
    with terminal.download_bar() as progress:
        return open_network(name, trust=trust, progress=progress)


def make_folder(folder: Path) -> Path:
    """Make a folder to write to, with those above it, before any long work is done.

    Raises:
        OutputError: it cannot be made or may not be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise OutputError(f"“{folder}” is a file; give the name of a folder to write to.") from None
    except OSError as error:
        raise OutputError(
            f"The folder “{folder}” could not be made ({error.strerror}); choose another place."
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"You may not write to the folder “{folder}”; choose another one.")
    return folder
