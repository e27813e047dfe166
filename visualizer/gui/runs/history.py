"""The steps of one ascent with its past, so that it can be undone and sent another way."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

from visualizer.engine.technique import Frame
from visualizer.gui.widgets.image_view import screen_image

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.dream.sources import Recipe

HISTORY_BYTES = 48 * 1024**2
"""How much past is kept: a whole dream of the usual size; the last two pictures always are."""
AUTOSAVE_SECONDS = 15.0


@dataclass(frozen=True, eq=False)
class Step:
    """A frame, who made it, and how it looks.

    Attributes:
        frame: its picture, if it has one, is uint8: what is kept for later takes a quarter.
        recipe: what it takes to make it again.
        image: its picture, no larger than a screen.
    """

    frame: Frame
    recipe: Recipe
    image: QImage | None

    def specimen(self) -> Specimen:
        """The picture with its recipe; on the compute thread."""
        return self.recipe.specimen_of(self.frame)

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        picture = self.frame.picture.nbytes if self.frame.picture is not None else 0
        return picture + (self.image.sizeInBytes() if self.image is not None else 0)


@dataclass(frozen=True)
class Plan:
    """Where the frames come from.

    Attributes:
        recipe: what they take to be made again.
        begin: all frames from the beginning, or from a picture that is there already.
    """

    recipe: Recipe
    begin: Callable[[Frame | None], Iterator[Frame]]


class Course:
    """A plan on its way. `advance` belongs to the compute thread; the rest to the window thread.

    Args:
        plan: gives the frames.
        save: called on the compute thread now and then with a step, to keep it on disk.
    """

    def __init__(self, plan: Plan, save: Callable[[Step], object] | None = None) -> None:
        self.steps: deque[Step] = deque()
        self.values: list[float] = []
        self.saved = False
        """Whether it is worth to be on disk."""
        self._undone: list[Step] = []
        self._bytes = 0
        # What was asked for last counts; a deque, as two threads use it.
        self._ways: deque[Plan] = deque([plan])
        self._plan = plan
        self._iterator: Iterator[Frame] | None = None
        self._save, self._save_from = save, time.monotonic()

    @property
    def step(self) -> Step | None:
        """The newest step."""
        return self.steps[-1] if self.steps else None

    def advance(self) -> Step | None:
        """Take one step; None after the last. One that was taken back is taken again as it was.

        A step that takes long comes after others without a picture, which only say how far it is.
        """
        while self._ways:
            self._set_out(self._ways.popleft())
        if self._undone:
            step = self._undone.pop()
        else:
            try:
                frame = next(self._iterator, None) if self._iterator is not None else None
            except BaseException:  # whoever goes on tries again
                self.redirect(self._plan)
                raise
            if frame is None:
                self._iterator = None
                self._autosave(always=True)
                return None
            step = _step(frame, self._plan.recipe)
            if frame.picture is None:
                return step
            self._bytes += step.size
        self.steps.append(step)
        if "objective" in step.frame.numbers:
            self.values.append(step.frame.numbers["objective"])
        self._forget()
        self._autosave()
        return step

    def redirect(self, plan: Plan) -> None:
        """Go on from the present picture by another plan, from the next step on.

        What it makes then cannot be made again by that plan alone, and its recipe says so.
        """
        if self.steps:
            plan = replace(plan, recipe=replace(plan.recipe, steered=True))
        self._ways.append(plan)

    def undo(self) -> bool:
        """Take back the last step, while no step is being taken; False at the beginning."""
        if len(self.steps) < 2:
            return False
        gone = self.steps.pop()
        self._undone.append(gone)
        if "objective" in gone.frame.numbers and self.values:
            self.values.pop()
        return True

    def _set_out(self, plan: Plan) -> None:
        self._plan = plan
        self._bytes -= sum(step.size for step in self._undone)
        self._undone.clear()
        self._iterator = plan.begin(self.step.frame if self.step is not None else None)

    def _forget(self) -> None:
        while self._bytes > HISTORY_BYTES and len(self.steps) > 2:
            self._bytes -= self.steps.popleft().size

    def _autosave(self, always: bool = False) -> None:
        now = time.monotonic()
        due = always or now - self._save_from >= AUTOSAVE_SECONDS
        if self._save is not None and self.steps and due:
            self.saved = True
            self._save_from = now
            self._save(self.steps[-1])


def _step(frame: Frame, recipe: Recipe) -> Step:
    from visualizer.engine.rendering import to_bytes

    if frame.picture is None:
        return Step(frame, recipe, None)
    picture = to_bytes(frame.picture)
    return Step(replace(frame, picture=picture), recipe, screen_image(picture))
