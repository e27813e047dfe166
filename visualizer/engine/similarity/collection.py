"""The pictures of a map: a folder, a folder of class folders, or those of the tray."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from visualizer.engine.class_folders import IMAGES, class_folders, listed_classes, printable
from visualizer.engine.errors import UserError
from visualizer.engine.generators import run_to_end
from visualizer.engine.pictures import read_bytes, read_folder
from visualizer.engine.slow_pictures import decoding

MOST = 100_000
"""Pictures of a map; of a larger folder as many, evenly spread."""


class CollectionError(UserError):
    """A folder without pictures."""


@dataclass(frozen=True, eq=False)
class Item:
    """A picture of a collection.

    Attributes:
        name: its path within the folder, or its title.
        label: the number of its class; None if that is not known.
        path: its file; None for one of the tray.
        picture: H x W x 3 in [0, 1], of one that has no file.
    """

    name: str
    label: int | None = None
    path: Path | None = None
    picture: np.ndarray | None = None

    def content(self) -> bytes | np.ndarray:
        """The bytes of its file, or its pixels.

        Raises:
            PictureError: the file is gone, or may not be read.
        """
        return read_bytes(self.path) if self.path is not None else self.pixels

    @property
    def pixels(self) -> np.ndarray:
        """Of one without a file."""
        assert self.picture is not None
        return self.picture

    def decoded(self, content: bytes | np.ndarray, longest: int) -> np.ndarray:
        """Its picture, H x W x 3 in [0, 1], at least as large as it takes.

        Raises:
            PictureError: the file is damaged, or no picture.
        """
        if isinstance(content, np.ndarray):
            return content
        return run_to_end(decoding(content, f"“{self.name}”", longest))


def key_of(content: bytes | np.ndarray) -> bytes:
    """16 bytes that are the same for the same content, and for nothing else."""
    digest = hashlib.sha256()
    if isinstance(content, np.ndarray):
        digest.update(repr((content.shape, content.dtype.str)).encode())
        digest.update(np.ascontiguousarray(content).data)
    else:
        digest.update(content)
    return digest.digest()[:16]


@dataclass(frozen=True)
class Collection:
    """Pictures, and the names of their classes where these are known.

    Attributes:
        title: what they are, in words.
        items: the pictures.
        classes: by label; empty if no class is known.
        left_out: how many more there are in the folder.
    """

    title: str
    items: tuple[Item, ...]
    classes: tuple[str, ...] = ()
    left_out: int = 0


def find_pictures(folder: Path, most: int = MOST) -> Collection:
    """The pictures of a folder and of its subfolders, which are their classes.

    Those of Tiny ImageNet, whose validation pictures have a list of classes, are known too.

    Args:
        folder: what holds them.
        most: of more pictures as many, evenly spread over the folder.

    Raises:
        CollectionError: there is no such folder, or no picture in it.
    """
    if not folder.is_dir():
        raise CollectionError(f"There is no folder “{folder}”; give one that holds pictures.")
    listed = listed_classes(folder)
    found: list[tuple[Path, str | None]] = [(path, None) for path in read_folder(folder)]
    for sub, paths in class_folders(folder):
        if listed and sub.name == IMAGES:
            found += [(path, listed.get(path.name)) for path in paths]
        else:
            found += [(path, printable(Path(sub.name))) for path in paths]
    if not found:
        raise CollectionError(f"There are no pictures in “{folder}”; put some there.")
    places = np.unique(np.linspace(0, len(found) - 1, most).round().astype(int))
    classes = tuple(sorted({name for _, name in found if name is not None}))
    labels = {name: label for label, name in enumerate(classes)}
    items = tuple(
        Item(printable(path.relative_to(folder)), labels.get(name or ""), path)
        for path, name in (found[at] for at in places)
    )
    return Collection(folder.name or str(folder), items, classes, len(found) - len(items))


def collected(title: str, pictures: Sequence[tuple[str, np.ndarray]]) -> Collection:
    """Pictures at hand, by their titles: those of the tray."""
    return Collection(title, tuple(Item(name, picture=picture) for name, picture in pictures))
