"""Folders of pictures whose classes are known: by the names of subfolders, or by a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from visualizer.engine.adversarial.criterion import exact_class
from visualizer.engine.adversarial.differentiable_model import DifferentiableModel
from visualizer.engine.class_folders import (
    ANNOTATIONS,
    IMAGES,
    class_folders,
    listed_classes,
    printable,
)
from visualizer.engine.errors import UserError
from visualizer.engine.pictures import read_folder

if TYPE_CHECKING:
    from visualizer.engine.network import Network


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
            LabelledPicture(path, printable(path.relative_to(folder)), label) for path in paths
        )

    listed = listed_classes(folder)
    add(read_folder(folder), None)
    for sub, paths in class_folders(folder):
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
            unmatched.append(printable(Path(sub.name)))
        add(paths, label)
    if not items:
        raise FolderError(f"There are no pictures in “{folder}”; put some there.")
    return LabelledFolder(tuple(items), tuple(unmatched))
