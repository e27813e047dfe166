"""Writing files so that a failure leaves nothing half-written behind."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path

from visualizer.engine.errors import UserError


class SaveError(UserError):
    """A file could not be written; what was there before is untouched."""


def write_file(path: str | os.PathLike[str], data: bytes) -> Path:
    """Write `data` to `path` whole or not at all, and return the path.

    The bytes go to a temporary file beside it that then takes its name, so a full disk or a power
    cut leaves the old file as it was.

    Raises:
        SaveError: the folder is missing, may not be written to, or the disk is full.
    """
    path = Path(path)
    temporary = None
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        target = path.resolve()  # a link stays a link
        temporary = target.with_name(f".{secrets.token_hex(8)}.part")
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()
        raise SaveError(f"“{path}” could not be saved: {_reason(path, error)}.") from error
    return path


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
