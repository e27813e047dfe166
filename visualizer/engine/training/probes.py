"""What goes on inside a network that learns: norms, dead units, and one sample through the loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from visualizer.engine import backend
from visualizer.engine.training import checkpoints
from visualizer.engine.training.augmentation import as_pixels
from visualizer.engine.training.loop import BatchDone, Training
from visualizer.engine.training.measures import log_softmax

DEAD_PICTURES = 256
"""Pictures on which a unit is never active before it counts as dead."""


@dataclass(frozen=True)
class LayerNorms:
    """Lengths (Euclidean norms) of a layer's kernel, and of its gradient and change in one batch.

    The gradient is that of the plain cross entropy of the batch in inference mode: without dropout,
    augmentation, label smoothing and adversarial pictures, which the step may have.

    `update / weight` of about 1e-3 is healthy; far below, the layer hardly learns.
    """

    layer: str
    weight: float
    gradient: float
    update: float

    @property
    def ratio(self) -> float:
        """Update / weight."""
        return self.update / self.weight if self.weight else 0.0


@dataclass(frozen=True)
class LayerTrace:
    """A layer with a kernel, as one sample goes through it.

    Attributes:
        layer: its name.
        before: what it computed, before its activation; None if it has none.
        after: what it hands on.
        weight, gradient, new_weight: its kernel before the step, the gradient of the batch's plain
            cross entropy in it (see `LayerNorms`), and the kernel after the step.
    """

    layer: str
    before: np.ndarray | None
    after: np.ndarray
    weight: np.ndarray
    gradient: np.ndarray
    new_weight: np.ndarray


@dataclass(frozen=True)
class SampleTrace:
    """One picture of a batch through the whole loop, with its real numbers.

    Attributes:
        index: of the picture in the training data.
        picture: uint8, H x W x C, before augmentation.
        label: its class.
        layers: forward and backward, in order.
        logits, probabilities: K numbers each.
        loss: - log of the probability of the right class, in nats.
        logit_gradient: of that loss in the logits: probabilities - target.
        batch: what the whole batch measured, and its learning rate; None if it diverged.
    """

    index: int
    picture: np.ndarray
    label: int
    layers: tuple[LayerTrace, ...]
    logits: np.ndarray
    probabilities: np.ndarray
    loss: float
    logit_gradient: np.ndarray
    batch: BatchDone | None


class Probe:
    """Looks into a training between two batches.

    Args:
        training: it is only changed by `step`.
    """

    def __init__(self, training: Training) -> None:
        self.training = training
        *self._first, last = training.model.layers[1:]
        model = training.model
        if isinstance(last, keras.Model):  # an unfrozen one, after what makes its input of pixels
            model = last
        else:
            self._first = []
        self._layers = [
            layer
            for layer in model.layers
            if layer.trainable and getattr(layer, "kernel", None) is not None
        ]
        self._shown = [layer for layer in model.layers if _is_active(layer)]
        kernels = [layer.kernel for layer in self._layers]
        held = {id(kernel) for kernel in kernels}
        others = [v for v in model.variables if id(v) not in held]
        self._gradients = backend.weight_gradients(self._loss, kernels, variables=others)
        if self._shown:  # none in a softmax regression
            self._outputs = keras.Model(model.inputs, [layer.output for layer in self._shown])
            self._maxima = backend.compiled(self._most, variables=model.variables)
        self._inputs = keras.Model(model.inputs, [layer.input for layer in self._layers])
        self._forward = backend.compiled(self._traced, variables=model.variables)

    def norms(self) -> tuple[tuple[LayerNorms, ...], BatchDone | None]:
        """Take the next batch, and measure what it did to every layer.

        Returns:
            The norms, and what the batch yielded: None if it diverged.
        """
        before = self._kernels()
        gradients = self._gradients_of(self.training.next_indices())
        event = self._taken()
        changes = [after - old for after, old in zip(self._kernels(), before, strict=True)]
        return tuple(
            LayerNorms(layer.name, *(float(np.linalg.norm(each)) for each in measured))
            for layer, *measured in zip(self._layers, before, gradients, changes, strict=True)
        ), event

    def dead_units(self) -> dict[str, np.ndarray]:
        """By layer with a nonlinearity, bool, C: units that are never above 0.

        Measured on the first `DEAD_PICTURES` validation pictures.
        """
        if not self._shown:
            return {}
        found = self._maxima(self.training.data.validation.pictures[:DEAD_PICTURES])
        return {layer.name: most <= 0 for layer, most in zip(self._shown, found, strict=True)}

    def step(self) -> SampleTrace:
        """Take the next batch, and follow its first picture through it."""
        training = self.training
        indices = training.next_indices()
        index = int(indices[0])
        data = training.pictures
        picture, label = data.pictures[index], int(data.labels[index])
        outputs, logits = self._forward(picture[None])
        before, gradients = self._kernels(), self._gradients_of(indices)
        event = self._taken()
        new = self._kernels()
        scores = log_softmax(logits.astype(np.float64))[0]
        target = np.eye(len(scores))[label]
        layers = tuple(
            LayerTrace(layer.name, raw[0] if _is_active(layer) else None, after[0], *weights)
            for layer, (raw, after), *weights in zip(
                self._layers, outputs, before, gradients, new, strict=True
            )
        )
        chances = np.exp(scores)
        return SampleTrace(
            index, picture, label, layers, logits[0], chances, -float(scores[label]),
            chances - target, event,
        )  # fmt: skip

    def _taken(self) -> BatchDone | None:
        for event in self.training.run("batch"):
            if isinstance(event, BatchDone):
                return event
        return None

    def _kernels(self) -> checkpoints.Values:
        return checkpoints.values_of([layer.kernel for layer in self._layers])

    def _gradients_of(self, indices: np.ndarray) -> list[np.ndarray]:
        data = self.training.pictures
        return self._gradients(data.pictures[indices], data.labels[indices].astype(np.int32))[1]

    def _loss(self, pictures: Any, labels: Any) -> Any:
        logits = ops.cast(self.training.model(as_pixels(pictures), training=False), "float32")
        return ops.mean(ops.sparse_categorical_crossentropy(labels, logits, from_logits=True))

    def _input(self, pictures: Any) -> Any:
        """What the layers that are looked at take."""
        x = as_pixels(pictures)
        for layer in self._first:
            x = layer(x)
        return x

    def _most(self, pictures: Any) -> list[Any]:
        found = self._outputs(self._input(pictures), training=False)
        found = found if isinstance(found, list) else [found]
        return [ops.max(each, axis=tuple(range(len(each.shape) - 1))) for each in found]

    def _traced(self, pictures: Any) -> Any:
        inputs = self._inputs(self._input(pictures), training=False)
        inputs = inputs if isinstance(inputs, list) else [inputs]
        outputs = []
        for layer, given in zip(self._layers, inputs, strict=True):
            raw = _without_activation(layer, given)
            after = layer.activation(raw) if _is_active(layer) else raw
            outputs.append((ops.cast(raw, "float32"), ops.cast(after, "float32")))
        return outputs, outputs[-1][0]


def _is_active(layer: Any) -> bool:
    """Whether a layer has an activation other than none."""
    activation = getattr(layer, "activation", None)
    return activation is not None and activation is not keras.activations.linear


def _without_activation(layer: Any, given: Any) -> Any:
    from visualizer.engine.operations import without_activation

    return without_activation(layer)(given)
