"""What every run has that the user starts, pauses and takes up again."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from visualizer.gui.core.requests import Latest

if TYPE_CHECKING:
    from visualizer.gui.core.compute import Compute, MakeGenerator


class RunState(StrEnum):
    """Where a run is."""

    EMPTY = "empty"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"


class SteeredRun(QObject):
    """One run at a time on the compute thread, and where it is.

    It is a background job: what answers the user's hand is computed between its steps.

    Args:
        compute: the compute thread.
        title: of its row in the jobs bar.
        parent: its owner.
    """

    shown = Signal(object)
    """The newest step."""
    state_changed = Signal(object)
    """The `RunState`."""

    def __init__(self, compute: Compute, title: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.state = RunState.EMPTY
        self.error = ""
        """Why it failed, in one sentence."""
        self._compute = compute
        self._latest = Latest(compute, parent=self, background=True)

    @property
    def running(self) -> bool:
        """Whether steps are being taken."""
        return self.state is RunState.RUNNING

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to go back to."""
        return False

    @property
    def has_picture(self) -> bool:
        """Whether there is a picture to keep, or to begin anew from."""
        return False

    def pause(self) -> None:
        """Stop after the step that is being taken."""
        if self.running:
            self._latest.cancel()

    def _ask(
        self,
        make: MakeGenerator,
        *,
        on_frame: Callable[[Any], object],
        on_done: Callable[[Any], object],
        on_cancelled: Callable[[], object],
    ) -> None:
        """Take steps in place of those that are being taken."""
        self.error = ""
        self._latest.ask(
            make,
            on_frame=on_frame,
            on_done=on_done,
            on_failed=self._on_failed,
            on_cancelled=on_cancelled,
            title=self.title,
        )
        self._set_state(RunState.RUNNING)

    def _on_failed(self, sentence: str) -> None:
        self.error = sentence
        self._set_state(RunState.FAILED)

    def _set_state(self, state: RunState) -> None:
        self.state = state
        self.state_changed.emit(state)
