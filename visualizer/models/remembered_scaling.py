"""How each model file takes its pixels, as the user chose, remembered by the SHA-256 of the file.

Also its class names, if the user gave them by hand.

One small JSON file a model, under the user's own folder or under `VISUALIZER_HOME`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from visualizer.engine.errors import UserError
from visualizer.engine.files import write_file
from visualizer.engine.folders import data_folder
from visualizer.engine.preprocessing import Preprocessing


class RememberError(UserError):
    """A choice could not be remembered."""


def folder() -> Path:
    """Where the choices are kept."""
    return data_folder() / "models"


def _file(sha256: str) -> Path:
    if len(sha256) != 64 or not sha256.isalnum():
        raise RememberError(f"{sha256[:80]!r} is no SHA-256 of a file; open the file again.")
    return folder() / f"{sha256}.json"


def remembered(sha256: str) -> Preprocessing | None:
    """Return how the file with this SHA-256 takes its pixels, as chosen, or None."""
    try:
        return Preprocessing.from_dict(_kept(sha256)["preprocessing"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # nothing kept, or damaged: then it is asked once more


def remembered_classes(sha256: str) -> tuple[str, ...]:
    """Return the class names that were given to the file with this SHA-256, or ()."""
    names = _kept(sha256).get("classes")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ()
    return tuple(names)


def remember(
    sha256: str,
    preprocessing: Preprocessing | None = None,
    classes: Sequence[str] | None = None,
) -> None:
    """Remember a choice; what is None stays as it was.

    Raises:
        UserError: it cannot be written.
    """
    path, kept = _file(sha256), _kept(sha256)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RememberError(
            f"The answer cannot be kept in {path.parent} ({error.strerror}); it counts until the "
            "program ends."
        ) from None
    if preprocessing is not None:
        kept["preprocessing"] = preprocessing.to_dict()
    if classes is not None:
        kept["classes"] = list(classes)
    write_file(path, (json.dumps(kept, indent=2) + "\n").encode())


def _kept(sha256: str) -> dict[str, Any]:
    try:
        kept = json.loads(_file(sha256).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, RememberError):
            raise
        return {}
    return kept if isinstance(kept, dict) else {}


def forget(sha256: str) -> None:
    """Forget the choice, so that the user is asked again."""
    _file(sha256).unlink(missing_ok=True)
