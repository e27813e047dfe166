"""The pictures of a training that lie in no folder: those of the camera and of the tray, as a file.

It is a zip archive of PNG files, `0/0.png` and so on, with the names of the classes in
`classes.json`. The training's recipe holds its SHA-256, so that a training is never gone on with on
other pictures.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from visualizer.engine.files import plain_file, writing
from visualizer.engine.pictures import PictureError, read_picture
from visualizer.engine.training.own_pictures import MOST_PICTURES, OwnPicturesError, Reading

SUFFIX = ".pictures"
CLASSES = "classes.json"
MOST_CLASSES, MOST_NAME = 1000, 200
MAX_CLASSES_BYTES = 2**20
MAX_PICTURE_BYTES = 64 * 2**20
MOST_BYTES = 4 * 2**30
"""Of all pictures together, as they lie in memory."""
BLOCK = 4 * 2**20
"""Bytes written, or hashed, in one slice."""

Pictures = Mapping[str, Sequence[np.ndarray]]
"""uint8, H x W x 3, by the name of their class, in the order of the classes."""


def keeping(path: Path, pictures: Pictures) -> Generator[Reading | None, None, str]:
    """Write pictures to a file, whole or not at all, a slice at a time.

    Returns:
        The SHA-256 of the file; the same pictures give the same one.

    Raises:
        SaveError: the folder may not be written to, or the disk is full; an older file stays.
    """
    total, done = sum(map(len, pictures.values())), 0
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        names = [[name, len(rows)] for name, rows in pictures.items()]
        archive.writestr(zipfile.ZipInfo(CLASSES), json.dumps(names))
        for label, rows in enumerate(pictures.values()):
            for index, picture in enumerate(rows):
                _, png = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
                archive.writestr(zipfile.ZipInfo(f"{label}/{index}.png"), png.tobytes())
                done += 1
                yield Reading(done, total)
    data = memory.getbuffer()
    blocks = (bytes(data[start : start + BLOCK]) for start in range(0, len(data), BLOCK))
    yield from writing(path, blocks)
    return hashlib.sha256(data).hexdigest()


def reading(
    path: Path, sha256: str
) -> Generator[Reading | None, None, dict[str, list[np.ndarray]]]:
    """Read what `keeping` wrote, a slice at a time.

    Args:
        path: of the file; it may come from a stranger.
        sha256: what `keeping` returned.

    Raises:
        OwnPicturesError: the file is gone, damaged or another one.
    """
    try:
        plain_file(path)
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
                yield None
        if digest.hexdigest() != sha256:
            raise OwnPicturesError(
                f"“{path.name}” holds other pictures than this training was begun with; take "
                "pictures anew and begin a new training."
            )
        with zipfile.ZipFile(path) as archive:
            classes = _classes(archive)
            total, done, size = sum(count for _, count in classes), 0, 0
            found: dict[str, list[np.ndarray]] = {name: [] for name, _ in classes}
            for label, (name, count) in enumerate(classes):
                for index in range(count):
                    picture = _picture(archive, f"{label}/{index}.png")
                    found[name].append(picture)
                    done, size = done + 1, size + picture.nbytes
                    if size > MOST_BYTES:
                        raise ValueError("they are too large")
                    yield Reading(done, total)
        return found
    except FileNotFoundError:
        raise OwnPicturesError(
            f"The pictures of this training, “{path.name}”, are gone; take pictures anew and begin "
            "a new training."
        ) from None
    except OwnPicturesError:
        raise
    except (OSError, ValueError, KeyError, TypeError, EOFError, RecursionError) as error:
        raise _damaged(path, error) from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise _damaged(path, error) from None


def _classes(archive: zipfile.ZipFile) -> list[tuple[str, int]]:
    """The names of the classes, and how many pictures each has."""
    kept = json.loads(_member(archive, CLASSES, MAX_CLASSES_BYTES))
    found: dict[str, int] = {}
    for name, count in kept[: MOST_CLASSES + 1]:
        if not isinstance(name, str) or len(name) > MOST_NAME or name in found:
            raise ValueError("its classes have no names")
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise ValueError("its classes have no pictures")
        found[name] = count
    if len(found) > MOST_CLASSES or sum(found.values()) > MOST_PICTURES:
        raise ValueError("it has too many pictures")
    return list(found.items())


def _picture(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    try:
        picture = read_picture(_member(archive, name, MAX_PICTURE_BYTES))
    except PictureError as error:
        raise ValueError(f"{name}: {error}") from None
    return np.round(picture * 255).astype(np.uint8)


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED or info.file_size > most:
        raise ValueError(f"{name} is too large")
    return archive.read(info)


def _damaged(path: Path, error: BaseException) -> OwnPicturesError:
    return OwnPicturesError(
        f"The pictures in “{path.name}” cannot be read ({str(error)[:200]}); take pictures anew "
        "and begin a new training."
    )
