"""What of a training happens on the compute thread: batches, what the window shows, changes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.engine.errors import UserError
from visualizer.engine.training.curves import TrainingCurves, curves_of
from visualizer.engine.training.schedules import Schedule
from visualizer.engine.training.train_settings import TrainSettings
from visualizer.gui.train.choice import Choice
from visualizer.gui.train.past import LAST_PICTURES, NEXT_PICTURES, Past
from visualizer.gui.train.stations import Scene, scenes_of
from visualizer.gui.train.views import Inspector, Views

if TYPE_CHECKING:
    import numpy as np

    from visualizer.engine.network import Network
    from visualizer.engine.training.loop import Training
    from visualizer.gui.train.past import PastView
    from visualizer.models.training_data import TrainingData
    from visualizer.models.training_recipe import Prepared

DRAW_SECONDS, HURRIED_SECONDS = 0.05, 0.2
"""Between two looks at a training, and on the way to the end."""
SLICE_SECONDS = 0.04
"""Of batches without a pause for others, on the way to the end."""
IN_TRAINING = "in training"
"""The name of the network of now; none of the catalogue has a space in it."""
CURVE_POINTS = 201
"""Of the learning rate that is to come."""

Change = Callable[["Training"], str | None]
"""Something to do between two batches; it returns a sentence for the user."""


@dataclass(frozen=True)
class Offer:
    """What to go on with after the training had to stop: a setting, and its value."""

    setting: str
    value: float


@dataclass(frozen=True, eq=False)
class TrainFrame:
    """What the window shows.

    Attributes:
        step: batches so far; `total` of all epochs.
        title: of the training.
        classes: their names.
        pictures: how many there are to train on, and to validate with.
        warnings: what is wrong with them, in sentences; "" for nothing.
        size: height, width and channels of a picture.
        parameters: that are trained.
        settings, schedule: those of the next batch.
        version: other than before where `settings` were not set by the user.
        epoch: epochs so far, with the part of the present one.
        learning_rate: of the next batch.
        curves: the record so far.
        planned: progress and learning rate of all the training, as it is planned now.
        per_second: batches a second.
        finished: whether all epochs are done.
        said: the newest sentence for the user, "" for none.
        offered: what to go on with after the loss exploded, or the memory was too small; else None.
        views: how the network looks inside.
        past: the moments to go back to, and the branches.
        layers: of the network, as `bricks.to_list` writes them; None of a head.
    """

    step: int
    total: int
    title: str
    classes: tuple[str, ...]
    pictures: tuple[int, int]
    warnings: str
    size: tuple[int, ...]
    parameters: int
    settings: TrainSettings
    schedule: Schedule
    version: int
    epoch: float
    learning_rate: float
    curves: TrainingCurves
    planned: tuple[np.ndarray, np.ndarray]
    per_second: float
    finished: bool
    said: str
    offered: Offer | None
    views: Views
    past: PastView
    layers: list[dict[str, Any]] | None


class TrainingSession:
    """A network, the pictures it learns from, and how it goes.

    All methods are called on the compute thread, but `change`.

    Args:
        choice: what is trained on what.
        settings: how.
        folder: for what is kept on disk.
        resume: go on with what was kept there last time.
    """

    def __init__(
        self, choice: Choice, settings: TrainSettings, folder: Path, *, resume: bool = False
    ) -> None:
        self.choice = choice
        self.prepared: Prepared | None = None
        self.network: Network | None = None
        """The same model for the other workspaces: what it learns is there at once. None where
        only a head is trained."""
        self.smoothing = 0.9
        """Of the curves; set by the window."""
        self.wanted = frozenset({"maps"})
        """Which views are on show; set by the window."""
        self.inspector: Inspector | None = None
        self.past: Past | None = None
        self._settings, self._folder, self._resume = settings, folder, resume
        self._changes: deque[Change] = deque()
        self._events: Generator[Any, None, None] | None = None
        self._per_second = 0.0
        self._version = 0
        self._said = ""
        self._offered: Offer | None = None
        self._layers: list[dict[str, Any]] | None = choice.layers

    @property
    def training(self) -> Training:
        """The training; it must be `ready`."""
        assert self.prepared is not None
        return self.prepared.training

    def change(self, change: Change) -> None:
        """Do something before the next batch; may be called on any thread."""
        self._changes.append(change)

    def ready(self) -> Generator[Any, None, TrainFrame]:
        """Read the pictures and build the network."""
        if self.prepared is None:
            yield from self._begin()
        return self.frame()

    def batches(self, count: int | None = None, hurry: bool = False) -> Generator[Any, None, Any]:
        """Take so many batches, or go on to the end; what was begun is gone on with next time.

        Args:
            count: batches; None for all of all epochs.
            hurry: take several between two pauses for others.
        """
        yield from self.ready()
        self._offered = None
        self._fork_if_past()
        if count == 1 and "norms" in self.wanted:
            self._apply()
            assert self.inspector is not None
            yield from self.inspector.measure_norms()
            return (yield from self._rest())
        end = None if count is None else self.training.batch + count
        yield from self._take(lambda training: end is not None and training.batch >= end, hurry)
        return (yield from self._rest())

    def one_epoch(self) -> Generator[Any, None, Any]:
        """Go on to the end of the present epoch."""
        yield from self.ready()
        self._offered = None
        self._fork_if_past()
        goal = self.training.epoch + 1
        yield from self._take(lambda training: training.epoch >= goal, False)
        return (yield from self._rest())

    def changed(self) -> Generator[Any, None, TrainFrame]:
        """Do what was asked for while it pauses."""
        yield from self.ready()
        self._apply()
        return (yield from self._rest())

    def go_to(self, branch: int, batch: int) -> Generator[Any, None, TrainFrame]:
        """Bring everything to a moment that was kept."""
        yield from self.ready()
        assert self.past is not None
        assert self.inspector is not None
        self._apply()
        if self.past.go_to(branch, batch):
            self._moved()
            yield None
            yield from self.training.evaluate()
            self.inspector.forget_past()
        return (yield from self._rest())

    def trace(self) -> Generator[Any, None, tuple[TrainFrame, tuple[Scene, ...]]]:
        """Take the next batch, and tell how its first picture goes through it."""
        yield from self.ready()
        self._fork_if_past()
        self._apply()
        assert self.inspector is not None
        yield None
        trace = self.inspector.trace()
        yield None
        scenes = scenes_of(trace, self.training.data.classes)
        return (yield from self._rest()), scenes

    def take_over(self, training: Training) -> Generator[Any, None, TrainFrame]:
        """Go on with another training of the same network and data, as a new branch."""
        from visualizer.engine.training import checkpoints

        yield from self.ready()
        assert self.past is not None
        assert self.inspector is not None
        own = self.training
        self.past.keep()
        self.past.fork()
        own.change(**training.settings.to_dict() | {"epochs": own.settings.epochs})
        values = checkpoints.values_of(
            checkpoints.training_variables(training.model, training.optimizer)
        )
        checkpoints.assign(checkpoints.training_variables(own.model, own.optimizer), values)
        own.history = self.past.of_branch(training.history)
        own.epoch, own.position = training.epoch, training.position
        self._moved()
        yield from own.evaluate()
        self.past.keep()
        self.inspector.forget_past()
        return (yield from self._rest())

    def whole(self) -> Generator[Any, None, Network]:
        """The network of now for the other workspaces; of a head, with what it stands on."""
        yield from self.ready()
        assert self.prepared is not None
        if self.network is not None:
            return self.network
        return self.prepared.network(title=self.choice.title)

    def keep(self, title: str) -> str:
        """Save the network with its card into the catalogue; its name there.

        Raises:
            SaveError: the folder may not be written to, or the disk is full.
        """
        assert self.prepared is not None
        return self.prepared.keep(title)

    def save(self, path: Path) -> None:
        """Write the network with its card: data, recipe and history.

        Raises:
            SaveError: the folder may not be written to, or the disk is full.
        """
        assert self.prepared is not None
        self.prepared.save(path)

    def write_events(self, folder: Path) -> None:
        """Write the record as an event file for TensorBoard.

        Raises:
            SaveError: the folder may not be written to, or the disk is full.
        """
        from visualizer.engine.training.event_file import write_events

        write_events(folder, self.training.history)

    def frame(self) -> TrainFrame:
        """What there is to see now."""
        training, choice = self.training, self.choice
        assert self.prepared is not None
        assert self.inspector is not None
        assert self.past is not None
        data = self.prepared.data.split
        epoch = training.epoch + training.position / len(training.data.train)
        progress, factors = training.schedule.curve(CURVE_POINTS)
        settings = training.settings
        left = max(0.0, settings.epochs - epoch) * training.batches_an_epoch
        return TrainFrame(
            step=training.batch,
            total=training.batch + round(left),
            title=choice.title,
            classes=data.classes,
            pictures=(len(data.train), len(data.validation)),
            warnings=" ".join(self.prepared.data.warnings),
            size=data.train.pictures.shape[1:],
            parameters=training.model.count_params(),
            settings=settings,
            schedule=training.schedule,
            version=self._version,
            epoch=epoch,
            learning_rate=training.learning_rate,
            curves=curves_of(training.history, epoch, self.smoothing),
            planned=(progress, factors * settings.learning_rate),
            per_second=self._per_second,
            finished=training.finished,
            said=self._said,
            offered=self._offered,
            views=self.inspector.views,
            layers=self._layers,
            past=self.past.view("past" in self.wanted, self.smoothing),
        )

    def close(self) -> None:
        """Keep it for the next start, and delete the moments."""
        if self.past is not None:
            self.past.close()

    # Inside

    def _begin(self) -> Generator[Any, None, None]:
        from visualizer.engine.training.bricks import to_list
        from visualizer.engine.training.networks import layers_of
        from visualizer.engine.training.train_settings import FOR_PIXELS
        from visualizer.models.training_data import OWN
        from visualizer.models.training_recipe import preparing

        data = None
        if self.choice.data == OWN:
            data = yield from self._own_pictures()
        recipe, settings = self.choice.recipe, self._settings
        if self.choice.has_features:
            settings = replace(settings, **FOR_PIXELS)
        yield None
        prepared = yield from preparing(recipe, settings, data, anew=not self._resume)
        training = prepared.training
        kept = self.choice.data != OWN or bool(recipe.pictures)
        past = Past(training, self._folder, recipe if kept else None)
        if self._resume:
            past.resume()
            self._version += 1
        yield None
        if not self.choice.has_features:
            self.network = prepared.network(IN_TRAINING, f"{self.choice.title}, in training")
        yield None
        yield from training.evaluate()
        past.keep()
        if prepared.transfer is None and self._layers is None:
            shape = training.data.train.pictures.shape[1:]
            self._layers = to_list(layers_of(recipe.model, shape))
        self.inspector = Inspector(training, self.network, prepared.data.split)
        told = [*prepared.data.warnings, self._said]
        if prepared.head_accuracy is not None:
            told.append(f"The new head alone is right in {100 * prepared.head_accuracy:.1f}%.")
        self._said = " ".join(told).strip()
        self.past, self.prepared = past, prepared
        yield from self._look(moving=False)

    def _own_pictures(self) -> Generator[Any, None, TrainingData]:
        """The pictures of the camera and the tray, which are kept for the next start."""
        from visualizer.engine.training import kept_pictures
        from visualizer.models.training_data import own

        choice = self.choice
        if self._resume:
            file = self._folder / LAST_PICTURES
            pictures = yield from kept_pictures.reading(file, choice.kept)
            self.choice = choice = replace(choice, own=pictures)
        side = choice.side if choice.transfer is None else None
        data = own(choice.own, side, self._settings.seed)
        if not self._resume:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                file = self._folder / NEXT_PICTURES
                sha256 = yield from kept_pictures.keeping(file, choice.own)
                self.choice = replace(choice, kept=sha256)
            except (UserError, OSError) as error:
                self._said = f"It is not kept for the next start: {error}"
        return data

    def _take(self, enough: Callable[[Training], bool], hurry: bool) -> Generator[Any, None, None]:
        """Take batches until it is enough, or the end; a frame now and then."""
        assert self.past is not None
        try:
            yield from self._taken(enough, hurry)
        except GeneratorExit:  # a pause, or the window closes
            self.past.save()
            raise

    def _taken(self, enough: Callable[[Training], bool], hurry: bool) -> Generator[Any, None, None]:
        training = self.training
        assert self.past is not None
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
            if enough(training) or self._offered is not None:
                return
            if now - drawn >= (HURRIED_SECONDS if hurry else DRAW_SECONDS):
                for _ in self._look(moving=True):
                    yield frame
                self._said = self.past.save_sometimes() or self._said
                frame, drawn = self.frame(), time.monotonic()
            if not hurry or now - sliced >= SLICE_SECONDS:
                yield frame
                sliced = time.monotonic()

    def _rest(self) -> Generator[Any, None, TrainFrame]:
        """Show what there is, and keep it on disk."""
        assert self.past is not None
        yield from self._look(moving=False)
        if self.training.batch:
            self._said = self.past.save() or self._said
        return self.frame()

    def _look(self, moving: bool) -> Generator[None, None, None]:
        assert self.inspector is not None
        self.inspector.wanted = self.wanted
        yield from self.inspector.look(moving)

    def _note(self, event: Any) -> None:
        from visualizer.engine.training.history import EpochDone
        from visualizer.engine.training.loop import BatchDone, BatchTooLarge, Diverged

        assert self.past is not None
        if isinstance(event, Diverged):
            self._events = None
            self._said = event.sentence
            self._offered = Offer("learning_rate", event.suggested_rate)
        elif isinstance(event, BatchTooLarge):
            self._events = None
            self._said = event.sentence
            self._offered = Offer("batch_size", event.suggested_size)
        elif isinstance(event, EpochDone):
            self._said = self.past.keep() or self._said
        elif isinstance(event, BatchDone):
            self._said = self.past.keep_sometimes() or self._said

    def _fork_if_past(self) -> None:
        assert self.past is not None
        if self.past.in_past:
            self.past.fork()
            self._events = None

    def _moved(self) -> None:
        """The training stands elsewhere."""
        self._events = None
        self._offered, self._said = None, ""
        self._version += 1

    def _apply(self) -> None:
        while self._changes:
            self._offered = None
            try:
                self._said = self._changes.popleft()(self.training) or ""
            except UserError as error:
                self._said = str(error)
