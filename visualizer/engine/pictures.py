"""Any file or bytes -> a float32 RGB picture, or one clear sentence; and the sample pictures."""

from __future__ import annotations

import functools
import gzip
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from visualizer.engine.arrays import owned
from visualizer.engine.decoding import MAX_PIXELS, PictureError
from visualizer.engine.files import NotAFileError, plain_file, read_file
from visualizer.engine.generators import run_to_end
from visualizer.engine.resources import package_folder
from visualizer.engine.slow_pictures import decoding

__all__ = [
    "MAX_PIXELS",
    "SUFFIXES",
    "PictureError",
    "Sample",
    "digits",
    "is_coloured",
    "read_bytes",
    "read_folder",
    "read_picture",
    "samples",
]

LARGE = 4096
"""Pixels on the longer side that are enough for any network."""
COLOURED = 0.1
"""Difference of channels, of 1 for white, from which a pixel has a colour."""

SUFFIXES = (
    ".png",
    ".jpg",
    ".jpeg",
    ".jpe",
    ".jfif",
    ".gif",
    ".webp",
    ".tif",
    ".tiff",
    ".bmp",
    ".avif",
    ".jp2",
    ".ppm",
    ".pgm",
    ".tga",
)
"""How names of picture files end, in lower case; for dialogs and folders, not a promise."""

PASTED = "What was pasted or dropped"
"""What an error calls a picture that has no file's name."""

MAX_BYTES = 200_000_000
"""Files larger than this are no pictures and are not read into memory."""


