"""Bounds on what an untrusted file may use of this computer, and the refusals.

A model file is data here and stays data. Every size is compared with its bound before memory is
allocated, so that a small file cannot ask for terabytes: here those of files, in `description` the
number of layers, in `memory_budget` weights and maps. `layer_allowlist` says which layers may be
used.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

from visualizer.engine.errors import UserError, one_sentence

if TYPE_CHECKING:
    import h5py

MAX_CONFIG_BYTES = 16 << 20
"""The description of a network; the largest of Keras Applications' is 1.5 MB."""
MAX_WEIGHT_BYTES = 4 << 30
"""All weights together, as they will lie in memory; VGG19's are 0.6 GB."""
SPARE_WEIGHTS = 1 << 20
"""How many more numbers than its file holds a network may have: state that is not saved."""
MAX_INPUT_SIDE = 8192
MAX_MAP_NUMBERS = 1 << 26
"""In the output of one layer for one picture: 0.3 GB in float32, 64 maps of 1024 x 1024."""
FREE_MAP_NUMBERS, MAPS_PER_WEIGHT = 1 << 28, 16
"""In the outputs of all layers for one picture: 1 GB in float32, or this many a weight if that is
more, which of Keras Applications only the largest need (EfficientNet-B7: 15.7 a weight)."""
MAX_DEPTH = 60
"""Of lists and tables inside each other, in the description."""
MAX_OBJECTS = 200_000
"""Groups and data sets in one HDF5 file, or members of one archive."""
MAX_EXPANSION = 50
"""How many times larger than on disk a compressed part may become, and all parts together."""
FREE_EXPANSION = 16 << 20
"""Up to this size they may be compressed as much as they like."""


class UnsafeFileError(UserError):
    """The file brings its own code, or asks for more than any network of pictures needs."""


class CodeRefusedError(UnsafeFileError):
    """The file brings code of its own, which it may only run if the user trusts it.

    Attributes:
        finding: what was found in it, a sentence without its full stop.
    """

    def __init__(self, finding: str, way_out: str) -> None:
        super().__init__(f"{finding}; {way_out}")
        self.finding = one_sentence(finding)


def json_depth(text: str) -> int:
    """How deep the brackets of a JSON text go; brackets inside strings count too, which is safe."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        if bracket in "[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def sides(shape: Sequence[int | None]) -> str:
    """A shape in words, such as "any x 32 x 3"."""
    return " x ".join("any" if side is None else f"{side:,}" for side in shape)


def no_picture(file: str, size: str) -> str:
    """What to tell of a network that takes an input of another kind."""
    return (
        f"{file} takes an input of {size} numbers, which is no picture; this program opens "
        "networks for pictures of height x width x channels, with 1, 3 or 4 channels."
    )


def check_input_shape(shape: Sequence[int | None], file: str) -> None:
    """Refuse an input that is not a picture (H, W, C) of a size that fits into memory.

    Raises:
        UnsafeFileError: the picture would be too large, or there is none.
    """
    if any(side is not None and not 0 < side <= MAX_INPUT_SIDE for side in shape):
        size = sides(shape)
        if len(shape) < 3:
            raise UnsafeFileError(no_picture(file, size))
        raise UnsafeFileError(
            f"{file} asks for an input of {size} numbers; this program opens networks whose sides "
            f"are between 1 and {MAX_INPUT_SIDE:,}."
        )


def check_archive(archive: zipfile.ZipFile, file: str, on_disk: int) -> None:
    """Refuse an archive whose members would unpack to far more than is stored.

    Args:
        archive: open; perhaps from inside another one.
        file: its name, for the sentence.
        on_disk: how many bytes the file has that the user opened, which all of it came from.

    Raises:
        UnsafeFileError: it is too large, or a "zip bomb".
    """
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    if len(members) > MAX_OBJECTS or total > MAX_WEIGHT_BYTES + MAX_CONFIG_BYTES:
        raise UnsafeFileError(
            f"{file} would unpack to {_size(total)} in {len(members):,} parts; this program "
            f"opens models up to {_size(MAX_WEIGHT_BYTES)}."
        )
    for member in members:
        most = _unpacked(member.compress_size)
        if member.file_size > most:
            raise UnsafeFileError(
                f"{member.filename} inside {file} would unpack from {_size(member.compress_size)} "
                f"to {_size(member.file_size)}, which no saved model does; do not open it, and "
                "fetch the model again from where it came."
            )
    if total > _unpacked(on_disk):
        raise UnsafeFileError(
            f"{file} would unpack from {_size(on_disk)} to {_size(total)}, which no saved model "
            "does; do not open it, and fetch the model again from where it came."
        )


def _unpacked(stored: int) -> int:
    """The most bytes that so many stored ones may become."""
    return max(FREE_EXPANSION, MAX_EXPANSION * stored)


def read_member(archive: zipfile.ZipFile, name: str, most: int, file: str) -> bytes:
    """Read a member of an archive, never more than `most` bytes whatever its header says."""
    with archive.open(name) as member:
        data = member.read(most + 1)
    check_member(name, len(data), most, file)
    return data


def check_member(name: str, size: int, most: int, file: str) -> None:
    """Refuse a member of an archive that is larger than it may be.

    Raises:
        UnsafeFileError: `size` is above `most`.
    """
    if size > most:
        raise UnsafeFileError(
            f"{name} inside {file} is larger than {_size(most)}, the most this program reads; "
            "is it really a model?"
        )


def check_hdf5(file: h5py.File, name: str, on_disk: int) -> int:
    """Refuse an HDF5 file whose data sets are too large, hollow, or lie in other files.

    Args:
        file: open; perhaps from inside an archive.
        name: its name, for the sentence.
        on_disk: how many bytes the file has that the user opened.

    Returns:
        How many numbers its data sets hold, those with two names once: no network in it can have
        more weights.

    Raises:
        UnsafeFileError: it declares more than the bounds, or points outside itself.
    """
    import h5py

    declared = stored = numbers = count = 0
    waiting: list[h5py.Group] = [file]
    seen = set()
    while waiting:
        group = waiting.pop()
        for key in group:
            count += 1
            if count > MAX_OBJECTS:
                raise UnsafeFileError(
                    f"{name} holds more than {MAX_OBJECTS:,} parts; is it really a model?"
                )
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise UnsafeFileError(
                    f"{name} points to data outside itself ({key}); save the model again as one "
                    "file."
                )
            item = group[key]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen:
                continue
            seen.add(address)
            if isinstance(item, h5py.Group):
                waiting.append(item)
            elif isinstance(item, h5py.Dataset):
                _check_place(item, name)
                size = math.prod(item.shape or ())
                numbers += size
                declared += size * item.dtype.itemsize
                stored = min(stored + item.id.get_storage_size(), on_disk)  # parts may overlap
                if declared > _unpacked(stored):
                    raise UnsafeFileError(
                        f"{name} says that it holds {_size(declared)} (in {item.name} and before), "
                        f"but only {_size(stored)} are there; fetch the model again from where it "
                        "came."
                    )
    if declared > MAX_WEIGHT_BYTES:
        raise UnsafeFileError(
            f"{name} declares {_size(declared)} of weights; this program opens models up to "
            f"{_size(MAX_WEIGHT_BYTES)}."
        )
    return numbers


def _check_place(data: h5py.Dataset, name: str) -> None:
    if data.external or data.is_virtual:
        raise UnsafeFileError(
            f"{name} keeps {data.name} in another file; save the model again as one file."
        )


def _size(count: int) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:,.0f} {unit}"
        count = count // 1000
    return f"{count:,} TB"
