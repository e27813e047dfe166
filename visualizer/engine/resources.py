"""Where resources/ and pretrained/ lie: inside an installed package, at the top of a checkout."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from visualizer.engine.errors import UserError

_PACKAGE = Path(__file__).resolve().parent.parent


class MissingFileError(UserError):
    """A file that comes with the program is not there."""


def resource(name: str) -> Path:
    """The path of a file or folder of ``resources/``, such as ``"labels/mnist.txt"``.

    Raises:
        MissingFileError: there is none of this name.
    """
    path = _folder("resources") / name
    if not path.exists():
        raise MissingFileError(
            f"“{name}” is missing from the program's resources in “{_folder('resources')}”; "
            "install the program again."
        )
    return path


def pretrained() -> Path:
    """The folder of the networks that come with the program.

    Raises:
        MissingFileError: neither the package nor the checkout has one.
    """
    return _folder("pretrained")


def package_folder(package: str) -> Path | None:
    """Where an installed package lies, without the second or two that importing it takes."""
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec is not None else None
    return Path(places[0]) if places else None


def _folder(name: str) -> Path:
    for place in (_PACKAGE / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise MissingFileError(
        f"The folder “{name}” is neither in “{_PACKAGE}” nor in “{_PACKAGE.parent}”; "
        "install the program again."
    )
