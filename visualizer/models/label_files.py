"""Class names from files beside a model: lists, JSON, CSV and their variants.

Whatever is in the file, reading it takes milliseconds: nothing here looks at a character more than
a few times.

Understood are: one name a line; "0 Cat" (Teachable Machine) and other numbers before or after the
name; CSV with or without a header; JSON lists, tables name -> number and number -> name, and tables
with such a list or table inside; ImageNet's "n01440764 tench, Tinca tinca".
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from visualizer.engine.errors import UserError
from visualizer.engine.files import read_file
from visualizer.models.labels import labels as known_labels

MAX_BYTES = 800_000
MAX_NAMES = 22_000
"""ImageNet's largest set has 21,843."""
LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
MAX_COLUMNS = 20
MAX_FILES = 8
"""How many files beside a model are read at most."""
SUFFIXES = (".txt", ".json", ".csv", ".tsv", ".names", ".labels")
HINTS = ("label", "class", "names", "categories", "metadata", "synset")
"""A file beside the model is looked at if its name contains one of these, or the model's name."""
INSIDE = (
    "labels",
    "classes",
    "class_names",
    "classNames",
    "id2label",
    "names",
    "class_indices",
    "label2id",
    "categories",
)

WORDNET = re.compile(r"n\d{8}\s+")
NUMBER_FIRST = re.compile(r"\(?(\d{1,9})\)?(?:\s*[:;,.\-=)|\t]|\s)\s*(?=\S)")
LAST_NUMBER = re.compile(r"(\d{1,9})\s*(?:[:;,=|\t]|-\s|>-)")
"""Matches a reversed line: from the front, many spaces would take quadratic time."""


class LabelFileError(UserError):
    """A file of class names that cannot be read, or does not fit the network."""


