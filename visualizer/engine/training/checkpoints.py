"""A training on disk: every variable in one file, which is read within bounds.

Two trainings that go on from the same checkpoint on the same processor stay equal bit for bit: the
states of dropout's random generators are among the variables, and what NumPy draws is drawn from
the seed and the number of the batch. (A `.keras` file does not restore those generators.)
"""

from __future__ import annotations

import io
import json
import tokenize
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from visualizer.engine.errors import UserError
from visualizer.engine.files import write_file

META = "meta.json"
MAX_META = 64 * 2**20
"""Bytes of what a checkpoint says besides its variables."""


class CheckpointError(UserError):
    """A checkpoint that is damaged, or of another network."""


Values = list[np.ndarray]
"""The values of variables, in their order."""


def training_variables(model: keras.Model, optimizer: Any) -> list[Any]:
    """All variables that a training changes, in a fixed order."""
    return [*model.variables, *optimizer.variables]


def values_of(variables: Sequence[Any]) -> Values:
    """The present values, owned."""
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def assign(variables: Sequence[Any], values: Sequence[np.ndarray]) -> None:
    """Give the variables these values."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def write(path: Path, values: Sequence[np.ndarray], meta: Mapping[str, Any]) -> None:
    """Write values and what JSON can hold, whole or not at all.

    Raises:
        SaveError: the folder may not be written to, or the disk is full; an older file stays.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(META, json.dumps(meta))
        for index, value in enumerate(values):
            with archive.open(f"{index}.npy", "w") as entry:
                np.lib.format.write_array(entry, value, allow_pickle=False)
    write_file(path, file.getvalue())


def read_meta(path: Path) -> dict[str, Any]:
    """Read what `write` was told besides the values.

    Raises:
        CheckpointError: there is none, or it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(META).file_size > MAX_META:
                raise ValueError("it is too large")
            meta = json.loads(archive.read(META))
        if not isinstance(meta, dict):
            raise ValueError("its description is none")
        return meta
    except FileNotFoundError:
        raise CheckpointError(
            f"There is no training “{path}” to go on with; begin a new one."
        ) from None
    except _DAMAGED as error:
        raise _damaged(path, error) from None


def read_values(path: Path, variables: Sequence[Any]) -> Values:
    """Read the values of these variables.

    Nothing larger than the variables themselves is ever read into memory.

    Raises:
        CheckpointError: the file is missing, damaged, or of another network or optimizer.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.namelist()) != len(variables) + 1:
                raise ValueError("it has other variables")
            return [
                _read_array(archive, f"{index}.npy", variable)
                for index, variable in enumerate(variables)
            ]
    except FileNotFoundError:
        raise CheckpointError(
            f"There is no training “{path}” to go on with; begin a new one."
        ) from None
    except _DAMAGED as error:
        raise _damaged(path, error) from None


_DAMAGED = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    RecursionError,
    NotImplementedError,
    RuntimeError,
    SyntaxError,
    tokenize.TokenError,
    zipfile.BadZipFile,
)


def _damaged(path: Path, error: BaseException) -> CheckpointError:
    return CheckpointError(
        f"The training in “{path}” cannot be gone on with ({str(error)[:200]}); it is damaged or "
        "of another network, so begin a new one."
    )


def _read_array(archive: zipfile.ZipFile, name: str, variable: Any) -> np.ndarray:
    shape = tuple(variable.shape)
    dtype = np.dtype(keras.backend.standardize_dtype(variable.dtype))
    info = archive.getinfo(name)
    size = int(np.prod(shape)) * dtype.itemsize
    if info.compress_type != zipfile.ZIP_STORED or not size <= info.file_size <= size + 4096:
        raise ValueError(f"{name} has another size")
    with archive.open(info) as entry:
        version = np.lib.format.read_magic(entry)
        if version != (1, 0):
            raise ValueError(f"{name} is of another version")
        found, fortran, kind = np.lib.format.read_array_header_1_0(entry)
        if found != shape or kind != dtype:
            raise ValueError(f"{name} has the shape {found}, not {shape}")
        value = np.frombuffer(entry.read(size), dtype)
    if dtype.kind == "f" and not np.isfinite(value).all():
        raise ValueError(f"{name} has numbers that are none")
    return value.reshape(shape, order="F" if fortran else "C")
