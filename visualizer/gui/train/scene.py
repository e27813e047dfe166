"""The Train workspace in the scenes of a show: what they keep, and a rate that changes."""

from __future__ import annotations

import math
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject, QSignalBlocker, QTimer

from visualizer.engine.errors import UserError
from visualizer.engine.settings import Settings, setting
from visualizer.engine.shows.show import State
from visualizer.engine.training import bricks
from visualizer.gui.runs.crash_copy import lock_folder
from visualizer.gui.runs.steered_run import RunState
from visualizer.gui.train.choice import FOLDER, transferable
from visualizer.gui.train.past import LAST, SavedTraining, saved_training
from visualizer.gui.train.run import saved_folder
from visualizer.gui.workspace import Movement, NoSettings
from visualizer.models.training_data import OWN

if TYPE_CHECKING:
    from visualizer.engine.training.loop import Training
    from visualizer.gui.train.choice import Choice
    from visualizer.gui.train.workspace import TrainWorkspace

TRAINING = "training"
"""The name of a training in a scene."""
MAX_WEIGHTS, MAX_VALUES = 30_000_000, 2**28
"""Of a training that comes with a show: weights, and values of all maps of a batch."""
LARGEST = (32, 32, 3)
"""The largest pictures of the data sets that can be named."""


@dataclass(frozen=True)
class RateSettings(Settings):
    """When the learning rate changes, and to what."""

    batch: int = setting(200, low=0, high=1_000_000, help="The batch before which it changes.")
    learning_rate: float = setting(0.1, low=1e-6, high=10, help="The rate from then on.")


class TrainScenes(QObject):
    """Takes a scene of the workspace, and puts one back."""

    def __init__(self, workspace: TrainWorkspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._rate: float | None = None  # to come
        self._locks: list[QLockFile | None] = []  # of the folders of trainings of scenes
        workspace.run.state_changed.connect(self._on_state)

    def results(self) -> Callable[[], Mapping[str, bytes]] | None:
        """What makes the file of the training; None where nothing was learnt."""
        run = self._workspace.run
        session = run.training_session
        if session is None or not run.begun:
            return None
        return lambda: {TRAINING: packed(session.training, session.choice)}

    def restore(self, state: State) -> list[str]:
        """Put the training of a scene in place of the present one; it is kept nowhere else."""
        workspace = self._workspace
        page, file = state.settings.get("page"), state.files.get(TRAINING)
        workspace.choose_page(page if page in workspace.pages else "curves")
        self._rate = None
        workspace.run.clear()
        folder = self._new_folder()
        if file is not None:
            (folder / LAST).write_bytes(file)
        saved = saved_training(folder)
        with QSignalBlocker(workspace.controls):
            left_out = workspace.restore_controls(state)
        if saved is not None and _travels(saved.choice) and _is_small(saved):
            workspace.take_saved(saved, folder)
        else:
            workspace.begin(folder)
            left_out += ["its training"] if file is not None else []
        if state.settings.get("traced") is True:
            workspace.trace()
        return left_out

    def movements(self) -> Mapping[str, Movement]:
        """What can move in a scene."""
        run = self._workspace.run
        return {
            "train": Movement("Train", lambda _: run.go_on(), NoSettings),
            "rate": Movement("Train, and change the rate", self._change_rate, RateSettings),
        }

    def hold_still(self) -> None:
        """Stop what moves."""
        self._rate = None
        self._workspace.run.pause()

    def _new_folder(self) -> Path:
        """A folder for the training of a scene; those of windows that are closed are deleted."""
        parent = saved_folder() / "of-shows"
        parent.mkdir(parents=True, exist_ok=True)
        for left in parent.iterdir():
            if (lock := lock_folder(left)) is not None:
                lock.unlock()
                shutil.rmtree(left, ignore_errors=True)
        folder = parent / uuid.uuid4().hex
        folder.mkdir()
        self._locks.append(lock_folder(folder))
        return folder

    def _change_rate(self, settings: RateSettings) -> None:
        run = self._workspace.run
        left = settings.batch - (run.frame.step if run.frame is not None else 0)
        self._rate = settings.learning_rate
        if left > 0:
            run.take_batches(left)
        else:
            self._on_state(RunState.PAUSED)

    def _on_state(self, state: RunState) -> None:
        rate = self._rate
        if state is RunState.RUNNING or rate is None:
            return
        self._rate = None
        if state is RunState.PAUSED:
            QTimer.singleShot(0, self, lambda: self._go_on_with(rate))

    def _go_on_with(self, rate: float) -> None:
        self._workspace.set_rate(rate)
        self._workspace.run.go_on()


def _travels(choice: Choice) -> bool:
    """Whether all that it begins with is here: a show names no files of this computer."""
    known = choice.transfer is None or choice.model in transferable()
    return choice.data not in (OWN, FOLDER) and known


def _is_small(saved: SavedTraining) -> bool:
    """Whether layers that somebody built by hand fit into the memory of a school computer."""
    if saved.choice.layers is None:
        return True
    try:
        rows = bricks.plan(bricks.from_list(saved.choice.layers), LARGEST, 10)
    except UserError:
        return False
    weights = sum(row.parameters for row in rows)
    values = sum(math.prod(row.shape or ()) for row in rows) * saved.settings.batch_size
    return weights <= MAX_WEIGHTS and values <= MAX_VALUES


def packed(training: Training, choice: Choice) -> bytes:
    """All that it takes to go on with a training elsewhere.

    Raises:
        UserError: its pictures are one's own, which do not travel.
    """
    from visualizer.engine.training import training_file

    if not _travels(choice):
        raise UserError(
            "A training with pictures of one's own stays out of shows; its settings are kept."
        )
    with TemporaryDirectory(prefix="visualizer-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / LAST
        training_file.save(training, path, choice.recipe.to_dict())
        return path.read_bytes()
