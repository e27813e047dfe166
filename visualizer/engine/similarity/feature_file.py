"""Rows of numbers on disk, found by 16 bytes: what a stage makes of pictures, each computed once.

Rows are only ever added, so that what was computed before a power cut is there after it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

KEY = 16
"""Bytes of a key."""


class FeatureFile:
    """Rows of one width and type, in two files: the rows, and their keys.

    Where the disk is full, or another program is writing the same file, new rows are kept in memory
    and are gone with this object; `problem` says so.

    Args:
        path: without a suffix; its folder is made.
        width: numbers of a row.
        dtype: of a number.

    Attributes:
        problem: a sentence on why new rows are not on disk; "" while they are.
    """

    def __init__(self, path: Path, width: int, dtype: str = "float32") -> None:
        self.width, self.dtype, self.problem = width, np.dtype(dtype), ""
        self._rows, self._keys = path.with_suffix(".rows"), path.with_suffix(".keys")
        self._row = width * self.dtype.itemsize
        self._lock = FileLock(path.with_suffix(".lock"), timeout=0)
        self._memory: list[np.ndarray] = []
        self._index: dict[bytes, int] = {}
        self._written = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            self._written = self._repaired()
        except Timeout:
            self.problem = (
                "Another window is at the same pictures, so what is computed is not kept."
            )
        except OSError as error:
            self._fail(error)

    def _repaired(self) -> int:
        """Cut off what a kill left half written, read the keys, and return how many there are."""
        for path in (self._rows, self._keys):
            path.touch()
        count = min(self._rows.stat().st_size // self._row, self._keys.stat().st_size // KEY)
        os.truncate(self._rows, count * self._row)
        os.truncate(self._keys, count * KEY)
        keys = self._keys.read_bytes()
        self._index = {keys[at * KEY : (at + 1) * KEY]: at for at in range(count)}
        return count

    def __len__(self) -> int:
        return self._written + len(self._memory)

    def __contains__(self, key: bytes) -> bool:
        return key in self._index

    def add(self, keys: Sequence[bytes], rows: np.ndarray) -> None:
        """Add rows, N x width, each under a key that is not there yet."""
        rows = np.ascontiguousarray(rows, self.dtype).reshape(len(keys), self.width)
        if not self.problem:
            try:
                # The rows first: a key promises its row.
                for path, data in ((self._rows, rows.tobytes()), (self._keys, b"".join(keys))):
                    with path.open("ab") as file:
                        file.write(data)
            except OSError as error:
                self._fail(error)
        if self.problem:
            first = len(self)
            self._memory += list(rows)
        else:
            first = self._written
            self._written += len(keys)
        self._index.update({key: first + at for at, key in enumerate(keys)})

    def read(self, keys: Iterable[bytes]) -> np.ndarray:
        """The rows of keys that are there, N x width, owned."""
        places = np.array([self._index[key] for key in keys], np.int64)
        found = np.empty((len(places), self.width), self.dtype)
        on_disk = places < self._written
        if on_disk.any():
            rows = np.memmap(self._rows, self.dtype, "r", shape=(self._written, self.width))
            found[on_disk] = rows[places[on_disk]]
        for at in np.flatnonzero(~on_disk):
            found[at] = self._memory[places[at] - self._written]
        return found

    def close(self) -> None:
        """Let others write."""
        with contextlib.suppress(OSError):
            self._lock.release()

    def _fail(self, error: OSError) -> None:
        reason = error.strerror or error
        self.problem = (
            f"What is computed is not kept for the next time: the system says “{reason}”; free "
            "some space."
        )
