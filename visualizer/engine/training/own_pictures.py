"""Pictures of one's own as a data set: a folder of folders, or arrays from the camera and tray."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from visualizer.engine.errors import UserError
from visualizer.engine.fitting import fitted_to
from visualizer.engine.pictures import PictureError, read_folder, read_picture
from visualizer.engine.training.datasets import Dataset

MOST_PICTURES = 200_000
NAMED = 3
"""Broken pictures that a sentence names."""


class OwnPicturesError(UserError):
    """A folder that is no data set."""


@dataclass(frozen=True)
class Reading:
    """How many of the pictures are read."""

    step: int
    total: int


@dataclass(frozen=True)
class OwnPictures:
    """A data set and what was left out of it: the files that could not be read, and why."""

    data: Dataset
    broken: tuple[tuple[Path, str], ...] = ()

    @property
    def warning(self) -> str:
        """A sentence that names what was left out; "" if nothing was."""
        if not self.broken:
            return ""
        names = ", ".join(f"“{path.name}”" for path, _ in self.broken[:NAMED])
        more = f" and {len(self.broken) - NAMED} more" if len(self.broken) > NAMED else ""
        return f"Left out, as they cannot be read: {names}{more}."


def read_class_folder(folder: Path, size: tuple[int, int]) -> Generator[Reading, None, OwnPictures]:
    """Read a folder that has a folder of pictures for each class; yields its progress.

    Args:
        folder: its subfolders are the classes, in the order of their names.
        size: (height, width) that every picture is brought to: the largest part of that shape in
            its middle.

    Raises:
        OwnPicturesError: there is no such folder, or none in it with pictures, or too many.
    """
    if not folder.is_dir():
        raise OwnPicturesError(
            f"There is no folder “{folder}”; give one that has a folder of pictures for each class."
        )
    inside = sorted(path for path in folder.iterdir() if path.is_dir())
    found = {path: read_folder(path) for path in inside if not path.name.startswith(".")}
    found = {path: files for path, files in found.items() if files}
    if not found:
        loose = " (the pictures in it belong to no class)" if read_folder(folder) else ""
        raise OwnPicturesError(
            f"There are no folders with pictures in “{folder}”{loose}; make a folder for each "
            "class and put its pictures there."
        )
    total = sum(map(len, found.values()))
    if total > MOST_PICTURES:
        raise OwnPicturesError(
            f"There are {total:,} pictures in “{folder}”; up to {MOST_PICTURES:,} can be trained "
            "on, so leave some out."
        )
    pictures: list[np.ndarray] = []
    labels, broken = [], []
    for label, (path, files) in enumerate(found.items()):
        before = len(pictures)
        for file in files:
            try:
                pictures.append(_bytes(read_picture(file, longest=4 * max(size)), size))
                labels.append(label)
            except PictureError as error:
                broken.append((file, str(error)))
            yield Reading(len(pictures) + len(broken), total)
        if len(pictures) == before:
            raise OwnPicturesError(
                f"None of the {len(files)} pictures in “{path.name}” can be read; put others there."
            )
    names = tuple(path.name for path in found)
    return OwnPictures(
        Dataset(np.stack(pictures), np.array(labels, np.int64), names), tuple(broken)
    )


def from_pictures(pictures: Mapping[str, Sequence[np.ndarray]], size: tuple[int, int]) -> Dataset:
    """A data set of pictures by class: those held up to the camera, or chosen in the tray.

    Args:
        pictures: H x W x 3, float in [0, 1] or uint8, of any size, by the name of their class.
        size: (height, width) that every picture is brought to.

    Raises:
        OwnPicturesError: there are none.
    """
    rows = [(_bytes(each, size), k) for k, of in enumerate(pictures.values()) for each in of]
    if not rows:
        raise OwnPicturesError("There are no pictures yet; hold something up to the camera.")
    labels = np.array([label for _, label in rows], np.int64)
    return Dataset(np.stack([picture for picture, _ in rows]), labels, tuple(pictures))


def in_grey(data: Dataset) -> Dataset:
    """The pictures in grey, N x H x W x 1, for networks that see no colours."""
    if data.pictures.shape[3] == 1:
        return data
    grey = np.stack([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in data.pictures])
    return Dataset(grey[..., None], data.labels, data.classes)


def in_colour(data: Dataset) -> Dataset:
    """The pictures with three channels, for networks that see colours."""
    if data.pictures.shape[3] == 3:
        return data
    return Dataset(np.repeat(data.pictures, 3, axis=3), data.labels, data.classes)


def resized(data: Dataset, size: tuple[int, int]) -> Dataset:
    """The pictures at another size: smoothly enlarged, or averaged where they become smaller."""
    if data.pictures.shape[1:3] == size:
        return data
    how = cv2.INTER_AREA if size[0] < data.pictures.shape[1] else cv2.INTER_LINEAR
    found = [cv2.resize(picture, size[::-1], interpolation=how) for picture in data.pictures]
    pictures = np.stack(found).reshape(len(data), *size, data.pictures.shape[3])
    return Dataset(pictures, data.labels, data.classes)


def _bytes(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    fitted = fitted_to(picture, size, "crop")
    return np.clip(np.round(fitted * 255), 0, 255).astype(np.uint8)