def class_names(
    model: Path,
    count: int,
    notes: list[str],
    *,
    chosen: str | Path | None = None,
    beside: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """Find the class names of a model.

    Args:
        model: the model file or folder.
        count: how many outputs it has; one output stands for two classes, no and yes.
        notes: gets a sentence where a file beside it does not fit, or names are only assumed.
        chosen: the file the user named, if any.
        beside: name -> text of files that came in the same archive.

    Returns:
        One name an output, in their order; empty if there are none.

    Raises:
        LabelFileError: the chosen file cannot be read or does not fit.
    """
    if chosen is not None:
        return chosen_names(Path(chosen), count)
    allowed = _allowed(count)
    unfit = []
    given = list((beside or {}).items())[:MAX_FILES]
    texts = ((name, _quietly(text, Path(name).suffix)) for name, text in given)
    for name, found in (*texts, *((path.name, _read(path)) for path in _candidates(model))):
        if len(found) in allowed:
            return found
        if found and any(hint in name.lower() for hint in HINTS):
            unfit.append(f"{name} has {len(found):,} names, the network {count:,} outputs.")
    notes.extend(unfit)
    return _assumed(model, count, notes)


def chosen_names(path: Path, count: int) -> tuple[str, ...]:
    """Read the class names of a network with `count` outputs from the file that the user named.

    Raises:
        LabelFileError: it cannot be read or has another number of names.
    """
    names = read_labels(path)
    if len(names) not in _allowed(count):
        raise LabelFileError(
            f"{path.name} has {len(names)} class names, but the network has {count} "
            f"outputs; give a file with {_allowed(count)[-1]} names."
        )
    return names


def _allowed(count: int) -> tuple[int, ...]:
    return (count, 2) if count == 1 else (count,)


def _assumed(model: Path, count: int, notes: list[str]) -> tuple[str, ...]:
    """The names of a well-known data set, where the network seems to be of it."""
    if count in (1000, 1001):
        notes.append(f"Has {count:,} outputs, so its classes are assumed to be ImageNet's.")
        background = ("background",) if count == 1001 else ()
        return (*background, *known_labels("imagenet-1000"))
    if count == 200 and re.search(r"tiny[-_ ]?imagenet", model.stem.lower()):
        notes.append("Its name and its 200 outputs say that its classes are Tiny ImageNet's.")
        return known_labels("tiny-imagenet-200")
    return ()


def _read(path: Path) -> tuple[str, ...]:
    try:
        return read_labels(path)
    except LabelFileError:
        return ()


def _candidates(model: Path) -> list[Path]:
    """Files beside a model that may hold its class names, the most likely first."""
    folder = model if model.is_dir() else model.parent
    stem = model.stem.lower()
    found = []
    try:
        files = sorted(folder.iterdir())[:2000]
    except OSError:
        return []
    for path in files:
        name = path.name.lower()
        if path.suffix.lower() not in SUFFIXES or not path.is_file() or path == model:
            continue
        own, hinted = name.startswith(stem), any(hint in name for hint in HINTS)
        if own or hinted:
            found.append((not (own and hinted), not hinted, "metadata" in name, path))
    return [path for *_, path in sorted(found)][:MAX_FILES]


def read_labels(path: Path) -> tuple[str, ...]:
    """Read a file of class names, in the order of the outputs.

    Raises:
        LabelFileError: it cannot be read, or holds no class names.
    """
    try:
        data = read_file(path, MAX_BYTES)
    except OSError as error:
        raise LabelFileError(
            f"{path.name} cannot be read ({error.strerror}); check the name of the file."
        ) from None
    if len(data) > MAX_BYTES:
        raise LabelFileError(
            f"{path.name} is larger than any list of class names; give the file with one name a "
            "line."
        )
    names = _quietly(_decoded(data), path.suffix)
    if not names:
        raise LabelFileError(
            f"{path.name} holds no class names; give a text with one name a line, or a JSON list."
        )
    return names


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _quietly(text: str, suffix: str) -> tuple[str, ...]:
    """Parse, or return nothing if it is no list of class names."""
    try:
        return parse(text, suffix)
    except (ValueError, RecursionError):
        return ()


def parse(text: str, suffix: str = ".txt") -> tuple[str, ...]:
    r"""Read class names from a text in any of the forms.

    >>> parse("0 Cat\n1 Big dog")
    ('Cat', 'Big dog')
    >>> parse('{"dog": 1, "cat": 0}', ".json")
    ('cat', 'dog')

    Raises:
        ValueError: it holds none.
    """
    stripped = text.strip()
    if not stripped or "\0" in stripped:
        raise ValueError("empty")
    if suffix.lower() == ".json" or stripped[0] in "[{":
        return _from_json(json.loads(stripped))
    _check_count(sum(map(stripped.count, LINE_ENDS)))
    if suffix.lower() in (".csv", ".tsv"):
        return _from_table(stripped)
    return _from_lines(stripped)


def _from_lines(text: str) -> tuple[str, ...]:
    lines = [line for part in text.splitlines() if (line := part.strip()) and line[0] != "#"]
    lines = [_without_wordnet(line) for line in lines]
    for split in (_number_first, _number_last):
        numbered = []
        for line in lines:
            found = split(line)
            if found is None:
                break
            numbered.append(found)
        else:
            if _counts([number for number, _ in numbered]):
                return _in_order((number, _unquoted(name)) for number, name in numbered)
    return tuple(map(_unquoted, lines))


def _check_count(count: int) -> None:
    if count > MAX_NAMES:
        raise ValueError("more names than any network has classes")


def _number_first(line: str) -> tuple[int, str] | None:
    """(0, "Cat") from "0 Cat", "0: Cat", "(0) Cat" and the like."""
    found = NUMBER_FIRST.match(line)
    return (int(found[1]), line[found.end() :]) if found else None


def _number_last(line: str) -> tuple[int, str] | None:
    """(0, "Cat") from "Cat, 0", "Cat - 0", "Cat -> 0" and the like."""
    found = LAST_NUMBER.match(line[::-1])
    return (int(found[1][::-1]), line[: -found.end()].strip()) if found else None


def _without_wordnet(name: str) -> str:
    """The name without ImageNet's identifier in front of it."""
    found = WORDNET.match(name) if name[:1] == "n" else None
    return name[found.end() :] if found else name


def _unquoted(name: str) -> str:
    name = name.rstrip(",").strip()
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1]
    return _without_wordnet(name)