def read_picture(source: str | os.PathLike[str] | bytes, longest: int | None = None) -> np.ndarray:
    """A picture as float32 RGB, H x W x 3, in [0, 1], owned and read-only.

    Turned as its EXIF says, laid over white where it is transparent, the first frame of an
    animation; grey, palette, CMYK, 16-bit and floating-point pictures all become RGB.

    Args:
        source: a path, or the bytes of a file (pasted, or dropped from a browser).
        longest: pixels on the longer side that are enough, as for `decode`; None keeps all.

    Raises:
        PictureError: it cannot be read, is no picture, is damaged, or has more than `MAX_PIXELS`
            pixels, which its header tells before any of them is decoded, or takes too long.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        data, name = bytes(source), PASTED
    else:
        path = Path(source)
        data, name = read_bytes(path), f"“{path.name or path}”"
    return owned(run_to_end(decoding(data, name, longest)))


def read_bytes(path: Path) -> bytes:
    """The bytes of a file that may be a picture.

    Raises:
        PictureError: it is missing, a folder, a device, too large or may not be read.
    """
    name = f"“{path.name or path}”"
    try:
        size = plain_file(path).st_size
        if size > MAX_BYTES:
            raise PictureError(
                f"{name} has {size / 1e6:.0f} MB; pictures of up to "
                f"{MAX_BYTES / 1e6:.0f} MB can be opened, so make it smaller first."
            )
        return read_file(path, MAX_BYTES)
    except PictureError:
        raise
    except NotAFileError as error:
        raise PictureError(str(error)) from None
    except FileNotFoundError:
        raise PictureError(
            f"{name} is not there (any more); check its name or choose another file."
        ) from None
    except PermissionError:
        raise PictureError(
            f"{name} may not be read by you; change its permissions or choose another file."
        ) from None
    except MemoryError as error:
        raise PictureError(f"{name} needs more memory than there is; make it smaller.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise PictureError(
            f"{name} cannot be read: the system says “{reason}”; choose another file."
        ) from error


def read_folder(path: str | os.PathLike[str]) -> list[Path]:
    """The picture files in a folder, in the order people count: ``img2`` before ``img10``.

    Raises:
        PictureError: there is no such folder or it may not be read.
    """
    folder = Path(path)
    try:
        found = [
            item for item in folder.iterdir() if item.suffix.lower() in SUFFIXES and item.is_file()
        ]
    except FileNotFoundError:
        raise PictureError(f"There is no folder “{folder}”; choose another one.") from None
    except NotADirectoryError:
        raise PictureError(f"“{folder}” is a file; choose the folder it is in.") from None
    except OSError as error:
        reason = error.strerror or error
        raise PictureError(
            f"The folder “{folder}” cannot be read: the system says “{reason}”; choose another one."
        ) from error
    return sorted((item for item in found if not item.name.startswith(".")), key=_natural)


def _natural(path: Path) -> list[tuple[int, int, str]]:
    parts = re.split(r"([0-9]+)", path.name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


@dataclass(frozen=True)
class Sample:
    """A picture that is there without internet, with who made it and under which licence."""

    name: str
    title: str
    credit: str
    _read: Callable[[], np.ndarray] = field(repr=False, compare=False)

    def load(self) -> np.ndarray:
        """The picture: float32 RGB, H x W x 3, in [0, 1], read-only.

        Raises:
            PictureError: the package that brings it has lost the file.
        """
        return self._read()


_CUT = {"cat": 100}
"""Pixels on the left that are left out, so that the face is in the middle, where networks look."""
_PHOTOGRAPHS = (
    # package, file, name, title, credit; resources/samples.md says more
    ("skimage", "data/coffee.png", "coffee", "Coffee cup", "Rachel Michetti, CC0"),
    ("skimage", "data/chelsea.png", "cat", "Chelsea the cat", "Stéfan van der Walt, CC0"),
    ("skimage", "data/rocket.jpg", "rocket", "Falcon 9 on its pad", "SpaceX, CC0"),
    ("skimage", "data/astronaut.png", "astronaut", "Eileen Collins", "NASA, public domain"),
    (
        "skimage",
        "data/hubble_deep_field.jpg",
        "galaxies",
        "Hubble eXtreme Deep Field",
        "NASA, ESA and the HUDF09 team, public domain",
    ),
    (
        "sklearn",
        "datasets/images/flower.jpg",
        "flower",
        "Dahlia",
        "vultilion on Flickr, CC BY 2.0",
    ),
    (
        "sklearn",
        "datasets/images/china.jpg",
        "palace",
        "Summer Palace, Beijing",
        "danielbuechele on Flickr, CC BY 2.0",
    ),
)
_DIGITS = ((22, 2, "two"), (32, 5, "five"), (44, 7, "seven"))  # row of the data set, digit


def samples() -> tuple[Sample, ...]:
    """The sample pictures, the coffee cup first; those whose package is missing are left out."""
    found = [
        Sample(name, title, credit, functools.partial(_photograph, root / file, _CUT.get(name, 0)))
        for package, file, name, title, credit in _PHOTOGRAPHS
        if (root := package_folder(package)) is not None
    ]
    root = package_folder("sklearn")
    if root is not None:
        table = root / "datasets" / "data" / "digits.csv.gz"
        found += [
            Sample(
                f"digit-{digit}",
                f"Handwritten {word}",
                "UCI handwritten digits, E. Alpaydin and C. Kaynak, CC BY 4.0",
                functools.partial(_digit, table, row),
            )
            for row, digit, word in _DIGITS
        ]
    return tuple(found)


def _photograph(path: Path, left: int) -> np.ndarray:
    """A picture without so many of its columns on the left."""
    return owned(read_picture(path)[:, left:])


def digits() -> Iterator[tuple[np.ndarray, int]]:
    """The 1,797 handwritten digits that come with scikit-learn, as `samples` has them, and which.

    Raises:
        PictureError: scikit-learn has lost the file.
    """
    root = package_folder("sklearn")
    if root is not None:
        for values in _rows(root / "datasets" / "data" / "digits.csv.gz"):
            yield _framed(values), int(values[64])


def _digit(table: Path, row: int) -> np.ndarray:
    return _framed(_rows(table, row, 1)[0])


def _rows(table: Path, first: int = 0, count: int | None = None) -> np.ndarray:
    """Rows of 64 pixels of 0 to 16, and the digit."""
    try:
        with gzip.open(table, "rt", encoding="ascii") as lines:
            return np.loadtxt(lines, delimiter=",", skiprows=first, max_rows=count, ndmin=2)
    except (OSError, ValueError) as error:
        raise PictureError(
            f"The sample “{table.name}” cannot be read; install scikit-learn again."
        ) from error


def _framed(values: np.ndarray) -> np.ndarray:
    """An 8 x 8 digit, white on black, as large in its frame as MNIST's are."""
    import cv2

    small = values[:64].reshape(8, 8).astype(np.float32) / 16
    # MNIST: 20 x 20 pixels of digit in the middle of 28 x 28.
    large = cv2.resize(small, (160, 160), interpolation=cv2.INTER_CUBIC)
    framed = np.zeros((224, 224), np.float32)
    framed[32:192, 32:192] = np.clip(large, 0, 1)
    return owned(np.repeat(framed[..., None], 3, axis=2))


def is_coloured(pixels: np.ndarray) -> bool:
    """Whether a picture has colours, at every eighth pixel: H x W x 3, uint8 or float in [0, 1]."""
    some = pixels[::8, ::8]
    white = 255 if some.dtype == np.uint8 else 1
    return bool((some.max(axis=-1) - some.min(axis=-1)).max() > COLOURED * white)
