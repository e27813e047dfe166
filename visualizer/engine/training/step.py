"""One compiled step of training: pictures in, weights changed, loss and accuracy out.

What can change while a training runs is a variable: the learning rate and the weight decay (of the
optimizer), label smoothing, and epsilon and weight of adversarial training. A change costs nothing
and counts from the next batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from visualizer.engine import backend
from visualizer.engine.training.augmentation import as_pixels, moved

if TYPE_CHECKING:
    from visualizer.engine.training.datasets import Dataset

TENSOR_BYTES = 512 * 2**20
"""Pictures of up to so many bytes are put into one tensor, from which a batch is a few indices."""


@dataclass(frozen=True)
class StepResult:
    """What one step measured, on the batch as it was trained on, before the weights changed.

    Attributes:
        loss: what was minimised: mean cross entropy, in nats; of adversarial training the mix.
        accuracy: the share of the batch whose most probable class is the right one.
        adversarial_accuracy: likewise of the perturbed batch; NaN without adversarial training.
    """

    loss: float
    accuracy: float
    adversarial_accuracy: float = float("nan")


class TrainingStep:
    """Trains a model of logits, batch by batch.

    Args:
        model: takes float32 N x H x W x C in [0, 1], gives logits N x K.
        optimizer: built for the model's trainable variables; see `make_optimizer`.
        data: what `on_indices` takes pictures from: out of one tensor where they fit into it. None
            if all are handed in by `on_pictures`.
        adversarial: train on perturbed pictures too (Goodfellow, Shlens & Szegedy 2015, section 6):
            loss = clean x J(x) + (1 - clean) x J(x + epsilon x sign(gradient of J in x)).
        label_smoothing: the part of the target that is spread over all classes, 0 to 1.
        epsilon: how far a pixel may be moved, in [0, 1]; 8/255 is visible to few.
        clean_weight: of the clean pictures in the loss, 0 to 1: `clean` above.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: Any,
        data: Dataset | None = None,
        *,
        adversarial: bool = False,
        label_smoothing: float = 0.0,
        epsilon: float = 0.25,
        clean_weight: float = 0.5,
    ) -> None:
        self.model, self.optimizer, self.adversarial = model, optimizer, adversarial
        self.classes = model.output_shape[-1]
        self.label_smoothing = _number(label_smoothing, "label_smoothing")
        self.epsilon = _number(epsilon, "epsilon")
        self.clean_weight = _number(clean_weight, "clean_weight")
        self._data, self._tensors = data, []
        if data is not None and fits(data):
            self._tensors = [_constant(data.pictures), _constant(data.labels.astype(np.int32))]
        self.compile()

    def compile(self) -> None:
        """Trace the step anew at its next call: something changed that is no variable."""
        optimizer, model = self.optimizer, self.model
        self._run = backend.training_step(
            self._at if self._tensors else self._loss,
            model.trainable_variables,
            model.non_trainable_variables,
            optimizer,
            variables=[self.label_smoothing, self.epsilon, self.clean_weight, *self._tensors],
        )

    def set_data(self, data: Dataset) -> None:
        """Train on other pictures from now on, as many and of the same size."""
        self._data = data
        for tensor, array in zip(self._tensors, (data.pictures, data.labels), strict=False):
            tensor.assign(array)

    def on_indices(self, indices: np.ndarray, transforms: np.ndarray | None = None) -> StepResult:
        """Train on some of the data's pictures.

        Args:
            indices: int, N: which.
            transforms: float32, N x 8: how each is moved; see `augmentation`. None leaves them.
        """
        moves = () if transforms is None else (transforms,)
        if self._tensors:
            return _result(self._run(indices.astype(np.int32, copy=False), *moves))
        assert self._data is not None
        targets = np.eye(self.classes, dtype=np.float32)[self._data.labels[indices]]
        return _result(self._run(self._data.pictures[indices], targets, *moves))

    def on_pictures(self, pictures: np.ndarray, targets: np.ndarray) -> StepResult:
        """Train on pictures that are handed in; only of a step without data.

        Args:
            pictures: uint8, N x H x W x C.
            targets: float32, N x K, rows that sum to 1: one-hot, or mixed.
        """
        return _result(self._run(pictures, targets))

    def _at(self, indices: Any, *transforms: Any) -> tuple[Any, Any]:
        pictures, labels = (ops.take(tensor, indices, axis=0) for tensor in self._tensors)
        return self._loss(pictures, ops.one_hot(labels, self.classes), *transforms)

    def _loss(self, pictures: Any, targets: Any, *transforms: Any) -> tuple[Any, Any]:
        x = moved(pictures, *transforms) if transforms else as_pixels(pictures)
        smoothing = self.label_smoothing
        smooth = targets * (1 - smoothing) + smoothing / self.classes
        if not self.adversarial:
            logits = ops.cast(self.model(x, training=True), "float32")
            loss = _cross_entropy(logits, smooth)
            return loss, (loss, _accuracy(logits, targets), ops.full((), float("nan")))

        def seen(x: Any) -> Any:
            return _cross_entropy(ops.cast(self.model(x, training=False), "float32"), smooth)

        slope = ops.sign(backend.gradient_within(seen, x))
        perturbed = ops.stop_gradient(ops.clip(x + self.epsilon * slope, 0, 1))
        both = self.model(ops.concatenate([x, perturbed]), training=True)
        logits, fooled = ops.split(ops.cast(both, "float32"), 2)
        clean = ops.convert_to_tensor(self.clean_weight)
        loss = clean * _cross_entropy(logits, smooth)
        loss = loss + (1 - clean) * _cross_entropy(fooled, smooth)
        return loss, (loss, _accuracy(logits, targets), _accuracy(fooled, targets))


def fits(data: Dataset) -> bool:
    """Whether the pictures are few enough to be put into one tensor."""
    return data.pictures.nbytes <= TENSOR_BYTES


def _cross_entropy(logits: Any, targets: Any) -> Any:
    return ops.mean(ops.categorical_crossentropy(targets, logits, from_logits=True))


def _accuracy(logits: Any, targets: Any) -> Any:
    right = ops.equal(ops.argmax(logits, axis=-1), ops.argmax(targets, axis=-1))
    return ops.mean(ops.cast(right, "float32"))


def _number(value: float, name: str) -> Any:
    return keras.Variable(float(value), trainable=False, dtype="float32", name=name)


def _constant(array: np.ndarray) -> Any:
    return keras.Variable(array, trainable=False, dtype=array.dtype.name, name="data")


def _result(numbers: tuple[Any, ...]) -> StepResult:
    return StepResult(*map(float, numbers))
