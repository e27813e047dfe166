"""Linux' shared libraries: stripped of symbols where that does no harm, and the glibc they ask for.

`strip` moves the segments of libraries that patchelf has changed before, such as SciPy's OpenBLAS,
to places that the loader does not take. So a copy is stripped, and kept only if it is sound.
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

PAGE = 4096
LOAD = 1
"""The kind of a segment that the loader maps into memory."""


def is_elf(path: Path) -> bool:
    """Whether a file is a program or library of Linux with 64 bits, not a link to one."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(5) == b"\x7fELF\x02"


def segments(path: Path) -> Iterator[tuple[int, int]]:
    """The (offset in the file, virtual address) of what the loader maps."""
    with path.open("rb") as file:
        header = file.read(64)
        (table,) = struct.unpack_from("<Q", header, 32)
        size, count = struct.unpack_from("<HH", header, 54)
        file.seek(table)
        rows = file.read(size * count)
    for place in range(0, size * count, size):
        kind, _, offset, address = struct.unpack_from("<IIQQ", rows, place)
        if kind == LOAD:
            yield offset, address


def is_sound(path: Path) -> bool:
    """Whether the loader can map a library: file and memory agree modulo a page."""
    return all((address - offset) % PAGE == 0 for offset, address in segments(path))


def strip(path: Path) -> int:
    """Strip a library of symbols that nobody links against; return the bytes that saves.

    What cannot be stripped without harm stays as it is.
    """
    copy = path.with_name(f"{path.name}.stripped")
    shutil.copy2(path, copy)
    done = subprocess.run(
        ["strip", "--strip-unneeded", str(copy)], capture_output=True, check=False
    ).returncode
    saved = path.stat().st_size - copy.stat().st_size
    if done != 0 or saved <= 0 or not is_sound(copy):
        copy.unlink()
        return 0
    copy.replace(path)
    return saved


def glibc_wanted(path: Path) -> tuple[int, ...]:
    """The newest version of glibc whose symbols a library asks for, such as (2, 34)."""
    told = subprocess.run(
        ["objdump", "-T", str(path)], capture_output=True, text=True, check=False
    ).stdout
    wanted = re.findall(r"\*UND\*.*\(?GLIBC_(\d+(?:\.\d+)*)\)?", told)
    return max((tuple(map(int, each.split("."))) for each in wanted), default=(0,))
