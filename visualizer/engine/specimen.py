"""A picture and how it was made; saved as PNG it carries its own recipe, and reopens with it."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import math
import os
import weakref
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from visualizer.engine import png
from visualizer.engine.arrays import frozen, owned
from visualizer.engine.errors import UserError
from visualizer.engine.files import write_file
from visualizer.engine.generators import run_to_end
from visualizer.engine.pictures import PASTED, PictureError, read_bytes
from visualizer.engine.rendering import from_bytes, to_bytes
from visualizer.engine.slow_pictures import decoding

KEYWORD = "Convnet Visualizer"
VERSION = 1
MAX_SCALE = 4
MAX_GENOME = 200_000
"""Characters of a genome in a recipe."""
MAX_BITS = 1024
"""Of a whole number in a recipe; seeds have 64."""
OPENED_SIDE = 2048
"""Photographs are reduced to this many pixels on their longer side when they become specimens:
ten times what networks see, and a tray full of them still fits in a school computer."""

SAME_PICTURE = 0.02
"""Mean difference of two reductions of one photograph: far less than that of any two."""

Plain = str | int | float | bool | None


@dataclass(frozen=True)
class Provenance:
    """Where a picture came from and all that it takes to make it again.

    Attributes:
        source: a path, "camera", "paste", "sample coffee", "technique", ...
        technique: the name of the technique that made it, or None.
        settings: that technique's settings, as `Settings.to_dict` gives them.
        seed: the seed of what was random.
        network: the name of the network.
        network_sha256: the SHA-256 of its file.
        parents: the ids of the specimens that it was made from.
        genome: JSON of the CPPN that it is a picture of, "" where it is of none.
    """

    source: str
    technique: str | None = None
    settings: Mapping[str, Plain] = field(default_factory=dict)
    seed: int | None = None
    network: str | None = None
    network_sha256: str | None = None
    parents: tuple[str, ...] = ()
    genome: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        return asdict(self) | {"settings": dict(self.settings), "parents": list(self.parents)}

    @classmethod
    def from_dict(cls, values: Any) -> Provenance:
        """The provenance in such a mapping.

        Raises:
            ValueError: something in it has the wrong type or is unreasonably large.
        """
        if not isinstance(values, dict) or not isinstance(values.get("settings", {}), dict):
            raise ValueError("a provenance is a mapping with a mapping of settings")
        parents = values.get("parents", [])
        if not isinstance(parents, list) or len(parents) > 1000:
            raise ValueError("parents are a list of ids")
        settings = values.get("settings", {})
        if len(settings) > 1000 or not all(
            isinstance(value, Plain) and _short(value) for value in (*settings, *settings.values())
        ):
            raise ValueError("settings are numbers, words, yes or no")
        seed = values.get("seed")
        if seed is not None and (
            isinstance(seed, bool) or not isinstance(seed, int) or not _short(seed)
        ):
            raise ValueError("a seed is a whole number")
        return cls(
            source=_word(values.get("source")) or "unknown",
            technique=_word(values.get("technique")),
            settings={_whole(name): _whole(value) for name, value in settings.items()},
            seed=seed,
            network=_word(values.get("network")),
            network_sha256=_word(values.get("network_sha256")),
            parents=tuple(_word(parent) or "" for parent in parents),
            genome=_genome(values.get("genome")),
        )


@dataclass(frozen=True, eq=False)
class Specimen:
    """A picture, its title and its provenance.

    Attributes:
        pixels: the picture as it is held, read-only: H x W x 3, float32 in [0, 1] or 8-bit levels.
        title: what people call it.
        provenance: how it was made.

    Raises:
        PictureError: the array has another shape, is empty, or holds values outside [0, 1].
    """

    pixels: np.ndarray = field(repr=False)
    title: str
    provenance: Provenance
    _lent: weakref.ref[np.ndarray] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        picture = np.asarray(self.pixels)
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.size == 0:
            raise PictureError(
                f"A picture of shape {picture.shape} was given; pictures are height x width x 3."
            )
        if picture.dtype not in (np.uint8, np.float32):
            picture = picture.astype(np.float32)
        if picture.dtype == np.float32:
            low, high = float(picture.min()), float(picture.max())
            if not (low >= 0 and high <= 1):  # NaN fails both
                raise PictureError(
                    f"A picture with values from {low:g} to {high:g} was given; pictures are in "
                    "[0, 1]."
                )
        object.__setattr__(self, "pixels", frozen(picture))

    @property
    def picture(self) -> np.ndarray:
        """The picture: float32 RGB, H x W x 3, in [0, 1], read-only.

        Of one that is held as bytes it is made when asked for, and shared while anybody has it.
        """
        pixels = self.pixels  # once: another thread may make them bytes just now
        if pixels.dtype == np.float32:
            return pixels
        picture = self._lent() if self._lent is not None else None
        if picture is None:
            picture = owned(from_bytes(pixels))
            object.__setattr__(self, "_lent", weakref.ref(picture))
        return picture

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        height, width = self.pixels.shape[:2]
        return height, width

    def compact(self) -> None:
        """Hold the picture as bytes, a quarter of the memory, if that is exactly what it is.

        Photographs are; what a technique computes is finer and stays as it is.
        """
        pixels = to_bytes(self.pixels)
        if np.array_equal(from_bytes(pixels), self.picture):
            object.__setattr__(self, "pixels", pixels)

    @functools.cached_property
    def id(self) -> str:
        """The first 16 digits of the SHA-256 of the pixels: the same picture, the same id."""
        digest = hashlib.sha256(repr(self.picture.shape).encode())
        digest.update(np.ascontiguousarray(self.picture).data)
        return digest.hexdigest()[:16]

    def renamed(self, title: str) -> Specimen:
        """The same picture under another title."""
        other = replace(self, title=title)
        vars(other)["id"] = self.id  # of the same pixels, so it is not worked out again
        return other

    def thumbnail(self, side: int) -> np.ndarray:
        """The middle square of the picture as uint8, side x side x 3, read-only."""
        import cv2

        height, width = self.size
        edge = min(height, width)
        top, left = (height - edge) // 2, (width - edge) // 2
        square = self.picture[top : top + edge, left : left + edge]
        method = cv2.INTER_AREA if edge > side else cv2.INTER_CUBIC
        small = cv2.resize(np.ascontiguousarray(square), (side, side), interpolation=method)
        return owned(to_bytes(small))

    def png(self, scale: int = 1) -> bytes:
        """The picture as an 8-bit PNG with its recipe inside, each pixel `scale` pixels wide.

        Raises:
            UserError: `scale` is not 1, 2, 3 or 4.
        """
        if isinstance(scale, bool) or scale not in range(1, MAX_SCALE + 1):
            raise UserError(f"The scale is {scale}; it must be 1, 2, 3 or 4.")
        pixels = to_bytes(self.pixels).repeat(scale, axis=0).repeat(scale, axis=1)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG", compress_level=6)
        text = _written(self.title, scale, self.provenance)
        return png.with_text(buffer.getvalue(), KEYWORD, text)

    def save(self, path: str | os.PathLike[str], scale: int = 1) -> Path:
        """Write `png` to a file, whole or not at all, and return its path.

        A name without a suffix gets ``.png``.

        Raises:
            UserError: another suffix, another scale, or the file cannot be written.
        """
        path = Path(path)
        if not path.suffix:
            path = path.with_name(path.name + ".png")
        if path.suffix.lower() != ".png":
            raise UserError(
                f"“{path.name}” ends in “{path.suffix}”; pictures are saved as PNG with their "
                "recipe inside, so give a name that ends in “.png”."
            )
        return write_file(path, self.png(scale))


def open_specimen(source: str | os.PathLike[str] | bytes, title: str | None = None) -> Specimen:
    """A picture file, or its bytes, as a specimen; with its recipe if this program saved it.

    Such a file is read back pixel for pixel, at the size it had before it was enlarged on saving.
    Other photographs are reduced to `OPENED_SIDE` pixels on their longer side.

    Args:
        source: a path, or the bytes of a file.
        title: what to call it where it carries no title; else the file's name.

    Raises:
        PictureError: it is no picture that can be read.
    """
    return run_to_end(opening_specimen(source, title))


def opening_specimen(
    source: str | os.PathLike[str] | bytes, title: str | None = None
) -> Generator[None, None, Specimen]:
    """Do `open_specimen`, yielding while a picture that takes long is decoded.

    Closing the generator stops that.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        data, origin = bytes(source), "bytes"
        name, called = title or "Pasted picture", PASTED
    else:
        path = Path(source)
        data, origin = read_bytes(path), str(path)
        name, called = title or path.stem, f"“{path.name}”"
    recipe = _recipe(data)
    if recipe is None:
        picture = owned(_reduced((yield from decoding(data, called, OPENED_SIDE))))
        return Specimen(picture, name, Provenance(source=origin))
    written, scale, provenance = recipe
    picture = owned((yield from decoding(data, called)))
    return Specimen(_unscaled(picture, scale), written or name, provenance)


