"""Variables of a TensorFlow checkpoint, read as arrays without TensorFlow.

`variables.index` is a sorted table (LevelDB's format) from names to places, and
`variables.data-00000-of-00001` holds the numbers.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from visualizer.engine.errors import UserError
from visualizer.models.protobuf import ProtobufError, fields, varint
from visualizer.models.safety import MAX_OBJECTS, MAX_WEIGHT_BYTES

MAGIC = 0xDB4775248B80FB57
TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 4: "u1", 5: "<i2", 6: "i1", 9: "<i8", 10: "?", 19: "<f2"}
"""TensorFlow's `DataType` numbers; other types (strings, resources) are left out."""

MAX_KEY = 4096
"""Length of a name: names share their beginnings, so that a small table could hold endless ones."""
MAX_TABLE_BYTES = 64 << 20
"""Of the table of names and places, on disk and once read."""

OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


class CheckpointError(UserError):
    """The variables of a SavedModel are missing or damaged."""


def read(prefix: Path, name: str) -> tuple[bytes, dict[str, np.ndarray]]:
    """Read all arrays of a checkpoint, and its graph of objects.

    Args:
        prefix: its files without `.index` and `.data-...`.
        name: of the model, for the sentence.

    Raises:
        CheckpointError: a file is missing or damaged, or they ask for too much.
    """
    index = prefix.with_name(prefix.name + ".index")
    data = prefix.with_name(prefix.name + ".data-00000-of-00001")
    if not index.is_file() or not data.is_file():
        raise CheckpointError(
            f"{name} has no weights (variables/{index.name} and {data.name}); copy the whole "
            "folder."
        )
    try:
        size = data.stat().st_size
        if size > MAX_WEIGHT_BYTES or index.stat().st_size > MAX_TABLE_BYTES:
            raise CheckpointError(f"{name} has more weights than this program opens (4 GB).")
        numbers = np.memmap(data, np.uint8, "r") if size else np.zeros(0, np.uint8)
        entries = {
            key.decode(): _Entry.read(value) for key, value in table(index.read_bytes()) if key
        }
        if sum(entry.size for entry in entries.values()) > size:
            raise ProtobufError("variables that share their numbers")
        graph = entries[OBJECT_GRAPH].text(numbers) if OBJECT_GRAPH in entries else b""
        return graph, {
            key: entry.array(numbers) for key, entry in entries.items() if entry.kind in TYPES
        }
    except (ProtobufError, struct.error, UnicodeDecodeError, IndexError, OverflowError):
        raise CheckpointError(
            f"The weights of {name} are damaged or only a part of them arrived; copy the whole "
            "folder again."
        ) from None


@dataclass(frozen=True)
class _Entry:
    """The position of one variable: a `BundleEntryProto`."""

    kind: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int

    @classmethod
    def read(cls, entry: bytes) -> _Entry:
        numbers = {n: value for n, value in fields(entry) if isinstance(value, int)}
        shape = next((value for n, value in fields(entry) if n == 2), b"")
        if not isinstance(shape, bytes):
            raise ProtobufError("no shape")
        sides = tuple(_side(dimension) for n, dimension in fields(shape) if n == 2)
        return cls(*(numbers.get(1, 0), sides), *(numbers.get(n, 0) for n in (3, 4, 5)))

    def _bytes(self, numbers: np.ndarray) -> bytes:
        if self.shard or self.offset + self.size > len(numbers):
            raise ProtobufError("a variable outside the file")
        return numbers[self.offset : self.offset + self.size].tobytes()

    def array(self, numbers: np.ndarray) -> np.ndarray:
        dtype = np.dtype(TYPES[self.kind])
        if self.size != math.prod(self.shape) * dtype.itemsize:
            raise ProtobufError("a variable of another size")
        return np.frombuffer(self._bytes(numbers), dtype).reshape(self.shape)

    def text(self, numbers: np.ndarray) -> bytes:
        """One string tensor: its length, a checksum of four bytes, and its bytes."""
        data = self._bytes(numbers)
        length, at = varint(data, 0)
        return data[at + 4 : at + 4 + length]


def _side(dimension: int | bytes) -> int:
    if not isinstance(dimension, bytes):
        raise ProtobufError("no dimension")
    return next((value for n, value in fields(dimension) if n == 1 and isinstance(value, int)), 0)


def table(data: bytes) -> list[tuple[bytes, bytes]]:
    """All keys and values of a table; its last 48 bytes say where the index of its blocks is."""
    if len(data) < 48 or struct.unpack("<Q", data[-8:])[0] != MAGIC:
        raise ProtobufError("no table")
    footer = data[-48:]
    _, at = varint(footer, 0)
    _, at = varint(footer, at)
    offset, at = varint(footer, at)
    size, _ = varint(footer, at)
    found, held, read = [], 0, 0
    for blocks, (_, handle) in enumerate(_block(data, offset, size)):
        start, at = varint(handle, 0)
        length, _ = varint(handle, at)
        read += length
        if blocks > MAX_OBJECTS or read > len(data):
            raise ProtobufError("blocks that overlap")
        for key, value in _block(data, start, length):
            found.append((key, value))
            held += len(key) + len(value)
            if len(found) > MAX_OBJECTS or held > MAX_TABLE_BYTES:
                raise ProtobufError("more variables than any network has")
    return found


def _block(data: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The entries of one block; each key shares its beginning with the one before."""
    if offset + size + 1 > len(data) or data[offset + size] != 0 or size < 4:
        raise ProtobufError("a block outside the file, or compressed")
    block = data[offset : offset + size]
    restarts = struct.unpack("<I", block[-4:])[0]
    end = len(block) - 4 - 4 * restarts
    key, at = b"", 0
    while at < end:
        shared, at = varint(block, at)
        own, at = varint(block, at)
        length, at = varint(block, at)
        if shared > len(key) or shared + own > MAX_KEY or at + own + length > end:
            raise ProtobufError("an entry outside the block")
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + length]
        at += own + length
