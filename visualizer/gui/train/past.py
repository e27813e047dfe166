"""The past of a training on disk: moments to go back to, and where to go on after a restart.

The moments and branches last as long as the program; after a restart the newest state remains.
All of it happens on the compute thread.
"""

from __future__ import annotations

import contextlib
import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QLockFile

from visualizer.engine.errors import UserError
from visualizer.engine.training.curves import TrainingCurves, curves_of

if TYPE_CHECKING:
    from visualizer.engine.training.history import History
    from visualizer.engine.training.loop import Training
    from visualizer.engine.training.train_settings import TrainSettings
    from visualizer.gui.train.choice import Choice
    from visualizer.models.training_recipe import Recipe

KEEP_SECONDS = 2.0
"""Between two moments that are kept within an epoch."""
SHARE_OF_TIME = 20
"""Times as long as writing one took, at least, so that large networks go on learning."""
LAST = "last.training"
"""What is gone on with after a restart."""
LAST_PICTURES, NEXT_PICTURES = "last.pictures", "next.pictures"
"""The pictures of `LAST` where they lie in no folder, and those of a training not saved so far."""


@dataclass(frozen=True)
class MomentView:
    """A moment to go back to."""

    branch: int
    batch: int
    epoch: float


@dataclass(frozen=True, eq=False)
class BranchView:
    """A run from its beginning, its parent's past included; `at` is the epoch it was forked at."""

    number: int
    parent: int | None
    at: float
    curves: TrainingCurves


@dataclass(frozen=True, eq=False)
class PastView:
    """What the window shows of the past.

    Attributes:
        moments: all that are kept, by branch and time.
        branches: all runs; empty unless they are on show.
        branch: the number of the present one.
        in_past: whether to go on is to begin a new branch.
    """

    moments: tuple[MomentView, ...]
    branches: tuple[BranchView, ...]
    branch: int
    in_past: bool


@dataclass(frozen=True, eq=False)
class SavedTraining:
    """What can be gone on with: what was trained on what, how, and how far it was."""

    choice: Choice
    settings: TrainSettings
    epoch: float


def saved_training(folder: Path) -> SavedTraining | None:
    """The training of last time; None where there is none that can be gone on with."""
    from visualizer.engine.training import checkpoints, training_file
    from visualizer.gui.train.choice import choice_of
    from visualizer.models.training_recipe import Recipe

    path = folder / LAST
    if not path.is_file():
        return None
    try:
        choice = choice_of(Recipe.from_dict(training_file.read_recipe(path)))
        settings = training_file.read_settings(path)
        epoch = float(checkpoints.read_meta(path)["epoch"])
    except (UserError, KeyError, TypeError, ValueError):
        return None  # damaged: the next training takes its place
    return SavedTraining(choice, settings, epoch)