def picture_for(specimen: Specimen, side: int) -> np.ndarray:
    """The specimen's picture (float32 RGB), with what its file still has where more is wanted.

    A specimen keeps `OPENED_SIDE` pixels of a larger photograph. For a `side` beyond that the file
    is read again, unless it is gone or is no longer the same picture.
    """
    kept = specimen.picture
    longer = max(kept.shape[:2])
    path = Path(specimen.provenance.source)
    if longer != OPENED_SIDE or side <= longer or specimen.provenance.technique is not None:
        return kept
    try:
        larger = run_to_end(decoding(read_bytes(path), f"“{path.name}”", side))
    except UserError:
        return kept
    same = _reduced(larger)
    if same.shape != kept.shape or np.abs(same - kept).mean() > SAME_PICTURE:
        return kept
    return owned(larger)


def _recipe(data: bytes) -> tuple[str | None, int, Provenance] | None:
    """(title, scale, provenance) from a PNG, or None where it has none that makes sense."""
    try:
        text = png.text(data, KEYWORD)
        if text is None:
            return None
        recipe = json.loads(text, parse_constant=_refuse)
        if not isinstance(recipe, dict) or recipe.get("version") != VERSION:
            return None
        scale = recipe.get("scale", 1)
        if isinstance(scale, bool) or scale not in range(1, MAX_SCALE + 1):
            return None
        title, made = _word(recipe.get("title")), Provenance.from_dict(recipe["provenance"])
        if len(_written(title or "", MAX_SCALE, made)) > png.MAX_TEXT:
            return None  # it could not be read back
        return title, int(scale), made
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _written(title: str, scale: int, made: Provenance) -> str:
    """The recipe as JSON in ASCII.

    Raises:
        ValueError: a number in it is infinite or none.
    """
    recipe = {"version": VERSION, "title": title, "scale": scale, "provenance": made.to_dict()}
    return json.dumps(recipe, allow_nan=False)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number that a recipe can hold")


