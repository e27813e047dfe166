"""What is tried beside the training: learning rates in a range test, and settings in a race.

All of it happens on the compute thread.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.training.curves import smoothed
from visualizer.gui.train.rate_dial import in_words

if TYPE_CHECKING:
    from visualizer.engine.training.loop import Training
    from visualizer.gui.train.training_session import TrainingSession

DRAW_SECONDS = 0.1
RACE_SMOOTHING = 0.9


@dataclass(frozen=True, eq=False)
class RangeFrame:
    """A range test so far: the rates, the smoothed loss of each, and two suggestions at the end."""

    step: int
    total: int
    rates: np.ndarray
    losses: np.ndarray
    steepest: float | None = None
    valley: float | None = None
    over: bool = False


@dataclass(frozen=True, eq=False)
class Racer:
    """One of a race.

    Attributes:
        name: the setting that it differs by, as people read it.
        batches, losses: its curve, smoothed.
        accuracy: on the validation pictures, at its last epoch; None before.
        out: why it is out of the race; "" while it is not.
        training: itself.
    """

    name: str
    batches: np.ndarray
    losses: np.ndarray
    accuracy: float | None
    out: str
    training: Training


@dataclass(frozen=True, eq=False)
class RaceFrame:
    """A race so far."""

    step: int
    total: int
    racers: tuple[Racer, ...]


def trying_rates(training_session: TrainingSession) -> Generator[RangeFrame, None, RangeFrame]:
    """Try ever larger rates on a training, which afterwards is as it was."""
    from visualizer.engine.training.range_test import range_test

    yield from training_session.ready()
    rates: list[float] = []
    losses: list[float] = []
    drawn = 0.0
    frame = RangeFrame(0, 1, np.array(rates), np.array(losses))
    points = range_test(training_session.training)
    try:
        while True:
            point = next(points)
            rates.append(point.learning_rate)
            losses.append(point.smoothed)
            if time.monotonic() - drawn >= DRAW_SECONDS:
                drawn = time.monotonic()
                frame = RangeFrame(point.step, point.total, np.array(rates), np.array(losses))
            yield frame
    except StopIteration as end:
        found = end.value
    finally:
        points.close()
    count = len(rates)
    return RangeFrame(
        count, count, np.array(rates), np.array(losses), found.steepest, found.valley, True
    )


def racing(
    training_session: TrainingSession, setting: str, values: Sequence[Any], epochs: int
) -> Generator[RaceFrame, None, RaceFrame]:
    """Let several settings learn from where a training stands, on the same batches, in turn.

    Args:
        training_session: which is left alone.
        setting: the name of the field of `TrainSettings` that differs.
        values: one a racer.
        epochs: of each.
    """
    from visualizer.engine.training.loop import BatchTooLarge, Diverged
    from visualizer.engine.training.race import race

    yield from training_session.ready()
    settings = replace(training_session.training.settings, epochs=epochs)
    entrants = [replace(settings, **{setting: value}) for value in values]
    contest = race(training_session.training, entrants)
    names = [in_words(value) if isinstance(value, float) else str(value) for value in values]
    out = [""] * len(values)
    total = contest.trainings[0].batches_an_epoch * epochs * len(values)
    drawn = 0.0

    def seen() -> RaceFrame:
        racers = []
        for name, training, words in zip(names, contest.trainings, out, strict=True):
            history = training.history
            measured = history.epochs[-1].validation_accuracy if history.epochs else None
            losses = smoothed(history.column("loss"), RACE_SMOOTHING)
            racers.append(Racer(name, history.column("batch"), losses, measured, words, training))
        return RaceFrame(sum(t.batch for t in contest.trainings), total, tuple(racers))

    frame = seen()
    for index, event in contest.run():
        if isinstance(event, Diverged):
            out[index] = "the loss exploded"
        elif isinstance(event, BatchTooLarge):
            out[index] = "too little memory"
        if time.monotonic() - drawn >= DRAW_SECONDS:
            frame, drawn = seen(), time.monotonic()
        yield frame
    return seen()
