"""The record of a training as curves to draw: over epochs, smoothed, no longer than a screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from visualizer.engine.training.history import History

POINTS = 500
"""Of a curve; about as many as its plot has pixels."""


@dataclass(frozen=True, eq=False)
class TrainingCurves:
    """All float64. `x` counts epochs: 2.5 is the middle of the third.

    Attributes:
        x: of each batch.
        loss, accuracy, adversarial: of each batch, smoothed; NaN where there is none.
        rate: the learning rate of each batch, as it was.
        epochs: the ends of the epochs, on the same axis.
        validation_loss, validation_accuracy, adversarial_accuracy: at those.
    """

    x: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray
    adversarial: np.ndarray
    rate: np.ndarray
    epochs: np.ndarray
    validation_loss: np.ndarray
    validation_accuracy: np.ndarray
    adversarial_accuracy: np.ndarray


def curves_of(
    history: History, position: float, smoothing: float = 0.9, points: int = POINTS
) -> TrainingCurves:
    """Make the curves of a record.

    Args:
        history: of all batches and epochs so far.
        position: epochs so far, with the part of the present one.
        smoothing: of the batches' curves; see `smoothed`.
        points: of a curve, about.
    """
    batch = history.column("batch")
    ends = np.array([[each.epoch, each.batch] for each in history.epochs], np.float64)
    ends = ends.reshape(-1, 2)
    numbers = np.array([0.0, *ends[:, 0], position])
    batches = np.array([0.0, *ends[:, 1], float(history.batches)])
    keep = np.append(np.diff(batches) > 0, True)
    x = np.interp(batch, batches[keep], numbers[keep])
    step = max(1, len(x) // points)
    chosen = slice(len(x) - 1 - step * ((len(x) - 1) // step), None, step) if len(x) else slice(0)

    def column(name: str, strength: float) -> np.ndarray:
        return smoothed(history.column(name), strength)[chosen]

    def at_ends(name: str) -> np.ndarray:
        return np.array([getattr(each, name) for each in history.epochs], np.float64)

    return TrainingCurves(
        x[chosen],
        column("loss", smoothing),
        column("accuracy", smoothing),
        column("adversarial_accuracy", smoothing),
        column("learning_rate", 0.0),
        ends[:, 0],
        at_ends("validation_loss"),
        at_ends("validation_accuracy"),
        at_ends("adversarial_accuracy"),
    )


def smoothed(values: np.ndarray, strength: float) -> np.ndarray:
    """Average each value with those before it, of which each counts `strength` times the next.

    The average is exact from the first value on: the mean of what there is, weighted (the bias
    correction of Kingma & Ba 2015, section 3). Values that are no numbers stay so, and do not
    count.

    Args:
        values: float, N.
        strength: 0 for none, below 1.
    """
    if strength <= 0 or not len(values):
        return values
    from scipy.signal import lfilter

    there = np.isfinite(values)
    sums = lfilter([1.0], [1.0, -strength], np.where(there, values, 0.0))
    weights = lfilter([1.0], [1.0, -strength], there.astype(np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(there, sums / weights, np.nan)
