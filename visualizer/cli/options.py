"""The options that all commands share."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.engine.errors import UserError
from visualizer.engine.files import clear_parts

if TYPE_CHECKING:
    from visualizer.engine.network import Network


class OutputError(UserError):
    """The folder to write to cannot be written to."""


PictureFile = Annotated[Path, Parameter(help="A file of any picture format.")]
BackendOption = Annotated[
    str | None,
    Parameter(name="--backend", help="tensorflow, jax or torch, if installed.", show_default=False),
]
JsonOption = Annotated[
    bool, Parameter(name="--json", negative="", help="Print JSON, for other programs.")
]
OutputOption = Annotated[
    Path, Parameter(name=["--output", "-o"], help="The folder to write to; made if need be.")
]


@Parameter(name="*")  # its fields are options of their own
@dataclass(frozen=True)
class FileOptions:
    """How to open a model file, for this run only.

    The window asks once and remembers the answers; options override them and are not remembered, so
    that a script depends on its command line alone.
    """

    trust: Annotated[
        bool,
        Parameter(
            negative="",
            help="Let the network's file run code of its own; only for files of people you trust.",
        ),
    ] = False
    labels: Annotated[
        Path | None,
        Parameter(
            help="A file with the class names of the network's file, one a line, JSON or CSV.",
            show_default=False,
        ),
    ] = None
    scaling: Annotated[
        str | None,
        Parameter(
            help="How the network's file takes its pixels: 0..1, -1..1, 0..255, imagenet, caffe, "
            "mnist, 0..1-bgr, 0..255-bgr or inverted.",
            allow_leading_hyphen=True,
            show_default=False,
        ),
    ] = None


NO_FILE = FileOptions()


@Parameter(name="*")
@dataclass(frozen=True)
class NetworkOptions:
    """Which network a command opens, and with which backend."""

    network: Annotated[
        str,
        Parameter(
            help="A name of `visualizer networks`, or a file's path; PATH:OUTPUT for another of "
            "its outputs."
        ),
    ] = "alexnet"
    file: FileOptions = NO_FILE
    backend: BackendOption = None

    def open(self) -> Network:
        """Choose the backend and open the network; see `open_network`."""
        return open_network(self.network, self.backend, self.file)


USUAL = NetworkOptions()


def open_network(name: str, backend: str | None = None, file: FileOptions = NO_FILE) -> Network:
    """Choose the backend and open a network by name or path.

    What was repaired in a file, or is only a guess, is printed in one line on stderr.

    Raises:
        UserError: there is no such backend or network, or it does not open.
    """
    from visualizer.engine.backend import choose
    from visualizer.models.catalog import open_network

    choose(backend)
    with terminal.download_bar() as progress:
        network = open_network(
            name, trust=file.trust, labels=file.labels, scaling=file.scaling, progress=progress
        )
    card = network.card or {}
    said = list(card.get("notes", ())) if "guessed" in card else []
    if "outputs" in card and not name.endswith(f":{card['output']}"):
        others = ", ".join(each for each in card["outputs"] if each != card["output"])
        said.append(f"Shown is its output {card['output']}; there are also {others}.")
    if is_guessed(network):
        way = card["candidates"][0].title
        said.append(f"That it takes its pixels so is a guess: {way}; give --scaling to be sure.")
    if said:
        terminal.print_error(f"{network.title}: {' '.join(said)}")
    return network


def is_guessed(network: Network) -> bool:
    """Whether nobody has said yet how the network takes its pixels."""
    return bool((network.card or {}).get("guessed"))


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
    clear_parts(folder)  # of a run that was killed while writing
    return folder
