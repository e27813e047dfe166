"""Arrays that come with the program in `.npz` files, read within bounds."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from visualizer.engine.lessons.lesson import LessonError

MOST_BYTES = 8 * 2**20
"""Of one array."""


def read_arrays(path: Path, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Read some arrays of a `.npz` file, none larger than 8 MB; objects are never unpickled.

    Raises:
        LessonError: the file is missing, damaged, or lacks one of them.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: _read(archive, f"{name}.npy") for name in names}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error,
            NotImplementedError, RuntimeError) as error:  # fmt: skip
        raise LessonError(
            f"“{path}” cannot be read ({str(error)[:100]}); install the program again."
        ) from None


def _read(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    size = archive.getinfo(name).file_size
    if size > MOST_BYTES:
        raise ValueError(f"{name} is too large")
    with archive.open(name) as file:  # its header first: a shape is memory
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            raise ValueError(f"{name} is of an unknown version")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        if dtype.hasobject or math.prod(shape) * dtype.itemsize > size:
            raise ValueError(f"{name} is damaged")
    with archive.open(name) as file:
        array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
    return array