class Past:
    """Keeps a training's moments, and its newest state.

    Args:
        training: between two batches.
        folder: of all trainings of this user.
        recipe: what it was begun with; None where it cannot be kept for the next start. Pictures
            that lie in no folder are in `NEXT_PICTURES`, or in `LAST_PICTURES` of one resumed.
    """

    def __init__(self, training: Training, folder: Path, recipe: Recipe | None) -> None:
        from visualizer.engine.training.timeline import Timeline

        self._training, self._recipe = training, recipe
        self._all = folder
        moments = folder / "moments"
        _clean(moments)
        self._folder = moments / uuid.uuid4().hex
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = QLockFile(str(self._folder / "lock"))
        self._lock.setStaleLockTime(0)  # only what ended has let go
        self._lock.tryLock(0)
        self._timeline = Timeline(training, self._folder)
        self._curves: dict[int, tuple[Any, Any]] = {}
        self._epochs: dict[tuple[int, int], float] = {}
        self._kept = self._saved = time.monotonic()
        self._pause = KEEP_SECONDS
        self._last: object = None  # what was saved last

    @property
    def in_past(self) -> bool:
        """Whether the training stands before the end of its branch."""
        return self._timeline.in_past

    def keep(self) -> str:
        """Keep this moment; a sentence if the disk refuses."""
        began = time.monotonic()
        try:
            moment = self._timeline.keep()
        except UserError as error:
            return str(error)
        finally:
            self._kept = time.monotonic()
            self._pause = max(KEEP_SECONDS, SHARE_OF_TIME * (self._kept - began))
        training = self._training
        part = training.position / len(training.data.train)
        self._epochs[moment.branch, moment.batch] = training.epoch + part
        return ""

    def keep_sometimes(self) -> str:
        """Keep this moment if the last was kept a while ago."""
        return self.keep() if time.monotonic() - self._kept >= self._pause else ""

    def go_to(self, branch: int, batch: int) -> bool:
        """Bring the training to a moment; False if it is not kept."""
        wanted = (branch, batch)
        found = [m for m in self._timeline.moments if (m.branch, m.batch) == wanted]
        if not found or (self._timeline.branch.number, self._training.batch) == wanted:
            return False
        self.keep()
        self._timeline.go_to(found[0])
        return True

    def fork(self) -> None:
        """What the training does from now on is a branch of its own."""
        self._timeline.fork()
        self.keep()

    def of_branch(self, history: History) -> History:
        """Make this the record of the present branch."""
        self._timeline.branch.history = history
        return history

    def view(self, branches: bool, smoothing: float) -> PastView:
        """What the window shows; the curves of `branches` only where they are on show."""
        timeline, training = self._timeline, self._training
        if not timeline.in_past:
            timeline.branch.history = training.history
        now = training.epoch + training.position / len(training.data.train)
        shown = []
        for each in timeline.branches if branches else ():
            last = max(
                (e for (number, _), e in self._epochs.items() if number == each.number),
                default=now,
            )
            end = now if each is timeline.branch and not timeline.in_past else last
            curves = self._curves_of(each.history, end, smoothing)
            at = 0.0
            if each.parent is not None:
                at = self._epochs.get((each.number, each.at), 0.0)
            shown.append(BranchView(each.number, each.parent, at, curves))
        return PastView(
            tuple(
                MomentView(m.branch, m.batch, self._epochs.get((m.branch, m.batch), m.epoch))
                for m in timeline.moments
            ),
            tuple(shown),
            timeline.branch.number,
            timeline.in_past,
        )

    def _curves_of(self, history: History, end: float, smoothing: float) -> TrainingCurves:
        """Those of a record that has not grown since are kept."""
        key = (id(history), history.batches, len(history.epochs), end, smoothing)
        if self._curves.get(id(history), (None, None))[0] != key:
            self._curves[id(history)] = (key, curves_of(history, end, smoothing))
        curves: TrainingCurves = self._curves[id(history)][1]
        return curves

    def save(self) -> str:
        """Save it for the next start; a sentence if the disk refuses."""
        from visualizer.engine.training import training_file

        self._saved = time.monotonic()
        training, branch = self._training, self._timeline.branch.number
        place = (branch, training.batch, training.epoch, training.position)
        now = (*place, training.settings, training.schedule)
        if self._recipe is None or now == self._last:
            return ""
        try:
            self._save_pictures()
            training_file.save(training, self._all / LAST, self._recipe.to_dict())
        except (UserError, OSError) as error:
            return f"It is not kept for the next start: {error}"
        self._last = now
        return ""

    def _save_pictures(self) -> None:
        """Let the pictures of this training take the place of those of the last one."""
        assert self._recipe is not None
        if not self._recipe.pictures:
            (self._all / LAST_PICTURES).unlink(missing_ok=True)
        elif self._last is None and (self._all / NEXT_PICTURES).is_file():
            (self._all / NEXT_PICTURES).replace(self._all / LAST_PICTURES)

    def save_sometimes(self) -> str:
        """Save it if the last time is a while ago."""
        from visualizer.engine.training.training_file import SAVE_SECONDS

        return self.save() if time.monotonic() - self._saved >= SAVE_SECONDS else ""

    def resume(self) -> None:
        """Go on with what was saved last.

        Raises:
            UserError: there is nothing, or it is damaged.
        """
        from visualizer.engine.training import training_file

        training_file.resume(self._training, self._all / LAST)
        self._timeline.branch.history = self._training.history

    def close(self) -> None:
        """Delete the moments."""
        self._lock.unlock()
        shutil.rmtree(self._folder, ignore_errors=True)


def _clean(folder: Path) -> None:
    """Delete the moments of programs that ended without doing it."""
    for left in folder.iterdir() if folder.is_dir() else ():
        lock = QLockFile(str(left / "lock"))
        lock.setStaleLockTime(0)
        if lock.tryLock(0):
            lock.unlock()
            with contextlib.suppress(OSError):
                shutil.rmtree(left)
