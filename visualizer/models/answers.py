"""How each model file was said to take its pixels, kept by its SHA-256 and never asked again.

One small JSON file a model, under the user's own folder or under `VISUALIZER_HOME`.
"""

from __future__ import annotations

import json
from pathlib import Path

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
    """Return what was answered for the file with this SHA-256, or None."""
    try:
        kept = json.loads(_file(sha256).read_text(encoding="utf-8"))
        return Preprocessing.from_dict(kept["preprocessing"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # nothing kept, or damaged: then it is asked once more


def remember(sha256: str, preprocessing: Preprocessing) -> None:
    """Keep an answer.

    Raises:
        UserError: it cannot be written.
    """
    path = _file(sha256)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AnswerError(
            f"The answer cannot be kept in {path.parent} ({error.strerror}); it counts until the "
            "program ends."
        ) from None
    kept = {"preprocessing": preprocessing.to_dict()}
    write_file(path, (json.dumps(kept, indent=2) + "\n").encode())


def forget(sha256: str) -> None:
    """Forget the answer, so that it is asked again."""
    _file(sha256).unlink(missing_ok=True)
