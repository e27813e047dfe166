"""A training: the caller owns the loop, and may change nearly everything between two batches.

`Training.run` is a generator. Each `next` takes one batch, or measures a slice of the validation
pictures; stop asking and it is paused. What is random is drawn from the seed and the number of the
epoch or batch, so that a training that was resumed, or forked from a snapshot, sees exactly the
batches that it would have seen.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from visualizer.engine.errors import UserError
from visualizer.engine.settings import describe
from visualizer.engine.training import checkpoints
from visualizer.engine.training.augmentation import AUGMENTATIONS
from visualizer.engine.training.datasets import Dataset
from visualizer.engine.training.evaluation import Evaluation, Evaluator
from visualizer.engine.training.history import EpochDone, History
from visualizer.engine.training.optimizers import make_optimizer
from visualizer.engine.training.schedules import Schedule
from visualizer.engine.training.split import Split
from visualizer.engine.training.step import TrainingStep
from visualizer.engine.training.train_settings import FOR_PIXELS, TrainSettings

GOOD_EVERY = 100
"""Batches between two copies of the weights in memory, to go back to."""
EXPLODED = 10.0
"""Times the loss of a network that knows nothing, log K, from which a loss has exploded."""
HELD = 3
"""Batches in a row with such a loss before the training is stopped."""


class TrainingError(UserError):
    """A training that cannot be what it was asked to be."""


class BatchTooLargeError(TrainingError):
    """There is too little memory for a batch.

    Attributes:
        pictures: how many it had.
        suggested_size: half of them, a batch size to go on with; 0 if it had only one.
    """

    def __init__(self, pictures: int) -> None:
        self.pictures, self.suggested_size = pictures, pictures // 2
        super().__init__(
            f"There is not enough memory for {pictures} pictures a step; set the batch size to "
            f"{self.suggested_size}."
            if pictures > 1
            else "There is not enough memory for one picture a step; train a smaller network, or "
            "on smaller pictures."
        )


@dataclass(frozen=True)
class BatchDone:
    """One batch: its number in all (from 1), and what was measured on it before the step."""

    batch: int
    epoch: int
    loss: float
    accuracy: float
    adversarial_accuracy: float
    learning_rate: float
    indices: np.ndarray


@dataclass(frozen=True)
class Diverged:
    """The loss was no number or exploded; the weights are those after `back_to` batches again.

    `suggested_rate` is half of the rate that was set; `run` goes on with whatever is set then.
    """

    batch: int
    loss: float
    back_to: int
    suggested_rate: float

    @property
    def sentence(self) -> str:
        """What happened and what to do."""
        what = f"rose to {self.loss:.3g}" if math.isfinite(self.loss) else "is no number any more"
        return (
            f"The loss {what} at batch {self.batch}: the steps were too large, so the network is "
            f"as it was after batch {self.back_to}; go on with a learning rate of "
            f"{self.suggested_rate:.3g} or less."
        )


@dataclass(frozen=True)
class BatchTooLarge:
    """There was too little memory for a batch, so it was not taken.

    `run` goes on with whatever batch size is set then, such as the `suggested_size`.
    """

    pictures: int
    suggested_size: int
    sentence: str


Event = BatchDone | EpochDone | Diverged | BatchTooLarge
Until = Literal["batch", "epoch", "end"]


@dataclass(frozen=True)
class State:
    """A moment of a training: the values of all variables, and where in the data it was."""

    values: checkpoints.Values
    meta: dict[str, Any]

    @property
    def batch(self) -> int:
        """How many batches had been taken."""
        return int(self.meta["batch"])


class Training:
    """A network that learns.

    Args:
        model: float32 N x H x W x C in [0, 1] -> logits N x K; it is trained in place.
        data: what it learns from and is judged by.
        settings: how.
        schedule: the curve of the rate, if it is more than `settings.schedule` says.

    Attributes:
        model, data, settings, schedule: as given or changed since.
        history: of every batch and epoch.
        epoch: whole epochs so far; `position`: pictures of the next one seen so far.
        evaluation: the last one, of the validation pictures; None before the first.
    """

    def __init__(
        self,
        model: keras.Model,
        data: Split,
        settings: TrainSettings | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        self.model, self.data = model, data
        self.settings = settings or TrainSettings()
        self._refuse_pixels(self.settings)
        self.schedule = schedule or _schedule_of(self.settings)
        self.history = History()
        self.epoch = self.position = 0
        self.evaluation: Evaluation | None = None
        self._evaluator = Evaluator(model)
        self._shown, self._drawn = data.train, -1  # and the epoch that it was drawn for
        self._order = (-1, np.empty(0, np.int64))  # that epoch's order
        self._set_dropout()
        self._step = TrainingStep(
            model,
            self._new_optimizer(self.settings),
            data.train,
            adversarial=self.settings.adversarial is not None,
            label_smoothing=self.settings.label_smoothing,
            epsilon=self.settings.adversarial or 0.0,
            clean_weight=1 - self.settings.adversarial_share,
        )
        self._good: list[State] = []
        self._bad, self._lost = 0, (0, 0.0)
        self._epoch_began: tuple[int, float, float, float] | None = None  # count, sums, since when

    # What is asked of it

    @property
    def batch(self) -> int:
        """How many batches have been taken."""
        return self.history.batches

    @property
    def batches_an_epoch(self) -> int:
        """Batches that an epoch has at the present batch size; the last may be smaller."""
        return -(-len(self.data.train) // self.settings.batch_size)

    @property
    def progress(self) -> float:
        """How far it is, from 0 to 1 at the end of the last epoch."""
        return min(1.0, self._epochs_done / self.settings.epochs)

    @property
    def finished(self) -> bool:
        """Whether all epochs are done."""
        return self.epoch >= self.settings.epochs

    @property
    def learning_rate(self) -> float:
        """The rate of the next batch."""
        return self.settings.learning_rate * self.schedule.factor(self.progress)

    @property
    def optimizer(self) -> Any:
        """The Keras optimizer."""
        return self._step.optimizer

    @property
    def pictures(self) -> Dataset:
        """What the present epoch shows: `data.train`, or what was drawn for it."""
        self._draw()
        return self._shown

    def logits(self, pictures: np.ndarray) -> np.ndarray:
        """What the network says now: uint8 N x H x W x C, or float in [0, 1] -> N x K."""
        return self._evaluator.logits(pictures)

    # What can be changed between two batches

    def change(self, **fields: Any) -> str:
        """Change settings from the next batch on; recorded in `history.changes`.

        Returns:
            What had to begin anew because of it, as a sentence; "" if nothing had to.

        Raises:
            SettingsError: a setting cannot have that value.
            TrainingError: the seed, which decides what already happened; or a setting that changes
                pictures, of a head on features.
        """
        before, after = self.settings, replace(self.settings, **fields)
        changed = {name for name in fields if getattr(before, name) != getattr(after, name)}
        if not changed:
            return ""
        if "seed" in changed and self.batch:
            raise TrainingError("The seed cannot change on the way; begin a new training with it.")
        self._refuse_pixels(after)
        self.settings = after
        if changed & {"schedule", "warm_up", "restarts"}:
            self.schedule = _schedule_of(after)
        self.history.add_change(_in_words(after, changed))
        return self._apply(before)

    def _refuse_pixels(self, settings: TrainSettings) -> None:
        """Refuse settings that change pictures where there are only features of them.

        Raises:
            TrainingError: there is one.
        """
        if self.data.train.pictures.ndim == 4:
            return
        for name, without in FOR_PIXELS.items():
            if getattr(settings, name) != without:
                raise TrainingError(
                    f"A new head learns from features that are computed once, so {name} means "
                    "nothing to it; leave that setting out, or train a whole network."
                )

    def set_schedule(self, schedule: Schedule) -> None:
        """Follow another curve from the next batch on."""
        self.schedule = schedule
        self.history.add_change(f"schedule: {schedule.kind}")

    def _apply(self, before: TrainSettings) -> str:
        """Make the step as the settings say; what began anew because of it."""
        after, step = self.settings, self._step
        step.label_smoothing.assign(after.label_smoothing)
        step.clean_weight.assign(1 - after.adversarial_share)
        step.epsilon.assign(after.adversarial or 0.0)
        lost, traced = "", False
        if (before.optimizer, before.momentum) != (after.optimizer, after.momentum):
            old, step.optimizer = step.optimizer, self._new_optimizer(after)
            same = _kind(before.optimizer) == _kind(after.optimizer)
            if same and len(old.variables) == len(step.optimizer.variables):  # fewer at momentum 0
                checkpoints.assign(step.optimizer.variables, checkpoints.values_of(old.variables))
            else:
                self._good = []
                lost = "The new optimizer begins without a memory of past gradients."
            traced = True
        if before.dropout != after.dropout:
            self._set_dropout()
            traced = True
        if step.adversarial != (after.adversarial is not None):
            step.adversarial = after.adversarial is not None
            traced = True
        step.optimizer.weight_decay.assign(after.weight_decay)
        if traced:
            step.compile()
        return lost

    # The loop

    def run(self, until: Until = "end") -> Generator[Event | None, None, None]:
        """Train: one batch, to the end of the epoch, or to the end of all epochs.

        Yields a `BatchDone` a batch, an `EpochDone` an epoch, a `Diverged` or a `BatchTooLarge` as
        the last thing if it had to stop, and None for a slice that only measured. Once it has
        `finished`, "end" does nothing, and "batch" and "epoch" take another one all the same.

        Raises:
            TrainingError: there is too little memory for a single picture.
        """
        while until != "end" or not self.finished:
            if self._epoch_is_over:  # it was stopped before it was measured
                yield from self._end_epoch()
                if until == "epoch":
                    return
                continue
            try:
                done = self._batch()
            except BatchTooLargeError as error:
                if not error.suggested_size:
                    raise
                yield BatchTooLarge(error.pictures, error.suggested_size, str(error))
                return
            if done is None:
                yield self._go_back()
                return
            yield done
            if self._epoch_is_over:
                yield from self._end_epoch()
                if until == "epoch":
                    return
            if until == "batch":
                return

    def take(self, indices: np.ndarray) -> BatchDone | None:
        """Train on these pictures; None where the loss shows that the training has diverged.

        Raises:
            BatchTooLargeError: there is too little memory for them.
        """
        self._draw()
        rate = self.learning_rate
        self._step.optimizer.learning_rate.assign(rate)
        moves = AUGMENTATIONS[self.settings.augmentation]
        rng = np.random.default_rng((self.settings.seed, 1, self.batch))
        size = self.data.train.pictures.shape[1:3]
        try:
            result = self._step.on_indices(indices, moves.transforms(len(indices), size, rng))
        except Exception as error:
            if not _out_of_memory(error):
                raise
            raise BatchTooLargeError(len(indices)) from error
        self._bad = self._bad + 1 if self._explodes(result.loss) else 0
        if not math.isfinite(result.loss) or self._bad >= HELD:
            self._lost = (self.batch + 1, result.loss)
            return None
        self.history.add(result.loss, result.accuracy, result.adversarial_accuracy, rate)
        return BatchDone(
            self.batch,
            self.epoch,
            result.loss,
            result.accuracy,
            result.adversarial_accuracy,
            rate,
            indices,
        )

    def next_indices(self) -> np.ndarray:
        """The pictures of the next batch: indices into `pictures`."""
        count = len(self.data.train)
        over = self._epoch_is_over  # but not measured yet
        epoch, position = (self.epoch + 1, 0) if over else (self.epoch, self.position)
        if self._order[0] != epoch:
            rng = np.random.default_rng((self.settings.seed, 0, epoch))
            self._order = (epoch, rng.permutation(count))
        return self._order[1][position : position + self.settings.batch_size]

    def evaluate(self) -> Generator[None, None, Evaluation]:
        """Measure on the validation pictures, in slices."""
        epsilon = self.settings.adversarial
        self.evaluation = yield from self._evaluator.run(self.data.validation, epsilon)
        return self.evaluation

    def _batch(self) -> BatchDone | None:
        if (self.batch % GOOD_EVERY == 0 or not self._good) and not self._bad:
            self._good = [*self._good[-1:], self.state()]
        if self._epoch_began is None:
            self._epoch_began = (0, 0.0, 0.0, time.monotonic())
        indices = self.next_indices()
        done = self.take(indices)
        if done is not None:
            self.position += len(indices)
            count, loss, right, began = self._epoch_began
            loss, right = loss + done.loss, right + done.accuracy
            self._epoch_began = (count + 1, loss, right, began)
        return done

    def _end_epoch(self) -> Generator[EpochDone | None, None, None]:
        assert self._epoch_began is not None
        count, loss, right, began = self._epoch_began
        epoch = self.epoch
        measured = yield from self.evaluate()
        if self.epoch != epoch:  # another `run` has ended it, between two slices
            return
        self.epoch, self.position, self._epoch_began = self.epoch + 1, 0, None
        done = EpochDone(
            self.epoch,
            self.batch,
            loss / count,
            right / count,
            measured.loss,
            measured.accuracy,
            measured.adversarial_accuracy,
            time.monotonic() - began,
        )
        self.history.add_epoch(done)
        yield done

    def _go_back(self) -> Diverged:
        batch, loss = self._lost
        good = self._good[0]
        self.restore(good, keep_settings=True)
        self._good = [good]
        self.history.add_change(f"went back from batch {batch}, as the loss exploded")
        return Diverged(batch, loss, good.batch, self.settings.learning_rate / 2)

    def _explodes(self, loss: float) -> bool:
        return not loss <= EXPLODED * max(1.0, math.log(len(self.data.classes)))

    # What is kept

    def state(self) -> State:
        """All it takes to go on from here, but the model's layers and the data."""
        values = checkpoints.values_of(self._variables())
        meta = {
            "settings": self.settings.to_dict(),
            "schedule": _schedule_dict(self.schedule),
            "epoch": self.epoch,
            "position": self.position,
            "batch": self.batch,
            "sums": list(self._epoch_began[:3]) if self._epoch_began else None,
        }
        return State(values, meta)

    def restore(self, state: State, *, keep_settings: bool = False) -> None:
        """Go to a moment; the history forgets what came after it.

        Args:
            state: of a training of the same layers and data.
            keep_settings: only the network goes back, not what was set.

        Raises:
            TrainingError: the state is of another network, or damaged.
        """
        settings, schedule, (epoch, position, batch), sums = _parsed(state.meta)
        if position > len(self.data.train):
            raise TrainingError("The training is of other data; begin a new one.")
        if not keep_settings:
            before, self.settings, self.schedule = self.settings, settings, schedule
            self._apply(before)
        checkpoints.assign(self._variables(), state.values)
        self._apply(self.settings)  # what is set lies in variables too
        self.epoch, self.position = epoch, position
        self._epoch_began = None if sums is None else (*sums, time.monotonic())
        self.history = self.history.until(batch)
        self._good, self._bad = [], 0  # those of another past

    def load(self, path: Path) -> None:
        """Go to the moment that a file holds, with the optimizer it had.

        Args:
            path: of the `values` and `meta` of a `state`, as `checkpoints.write` writes them.

        Raises:
            CheckpointError, TrainingError: it is missing, damaged or of another network; then
                nothing has changed.
        """
        meta = checkpoints.read_meta(path)
        settings, *_ = _parsed(meta)
        optimizer = self._new_optimizer(settings)
        variables = checkpoints.training_variables(self.model, optimizer)
        self.restore(State(checkpoints.read_values(path, variables), meta))

    def _variables(self) -> list[Any]:
        return checkpoints.training_variables(self.model, self._step.optimizer)

    # Inside

    @property
    def _epoch_is_over(self) -> bool:
        return self.position >= len(self.data.train)

    @property
    def _epochs_done(self) -> float:
        return self.epoch + self.position / len(self.data.train)

    def _new_optimizer(self, settings: TrainSettings) -> Any:
        return make_optimizer(
            settings.optimizer,
            self.model.trainable_variables,
            learning_rate=settings.learning_rate,
            momentum=settings.momentum,
            weight_decay=settings.weight_decay,
        )

    def _set_dropout(self) -> None:
        for layer in _all_layers(self.model):
            if isinstance(layer, keras.layers.Dropout):
                layer.rate = self.settings.dropout

    def _draw(self) -> None:
        """Put new pictures into the tensor, where there is no end of them."""
        if self.data.redraw is not None and self._drawn != self.epoch:
            self._shown, self._drawn = self.data.redraw(self.epoch), self.epoch
            self._step.set_data(self._shown)


