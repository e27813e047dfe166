"""Copies what may be read of an HDF5 file into a new one; runs in a process of its own.

The HDF5 library trusts its files: damaged ones can make it loop for ever with Python's lock held,
take any memory, or crash. So the program never opens a file of someone else's itself. This process
does (`hdf5_process` starts it), within the bounds of `safety`, and writes groups, attributes and
arrays of numbers, and nothing else, into a file that the program can trust.
"""

from __future__ import annotations

import contextlib
import math
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from visualizer.models import safety

SLAB = 64 << 20
"""Bytes of a data set that are in memory at a time, where its rows are no longer."""


def answer(source: str, target: str, name: str, on_disk: int) -> dict[str, Any]:
    """Answer a request of `hdf5_process.copied`: the number of numbers, or what is wrong."""
    try:
        return {"numbers": copy(Path(source), Path(target), name, on_disk)}
    except safety.UnsafeFileError as refusal:
        return {"refusal": str(refusal)}
    except Exception as error:  # whatever the library makes of damage
        return {"damage": f"{type(error).__name__}: {error}"[:500]}


def copy(source: Path, target: Path, name: str, on_disk: int) -> int:
    """Copy an HDF5 file, and return how many numbers it holds.

    Args:
        source: the file.
        target: where to write the copy.
        name: of the file that the user opened, for sentences.
        on_disk: how many bytes that has.

    Raises:
        UnsafeFileError: it declares more than the bounds, or points outside itself.
        Exception: it is damaged.
    """
    with h5py.File(source, "r") as old, h5py.File(target, "w", libver="latest") as new:
        numbers = safety.check_hdf5(old, name, on_disk)
        copied: dict[int, str] = {h5py.h5o.get_info(old.id).addr: "/"}
        waiting = [(old, new)]
        _copy_attributes(old, new)
        while waiting:
            group, copy_of_it = waiting.pop()
            for key in group:
                item = group[key]
                address = h5py.h5o.get_info(item.id).addr
                if address in copied:  # an object with several hard links
                    copy_of_it[key] = new[copied[address]]
                    continue
                if isinstance(item, h5py.Group):
                    made = copy_of_it.create_group(key)
                    waiting.append((item, made))
                elif isinstance(item, h5py.Dataset):
                    made = _copied_numbers(item, copy_of_it, key)
                else:
                    continue  # a named type
                _copy_attributes(item, made)
                copied[address] = made.name
    return numbers


def _copied_numbers(data: h5py.Dataset, group: h5py.Group, key: str) -> h5py.Dataset:
    """Copy a data set a slab at a time; what does not hold numbers keeps its name alone."""
    shape, dtype = data.shape, data.dtype
    plain = dtype.kind in "fiubc" or (dtype.kind == "V" and dtype.fields is None)  # V: bfloat16
    if shape is None or not plain or dtype.itemsize > 16 or dtype.subdtype is not None:
        return group.create_dataset(key, (0,), "u1")
    made = group.create_dataset(key, shape, dtype)
    if not shape:
        made[()] = data[()]
    elif math.prod(shape):
        rows = max(1, SLAB // (dtype.itemsize * math.prod(shape[1:])))
        if data.chunks and rows > data.chunks[0]:
            rows -= rows % data.chunks[0]  # or each chunk would be unpacked twice
        for start in range(0, shape[0], rows):
            made[start : start + rows] = data[start : start + rows]
    return made


def _copy_attributes(old: Any, new: Any) -> None:
    total = 0
    for key in old.attrs:
        value = old.attrs[key]
        if isinstance(value, np.ndarray) and value.dtype.kind == "O":
            readable = all(isinstance(item, str | bytes) for item in value.ravel())
        else:
            readable = isinstance(value, str | bytes) or (
                isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "fiubSU"
            )
        total += len(value) if isinstance(value, str | bytes) else getattr(value, "nbytes", 0)
        if total > 2 * safety.MAX_CONFIG_BYTES:
            raise safety.UnsafeFileError(
                "It describes its network in more words than any does; is it really a model?"
            )
        if not readable:
            continue
        if isinstance(value, str):
            value = value.encode("utf-8", "surrogateescape")
        elif isinstance(value, np.bytes_):
            value = bytes(value)  # of any length, where the library would keep it short
        with contextlib.suppress(ValueError, TypeError, OSError, RuntimeError):
            new.attrs[key] = value
