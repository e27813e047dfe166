"""The user's own networks in the catalogue: `.keras` files with a card inside, in one folder.

What a file is called is its name in the catalogue. Listing them reads the cards alone, within
bounds and without Keras; opening one is opening its file.
"""

from __future__ import annotations

import json
import re
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

from visualizer.engine.errors import UserError, one_sentence
from visualizer.engine.files import SaveError, plain_file, read_file, write_file
from visualizer.engine.folders import data_folder
from visualizer.models import safety
from visualizer.models.entry import Entry
from visualizer.models.model_parts import CARD

SUFFIX = ".keras"
MAX_CARD_BYTES = 4 << 20
MOST_LISTED = 500
LONGEST_NAME, LONGEST_TEXT = 60, 200


class OwnNetworkError(UserError):
    """There is no such network of the user's, or a file is none that was saved here."""


def folder() -> Path:
    """Where they are; it need not exist."""
    return data_folder() / "networks"


def entries() -> tuple[Entry, ...]:
    """Their rows of the catalogue, by name; a file without a readable card is left out."""
    try:
        files = sorted(folder().glob(f"*{SUFFIX}"))[:MOST_LISTED]
    except OSError:
        return ()
    return tuple(filter(None, map(_entry, files)))


def path_of(name: str) -> Path | None:
    """The file of the network of that name, or None."""
    path = folder() / f"{name}{SUFFIX}"
    return path if name == name_in_catalogue(name) and path.is_file() else None


def name_of(path: Path) -> str | None:
    """The name in the catalogue of the network in a file, or None if it is not in it."""
    return path.stem if path.parent == folder() and path_of(path.stem) == path else None


def name_in_catalogue(title: str) -> str:
    """A title as a name: small letters, digits and hyphens, such as "my-digits"."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_NAME].strip("-") or "mine"


def new_path(title: str, taken: tuple[str, ...] = ()) -> Path:
    """A file for a network of that title, in the folder, which is made; its name is free.

    Args:
        title: for people.
        taken: names that others of the catalogue have.

    Raises:
        SaveError: the folder cannot be made.
    """
    name, number = name_in_catalogue(title), 1
    path = folder() / f"{name}{SUFFIX}"
    while path.exists() or path.stem in taken:
        number += 1
        path = folder() / f"{name}-{number}{SUFFIX}"
    try:
        folder().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SaveError(f"The folder “{folder()}” cannot be made ({error.strerror}).") from None
    return path


def add(file: Path, taken: tuple[str, ...] = ()) -> Entry:
    """Copy a network that was saved by this program into the catalogue.

    Args:
        file: a `.keras` file with a card inside.
        taken: names that others of the catalogue have.

    Raises:
        OwnNetworkError: it has no card.
        SaveError: the folder may not be written to, or the disk is full.
        OSError: the file is not there, or may not be read.
    """
    plain_file(file)
    found = _entry(file)
    if found is None:
        raise OwnNetworkError(
            f"“{file.name}” was not saved by `visualizer train` or in the window, so the catalogue "
            "would know nothing of it; open it by its path."
        )
    path = write_file(new_path(found.title, taken), read_file(file, safety.MAX_WEIGHT_BYTES))
    added = _entry(path)
    assert added is not None
    return added


def remove(name: str) -> None:
    """Delete a network of the user's; one that is open stays open.

    Raises:
        OwnNetworkError: there is none of that name, or its file cannot be deleted.
    """
    path = path_of(name)
    if path is None:
        known = ", ".join(entry.name for entry in entries()) or "none yet"
        raise OwnNetworkError(
            f"There is no network of yours called “{name}” to remove; those are: {known}."
        )
    try:
        path.unlink()
    except OSError as error:
        raise OwnNetworkError(
            f"“{path}” cannot be deleted ({error.strerror}); close what has it open, and try again."
        ) from None


def _entry(path: Path) -> Entry | None:
    try:
        with zipfile.ZipFile(path) as archive:
            card = json.loads(safety.read_member(archive, CARD, MAX_CARD_BYTES, path.name))
        height, width, channels = (_whole(side) for side in card["input"])
        accuracy, classes = card.get("validation_accuracy"), card["classes"]
        known = isinstance(accuracy, (int, float)) and 0 <= accuracy <= 1
        return Entry(
            name=path.stem,
            title=_text(card, "title") or path.stem,
            data=_text(card, "data") or "pictures of your own",
            input=(height, width, channels),
            classes=len(classes),
            parameters=_whole(card["parameters"]),
            megabytes=path.stat().st_size / 1e6,
            top1=float(accuracy) if known else None,
            licence=_text(card, "licence") or "yours",
            source=_text(card, "source") or "Trained here",
            where="yours",
            available=True,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, RecursionError):
        return None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return None


def _text(card: dict[str, Any], name: str) -> str:
    """A text of the card as one bounded line."""
    return one_sentence(str(card.get(name) or ""))[:LONGEST_TEXT]


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise ValueError("a whole number is missing")
    return value