Sums = tuple[int, float, float]


def _parsed(
    meta: dict[str, Any],
) -> tuple[TrainSettings, Schedule, tuple[int, int, int], Sums | None]:
    """Settings, schedule, (epoch, position, batch) and the sums of the epoch of a state.

    Raises:
        TrainingError: something else is there.
    """
    try:
        settings = TrainSettings.from_dict(meta["settings"])
        schedule = _schedule_from(meta["schedule"])
        places = _whole(meta["epoch"]), _whole(meta["position"]), _whole(meta["batch"])
        kept = meta["sums"]
        sums = None if kept is None else (_whole(kept[0]), float(kept[1]), float(kept[2]))
        if places[1] and not (sums and sums[0]):
            raise ValueError("an epoch has no sums")
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise TrainingError(
            f"The training cannot be gone on with ({str(error)[:200]}); begin a new one."
        ) from None
    return settings, schedule, places, sums


def _all_layers(model: keras.Model) -> Iterator[Any]:
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _all_layers(layer)


def _schedule_of(settings: TrainSettings) -> Schedule:
    return Schedule(settings.schedule, settings.warm_up, cycles=settings.restarts + 1)


def _schedule_dict(schedule: Schedule) -> dict[str, Any]:
    return {**vars(schedule), "points": [list(point) for point in schedule.points]}


def _schedule_from(kept: dict[str, Any]) -> Schedule:
    points = tuple((float(x), float(y)) for x, y in kept["points"])
    return Schedule(**{**kept, "points": points})


def _kind(optimizer: str) -> str:
    """Optimizers of one kind keep the same memory of past gradients."""
    return {"nesterov": "momentum", "adamw": "adam"}.get(optimizer, optimizer)


def _in_words(settings: TrainSettings, names: set[str]) -> str:
    fields = [field for field in describe(TrainSettings) if field.name in names]
    return ", ".join(f"{f.label} {f.format(getattr(settings, f.name))}" for f in fields)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise ValueError("a whole number is missing")
    return value


def _out_of_memory(error: BaseException) -> bool:
    name = type(error).__name__
    said = str(error)
    return (
        isinstance(error, MemoryError)
        or "OutOfMemory" in name
        or "ResourceExhausted" in name
        or "RESOURCE_EXHAUSTED" in said
    )
