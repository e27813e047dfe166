"""What of a training happens on the compute thread: batches, what the window shows, changes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from visualizer.engine.errors import UserError
from visualizer.engine.training.curves import TrainingCurves, curves_of
from visualizer.engine.training.schedules import Schedule
from visualizer.engine.training.train_settings import TrainSettings
from visualizer.gui.train.choice import Choice, Lesson, read_lesson
from visualizer.gui.train.views import Looker, Views

if TYPE_CHECKING:
    import numpy as np

    from visualizer.engine.network import Network
    from visualizer.engine.training.loop import Training

DRAW_SECONDS = 0.1
"""Between two looks at a training."""
SLICE_SECONDS = 0.04
"""Of batches without a pause for others, on the way to the end."""
CURVE_POINTS = 201
"""Of the learning rate that is to come."""

Change = Callable[["Training"], str | None]
"""Something to do between two batches; it returns a sentence for the user."""


@dataclass(frozen=True, eq=False)
class TrainFrame:
    """What the window shows.

    Attributes:
        step: batches so far; `total` of all epochs.
        title: of the training.
        classes: their names.
        pictures: how many there are to train on, and to validate with.
        size: height, width and channels of a picture.
        parameters: of the network.
        settings, schedule: those of the next batch.
        version: other than before where `settings` were not set by the user.
        epoch: epochs so far, with the part of the present one.
        batches_an_epoch: at the present batch size.
        learning_rate: of the next batch.
        curves: the record so far.
        planned: progress and learning rate of all the training, as it is planned now.
        per_second: batches a second.
        finished: whether all epochs are done.
        said: the newest sentence for the user, "" for none.
        offered: the learning rate to go on with after the loss exploded; None if it has not.
        views: how the network looks inside.
    """

    step: int
    total: int
    title: str
    classes: tuple[str, ...]
    pictures: tuple[int, int]
    size: tuple[int, int, int]
    parameters: int
    settings: TrainSettings
    schedule: Schedule
    version: int
    epoch: float
    batches_an_epoch: int
    learning_rate: float
    curves: TrainingCurves
    planned: tuple[np.ndarray, np.ndarray]
    per_second: float
    finished: bool
    said: str
    offered: float | None
    views: Views


class Teaching:
    """A network, the pictures it learns from, and how it goes.

    All methods are called on the compute thread, but `change`.

    Args:
        choice: what is trained on what.
        settings: how.
    """

    def __init__(self, choice: Choice, settings: TrainSettings) -> None:
        self.choice = choice
        self.training: Training | None = None
        self.lesson: Lesson | None = None
        self.network: Network | None = None
        """The same model for the other workspaces: what it learns is there at once."""
        self.smoothing = 0.9
        """Of the curves; set by the window."""
        self.wanted = frozenset({"maps"})
        """Which views are on show; set by the window."""
        self.looker: Looker | None = None
        self._settings = settings
        self._changes: deque[Change] = deque()
        self._events: Generator[Any, None, None] | None = None
        self._per_second = 0.0
        self._version = 0
        self._said = ""
        self._offered: float | None = None
        self._parameters = 0

    def change(self, change: Change) -> None:
        """Do something before the next batch; may be called on any thread."""
        self._changes.append(change)

    def ready(self) -> Generator[Any, None, TrainFrame]:
        """Read the pictures and build the network."""
        if self.training is None:
            yield from self._begin()
        return self.frame()

    def batches(self, count: int | None = None, hurry: bool = False) -> Generator[Any, None, Any]:
        """Take so many batches, or go on to the end; what was begun is gone on with next time.

        Args:
            count: batches; None for all of all epochs.
            hurry: take several between two pauses for others.
        """
        yield from self.ready()
        assert self.training is not None
        if count == 1 and "norms" in self.wanted:
            self._apply()
            assert self.looker is not None
            yield from self.looker.measure_norms()
            return self.frame()
        end = None if count is None else self.training.batch + count
        yield from self._take(lambda training: end is not None and training.batch >= end, hurry)
        yield from self._look(moving=False)
        return self.frame()

    def one_epoch(self) -> Generator[Any, None, Any]:
        """Go on to the end of the present epoch."""
        yield from self.ready()
        assert self.training is not None
        goal = self.training.epoch + 1
        yield from self._take(lambda training: training.epoch >= goal, False)
        yield from self._look(moving=False)
        return self.frame()

    def changed(self) -> Generator[Any, None, TrainFrame]:
        """Do what was asked for while it pauses."""
        yield from self.ready()
        self._apply()
        yield from self._look(moving=False)
        return self.frame()

    def frame(self) -> TrainFrame:
        """What there is to see now."""
        training, choice = self.training, self.choice
        assert training is not None
        assert self.looker is not None
        data = training.data
        epoch = training.epoch + training.position / len(data.train)
        progress, factors = training.schedule.curve(CURVE_POINTS)
        settings = training.settings
        return TrainFrame(
            step=training.batch,
            total=training.batch
            + round(max(0.0, settings.epochs - epoch) * training.batches_an_epoch),
            title=choice.title,
            classes=data.classes,
            pictures=(len(data.train), len(data.validation)),
            size=data.train.pictures.shape[1:],
            parameters=self._parameters,
            settings=settings,
            schedule=training.schedule,
            version=self._version,
            epoch=epoch,
            batches_an_epoch=training.batches_an_epoch,
            learning_rate=training.learning_rate,
            curves=curves_of(training.history, epoch, self.smoothing),
            planned=(progress, factors * settings.learning_rate),
            per_second=self._per_second,
            finished=training.finished,
            said=self._said,
            offered=self._offered,
            views=self.looker.views,
        )

    # Inside

    def _begin(self) -> Generator[Any, None, None]:
        from visualizer.engine.training.fresh import explorable, new_training
        from visualizer.engine.training.networks import layers_of

        lesson = self.lesson = yield from read_lesson(self.choice)
        data = lesson.data
        layers = self.choice.bricks
        if layers is None:
            layers = layers_of(self.choice.model, data.train.pictures.shape[1:])
        training = new_training(layers, data, self._settings)
        self._parameters = training.model.count_params()
        yield None
        self.network = explorable(training, f"{self.choice.title}, in training")
        yield None
        yield from training.evaluate()
        self.looker = Looker(training, self.network)
        self._said, self.training = lesson.warning, training
        yield from self._look(moving=False)

    def _take(self, enough: Callable[[Training], bool], hurry: bool) -> Generator[Any, None, None]:
        """Take batches until it is enough, or the end; a frame now and then."""
        training = self.training
        assert training is not None
        frame = self.frame()
        yield frame
        drawn = sliced = measured = time.monotonic()
        batches = training.batch
        while True:
            self._apply()
            if training.finished:
                self._events = None
                return
            if self._events is None:
                self._events = training.run()
            self._note(next(self._events, None))
            now = time.monotonic()
            if now - measured > 0.5:
                rate = (training.batch - batches) / (now - measured)
                self._per_second, measured, batches = rate, now, training.batch
            over = enough(training) or self._offered is not None
            if over:
                return
            if now - drawn >= DRAW_SECONDS:
                for _ in self._look(moving=True):
                    yield frame
                frame, drawn = self.frame(), time.monotonic()
            if not hurry or now - sliced >= SLICE_SECONDS:
                yield frame
                sliced = time.monotonic()

    def _look(self, moving: bool) -> Generator[None, None, None]:
        assert self.looker is not None
        self.looker.wanted = self.wanted
        yield from self.looker.look(moving)

    def _note(self, event: Any) -> None:
        from visualizer.engine.training.loop import Diverged

        if isinstance(event, Diverged):
            self._events = None
            self._said, self._offered = event.sentence, event.suggested_rate
            self._version += 1

    def _apply(self) -> None:
        assert self.training is not None
        while self._changes:
            self._offered = None
            try:
                self._said = self._changes.popleft()(self.training) or ""
            except UserError as error:
                self._said = str(error)
