"""Folders with a folder of pictures for each class, as data sets come, Tiny ImageNet among them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from visualizer.engine.files import read_file
from visualizer.engine.pictures import read_folder

IMAGES, ANNOTATIONS = "images", "val_annotations.txt"
"""Where Tiny ImageNet keeps the pictures of a class, and the classes of its validation pictures."""

MAX_LIST = 64 << 20
"""Bytes of that list that are read; Tiny ImageNet's has 300,000."""


def class_folders(folder: Path) -> Iterator[tuple[Path, list[Path]]]:
    """The subfolders that hold pictures, each with those in it and in its own folder `images`."""
    for sub in sorted(path for path in folder.iterdir() if path.is_dir()):
        paths, inside = read_folder(sub), sub / IMAGES
        paths += read_folder(inside) if inside.is_dir() else []
        if paths and not sub.name.startswith("."):
            yield sub, paths


def printable(path: Path) -> str:
    r"""The name of a picture in a report, where bytes that are not UTF-8 stand as "\udce9"."""
    return path.as_posix().encode("utf-8", "backslashreplace").decode()


def listed_classes(folder: Path) -> dict[str, str]:
    """The class of each file as Tiny ImageNet's list in a folder has it; empty without a list."""
    path, found = folder / ANNOTATIONS, {}
    if path.is_file():
        text = read_file(path, MAX_LIST).decode("utf-8", "surrogateescape")
        for line in text.replace("\r\n", "\n").split("\n"):  # other line ends may be in names
            name, *rest = line.split("\t")
            if rest:
                found[name] = rest[0]
    return found
