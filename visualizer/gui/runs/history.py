"""The steps of a run: they can be undone, taken again, and continued from another source."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QImage

from visualizer.engine.technique import Frame
from visualizer.gui.widgets.image_view import screen_image

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.runs.recipe import FrameSource, Recipe

AUTOSAVE_SECONDS = 15.0


@dataclass(frozen=True)
class Bounds:
    """How many steps are kept to be undone; the last two always are.

    Attributes:
        bytes: of all their pictures; the default is a whole dream of the usual size.
        steps: at most so many.
    """

    bytes: int = 48 * 1024**2
    steps: int = 10_000


@dataclass(frozen=True, eq=False)
class Step:
    """A frame with a picture or numbers, and the recipe that made it.

    Attributes:
        frame: its picture, if it has one, is uint8.
        recipe: what its picture is made by.
        image: its picture, no larger than a screen.
        before: the newest step with a picture before it, where it has none itself.
    """

    frame: Frame
    recipe: Recipe
    image: QImage | None = None
    before: Step | None = None

    @property
    def pictured(self) -> Step | None:
        """The step itself, or the newest one before it that has a picture."""
        return self if self.frame.picture is not None else self.before

    def specimen(self) -> Specimen:
        """Return the picture with its recipe; to be called on the compute thread."""
        return self.recipe.specimen_of(self.frame)

    @property
    def size(self) -> int:
        """The bytes of its pictures."""
        picture = self.frame.picture.nbytes if self.frame.picture is not None else 0
        return picture + (self.image.sizeInBytes() if self.image is not None else 0)


class RunHistory:
    """Takes the frames of a source and remembers them as steps.

    `advance` and `close` are called on the compute thread; everything else on the window thread.
    A frame without a picture and without numbers only reports progress: it is no step.

    Args:
        source: where the frames come from.
        save: called on the compute thread every `AUTOSAVE_SECONDS` and at the end, with the newest
            step that has a picture.
        bounds: how many steps are kept.
    """

    def __init__(
        self,
        source: FrameSource,
        save: Callable[[Step], object] | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        self.steps: deque[Step] = deque()
        self.curves: dict[str, list[float]] = {}
        """The numbers of the steps by name; also of steps that are no longer kept."""
        self.saved = False
        """Whether `save` was called: the run was long, or has ended."""
        self._bounds = bounds or Bounds()
        self._undone: list[Step] = []
        self._bytes = 0
        self._source = source
        # The last one counts. A deque, because both threads use it.
        self._redirections: deque[FrameSource] = deque([source])
        self._iterator: Iterator[Frame] | None = None
        self._save, self._saved_at = save, time.monotonic()

    @property
    def step(self) -> Step | None:
        """The newest step."""
        return self.steps[-1] if self.steps else None

    def advance(self) -> Frame | None:
        """Return the next frame, or None after the last; an undone step is taken again as it was.

        After an error a source that resumes goes on from the newest step.
        """
        while self._redirections:
            self._begin(self._redirections.popleft())
        if self._undone:
            step = self._undone.pop()
        else:
            try:
                frame = next(self._iterator, None) if self._iterator is not None else None
            except BaseException:
                self._iterator = None
                if self._source.resumes:
                    self.redirect(self._source)
                raise
            if frame is None:
                self._iterator = None
                self._autosave(at_end=True)
                return None
            if frame.picture is None and not frame.numbers:
                return frame
            step = self._step(frame)
            self._bytes += step.size
        self.steps.append(step)
        for name, value in step.frame.numbers.items():
            self.curves.setdefault(name, []).append(value)
        while len(self.steps) > 2 and (
            self._bytes > self._bounds.bytes or len(self.steps) > self._bounds.steps
        ):
            self._bytes -= self.steps.popleft().size
        self._autosave()
        return step.frame

    def redirect(self, source: FrameSource) -> None:
        """Continue from the newest step with another source, from the next step on.

        What it makes then cannot be made again by the recipe alone, and the recipe says so.
        """
        if self.steps:
            source = replace(source, recipe=replace(source.recipe, steered=True))
        self._redirections.append(source)

    def put(self, frame: Frame, curves: Mapping[str, list[float]]) -> None:
        """Put the newest step of another history here, as the first; nothing must be taken yet."""
        self.steps.append(self._step(frame))
        self._bytes = self.steps[-1].size
        self.curves = {name: list(values) for name, values in curves.items()}

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to go back to."""
        return len(self.steps) > 1

    def undo(self) -> bool:
        """Take back the newest step, while no step is being taken; False at the beginning."""
        if not self.can_undo:
            return False
        step = self.steps.pop()
        self._undone.append(step)
        for name in step.frame.numbers:
            self.curves[name].pop()
        return True

    def close(self) -> None:
        """Close the generator of frames."""
        close: Any = getattr(self._iterator, "close", None)
        self._iterator = None
        if close is not None:
            close()

    def _begin(self, source: FrameSource) -> None:
        self.close()
        self._source = source
        self._bytes -= sum(step.size for step in self._undone)
        self._undone.clear()
        self._iterator = source.begin(self.step.frame if self.step is not None else None)

    def _step(self, frame: Frame) -> Step:
        from visualizer.engine.rendering import to_bytes

        if frame.picture is None:
            before = self.step.pictured if self.step is not None else None
            return Step(frame, self._source.recipe, before=before)
        picture = to_bytes(frame.picture)
        return Step(
            replace(frame, picture=picture), self._source.recipe, image=screen_image(picture)
        )

    def _autosave(self, at_end: bool = False) -> None:
        now = time.monotonic()
        step = self.step.pictured if self.step is not None else None
        due = at_end or now - self._saved_at >= AUTOSAVE_SECONDS
        if self._save is not None and step is not None and due:
            self.saved = True
            self._saved_at = now
            self._save(step)
