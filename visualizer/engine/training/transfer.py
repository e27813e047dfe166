"""Transfer learning: a trained network is cut at a stage, and a new head learns other classes.

Donahue et al. 2014, "DeCAF: A Deep Convolutional Activation Feature for Generic Visual
Recognition". What the network makes of each picture up to that stage is computed once and kept, so
that the head trains in seconds. Then the last of the kept stages can be unfrozen, and learn too.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from visualizer.engine import backend
from visualizer.engine.errors import UserError
from visualizer.engine.network import Network
from visualizer.engine.preprocessing import Preprocessing
from visualizer.engine.stage import LAST, Stage
from visualizer.engine.training.bricks import OUTPUT
from visualizer.engine.training.datasets import Dataset
from visualizer.engine.training.own_pictures import Reading, in_colour, resized

AUTO = "auto"
"""The last stage before the head."""
SLICE = 8
"""Pictures a slice."""


class TransferError(UserError):
    """A network that cannot be cut there."""


class Pixels(keras.layers.Layer):
    """Turns pictures in [0, 1] into what a network takes; see `Preprocessing`."""

    def __init__(self, preprocessing: dict[str, Any], **options: Any) -> None:
        super().__init__(**options)
        self._preprocessing = Preprocessing.from_dict(preprocessing)

    def call(self, x: Any) -> Any:
        """N x H x W x 3 in, N x H x W x channels out."""
        return self._preprocessing.apply(x)

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """The same size, with the network's channels."""
        return (*input_shape[:-1], self._preprocessing.channels)

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        return {**super().get_config(), "preprocessing": self._preprocessing.to_dict()}


class Transfer:
    """A network of which everything up to a stage is kept.

    Args:
        network: any whose graph can be followed.
        classes: the names of the new classes.
        stage: where to cut: the value of that stage, averaged over its positions, is what the new
            head sees. `AUTO` takes the last stage before the output.

    Raises:
        UserError: there is no such stage, or it is the output or the picture itself.
    """

    def __init__(self, network: Network, classes: Sequence[str], stage: str = AUTO) -> None:
        self.network, self.classes = network, tuple(classes)
        self.stage = _cut(network, stage)
        self._compute = backend.compiled(self._seen, variables=network.model.variables)
        self._mean, self._deviation = np.zeros(self.stage.units, np.float32), 1.0

    def features(self, data: Dataset, *, fit: bool = False) -> Generator[Reading, None, Dataset]:
        """Compute what the head sees of each picture, a few at a time.

        Args:
            data: pictures of any one size; they are brought to the network's.
            fit: take the mean of each feature, and the deviation of all, from these pictures; do
                that once, with those that are trained on.

        Returns:
            The same labels; `pictures` is float32, N x C, of mean 0 and, over all features,
            deviation 1. (Each brought to deviation 1 by itself, features that hardly vary would
            count as much as those that tell the classes apart.)
        """
        data = self.pictures(data)
        parts = []
        for start in range(0, len(data), SLICE):
            parts.append(
                self._compute(data.pictures[start : start + SLICE].astype("float32") / 255)
            )
            yield Reading(min(start + SLICE, len(data)), len(data))
        found = np.concatenate(parts)
        if fit:
            self._mean = found.mean(0)
            self._deviation = float(np.sqrt(found.var(0).mean())) or 1.0
        found = (found - self._mean) / self._deviation
        return Dataset(found, data.labels, data.classes)

    def head(self) -> keras.Model:
        """A new head on those features: N x C in, logits N x K out.

        Its weights begin at 0: random ones would stay what they are where few pictures say
        anything about them.
        """
        features = keras.layers.Input((self.stage.units,))
        scores = keras.layers.Dense(
            len(self.classes), kernel_initializer="zeros", dtype="float32", name=OUTPUT
        )
        return keras.Model(features, scores(features), name="head")

    def whole(self, head: keras.Model) -> keras.Model:
        """One model of the kept stages and a trained head, with weights of its own.

        Args:
            head: as it was made by `head` and trained on `features`.

        Returns:
            A model of logits that takes what the network takes; see `unfreeze`.
        """
        kernel, bias = head.get_layer(OUTPUT).get_weights()
        kernel = kernel / self._deviation
        bias = bias - self._mean @ kernel
        given = keras.layers.Input((*self.network.size, self.network.channels))
        x = self.network.rebuilt(given, self.stage.name)
        if self.stage.spatial:
            x = keras.layers.GlobalAveragePooling2D(name="features")(x)
        x = keras.layers.Dense(len(self.classes), dtype="float32", name=OUTPUT)(x)
        shared = keras.Model(given, x, name=f"{self.network.name}_{len(self.classes)}")
        own = keras.models.clone_model(shared)
        own.set_weights([*shared.get_weights()[:-2], kernel, bias])
        return own

    def unfreeze(self, model: keras.Model, stages: int | str) -> keras.Model:
        """Let the head and the last kept stages of a whole model learn, from pictures.

        Normalisation keeps its statistics: those of a few pictures would be worse.

        Args:
            model: of `whole`.
            stages: how many of the kept stages; or the name of the first that is to learn.

        Returns:
            The same layers as a model that takes pictures in [0, 1], N x H x W x 3, to be trained:
            what it learns, `model` knows.

        Raises:
            TransferError: there are not so many stages, or none of that name is kept.
        """
        kept = [stage.name for stage in self.network.stages][1:]
        kept = kept[: kept.index(self.stage.name) + 1]
        count = int(stages) if str(stages).isdecimal() else 0
        if stages in kept:
            count = len(kept) - kept.index(str(stages))
        if not 1 <= count <= len(kept):
            raise TransferError(
                f"{self.network.title} cut at {self.stage.name} has {len(kept)} stages to "
                f"unfreeze, not {stages}; give a number from 1, or the name of the first that is "
                f"to learn, such as {kept[-1]}."
            )
        free = {layer for name in kept[-count:] for layer in self.network.stage(name).layers}
        for layer in model.layers:
            normalises = isinstance(layer, keras.layers.BatchNormalization)
            layer.trainable = layer.name == OUTPUT or (layer.name in free and not normalises)
        pictures = keras.layers.Input((*self.network.size, 3))
        pixels = Pixels(self.network.preprocessing.to_dict(), name="pixels")
        return keras.Model(pictures, model(pixels(pictures)), name="unfrozen")

    def pictures(self, data: Dataset) -> Dataset:
        """The pictures as an unfrozen model takes them: uint8, of the network's size, in colour."""
        return in_colour(resized(data, self.network.size))

    def result(self, model: keras.Model, name: str, title: str) -> Network:
        """A model of `whole` as a network, to be explored and saved."""
        return Network(
            model,
            name=name,
            title=title,
            classes=self.classes,
            preprocessing=self.network.preprocessing,
            sha256="",
        )

    def _seen(self, x: Any) -> Any:
        value = ops.cast(self.network.tensor(x, self.stage.name), "float32")
        return ops.mean(value, axis=(1, 2)) if self.stage.spatial else value


def _cut(network: Network, name: str) -> Stage:
    if len(network.stages) < 3:
        raise TransferError(
            f"{network.title} has no stage between the picture and the output; choose another "
            "network to cut."
        )
    if name == AUTO:
        return network.stages[-2]
    stage = network.stage(name)
    if stage.name in (LAST, network.stages[0].name):
        raise TransferError(
            f"{network.title} cannot be cut at {stage.name}; choose a stage between the picture "
            f"and the output, such as {network.stages[-2].name}."
        )
    return stage
