"""Fetches weights that are too large to come with the program: checked, resumable, cancellable.

What comes is compared with the checksum in this program, and what is here already with its SHA-256
each time it is used: the pinned one, or the one noted beside the file when it first arrived
(`checksums`). Files are kept in the user's cache folder. With `VISUALIZER_MIRROR` set to a folder
or an address of one's own, they are taken from there instead of the internet; `pack` fills such a
folder.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from visualizer.models.entry import Entry
from visualizer.models.transfer import (
    MIRROR,
    DownloadError,
    RemoteFile,
    Transfer,
    TransferCancelledError,
    TransferTimeoutError,
    cache_folder,
)

if TYPE_CHECKING:
    from visualizer.engine.network import Network

__all__ = [
    "MIRROR",
    "DownloadError",
    "Progress",
    "Published",
    "RemoteFile",
    "cache_folder",
    "fetch",
    "is_here",
    "pack",
]


@dataclass(frozen=True)
class Published:
    """A network whose weights somebody publishes.

    Attributes:
        entry: its row in the catalogue.
        file: its weights.
        load: opens the network from the path of that file; imports Keras.
    """

    entry: Entry
    file: RemoteFile
    load: Callable[[Path], Network]


@dataclass(frozen=True)
class Progress:
    """The progress of a download: `step` of `total` bytes; `total` is None until it is known.

    `label` is the title of its network.
    """

    step: int
    total: int | None
    label: str = ""
    unit: ClassVar[str] = "bytes"


Fetching = Generator[Progress, None, Path]


def is_here(file: RemoteFile) -> bool:
    """Whether the file was downloaded before."""
    return (cache_folder() / file.name).is_file()


def fetch(file: RemoteFile, title: str, folder: Path | None = None) -> Fetching:
    """Bring a file to this computer, and check it; yields its progress every 100 ms, at least once.

    The waiting is done on a thread of its own, so that a slice never waits for the network.
    Closing the generator cancels; what has arrived is kept and the next call goes on from there.

    Args:
        file: what to fetch; if it is there already it is only checked.
        title: of the network, for the sentence on what went wrong.
        folder: where to put it; the cache unless told.

    Returns:
        The path of the file.

    Raises:
        DownloadError: no internet, a broken connection, a wrong file or a full disk.
    """
    transfer = Transfer(file, title, folder or cache_folder())
    thread = threading.Thread(target=transfer.run, name=f"download {file.name}", daemon=True)
    thread.start()
    try:
        while not transfer.is_late:
            thread.join(0.1)
            yield Progress(transfer.done, transfer.total, title)
            if not thread.is_alive():
                break
    finally:
        transfer.cancel()
        thread.join(0.5)
    if transfer.is_late and (
        thread.is_alive() or isinstance(transfer.error, TransferCancelledError)
    ):
        raise transfer.sentence(TransferTimeoutError())
    if transfer.error is not None:
        raise transfer.sentence(transfer.error) from transfer.error
    return folder / file.name if folder else cache_folder() / file.name


def pack(folder: Path, files: Iterable[tuple[RemoteFile, str]]) -> Generator[Progress, None, None]:
    """Fill a folder that `VISUALIZER_MIRROR` can name, so that a class downloads once.

    Args:
        folder: made if need be; what is in it already is checked and kept.
        files: each with the title of its network.

    Raises:
        DownloadError: as `fetch`.
    """
    for file, title in files:
        yield from fetch(file, title, folder)
