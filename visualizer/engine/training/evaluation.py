"""How good a network is on pictures it never saw, in slices short enough for a window."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from visualizer.engine import backend
from visualizer.engine.training.augmentation import as_pixels
from visualizer.engine.training.datasets import Dataset
from visualizer.engine.training.measures import cross_entropy

SLICE, SLICE_VALUES = 250, 800_000
"""Pictures a slice at most, and the values that those of a slice have together, about."""


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes:
        logits: float32, N x K, of every picture.
        loss: mean cross entropy in nats.
        accuracy: the share of right answers.
        adversarial_accuracy: that of the same pictures, moved by the fast gradient sign method;
            NaN if it was not asked for.
    """

    logits: np.ndarray
    loss: float
    accuracy: float
    adversarial_accuracy: float = math.nan


class Evaluator:
    """Measures a model; compiled once, it always shows the present weights.

    Args:
        model: float32 N x H x W x C in [0, 1] -> logits N x K.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._logits = backend.compiled(self._seen, variables=model.variables)
        self._fooled: Callable[..., Any] | None = None

    def logits(self, pictures: np.ndarray) -> np.ndarray:
        """The scores of a batch, N x K float32: uint8 pictures, or float in [0, 1]."""
        return self._logits(pictures)

    def run(self, data: Dataset, epsilon: float | None = None) -> Generator[None, None, Evaluation]:
        """Measure on a data set; yields after every slice.

        Args:
            data: what to measure on.
            epsilon: also fool it with the fast gradient sign method by so much, in [0, 1].
        """
        parts, fooled = [], []
        count = max(1, min(SLICE, SLICE_VALUES // data.pictures[0].size))
        for start in range(0, len(data), count):
            pictures = data.pictures[start : start + count]
            labels = data.labels[start : start + count]
            parts.append(self._logits(pictures))
            if epsilon is not None:
                yield
                fooled.append(self._attacked(pictures, labels, epsilon).argmax(1) == labels)
            yield
        logits = np.concatenate(parts)
        return Evaluation(
            logits,
            cross_entropy(logits, data.labels),
            float((logits.argmax(1) == data.labels).mean()),
            float(np.concatenate(fooled).mean()) if fooled else math.nan,
        )

    def _seen(self, pictures: Any) -> Any:
        return ops.cast(self._model(as_pixels(pictures), training=False), "float32")

    def _attacked(self, pictures: np.ndarray, labels: np.ndarray, epsilon: float) -> np.ndarray:
        if self._fooled is None:
            gradient = backend.value_and_gradient(self._surprise, variables=self._model.variables)
            self._fooled = gradient
        pixels = pictures.astype(np.float32) / 255
        _, slope = self._fooled(pixels, labels.astype(np.int32))
        moved = np.clip(pixels + np.float32(epsilon) * np.sign(slope), 0, 1)
        return self._logits(moved)

    def _surprise(self, pixels: Any, labels: Any) -> Any:
        logits = ops.cast(self._model(pixels, training=False), "float32")
        return ops.sum(ops.sparse_categorical_crossentropy(labels, logits, from_logits=True))


def confusion(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How often each class (row) was taken for each (column): int64, K x K."""
    count = logits.shape[1]
    found = np.bincount(labels * count + logits.argmax(1), minlength=count**2)
    return found.reshape(count, count)


def worst_mistakes(logits: np.ndarray, labels: np.ndarray, most: int = 24) -> np.ndarray:
    """The pictures that are taken for something else, the surest mistake first: indices."""
    from visualizer.engine.training.measures import log_softmax

    scores = log_softmax(logits.astype(np.float64))
    right = scores[np.arange(len(labels)), labels]
    wrong = np.flatnonzero(logits.argmax(1) != labels)
    return wrong[np.argsort(right[wrong], kind="stable")][:most]
