"""Reads the tensors of PyTorch's `.pth` files without PyTorch.

A pickle can name any function of any module to be called. The one here knows a dictionary and
tensors, and refuses every other name. It is meant for files whose SHA-256 is pinned, as those of
the catalogue are. Both of PyTorch's layouts are read: the legacy one (five pickles in a row, then
the raw numbers; before PyTorch 1.6) and the ZIP archive (since then).
"""

from __future__ import annotations

import io
import math
import pickle
import struct
import zipfile
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np

from visualizer.engine.arrays import owned
from visualizer.engine.errors import UserError

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
LARGEST_PROGRAM = 16_000_000
"""Bytes of pickle, without the numbers; a network of 300 layers takes about 50,000."""

STORAGES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "|b1",
}


class TorchFileError(UserError):
    """A `.pth` file is damaged, or holds something else than tensors."""


@dataclass(frozen=True)
class _Storage:
    dtype: np.dtype
    key: str
    length: int


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def __post_init__(self) -> None:
        numbers = (self.offset, *self.size, *self.stride)
        if not all(type(n) is int and n >= 0 for n in numbers) or len(self.size) != len(
            self.stride
        ):
            raise ValueError("a tensor has an impossible shape")
        last = self.offset + sum((n - 1) * s for n, s in zip(self.size, self.stride, strict=True))
        empty = 0 in self.size
        if not empty and (
            last >= self.storage.length or math.prod(self.size) > self.storage.length
        ):
            raise ValueError("a tensor reaches beyond its numbers")

    def array(self, numbers: np.ndarray) -> np.ndarray:
        """The tensor cut out of its storage; owned and read-only."""
        if 0 in self.size:
            return owned(np.empty(self.size, numbers.dtype))
        strides = [s * numbers.itemsize for s in self.stride]
        view = np.lib.stride_tricks.as_strided(numbers[self.offset :], self.size, strides)
        return owned(view.copy())


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """Read a state dictionary: the tensors of a `.pth` file by name, in the file's order.

    Returns:
        Read-only arrays in PyTorch's layout: kernels are (out, in, height, width).

    Raises:
        TorchFileError: the file is damaged, is none of PyTorch's, or holds anything but tensors.
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            read = _read_archive if zipfile.is_zipfile(path) else _read_legacy
            return read(file, size)
    except OSError as error:
        raise TorchFileError(f"{path} cannot be read: {error.strerror or error}.") from None
    except _RefusedError as refusal:
        raise TorchFileError(
            f"{path.name} holds {refusal}, where only tensors are read: a file like that can run "
            "any program, so do not open it elsewhere unless you trust who made it."
        ) from None
    except (
        ArithmeticError, EOFError, LookupError, MemoryError, NotImplementedError, RuntimeError,
        TypeError, ValueError, AttributeError, pickle.UnpicklingError, struct.error,
        zipfile.BadZipFile,
    ) as error:  # fmt: skip
        raise TorchFileError(
            f"{path.name} is damaged or is no PyTorch file ({str(error)[:80] or 'cut short'}); "
            "download it again."
        ) from None


def _read_legacy(file: BinaryIO, size: int) -> dict[str, np.ndarray]:
    program = io.BytesIO(file.read(LARGEST_PROGRAM))
    if _run(program) != MAGIC or _run(program) != PROTOCOL:
        raise ValueError("it does not begin like one")
    if not _dictionary(_run(program)).get("little_endian"):
        raise ValueError("its numbers are big-endian")
    tensors = _state(_run(program))
    keys = _run(program)
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ValueError("its list of storages is missing")
    storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    file.seek(program.tell())
    numbers = {}
    for key in keys:
        storage = storages[key]
        (length,) = struct.unpack("<q", file.read(8))
        if length != storage.length:
            raise ValueError("a storage has not its own length")
        numbers[key] = _numbers(file, storage, size)
    return _arrays(tensors, numbers, size)


def _read_archive(file: BinaryIO, size: int) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(file) as archive:
        entries = {entry.filename.partition("/")[2]: entry for entry in archive.infolist()}
        program = entries["data.pkl"]
        if program.file_size > LARGEST_PROGRAM or sum(e.file_size for e in entries.values()) > size:
            raise ValueError("it is larger inside than outside")
        if "byteorder" in entries and archive.read(entries["byteorder"]) != b"little":
            raise ValueError("its numbers are big-endian")
        tensors = _state(_run(io.BytesIO(archive.read(program))))
        numbers = {}
        for storage in {tensor.storage for tensor in tensors.values()}:
            with archive.open(entries[f"data/{storage.key}"]) as data:
                numbers[storage.key] = _numbers(data, storage, size)
    return _arrays(tensors, numbers, size)


def _numbers(file: Any, storage: _Storage, size: int) -> np.ndarray:
    wanted = storage.length * storage.dtype.itemsize
    data = file.read(wanted) if wanted <= size else b""
    if len(data) != wanted:
        raise ValueError("it is cut short")
    return np.frombuffer(data, storage.dtype)


def _arrays(
    tensors: dict[str, _Tensor], numbers: dict[str, np.ndarray], size: int
) -> dict[str, np.ndarray]:
    # Tensors may share their numbers, but not so often that a small file fills the memory.
    wanted = sum(math.prod(t.size) * t.storage.dtype.itemsize for t in tensors.values())
    if wanted > 2 * size:
        raise ValueError("it is larger inside than outside")
    return {name: tensor.array(numbers[tensor.storage.key]) for name, tensor in tensors.items()}


def _dictionary(value: Any) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise ValueError("a dictionary is missing")
    return value


def _state(value: Any) -> dict[str, _Tensor]:
    state = _dictionary(value)
    for name, tensor in state.items():
        if not isinstance(name, str) or not isinstance(tensor, _Tensor):
            raise _RefusedError(f"{type(tensor).__name__.strip('_')!r} under {str(name)[:40]!r}")
    return state


class _RefusedError(Exception):
    """The file asks for a class or object that is not allowed; named in the message."""


def _rebuild_tensor(
    storage: _Storage, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any
) -> _Tensor:
    if not isinstance(storage, _Storage) or not isinstance(size, tuple | list):
        raise ValueError("a tensor has no numbers")
    return _Tensor(storage, offset, tuple(size), tuple(stride))


def _rebuild_parameter(data: _Tensor, *_: Any) -> _Tensor:
    return data


KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor"): _rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    **{("torch", name): np.dtype(code) for name, code in STORAGES.items()},
}
"""All that a file may name: what a `.pth` file needs, and no more."""


class _Unpickler(pickle._Unpickler):
    """The reader in Python, without the codes of protocols 4 and 5; PyTorch writes protocol 2.

    That in C may crash on a damaged byte array (SystemError: it "has exported buffers").
    """

    dispatch: ClassVar = {
        code: read for code, read in pickle._Unpickler.dispatch.items() if code <= pickle.LONG4[0]
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in KNOWN:
            raise _RefusedError(f"the program {f'{module}.{name}'[:60]!r}")
        return KNOWN[module, name]

    def persistent_load(self, identity: Any) -> _Storage:
        kind, dtype, key, _, length, *view = identity
        known = kind == "storage" and isinstance(dtype, np.dtype) and isinstance(key, str)
        if not known or type(length) is not int or length < 0 or any(p is not None for p in view):
            raise ValueError("it names its numbers in an unknown way")
        return _Storage(dtype, key, length)


def _run(program: BinaryIO) -> Any:
    """Unpickle from where `program` stands; returns what it made."""
    return _Unpickler(program).load()
