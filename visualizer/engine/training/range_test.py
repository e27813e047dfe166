"""The learning rate range test: which rates make a network learn, before it is trained.

Smith 2015, "Cyclical Learning Rates for Training Neural Networks", section 3.3: the rate grows from
batch to batch, and the loss is watched until it rises.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from visualizer.engine.training.loop import Training
from visualizer.engine.training.schedules import Schedule

LOW, HIGH, BATCHES = 1e-5, 10.0, 100
STOP = 4.0
"""Times the least loss at which the test ends."""
SMOOTHING = 0.85
"""Part of the running mean that is kept from batch to batch."""
ENOUGH = 12
"""Batches before which nothing is suggested."""
UNSURE = 5
"""First batches, whose running mean is of too few losses to say anything."""


@dataclass(frozen=True)
class RangePoint:
    """One batch of the test: its rate, its loss, and the running mean of the losses so far."""

    step: int
    total: int
    learning_rate: float
    loss: float
    smoothed: float


@dataclass(frozen=True)
class Suggestion:
    """Two learning rates to try; None where the losses say nothing.

    Attributes:
        steepest: where the loss falls fastest as the rate grows: a careful choice.
        valley: where the smoothed loss is half-way from its highest to its least: often a bit
            faster.
    """

    steepest: float | None
    valley: float | None


def range_test(
    training: Training, low: float = LOW, high: float = HIGH, batches: int = BATCHES
) -> Generator[RangePoint, None, Suggestion]:
    """Try ever larger rates on a training, which afterwards is as if nothing had been.

    Args:
        training: from where it stands; its optimizer, batch size and augmentation count.
        low: the first rate.
        high: the last rate, unless the loss rises before.
        batches: how many rates.

    Returns:
        What to take, from all points.
    """
    before, history = training.state(), training.history
    schedule, settings = training.schedule, training.settings
    count, size = len(training.data.train), settings.batch_size
    rng = np.random.default_rng((settings.seed, 2))
    rates, smoothed, mean = [], [], 0.0
    training.history, training.schedule = history.until(training.batch), Schedule()
    try:
        for step, rate in enumerate(np.geomspace(low, high, batches)):
            training.settings = replace(settings, learning_rate=float(rate))
            done = training.take(rng.choice(count, min(size, count), replace=False))
            if done is None:
                break
            mean = SMOOTHING * mean + (1 - SMOOTHING) * done.loss
            rates.append(float(rate))
            smoothed.append(mean / (1 - SMOOTHING ** (step + 1)))
            yield RangePoint(step + 1, batches, float(rate), done.loss, smoothed[-1])
            if step > ENOUGH and smoothed[-1] > STOP * min(smoothed):
                break
    finally:
        training.settings, training.schedule = settings, schedule
        training.restore(before)
        training.history = history
    return suggest(rates, smoothed)


def suggest(rates: Sequence[float], smoothed: Sequence[float]) -> Suggestion:
    """The two candidates of a curve: learning rates, growing evenly in their logarithm, and losses.

    What comes after the least loss does not count: there the steps are too large.
    """
    if len(smoothed) < ENOUGH or not np.isfinite(smoothed).all():
        return Suggestion(None, None)
    losses, rates = np.asarray(smoothed, np.float64)[UNSURE:], rates[UNSURE:]
    end = int(losses.argmin())
    if end < 2 or losses[end] >= losses[0]:
        return Suggestion(None, None)
    steepest = int(np.gradient(losses)[: end + 1].argmin())
    start = int(losses[: end + 1].argmax())
    half = (losses[start] + losses[end]) / 2
    valley = start + int(np.abs(losses[start : end + 1] - half).argmin())
    return Suggestion(float(rates[steepest]), float(rates[valley]))
