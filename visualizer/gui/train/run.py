"""A training that the user starts, pauses, steps and changes while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.engine.folders import data_folder
from visualizer.gui.core.compute import Job, once
from visualizer.gui.core.requests import Latest
from visualizer.gui.runs.steered_run import RunState, SteeredRun
from visualizer.gui.train.training_session import Change, TrainFrame, TrainingSession

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QObject

    from visualizer.engine.training.loop import Training
    from visualizer.engine.training.train_settings import TrainSettings
    from visualizer.gui.core.compute import Compute, MakeGenerator
    from visualizer.gui.train.choice import Choice


class TrainRun(SteeredRun):
    """One training at a time; `shown` carries the newest `TrainFrame`.

    The state is EMPTY until the pictures are read and the network is built; DONE after the last
    epoch.
    """

    def __init__(self, compute: Compute, parent: QObject | None = None) -> None:
        super().__init__(compute, "Training", parent)
        self.frame: TrainFrame | None = None
        self.training_session: TrainingSession | None = None
        """For jobs on the compute thread."""
        self._changing = Latest(compute, parent=self, finish_started=True)
        self._testing = Latest(compute, "Range test", self, background=True)

    @property
    def begun(self) -> bool:
        """Whether something would be lost by beginning anew."""
        return self.frame is not None and self.frame.step > 0

    @property
    def preparing(self) -> bool:
        """Whether pictures are being read, or the network is being built."""
        return self.frame is None and self._changing.running

    def begin(
        self,
        choice: Choice,
        settings: TrainSettings,
        *,
        resume: bool = False,
        folder: Path | None = None,
    ) -> None:
        """Read the pictures and build the network, in place of the present ones.

        Args:
            choice: what is trained on what.
            settings: how.
            resume: go on with what was kept on disk of the same choice.
            folder: where it is kept; None for that of all trainings.
        """
        self.clear()
        self.title = f"Training of {choice.title}"
        self.training_session = TrainingSession(
            choice, settings, folder or saved_folder(), resume=resume
        )
        self._ask_between(self.training_session.ready, self.title)

    def go_on(self, *, hurry: bool = False) -> None:
        """Train until `pause` or the end."""
        if self.training_session is not None:
            training_session = self.training_session
            self._work(lambda: training_session.batches(hurry=hurry))

    def take_batch(self) -> None:
        """Train on one batch."""
        if self.training_session is not None:
            training_session = self.training_session
            self._work(lambda: training_session.batches(1))

    def take_batches(self, count: int) -> None:
        """Train on so many batches."""
        if self.training_session is not None:
            training_session = self.training_session
            self._work(lambda: training_session.batches(count))

    def take_epoch(self) -> None:
        """Train to the end of the epoch."""
        if self.training_session is not None:
            self._work(self.training_session.one_epoch)

    def change(self, change: Change) -> None:
        """Do something between two batches: before the next one while it runs, else now."""
        if self.training_session is not None:
            self.training_session.change(change)
            if not self.running:
                self._ask_between(self.training_session.changed)

    def look(self) -> None:
        """Make the views on show anew while it pauses; a range test goes on, and a run does so
        itself.
        """
        if self.training_session is not None and not self.running and not self._testing.running:
            self._ask_between(self.training_session.changed)

    def test_rates(self, make: MakeGenerator, show: Callable[[Any], object]) -> None:
        """Begin a range test, which borrows the training: whatever else is asked for ends it."""
        self._stop()
        self._testing.ask(make, on_frame=show, on_done=show)

    def end_test(self) -> None:
        """End the range test; the training is as it was before it."""
        self._testing.drop()

    def go_to(self, branch: int, batch: int) -> None:
        """Bring the network to a moment of before; it pauses there."""
        if self.training_session is not None:
            training_session = self.training_session
            self._stop()
            self._ask_between(lambda: training_session.go_to(branch, batch))

    def take_over(self, training: Training) -> None:
        """Go on with another training, such as the winner of a race."""
        if self.training_session is not None:
            training_session = self.training_session
            self._stop()
            self._ask_between(lambda: training_session.take_over(training))

    def _stop(self) -> None:
        if self.running:
            self._latest.drop()
            self._set_state(RunState.PAUSED)

    def clear(self) -> None:
        """Stop, and forget it."""
        self.end_test()
        self._latest.drop()
        self._changing.drop()
        if self.training_session is not None:
            close = Job(once(self.training_session.close), cancellable=False, must_finish=True)
            self._compute.submit(close)
        self.training_session = self.frame = None
        self.error = ""
        self._set_state(RunState.EMPTY)

    def _work(self, make: MakeGenerator) -> None:
        self.end_test()
        self._ask(make, on_frame=self._show, on_done=self._on_done, on_cancelled=self._on_rest)

    def _ask_between(self, make: MakeGenerator, title: str = "") -> None:
        self.end_test()
        self._changing.ask(make, on_done=self._on_done, on_failed=self._on_failed, title=title)

    def _on_done(self, frame: TrainFrame) -> None:
        self._show(frame)
        if not self.running or not self._latest.running:
            self._set_state(RunState.DONE if frame.finished else RunState.PAUSED)

    def _on_rest(self) -> None:
        if self.training_session is not None:
            self._ask_between(self.training_session.changed)

    def show_frame(self, frame: TrainFrame) -> None:
        """Take a frame that another job has made of this training."""
        self._on_done(frame)

    def _show(self, frame: Any) -> None:
        if isinstance(frame, TrainFrame) and frame is not self.frame:
            self.frame = frame
            self.shown.emit(frame)


def saved_folder() -> Path:
    """Where trainings are kept."""
    return data_folder() / "training"
