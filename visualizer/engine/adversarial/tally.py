"""The answers of a robustness report, kept on disk as they come, and what they add up to."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from visualizer.engine.errors import UserError
from visualizer.engine.files import SaveError, write_file


class TallyError(UserError):
    """A folder holds the answers of another report."""


@dataclass(frozen=True)
class Row:
    """One answer.

    Attributes:
        name: of the picture, with its subfolder.
        label: index of its class, None where nobody knows.
        clean: the answer to the picture as it is.
        method: the attack, "" for none.
        epsilon: its size, in units of pixels in [0, 1].
        answer: the answer then.
    """

    name: str
    label: int | None
    clean: int
    method: str
    epsilon: float
    answer: int


@dataclass(frozen=True)
class Sum:
    """What all pictures add up to at one attack and size.

    `accuracy` is None without labels; `fooling` is the share of pictures (of those classified
    correctly, where labels are known) whose answer changed, None where there are none.
    """

    method: str
    epsilon: float
    pictures: int
    accuracy: float | None
    fooling: float | None


class Tally:
    """Answers by picture, appended to a file a batch at a time, so that a cut loses one batch.

    The file is JSON lines: first what the report is about, then a line a picture.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        """Go on with the answers at `path`, if there are some.

        Raises:
            TallyError: they are about another network, folder or other attacks.
        """
        self.path, self.about = path, json.loads(json.dumps(about))
        self.rows: dict[str, list[Row]] = {}
        self.broken: dict[str, str] = {}
        if path.is_file():
            self._load()
        else:
            write_file(path, (json.dumps({"about": self.about}) + "\n").encode())

    def __contains__(self, name: str) -> bool:
        return name in self.rows or name in self.broken

    def add(self, rows: Iterable[Row]) -> None:
        """Keep all answers to some pictures.

        Raises:
            SaveError: the disk is full.
        """
        fresh: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            fresh[row.name].append(row)
        lines = [
            {
                "name": name,
                "label": group[0].label,
                "clean": group[0].clean,
                "answers": [[row.method, row.epsilon, row.answer] for row in group],
            }
            for name, group in fresh.items()
        ]
        self._append(lines)
        self.rows.update(fresh)

    def add_broken(self, name: str, why: str) -> None:
        """Keep that a picture could not be read."""
        self._append([{"name": name, "broken": why}])
        self.broken[name] = why

    def sums(self) -> list[Sum]:
        """What the answers add up to, clean pictures first."""
        groups: dict[tuple[str, float], list[Row]] = defaultdict(list)
        for rows in self.rows.values():
            for row in rows:
                groups[row.method, row.epsilon].append(row)
        return [_sum(method, epsilon, rows) for (method, epsilon), rows in groups.items()]

    def csv(self) -> str:
        """The sums as a table."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["method", "epsilon_255", "pictures", "accuracy", "fooling_rate"])
        for each in self.sums():
            shares = ["" if x is None else f"{x:.6g}" for x in (each.accuracy, each.fooling)]
            name = each.method or "none"
            table.writerow([name, f"{each.epsilon * 255:.6g}", each.pictures, *shares])
        return text.getvalue()

    def _append(self, lines: Iterable[dict[str, Any]]) -> None:
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
        except OSError as error:
            raise SaveError(
                f"“{self.path}” could not be written ({error.strerror}); free some space or choose "
                "another folder, and start again: what was found out is kept."
            ) from error

    def _load(self) -> None:
        """Read what is there; a last line that was cut off is forgotten."""
        whole = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                whole.append(json.loads(line))
            except ValueError:
                break
        if not whole or whole[0].get("about") != self.about:
            raise TallyError(
                f"“{self.path}” holds the answers of another report (another network, folder or "
                "other attacks); choose another folder to write to, or delete that file."
            )
        for entry in whole[1:]:
            name = entry["name"]
            if "broken" in entry:
                self.broken[name] = entry["broken"]
                continue
            self.rows[name] = [
                Row(name, entry["label"], entry["clean"], method, epsilon, answer)
                for method, epsilon, answer in entry["answers"]
            ]
        text = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in whole)
        write_file(self.path, text.encode())


def _sum(method: str, epsilon: float, rows: list[Row]) -> Sum:
    labelled = [row for row in rows if row.label is not None]
    correct = [row for row in labelled if row.clean == row.label] if labelled else rows
    accuracy = None
    if labelled:
        accuracy = sum(row.answer == row.label for row in labelled) / len(labelled)
    fooled = sum(row.answer != row.clean for row in correct)
    return Sum(method, epsilon, len(rows), accuracy, fooled / len(correct) if correct else None)
