"""What a training has measured: every batch, every epoch, and what was changed meanwhile.

NumPy only, and of bounded size: of a very long training, neighbouring batches are averaged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

MOST_BATCHES = 2**16
"""Rows kept; when there are more, each two become one."""
MOST_EPOCHS = 100_000
MOST_CHANGES = 10_000

COLUMNS = ("batch", "loss", "accuracy", "adversarial_accuracy", "learning_rate")


@dataclass(frozen=True)
class EpochDone:
    """What an epoch ended with, measured on pictures that training never sees.

    Attributes:
        epoch: how many are done.
        batch: batches so far.
        loss, accuracy: means over the batches of the epoch.
        validation_loss: mean cross entropy, in nats.
        validation_accuracy: the share of right answers.
        adversarial_accuracy: that of perturbed pictures; NaN unless adversarial training is on.
        seconds: of the epoch, measuring included.
    """

    epoch: int
    batch: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    adversarial_accuracy: float
    seconds: float


@dataclass(frozen=True)
class Change:
    """Something that was set while the training ran, in words, before the batch `batch`."""

    batch: int
    words: str


class History:
    """The record of one training.

    Attributes:
        epochs: one `EpochDone` an epoch.
        changes: what was set when.
        batches: how many there were.
    """

    def __init__(self) -> None:
        self._rows = np.empty((1024, len(COLUMNS)))
        self._count = 0
        self._waiting: list[np.ndarray] = []  # rows of an average that is not complete
        self._stride = 1  # batches a row
        self.batches = 0
        self.epochs: list[EpochDone] = []
        self.changes: list[Change] = []

    def add(
        self, loss: float, accuracy: float, adversarial_accuracy: float, learning_rate: float
    ) -> None:
        """Record a batch."""
        self.batches += 1
        self._waiting.append(
            np.array([self.batches, loss, accuracy, adversarial_accuracy, learning_rate])
        )
        if len(self._waiting) < self._stride:
            return
        row = self._waiting[0] if self._stride == 1 else np.mean(self._waiting, axis=0)
        self._waiting = []
        if self._count == MOST_BATCHES:
            self._rows[: self._count // 2] = self._rows.reshape(-1, 2, len(COLUMNS)).mean(axis=1)
            self._count //= 2
            self._stride *= 2
            self._waiting = [row]
            return
        if self._count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[self._count] = row
        self._count += 1

    def add_epoch(self, epoch: EpochDone) -> None:
        """Record the end of an epoch."""
        self.epochs.append(epoch)
        if len(self.epochs) > MOST_EPOCHS:
            del self.epochs[1::2]

    def add_change(self, words: str) -> None:
        """Record that something was set before the next batch."""
        self.changes.append(Change(self.batches + 1, words))
        del self.changes[:-MOST_CHANGES]

    def column(self, name: str) -> np.ndarray:
        """One of `COLUMNS` of all rows: float64, a copy. `batch` counts from 1."""
        return self._rows[: self._count, COLUMNS.index(name)].copy()

    def until(self, batch: int) -> History:
        """A copy as it was after so many batches: what a fork begins with."""
        past = History()
        kept = self._rows[: self._count]
        kept = kept[kept[:, 0] <= batch]
        past._count, past._stride, past.batches = len(kept), self._stride, batch
        past._rows = _with_room(kept)
        past.epochs = [each for each in self.epochs if each.batch <= batch]
        past.changes = [each for each in self.changes if each.batch <= batch]
        return past

    def to_dict(self, most: int | None = None) -> dict[str, Any]:
        """What JSON can hold; `from_dict` reads it back.

        Args:
            most: rows of batches at most, evenly taken; None for all.
        """
        step = 1 if most is None else max(1, -(-self._count // most))
        rows = self._rows[: self._count : step]
        columns = {
            name: [None if math.isnan(v) else float(f"{v:.6g}") for v in rows[:, index].tolist()]
            for index, name in enumerate(COLUMNS)
        }
        return {
            "batches": columns,
            "stride": self._stride * step,
            "epochs": [_without_nan(asdict(epoch)) for epoch in self.epochs],
            "changes": [asdict(change) for change in self.changes],
            "total": self.batches,
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> History:
        """Read what `to_dict` made.

        Raises:
            ValueError, KeyError, TypeError: it is something else.
        """
        history = cls()
        columns = [
            [math.nan if v is None else float(v) for v in kept["batches"][c]] for c in COLUMNS
        ]
        rows = np.array(columns, np.float64).T
        if rows.ndim != 2 or len(rows) > MOST_BATCHES or _whole(kept["stride"]) < 1:
            raise ValueError("its history is none")
        history._rows, history._count = _with_room(rows), len(rows)
        history._stride, history.batches = _whole(kept["stride"]), _whole(kept["total"])
        for epoch in kept["epochs"][:MOST_EPOCHS]:
            rest = [
                math.nan if epoch[name] is None else float(epoch[name])
                for name in EpochDone.__dataclass_fields__
                if name not in ("epoch", "batch")
            ]
            history.epochs.append(EpochDone(_whole(epoch["epoch"]), _whole(epoch["batch"]), *rest))
        for change in kept["changes"][:MOST_CHANGES]:
            history.changes.append(Change(_whole(change["batch"]), str(change["words"])[:500]))
        return history


def _with_room(rows: np.ndarray) -> np.ndarray:
    """The rows at the beginning of an array whose length is a power of two, from 1024."""
    length = max(1024, 1 << max(0, len(rows) - 1).bit_length())
    room = np.empty((length, len(COLUMNS)))
    room[: len(rows)] = rows
    return room


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise ValueError("a whole number is missing")
    return value


def _without_nan(values: dict[str, Any]) -> dict[str, Any]:
    """The values, with None where one is no number, as JSON has no NaN."""
    return {
        k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()
    }
