"""A run that the user steers: start, pause, one step, undo, go on, redirect."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING

from visualizer.gui.core.compute import once
from visualizer.gui.runs.history import Bounds, RunHistory, Step
from visualizer.gui.runs.steered_run import RunState, SteeredRun

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from visualizer.engine.technique import Frame
    from visualizer.gui.core.compute import Compute
    from visualizer.gui.runs.recipe import FrameSource


class Run(SteeredRun):
    """Takes the steps of one `RunHistory` at a time; `shown` carries the newest `Step`.

    Args:
        compute: the compute thread.
        title: of its row in the jobs bar.
        parent: its owner.
        bounds: how many steps are kept to be undone.
    """

    def __init__(
        self,
        compute: Compute,
        title: str,
        parent: QObject | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        super().__init__(compute, title, parent)
        self.bounds = bounds
        self.history: RunHistory | None = None
        self._undo_wanted = 0
        self._replaced: list[RunHistory] = []  # to be closed on the compute thread

    @property
    def step(self) -> Step | None:
        """The newest step."""
        return self.history.step if self.history is not None else None

    @property
    def frame(self) -> Frame | None:
        """The frame of the newest step."""
        return self.step.frame if self.step is not None else None

    @property
    def curves(self) -> dict[str, list[float]]:
        """The numbers of all steps so far, by name."""
        if self.history is None:
            return {}
        return {name: list(values) for name, values in list(self.history.curves.items())}

    def values(self, name: str) -> list[float]:
        """One number at every step so far that has it."""
        return self.curves.get(name, [])

    @property
    def worth_keeping(self) -> bool:
        """Whether it has ended, or was long enough to be saved on disk."""
        return self.history is not None and self.history.saved

    @property
    def can_undo(self) -> bool:
        return self.history is not None and self.history.can_undo

    @property
    def has_picture(self) -> bool:
        return self.step is not None and self.step.pictured is not None

    def start(self, source: FrameSource, save: Callable[[Step], object] | None = None) -> None:
        """Begin a new history in place of the present one; `save` is told now and then."""
        self._replace(RunHistory(source, save, self.bounds))
        self._take_steps()

    def stand(
        self, source: FrameSource, frame: Frame, curves: Mapping[str, list[float]], done: bool
    ) -> None:
        """Begin a new history with the newest step of another, to be gone on with."""
        history = RunHistory(source, bounds=self.bounds)
        history.put(frame, curves)
        self._replace(history)
        self._latest.drop()
        self._set_state(RunState.DONE if done else RunState.PAUSED)
        self._show()

    def go_on(self) -> None:
        """Run the remaining steps."""
        if self.history is not None and not self.running:
            self._take_steps()

    def take_step(self) -> None:
        """Take one step."""
        if self.history is not None and not self.running:
            self._take_steps(one=True)

    def redirect(self, source: FrameSource) -> None:
        """Continue from the newest step with another source: at the next step, or on `go_on`."""
        if self.history is not None:
            self.history.redirect(source)
            if self.state in (RunState.DONE, RunState.FAILED):
                self._set_state(RunState.PAUSED)

    def undo(self) -> None:
        """Take back the newest step; a run that is running pauses first."""
        if self.running:
            self._undo_wanted += 1
            self.pause()
        elif self.history is not None and self.history.undo():
            self._set_state(RunState.PAUSED)
            self._show()

    def clear(self) -> None:
        """Stop, and drop all steps."""
        if self.history is None:
            return
        self._replace(None)
        self._latest.ask(once(self._close_replaced))
        self._set_state(RunState.EMPTY)

    def _replace(self, history: RunHistory | None) -> None:
        self._undo_wanted = 0
        self.error = ""
        if self.history is not None:
            self._replaced.append(self.history)
        self.history = history

    def _close_replaced(self) -> None:
        while self._replaced:
            self._replaced.pop().close()

    def _take_steps(self, one: bool = False) -> None:
        history = self.history
        assert history is not None

        def work() -> Generator[Frame, None, RunState]:
            self._close_replaced()
            while (frame := history.advance()) is not None:
                yield frame
                if one and history.step is not None and history.step.frame is frame:
                    return RunState.PAUSED
            return RunState.DONE

        self._ask(
            work,
            on_frame=lambda _: self._show(),
            on_done=self._settle,
            on_cancelled=lambda: self._settle(RunState.PAUSED),
        )

    def _settle(self, state: RunState) -> None:
        while self._undo_wanted and self.history is not None:
            self._undo_wanted -= 1
            if self.history.undo():
                state = RunState.PAUSED
        self._set_state(state)
        self._show()

    def _show(self) -> None:
        if self.step is not None:
            self.shown.emit(self.step)
