"""The results of a robustness report, appended to a file as they come, and their summaries."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import NoneType
from typing import Any

import numpy as np

from visualizer.engine.errors import UserError
from visualizer.engine.files import SaveError, write_file


class ResultsError(UserError):
    """A folder holds the answers of another report."""


@dataclass(frozen=True)
class PictureResult:
    """The answer to one picture under one attack.

    Attributes:
        name: of the picture, with its subfolder.
        label: index of its class, None if unknown.
        clean: the answer to the picture as it is.
        method: the attack, "" for none.
        epsilon: its size (L-infinity), in units of pixels in [0, 1]; given to the attack, or found
            by one that looks for the smallest change.
        answer: the answer then.
        l2: length of the change, of attacks that look for the smallest only.
        rms: Szegedy's distortion, likewise.
    """

    name: str
    label: int | None
    clean: int
    method: str
    epsilon: float
    answer: int
    l2: float | None = None
    rms: float | None = None


@dataclass(frozen=True)
class Summary:
    """Accuracy and fooling rate of one attack at one size, over all pictures.

    `accuracy` is the share of the labelled pictures that are right before and after the attack
    (robust accuracy), None without labels; `fooling` is the share of the pictures, but those that
    are known to be wrong before, whose answer changed, None where there are none.
    """

    method: str
    epsilon: float
    pictures: int
    accuracy: float | None
    fooling: float | None


QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


@dataclass(frozen=True)
class Distances:
    """Norms of the changes found by an attack that minimises them.

    `fooled` of `pictures` were fooled; of these, `linf`, `l2` and `rms` hold the `QUANTILES` of the
    sizes of the changes, empty where none was.
    """

    method: str
    pictures: int
    fooled: int
    linf: tuple[float, ...]
    l2: tuple[float, ...]
    rms: tuple[float, ...]


class RobustnessResults:
    """Results by picture, appended to a file batch by batch: an interruption loses one batch.

    The file is JSON lines: first what the report is about, then a line a picture.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        """Go on with the answers at `path`, if there are some.

        Raises:
            ResultsError: they are about another network, folder, scaling, other names or attacks.
        """
        self.path, self.about = path, json.loads(json.dumps(about))
        self.rows: dict[str, list[PictureResult]] = {}
        self.broken: dict[str, str] = {}
        if path.is_file():
            self._load()
        else:
            write_file(path, (json.dumps({"about": self.about}) + "\n").encode())

    def __contains__(self, name: str) -> bool:
        return name in self.rows

    def add(self, rows: Iterable[PictureResult]) -> None:
        """Add all results of some pictures, and append them to the file.

        Raises:
            SaveError: the disk is full.
        """
        fresh: dict[str, list[PictureResult]] = defaultdict(list)
        for row in rows:
            fresh[row.name].append(row)
        lines = [
            {
                "name": name,
                "label": group[0].label,
                "clean": group[0].clean,
                "answers": [_numbers(row) for row in group],
            }
            for name, group in fresh.items()
        ]
        self._append(lines)
        self.rows.update(fresh)

    def add_broken(self, name: str, why: str) -> None:
        """Note that a picture could not be read; not saved, so it is tried again next time."""
        self.broken[name] = why

    def summaries(self) -> list[Summary]:
        """A summary for each attack and size, clean pictures first."""
        groups: dict[tuple[str, float], list[PictureResult]] = defaultdict(list)
        for row in self._all():
            for each in self._at_sizes(row):
                groups[each.method, each.epsilon].append(each)
        return [_summary(method, epsilon, rows) for (method, epsilon), rows in groups.items()]

    def distances(self) -> list[Distances]:
        """The distances of each attack that minimises the change."""
        groups: dict[str, list[PictureResult]] = defaultdict(list)
        for row in self._all():
            if row.l2 is not None:
                groups[row.method].append(row)
        return [_distances(method, rows) for method, rows in groups.items()]

    def _all(self) -> Iterator[PictureResult]:
        for rows in self.rows.values():
            yield from rows

    def _at_sizes(self, row: PictureResult) -> Iterator[PictureResult]:
        """A row at each size of the report: a smallest change counts from its own size on."""
        if row.l2 is None:
            yield row
            return
        for size in self.about.get("epsilons", ()):
            there = row.epsilon <= size + 1e-6
            yield replace(row, epsilon=size, answer=row.answer if there else row.clean)

    def csv(self) -> str:
        """The summaries as CSV."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["method", "epsilon_255", "pictures", "accuracy", "fooling_rate"])
        for each in self.summaries():
            shares = ["" if x is None else f"{x:.6g}" for x in (each.accuracy, each.fooling)]
            name = each.method or "none"
            table.writerow([name, f"{each.epsilon * 255:.6g}", each.pictures, *shares])
        return text.getvalue()

    def _append(self, lines: Iterable[dict[str, Any]]) -> None:
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write("".join(json.dumps(line) + "\n" for line in lines))
        except OSError as error:
            raise SaveError(
                f"“{self.path}” could not be written ({error.strerror}); free some space or choose "
                "another folder, and start again: what was found out is kept."
            ) from error

    def _load(self) -> None:
        """Read what is there; from the first line that is cut off or damaged on it is forgotten."""
        text = self.path.read_bytes().decode("utf-8", "replace")
        whole: list[Any] = []
        for line in text.split("\n"):
            try:
                entry = json.loads(line)
                if whole:
                    name, rows = self._entry(entry)
                    self.rows[name] = rows
                elif not isinstance(entry, dict) or entry.get("about") != self.about:
                    break
            except (ValueError, TypeError, KeyError, RecursionError):
                break
            whole.append(entry)
        if not whole:
            raise ResultsError(
                f"“{self.path}” holds the answers of another report (another network, folder, "
                "scaling of pixels, other class names or attacks), or is damaged; choose another "
                "folder to write to, or delete that file."
            )
        kept = "".join(json.dumps(entry) + "\n" for entry in whole)
        write_file(self.path, kept.encode())

    def _entry(self, entry: dict[str, Any]) -> tuple[str, list[PictureResult]]:
        """What a line says of a picture.

        Raises:
            ValueError: it says no such thing.
        """
        name, label, clean = entry["name"], entry["label"], entry["clean"]
        if (
            not isinstance(name, str)
            or type(clean) is not int
            or type(label) not in (int, NoneType)
        ):
            raise ValueError("not about a picture")
        rows = [_row(name, label, clean, numbers) for numbers in entry["answers"]]
        methods = list(dict.fromkeys(row.method for row in rows))
        if methods != ["", *self.about.get("methods", methods[1:])]:
            raise ValueError("answers are missing")
        return name, rows


def _row(name: str, label: int | None, clean: int, numbers: list[Any]) -> PictureResult:
    method, epsilon, answer, *found = numbers
    sizes = [epsilon, *found]
    if (
        not isinstance(method, str)
        or type(answer) is not int
        or len(found) not in (0, 2)
        or not all(type(size) in (int, float) and math.isfinite(size) for size in sizes)
    ):
        raise ValueError("not an answer")
    return PictureResult(name, label, clean, method, epsilon, answer, *found)


def _numbers(row: PictureResult) -> list[Any]:
    found = [] if row.l2 is None else [row.l2, row.rms]
    return [row.method, row.epsilon, row.answer, *found]


def _counted(rows: list[PictureResult]) -> list[PictureResult]:
    """Those not known to be wrong before the attack."""
    return [row for row in rows if row.label is None or row.clean == row.label]


def _summary(method: str, epsilon: float, rows: list[PictureResult]) -> Summary:
    labelled = [row for row in rows if row.label is not None]
    accuracy = None
    if labelled:
        accuracy = sum(row.clean == row.answer == row.label for row in labelled) / len(labelled)
    counted = _counted(rows)
    fooled = sum(row.answer != row.clean for row in counted)
    return Summary(method, epsilon, len(rows), accuracy, fooled / len(counted) if counted else None)


def _distances(method: str, rows: list[PictureResult]) -> Distances:
    counted = _counted(rows)
    fooled = [row for row in counted if row.answer != row.clean]

    def spread(values: list[Any]) -> tuple[float, ...]:
        return tuple(float(q) for q in np.quantile(values, QUANTILES)) if values else ()

    return Distances(
        method,
        len(counted),
        len(fooled),
        linf=spread([row.epsilon for row in fooled]),
        l2=spread([row.l2 for row in fooled]),
        rms=spread([row.rms for row in fooled]),
    )
