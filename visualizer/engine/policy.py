"""What whoever looks after a classroom's computers has set for all who use the program there.

A TOML file of up to six lines, written by hand; docs/classroom.md has one to copy:

    mirror = "S:/networks"       # where weights and data sets are fetched from
    workspace = "layers"         # the workspace that each start begins with
    text_size = 1.3              # of those who have chosen none themselves, 0.7 to 2.5
    cameras = false              # whether cameras may be used
    downloads = false            # whether anything is fetched from the internet
    trust = false                # whether files may run code of their own

Where there is no such file everything is allowed. One that cannot be understood forbids what a file
can forbid, and says so: a typing error opens nothing.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from visualizer.engine.errors import UserError, one_line
from visualizer.engine.files import read_file

FILE = Path("convnet-visualizer", "policy.toml")
"""Its name, under the system's folder for settings of all users."""
MAX_BYTES = 64_000
_PERMISSIONS = ("cameras", "downloads", "trust")


class PolicyError(UserError):
    """The policy of this computer does not allow it."""


@dataclass(frozen=True)
class Policy:
    """What is set for everyone.

    Attributes:
        mirror: a folder or address that weights and data sets are fetched from; "" for none.
        workspace: the name of the workspace to start with; "" for that of last time.
        text_size: relative to the system's, for those who have not chosen; None for the system's.
        cameras: whether cameras may be used.
        downloads: whether anything may be fetched from elsewhere than `mirror`.
        trust: whether model files may be opened with `--trust`.
        file: where all this stands, or None.
        problem: a sentence on what is wrong with that file; then nothing is allowed.
    """

    mirror: str = ""
    workspace: str = ""
    text_size: float | None = None
    cameras: bool = True
    downloads: bool = True
    trust: bool = True
    file: Path | None = None
    problem: str = ""

    def require(self, permission: str, what: str) -> None:
        """Refuse what is not allowed here.

        Args:
            permission: "cameras", "downloads" or "trust".
            what: what it is about, the subject of a sentence in the plural: "Cameras".

        Raises:
            PolicyError: the file says no.
        """
        if not getattr(self, permission):
            raise PolicyError(
                f"{what} are not allowed on this computer ({self.file}); ask whoever looks after "
                "it."
            )


@cache
def policy() -> Policy:
    """The policy of this computer; read once."""
    for file in places():
        if file.exists():
            return read(file)
    return Policy()


def places() -> list[Path]:
    """Where a policy may stand; the first that exists counts.

    The system's folder for the settings of all users, which they cannot write to, and beside a
    program that was not installed, such as one on a stick.
    """
    if sys.platform == "win32":
        system = Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData"))
    elif sys.platform == "darwin":
        system = Path("/Library/Application Support")
    else:
        system = Path("/etc/xdg")
    found = [system / FILE]
    if getattr(sys, "frozen", False):
        found.append(Path(sys.executable).parent / FILE.name)
    return found


def read(file: Path) -> Policy:
    """Read a policy; where it cannot be read, one that allows nothing and says why."""
    import tomllib  # most starts find no file

    try:
        text = read_file(file, MAX_BYTES)
        if len(text) > MAX_BYTES:
            raise ValueError(f"it is longer than {MAX_BYTES:,} bytes")
        return Policy(**_checked(tomllib.loads(text.decode("utf-8-sig"))), file=file)
    except (OSError, ValueError) as error:  # not TOML, not UTF-8
        sentence = (
            f"The policy “{file}” is not understood ({one_line(error)}), so cameras, downloads and "
            "trust are not allowed; ask whoever looks after this computer to mend it."
        )
        return Policy(cameras=False, downloads=False, trust=False, file=file, problem=sentence)


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """The values of a policy, each of its kind.

    Raises:
        ValueError: a name or a value is none of those there are.
    """
    for name, value in given.items():
        if name in _PERMISSIONS:
            if not isinstance(value, bool):
                raise ValueError(f"{name} is true or false")
        elif name in ("mirror", "workspace"):
            if not isinstance(value, str):
                raise ValueError(f"{name} is a text in quotes")
        elif name == "text_size":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not 0.7 <= value <= 2.5:
                raise ValueError("text_size is a number from 0.7 to 2.5")
        else:
            raise ValueError(f"there is no setting {name!r}")
    return given