def _counts(numbers: list[int]) -> bool:
    """Whether numbers are 0, 1, 2, ... or 1, 2, 3, ... in some order."""
    first = min(numbers, default=0)
    return first in (0, 1) and sorted(numbers) == list(range(first, first + len(numbers)))


def _in_order(pairs: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(name for _, name in sorted(pairs, key=lambda pair: pair[0]))


def _from_table(text: str) -> tuple[str, ...]:
    """A CSV: the column of numbers orders, the first column of words names."""
    head = text.splitlines()[0]
    dialect = "\t" if "\t" in head else ";" if ";" in head else ","
    _check_count(text.count(dialect) // MAX_COLUMNS)
    lines = io.StringIO(text, newline=None)  # old Macs end lines in their own way
    try:
        rows = [row for row in csv.reader(lines, delimiter=dialect) if any(row)]
    except csv.Error as error:
        raise ValueError(f"the table is damaged: {error}") from error
    if not rows:
        raise ValueError("an empty table")
    rows = [[cell.strip() for cell in row] for row in rows]
    if len(rows) == 1 and len(rows[0]) > 2:  # all names in one line
        _check_count(len(rows[0]))
        return tuple(rows[0])
    width = min(*(len(row) for row in rows), MAX_COLUMNS)
    for header in (0, 1):
        body = rows[header:]
        columns = [[row[i] for row in body] for i in range(width)]
        numbers = [c for c in columns if all(cell.isdecimal() for cell in c)]
        words = [c for c in columns if not all(cell.isdecimal() for cell in c)]
        ordering = next((c for c in numbers if _counts([int(cell) for cell in c])), None)
        if ordering is not None and words:
            return _in_order(
                zip(map(int, ordering), words[-1 if _ids(words[0]) else 0], strict=True)
            )
    first = rows[0][0].lower()
    body = rows[1:] if first in ("label", "labels", "class", "classes", "name", "names") else rows
    column = 1 if width > 1 and _ids([row[0] for row in body]) else 0
    return tuple(row[column] for row in body)


def _ids(column: list[str]) -> bool:
    return all(re.fullmatch(r"n\d{8}", cell) for cell in column)


def _from_json(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | dict):
        _check_count(len(value))
    if isinstance(value, list):
        return _from_list(value)
    if not isinstance(value, dict) or not value:
        raise ValueError("no names")
    for key in INSIDE:
        if isinstance(value.get(key), (list, dict)):
            return _from_json(value[key])
    if all(isinstance(key, str) and key.strip().isdecimal() for key in value):
        numbers = [int(key) for key in value]
        if _counts(numbers):
            return _in_order(zip(numbers, map(_name, value.values()), strict=True))
    if all(type(number) is int or str(number).isdecimal() for number in value.values()):
        numbers = [int(number) for number in value.values()]
        if _counts(numbers):
            return _in_order(zip(numbers, map(str, value), strict=True))
    raise ValueError("no names")


def _from_list(value: list[Any]) -> tuple[str, ...]:
    if not value:
        raise ValueError("no names")
    if all(isinstance(item, dict) for item in value):
        for key in ("id", "index", "class", "class_id"):
            if all(type(item.get(key)) is int for item in value):
                numbers = [item[key] for item in value]
                if _counts(numbers):
                    return _in_order(zip(numbers, map(_name, value), strict=True))
    return tuple(_name(item) for item in value)


def _name(item: Any) -> str:
    """The name in one entry: itself, the last of [identifier, name], or what is called name."""
    if isinstance(item, list) and item and all(isinstance(part, str) for part in item):
        return item[-1].replace("_", " ") if len(item) == 2 else str(item[0])
    if isinstance(item, dict):
        for key in ("name", "label", "display_name", "title", "class"):
            if isinstance(item.get(key), str):
                return str(item[key])
    if isinstance(item, (str, int)) and not isinstance(item, bool):
        return str(item)
    raise ValueError("no name")
