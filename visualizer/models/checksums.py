"""Checksums of files: the published ones, and the SHA-256 noted at the first download.

Some weights are published with an MD5 only. Two files of one MD5 can be made on purpose, but only
by whoever makes both; nobody knows how to make a second file for the MD5 of a given one. So an MD5
from the publisher's own source tells the right file when it arrives, and from then on the file is
known by its SHA-256, which is noted beside it (`vgg16.h5.sha256`, in the form of `sha256sum`). The
note goes along where the file goes: into a packed folder, and from there to the next computer.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

ENDING = ".sha256"
"""The suffix of the file with the noted checksum."""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return _digest(path, "sha256")


def matches(path: Path, known: str) -> bool:
    """Whether a file is there and has a checksum written as "sha256:..." or "md5:..."."""
    algorithm, _, wanted = known.partition(":")
    return path.is_file() and _digest(path, algorithm) == wanted.lower()


def noted(path: Path) -> str | None:
    """Return "sha256:..." as noted beside a file, or None if there is no readable note."""
    try:
        text = path.with_name(path.name + ENDING).read_text(encoding="ascii")
    except (OSError, ValueError):
        return None
    return parse(text)


def parse(note: str) -> str | None:
    """Read a note: "sha256:..." or None.

    >>> parse("AB" * 32 + "  vgg16.h5") == "sha256:" + "ab" * 32
    True
    """
    found = re.match(r"([0-9a-fA-F]{64})(\s|$)", note)
    return f"sha256:{found[1].lower()}" if found else None


def note(path: Path, sha256: str) -> None:
    """Note the SHA-256 of a file beside it."""
    line = f"{sha256}  {path.name}\n"
    path.with_name(path.name + ENDING).write_text(line, encoding="ascii")


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
