"""Files of the user's: only plain ones are read, and each is written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from visualizer.engine.errors import UserError


class SaveError(UserError):
    """A file could not be written; what was there before is untouched."""


class NotAFileError(UserError):
    """A path names something else than a file."""


def plain_file(path: Path) -> os.stat_result:
    """Return what the system knows of a file, and refuse what is none before it is opened.

    To open a pipe waits until somebody writes into it, and a device may never end.

    Raises:
        NotAFileError: it is a folder, a pipe, a socket or a device.
        OSError: it is not there, or may not be looked at.
    """
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise NotAFileError(f"“{path.name or path}” is a folder; choose a file inside it.")
    if not stat.S_ISREG(status.st_mode):
        raise NotAFileError(
            f"“{path.name or path}” is a pipe, socket or device, not a file; choose a file."
        )
    return status


def read_file(path: Path, most: int) -> bytes:
    """Return what a file holds, but never more than `most` + 1 bytes: more is for the caller to
    refuse.

    Raises:
        NotAFileError: it is a folder, a pipe, a socket or a device.
        OSError: it is not there or may not be read.
    """
    plain_file(path)
    with path.open("rb") as file:
        return file.read(most + 1)


PART = re.compile(r"\.[0-9a-f]{16}\.part")
"""How a file is called while it is written."""


def clear_parts(folder: Path, *, deep: bool = False) -> None:
    """Delete what a program that was killed while writing has left in a folder.

    Files that another running program is writing just now are locked, and stay.

    Args:
        folder: it need not be there.
        deep: look into the folders in it too.
    """
    try:
        found = list(folder.glob("**/.*.part" if deep else ".*.part"))
    except OSError:
        return
    for path in found:
        if PART.fullmatch(path.name) and path.is_file():
            with contextlib.suppress(OSError):
                with path.open("rb") as file:
                    _lock(file)
                path.unlink()


def _lock(file: IO[bytes]) -> None:
    """Lock an open file until it is closed; Windows needs none, as it keeps open files anyway.

    Raises:
        OSError: another program has locked it.
    """
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def write_file(path: str | os.PathLike[str], data: bytes) -> Path:
    """Write `data` to `path` whole or not at all, and return the path.

    The bytes go to a temporary file beside it that then takes its name, so a full disk or a power
    cut leaves the old file as it was.

    Raises:
        SaveError: the folder is missing, may not be written to, or the disk is full.
    """
    for _ in writing(path, [data]):
        pass
    return Path(path)


def writing(path: str | os.PathLike[str], parts: Iterable[bytes]) -> Iterator[None]:
    """Do `write_file` in slices, one a part; closed before its end, it leaves the old file."""
    path = Path(path)
    temporary = None
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if path.exists() and not path.is_file():  # a device would be replaced by a file
            raise SaveError(
                f"“{path}” could not be saved: it is a pipe, socket or device; give the name of a "
                "file."
            )
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        target = path.resolve()  # a link stays a link
        temporary = target.with_name(f".{secrets.token_hex(8)}.part")
        with temporary.open("xb") as file:
            with contextlib.suppress(OSError):  # a file system without locks
                _lock(file)
            for part in parts:
                file.write(part)
                file.flush()
                os.fsync(file.fileno())
                yield
        temporary.replace(target)
    except BaseException as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()
        if isinstance(error, OSError):
            raise SaveError(f"“{path}” could not be saved: {_reason(path, error)}.") from error
        raise


def _reason(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full; free some space or choose another disk"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "you may not write there; choose another folder"
    if error.errno == errno.EISDIR:
        return "it is a folder; give the name of a file"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return f"there is no folder “{path.parent}”; choose one that exists"
    if error.errno == errno.ENAMETOOLONG:
        return "its name is too long; choose a shorter one"
    return f"the system says “{error.strerror or error}”; choose another place"
