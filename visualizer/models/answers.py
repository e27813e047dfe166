"""What was answered of each model file, kept by its SHA-256 and never asked again.

How it takes its pixels, and its class names if they were given by hand.

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


class AnswerError(UserError):
    """An answer could not be kept."""


def folder() -> Path:
    """Where the answers are kept."""
    return data_folder() / "models"


def _file(sha256: str) -> Path:
    if len(sha256) != 64 or not sha256.isalnum():
        raise AnswerError(f"{sha256[:80]!r} is no SHA-256 of a file; open the file again.")
    return folder() / f"{sha256}.json"


def remembered(sha256: str) -> Preprocessing | None:
    """Return how the file with this SHA-256 takes its pixels, as answered, or None."""
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
    """Keep an answer; what is None stays as it was.

    Raises:
        UserError: it cannot be written.
    """
    path, kept = _file(sha256), _kept(sha256)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AnswerError(
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
        if isinstance(error, AnswerError):
            raise
        return {}
    return kept if isinstance(kept, dict) else {}


def forget(sha256: str) -> None:
    """Forget the answer, so that it is asked again."""
    _file(sha256).unlink(missing_ok=True)
