"""The time machine: snapshots on a disk of bounded size, to go back to and to fork from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from visualizer.engine.training import checkpoints
from visualizer.engine.training.history import History
from visualizer.engine.training.loop import Training

MOST_BYTES = 512 * 2**20
MOST_MOMENTS = 400


@dataclass(frozen=True)
class Moment:
    """A snapshot: after `batch` batches (in `epoch` whole epochs) of a branch."""

    branch: int
    batch: int
    epoch: int
    path: Path


@dataclass
class Branch:
    """A run, or what was tried from one of its moments.

    Attributes:
        number: its place in `Timeline.branches`.
        parent: the number of the branch it was forked from; None for the first.
        at: after how many batches of it.
        history: all that was measured, the parent's past included.
    """

    number: int
    parent: int | None
    at: int
    history: History


class Timeline:
    """The snapshots of one training and of all that was forked from it.

    Args:
        training: whose snapshots these are, between two batches; it is the first branch.
        folder: for the snapshots; made if need be.
        most_bytes: of disk. When it is full, snapshots close to others go first; the first and the
            last of each branch stay.
    """

    def __init__(self, training: Training, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.training, self.folder, self.most_bytes = training, folder, most_bytes
        self.branches = [Branch(0, None, 0, training.history)]
        self.branch = self.branches[0]
        self._moments: dict[tuple[int, int], Moment] = {}

    @property
    def moments(self) -> tuple[Moment, ...]:
        """All snapshots, by branch and batch."""
        return tuple(self._moments[key] for key in sorted(self._moments))

    @property
    def in_past(self) -> bool:
        """Whether the training stands before the end of its branch: to go on is to `fork`."""
        return self.training.batch < self.branch.history.batches

    def keep(self) -> Moment:
        """Take a snapshot of the training as it is.

        Raises:
            SaveError: the disk is full.
        """
        training = self.training
        if not self.in_past:
            self.branch.history = training.history
        key = (self.branch.number, training.batch)
        if key not in self._moments:
            path = self.folder / f"{key[0]:04d}-{key[1]:09d}.zip"
            state = training.state()
            checkpoints.write(path, state.values, state.meta)
            self._moments[key] = Moment(*key, training.epoch, path)
            self._thin()
        return self._moments[key]

    def go_to(self, moment: Moment) -> None:
        """Bring the training to a snapshot; where it stood is kept first.

        Raises:
            CheckpointError: its file is missing or damaged.
            SaveError: the disk is full.
        """
        self.keep()
        training = self.training
        training.load(moment.path)
        self.branch = self.branches[moment.branch]
        training.history = self.branch.history.until(moment.batch)
        if training.batch == self.branch.history.batches:  # the end: its record goes on
            training.history = self.branch.history

    def fork(self) -> Branch:
        """Begin a new branch where the training stands: what it does from now on is apart."""
        branch = Branch(
            len(self.branches), self.branch.number, self.training.batch, self.training.history
        )
        self.training.history = branch.history = self.training.history.until(self.training.batch)
        self.branches.append(branch)
        self.branch = branch
        self.keep()
        return branch

    def clear(self) -> None:
        """Delete all snapshots."""
        for moment in self._moments.values():
            moment.path.unlink(missing_ok=True)
        self._moments.clear()

    def _thin(self) -> None:
        sizes = {key: moment.path.stat().st_size for key, moment in self._moments.items()}
        while sum(sizes.values()) > self.most_bytes or len(sizes) > MOST_MOMENTS:
            key = self._least_missed()
            if key is None:
                return
            self._moments.pop(key).path.unlink(missing_ok=True)
            del sizes[key]

    def _least_missed(self) -> tuple[int, int] | None:
        """The snapshot between two of its branch that lie closest together."""
        keys = sorted(self._moments)
        gaps = [
            (after[1] - before[1], key)
            for before, key, after in zip(keys, keys[1:], keys[2:], strict=False)
            if before[0] == key[0] == after[0]
        ]
        return min(gaps)[1] if gaps else None