def _word(value: Any) -> str | None:
    if value is not None and not (isinstance(value, str) and _short(value)):
        raise ValueError("not a short text")
    return None if value is None else _whole(value)


def _whole(value: Any) -> Any:
    """A text without the halves of characters that names of files that are not UTF-8 have."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _genome(value: Any) -> str:
    if value is not None and not (isinstance(value, str) and len(value) <= MAX_GENOME):
        raise ValueError("not a genome")
    return value or ""


def _short(value: Plain) -> bool:
    """Whether a value is a number, or a text of a length that can be kept."""
    if isinstance(value, float):
        return math.isfinite(value)  # JSON reads 1e999
    if isinstance(value, int):
        return value.bit_length() <= MAX_BITS
    return value is None or len(value) <= 10_000


def _unscaled(picture: np.ndarray, scale: int) -> np.ndarray:
    """The picture before each of its pixels was made `scale` pixels wide, if it was."""
    small = picture[::scale, ::scale]
    if scale == 1 or any(
        not np.array_equal(small, picture[down::scale, right::scale])
        for down in range(scale)
        for right in range(scale)
    ):
        return picture
    return owned(small.copy())


def _reduced(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    ratio = OPENED_SIDE / max(height, width)
    if ratio >= 1:
        return picture
    import cv2

    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    # Rounded to the 8 bits that the tray keeps it in, so that it is the same picture next time.
    return from_bytes(to_bytes(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)))
