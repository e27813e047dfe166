"""Folders of pictures whose classes are known: by the names of subfolders, or by a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from visualizer.engine.adversarial.criterion import exact_class
from visualizer.engine.adversarial.differentiable_model import DifferentiableModel
from visualizer.engine.errors import UserError
from visualizer.engine.files import read_file
from visualizer.engine.pictures import read_folder

if TYPE_CHECKING:
    from visualizer.engine.network import Network

IMAGES, ANNOTATIONS = "images", "val_annotations.txt"
"""Where Tiny ImageNet keeps the pictures of a class, and the classes of its validation pictures."""

MAX_LIST = 64 << 20
"""Bytes of that list that are read; Tiny ImageNet's has 300,000."""


class FolderError(UserError):
    """A folder without pictures."""


@dataclass(frozen=True)
class LabelledPicture:
    """A picture of the folder: its path, its name in the report, and its class if known."""

    path: Path
    name: str
    label: int | None


@dataclass(frozen=True)
class LabelledFolder:
    """The pictures of a folder, and what in it has the name of no class.

    `unmatched` are subfolders (or the list of classes) that named nothing the network knows: their
    pictures have no label.
    """

    items: tuple[LabelledPicture, ...]
    unmatched: tuple[str, ...] = ()


def find_labelled_pictures(
    folder: Path, network: Network, identifiers: Sequence[str] = ()
) -> LabelledFolder:
    """The pictures of a folder and of its subfolders, with their classes where these are known.

    A subfolder is named after a class: its name, its index or its identifier (n01443537); its
    pictures may be in a further folder `images`, as in the training folder of Tiny ImageNet. The
    validation folder of Tiny ImageNet, with its list of classes, is read too.

    Args:
        folder: what holds them.
        network: whose classes they are.
        identifiers: of its classes, in their order; empty where it has none.

    Raises:
        FolderError: there are no pictures.
        UserError: the network has no classes.
    """
    if not folder.is_dir():
        raise FolderError(f"There is no folder “{folder}”; give one that holds pictures.")
    indices = {name: index for index, name in enumerate(identifiers)}
    classes = DifferentiableModel.of(network).classes
    items: list[LabelledPicture] = []
    unmatched: list[str] = []

    def add(paths: Sequence[Path], label: int | None) -> None:
        items.extend(
            LabelledPicture(path, _printable(path.relative_to(folder)), label) for path in paths
        )

    listed = dict(_annotations(folder / ANNOTATIONS))
    add(read_folder(folder), None)
    for sub, paths in _subfolders(folder):
        if listed and sub.name == IMAGES:
            for path in paths:
                add([path], indices.get(listed.get(path.name, "")))
            if not indices.keys() & set(listed.values()):
                unmatched.append(ANNOTATIONS)
            continue
        label = indices.get(sub.name)
        if label is None:
            label = exact_class(network, sub.name, classes)
        if label is None:
            unmatched.append(_printable(Path(sub.name)))
        add(paths, label)
    if not items:
        raise FolderError(f"There are no pictures in “{folder}”; put some there.")
    return LabelledFolder(tuple(items), tuple(unmatched))


def _subfolders(folder: Path) -> Iterator[tuple[Path, list[Path]]]:
    """The subfolders that hold pictures, each with those in it and in its own folder `images`."""
    for sub in sorted(path for path in folder.iterdir() if path.is_dir()):
        paths, inside = read_folder(sub), sub / IMAGES
        paths += read_folder(inside) if inside.is_dir() else []
        if paths and not sub.name.startswith("."):
            yield sub, paths


def _printable(path: Path) -> str:
    r"""The name of a picture in a report, where bytes that are not UTF-8 stand as "\udce9"."""
    return path.as_posix().encode("utf-8", "backslashreplace").decode()


def _annotations(path: Path) -> Iterator[tuple[str, str]]:
    """(file, identifier) of each line of a list of classes; nothing where there is none."""
    if path.is_file():
        text = read_file(path, MAX_LIST).decode("utf-8", "surrogateescape")
        for line in text.replace("\r\n", "\n").split("\n"):  # other line ends may be in names
            name, *rest = line.split("\t")
            if rest:
                yield name, rest[0]
