"""An ascent that the user steers: start, pause, one step, undo, go on, go another way."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from visualizer.gui.runs.history import Course, Plan, Step

if TYPE_CHECKING:
    from visualizer.engine.technique import Frame
    from visualizer.gui.core.session import Session

EMPTY, RUNNING, PAUSED, DONE, FAILED = "empty", "running", "paused", "done", "failed"


class Run(QObject):
    """Runs one `Course` at a time on the compute thread and tells what it has come to."""

    shown = Signal(object)
    """The newest `Step`."""
    state_changed = Signal(str)
    """"empty", "running", "paused", "done" or "failed"."""

    def __init__(self, session: Session, key: str, title: str, parent: QObject | None = None):
        super().__init__(parent)
        self._compute = session.compute
        self.key, self.title = key, title
        self.state = EMPTY
        self.error = ""
        """Why it failed, in one sentence."""
        self._course: Course | None = None
        self._undo_wanted = 0
        compute = session.compute
        compute.frame.connect(self._on_frame)
        compute.done.connect(self._on_done)
        compute.failed.connect(self._on_failed)
        compute.cancelled.connect(self._on_cancelled)

    @property
    def step(self) -> Step | None:
        """What has come of it so far, and who made it."""
        return self._course.step if self._course is not None else None

    @property
    def frame(self) -> Frame | None:
        """What has come of it so far."""
        return self.step.frame if self.step is not None else None

    @property
    def worth_keeping(self) -> bool:
        """Whether it came to its end, or took so long that it was kept on disk."""
        return self._course is not None and self._course.saved

    @property
    def values(self) -> list[float]:
        """The objective at every step so far."""
        return list(self._course.values) if self._course is not None else []

    @property
    def running(self) -> bool:
        """Whether steps are being taken."""
        return self.state == RUNNING

    # What the user asks for

    def start(self, plan: Plan, save: Callable[[Step], object] | None = None) -> None:
        """Begin anew; what ran before is dropped."""
        self._course = Course(plan, save)
        self._undo_wanted = 0
        self._submit(once=False)

    def pause(self) -> None:
        """Stop after the step that is being taken."""
        if self.running:
            self._compute.cancel_keyed(self.key)

    def go_on(self) -> None:
        """Take the steps that are left."""
        if self._course is not None and not self.running:
            self._submit(once=False)

    def take_step(self) -> None:
        """Take one step."""
        if self._course is not None and not self.running:
            self._submit(once=True)

    def redirect(self, plan: Plan) -> None:
        """Go another way from the present picture: at the next step, or when it goes on."""
        if self._course is not None:
            self._course.redirect(plan)
            if self.state in (DONE, FAILED):
                self._set_state(PAUSED)

    def undo(self) -> None:
        """Take back the last step; a run that runs pauses first."""
        if self.running:
            self._undo_wanted += 1
            self.pause()
        elif self._course is not None and self._course.undo():
            self._set_state(PAUSED)
            self._show()

    def clear(self) -> None:
        """Stop, and forget everything."""
        self._course = None
        self._compute.cancel_keyed(self.key)
        self._set_state(EMPTY)

    # The job

    def _submit(self, once: bool) -> None:
        course = self._course
        assert course is not None

        def work() -> Generator[Frame, None, tuple[Course, bool]]:
            while (step := course.advance()) is not None:
                yield step.frame
                if once and step.frame.picture is not None:
                    return course, False
            return course, True

        self.error = ""
        self._compute.submit_keyed(self.key, work, live=True, title=self.title)
        self._set_state(RUNNING)

    def _on_frame(self, key: str, _frame: Any) -> None:
        if key == self.key and self.running:
            self._show()

    def _on_done(self, key: str, result: Any) -> None:
        if key == self.key and self._course is not None and result[0] is self._course:
            self._settle(DONE if result[1] else PAUSED)

    def _on_failed(self, key: str, sentence: str) -> None:
        if key == self.key and not self._replaced():
            self.error = sentence
            self._set_state(FAILED)

    def _on_cancelled(self, key: str) -> None:
        if key != self.key or self._course is None or self._replaced():
            return
        self._settle(PAUSED)

    def _settle(self, state: str) -> None:
        while self._undo_wanted and self._course is not None:
            self._undo_wanted -= 1
            if self._course.undo():
                state = PAUSED
        self._set_state(state)
        self._show()

    def _replaced(self) -> bool:
        return any(job.key == self.key for job in self._compute.jobs())

    def _show(self) -> None:
        if self.step is not None:
            self.shown.emit(self.step)

    def _set_state(self, state: str) -> None:
        self.state = state
        self.state_changed.emit(state)
