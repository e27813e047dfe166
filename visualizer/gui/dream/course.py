"""The steps of one ascent with its past, so that it can be undone and sent another way."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from visualizer.engine.technique import Frame

HISTORY_BYTES = 192 * 1024**2
"""How much past is kept; the last two pictures always are."""
AUTOSAVE_SECONDS = 15.0


@dataclass(frozen=True)
class Plan:
    """Where the frames come from.

    Attributes:
        begin: all frames from the beginning, or from a picture that is there already.
        go_on: what is left after a frame that was taken back.
    """

    begin: Callable[[Frame | None], Iterator[Frame]]
    go_on: Callable[[Frame], Iterator[Frame]]


class Course:
    """A plan on its way. `advance` belongs to the compute thread; the rest to the window thread.

    Args:
        plan: gives the frames.
        save: called on the compute thread now and then with a frame, to keep it on disk.
    """

    def __init__(self, plan: Plan, save: Callable[[Frame], object] | None = None) -> None:
        self.frames: deque[Frame] = deque()
        self.values: list[float] = []
        self._bytes = 0
        # What was asked for last counts; a deque, as two threads use it.
        self._ways: deque[Callable[[], Iterator[Frame]]] = deque([lambda: plan.begin(None)])
        self._plan = plan
        self._iterator: Iterator[Frame] | None = None
        self._save, self._saved = save, time.monotonic()

    @property
    def frame(self) -> Frame | None:
        """The newest frame."""
        return self.frames[-1] if self.frames else None

    def advance(self) -> Frame | None:
        """Take one step; None after the last."""
        while self._ways:
            self._iterator = self._ways.popleft()()
        try:
            frame = next(self._iterator, None) if self._iterator is not None else None
        except BaseException:  # whoever goes on tries again
            self.redirect(self._plan)
            raise
        if frame is None:
            self._iterator = None
            self._autosave(always=True)
            return None
        self.frames.append(frame)
        if "objective" in frame.numbers:
            self.values.append(frame.numbers["objective"])
        self._forget()
        self._autosave()
        return frame

    def redirect(self, plan: Plan) -> None:
        """Go on from the present picture by another plan, from the next step on."""
        self._plan = plan
        self._ways.append(lambda: plan.begin(self.frame))

    def undo(self) -> bool:
        """Take back the last step, while no step is being taken; False at the beginning."""
        if len(self.frames) < 2:
            return False
        gone = self.frames.pop()
        self._bytes -= _size(gone)
        if "objective" in gone.numbers and self.values:
            self.values.pop()
        before, plan = self.frames[-1], self._plan
        self._ways.append(lambda: plan.go_on(before))
        return True

    def _forget(self) -> None:
        self._bytes += _size(self.frames[-1])
        while self._bytes > HISTORY_BYTES and len(self.frames) > 2:
            self._bytes -= _size(self.frames.popleft())

    def _autosave(self, always: bool = False) -> None:
        now = time.monotonic()
        due = always or now - self._saved >= AUTOSAVE_SECONDS
        if self._save is not None and self.frames and due:
            self._saved = now
            self._save(self.frames[-1])


def _size(frame: Frame) -> int:
    return frame.picture.nbytes if frame.picture is not None else 0
