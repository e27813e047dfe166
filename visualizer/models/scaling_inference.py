"""Measures from which `doctor` infers how a network wants its pixels scaled.

They compare the ways of scaling by the backbone inside a network, the statistics that its batch
normalisations recorded, its own rescaling layers, and its responses to known pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine import backend
from visualizer.engine.errors import UserError
from visualizer.engine.graph import FlatGraph, flatten
from visualizer.engine.operations import activation

if TYPE_CHECKING:
    import keras

    from visualizer.engine.preprocessing import Preprocessing

MEASURED = 4
"""Normalisations whose statistics are compared, from the input on."""
COLOUR = (1.0, 0.6, 0.2)
"""A picture of one colour that differs in all channels."""

SURE = 0.9
"""Probabilities are clipped here: too large pixels make any answer more confident."""

BACKBONES: tuple[tuple[str, frozenset[str], frozenset[str]], ...] = (
    # what the pretrained network takes; layers it has; layers it has not
    ("-1 to 1", frozenset({"Conv1", "expanded_conv_depthwise"}), frozenset()),  # MobileNetV2
    ("-1 to 1", frozenset({"conv_dw_1", "conv_pw_1"}), frozenset()),  # MobileNet
    ("-1 to 1", frozenset({"mixed0", "mixed10"}), frozenset()),  # InceptionV3
    ("-1 to 1", frozenset({"mixed_5b", "conv_7b"}), frozenset()),  # InceptionResNetV2
    ("-1 to 1", frozenset({"block1_conv1", "block2_sepconv1"}), frozenset()),  # Xception
    ("-1 to 1", frozenset({"conv1_conv", "post_bn"}), frozenset()),  # ResNetV2
    ("-1 to 1", frozenset({"stem_conv1", "normal_conv_1_0"}), frozenset()),  # NASNet
    ("Caffe", frozenset({"conv1_conv", "conv2_block1_add"}), frozenset({"post_bn"})),  # ResNet
    ("Caffe", frozenset({"block1_conv1", "block5_conv3"}), frozenset({"block2_sepconv1"})),  # VGG
    ("ImageNet", frozenset({"conv2_block1_concat", "pool2_conv"}), frozenset()),  # DenseNet
    ("ImageNet", frozenset({"conv1_padding", "conv5", "fc6", "fc7"}), frozenset()),  # AlexNet
    ("-1 to 1", frozenset({"inception3a_1x1", "inception5b_pool_proj"}), frozenset()),  # GoogLeNet
)
"""Networks of Keras Applications, and of torchvision as the catalogue builds them: known by names
of their layers -> the title of their scaling."""


@dataclass(frozen=True)
class Response:
    """What one picture gave under one way of scaling.

    Attributes:
        answer: K numbers, as the network gave them; maps are averaged.
        moments: mean and variance of what went into each normalisation, by channel.
    """

    answer: np.ndarray
    moments: tuple[tuple[np.ndarray, np.ndarray], ...]


@dataclass(frozen=True)
class Statistics:
    """What one way of scaling gave on some pictures.

    Attributes:
        probabilities: N x K.
        misfit: how far the statistics inside are from those the network recorded while it was
            trained: 0 is the same, None if it recorded none.
    """

    probabilities: np.ndarray
    misfit: float | None


def layer_names(model: keras.Model) -> set[str]:
    """Names of all layers, however nested."""
    return {layer.name for layer in model._flatten_layers()}


def backbone(model: keras.Model) -> str | None:
    """The title of the scaling that a known pretrained network inside was trained with."""
    names = layer_names(model)
    for title, there, missing in BACKBONES:
        if there <= names and not missing & names:
            return title
    return None


def graph_of(model: keras.Model) -> FlatGraph | None:
    """The model as one flat graph, or None if it is opaque."""
    try:
        return flatten(model)
    except UserError:
        return None


class Probe:
    """One network, compiled once, run on the same pictures under several ways of scaling."""

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._graph = graph_of(model)
        self._normalisations = self._trained_normalisations()
        last = self._graph.maker().get(self._graph.outputs[0]) if self._graph else None
        self._sigmoids = last is not None and activation(last.operation) == "sigmoid"
        self._run = backend.compiled(self._everything, variables=model.variables)

    def _trained_normalisations(self) -> list[tuple[int, np.ndarray, np.ndarray]]:
        """The value that goes into each trained normalisation, with its mean and variance."""
        if self._graph is None:
            return []
        found = []
        for step in self._graph.steps:
            if type(step.operation).__name__ != "BatchNormalization":
                continue
            mean = np.asarray(step.operation.moving_mean)
            variance = np.asarray(step.operation.moving_variance)
            if (mean == 0).all() or len(step.specs[0].shape) != 4:
                continue  # never trained, or not of maps
            found.append((step.inputs[0], mean, variance))
            if len(found) == MEASURED:
                break
        return found

    def _everything(self, x: Any) -> tuple[Any, list[Any]]:
        from keras import ops

        if self._graph is None:
            return self._model(x, training=False), []
        inside = [value for value, *_ in self._normalisations]
        values = self._graph.run({self._graph.inputs[0]: x}, [*inside, self._graph.outputs[0]])
        moments = [ops.moments(values[value], axes=[0, 1, 2]) for value in inside]
        return values[self._graph.outputs[0]], moments

    def respond(self, picture: np.ndarray, way: Preprocessing) -> Response:
        """Run one picture, H x W x 3 in [0, 1], through the network, scaled in one way.

        One at a time, so that a network of large maps needs the memory of one picture only.
        """
        scaled = np.asarray(way.apply(picture[None].astype(np.float32)), np.float32)
        answer, moments = self._run(scaled)
        answer = np.asarray(answer, np.float64)
        answer = answer.mean((1, 2)) if answer.ndim == 4 else answer
        return Response(
            answer.reshape(-1),
            tuple((np.asarray(mean), np.asarray(variance)) for mean, variance in moments),
        )

    def statistics(self, responses: Sequence[Response]) -> Statistics:
        """Combine the responses to several pictures under the same way of scaling."""
        misfits = []
        for place, (_, *recorded) in enumerate(self._normalisations):
            means = np.stack([response.moments[place][0] for response in responses])
            squares = np.stack([response.moments[place][1] for response in responses]) + means**2
            mean = means.mean(0)
            misfits.append(_divergence(mean, squares.mean(0) - mean**2, *recorded))
        return Statistics(
            self.probabilities(responses), float(np.mean(misfits)) if misfits else None
        )

    def probabilities(self, responses: Sequence[Response]) -> np.ndarray:
        """N x K probabilities of the classes; those of several sigmoids need not add up to 1."""
        answers = np.stack([response.answer for response in responses])
        if self._sigmoids and answers.shape[1] > 1:
            return np.nan_to_num(answers)
        return as_probabilities(answers)

    def before_weights(self, preprocessing: Preprocessing) -> tuple[np.ndarray, np.ndarray] | None:
        """What black and `COLOUR` become before the first layer with weights, channel by channel.

        None if nothing stands between the input and that layer, or the network cannot be looked
        into.
        """
        if self._graph is None:
            return None
        first = next((s for s in self._graph.steps if _weighs(s.operation)), None)
        if first is None or first.inputs[0] in self._graph.inputs:
            return None
        value = first.inputs[0]
        if not any(
            type(step.operation).__name__ in ("Rescaling", "Normalization", "GetItem", "Flip")
            for step in self._graph.before([value])
        ):
            return None
        sides = [side or 32 for side in self._graph.input_specs[0].shape[1:3]]
        plain = np.zeros((2, *sides, 3), np.float32)
        plain[1] = COLOUR
        scaled = preprocessing.apply(plain)
        graph = self._graph
        values = np.asarray(graph.run({graph.inputs[0]: scaled}, [value])[value])
        if values.ndim != 4:
            values = values.reshape(2, -1, 1, 1)
        middle = values[:, values.shape[1] // 2, values.shape[2] // 2]
        return middle[0], middle[1]


def _weighs(operation: Any) -> bool:
    name = type(operation).__name__
    return name != "Normalization" and bool(getattr(operation, "weights", None))


def _divergence(
    mean: np.ndarray, variance: np.ndarray, recorded_mean: np.ndarray, recorded: np.ndarray
) -> float:
    """Symmetric difference of two normal distributions a channel, the median over channels."""
    shift = np.abs(mean - recorded_mean) / np.sqrt(recorded + 1e-5)
    spread = np.abs(np.log((variance + 1e-5) / (recorded + 1e-5)))
    return float(np.median(np.minimum(shift, 10)) + np.median(np.minimum(spread, 10)))


def as_probabilities(answer: np.ndarray) -> np.ndarray:
    """N x K probabilities from N x K of whatever a network ends in."""
    answer = np.nan_to_num(np.asarray(answer, np.float64), nan=0.0, posinf=1e30, neginf=-1e30)
    if answer.shape[1] == 1:
        one = (
            answer
            if answer.min() >= 0 and answer.max() <= 1
            else 1 / (1 + np.exp(-answer.clip(-50, 50)))
        )
        return np.hstack([1 - one, one])
    if answer.min() >= 0 and np.allclose(answer.sum(1), 1, atol=1e-3):
        return answer
    shifted = np.exp(answer - answer.max(1, keepdims=True))
    return shifted / shifted.sum(1, keepdims=True)


def mutual_information(probabilities: np.ndarray) -> float:
    """How sure a network is of each picture while it tells the pictures apart, 0-1.

    The mutual information of picture and answer, as a share of the most there can be: 0 for one
    that says the same of all or is never sure; 1 for one that is sure of something else each time.
    """
    probabilities = probabilities / probabilities.sum(1, keepdims=True).clip(1e-9)
    most = np.log(min(probabilities.shape))
    if most <= 0:
        return 0.0
    overall = _entropy(probabilities.mean(0))
    each = np.mean([_entropy(row) for row in probabilities])
    return float(np.clip((overall - each) / most, 0, 1))


def _entropy(row: np.ndarray) -> float:
    positive = row[row > 0]
    return float(-(positive * np.log(positive)).sum())


def mean_log_prob(probabilities: np.ndarray, right: Sequence[frozenset[int]]) -> float | None:
    """Mean log-probability of the right classes over the pictures that have one.

    Args:
        probabilities: N x K.
        right: for each picture the classes that would be right, possibly none.
    """
    found = [
        np.log(np.clip(sum(row[i] for i in classes), 1e-4, SURE))
        for row, classes in zip(probabilities, right, strict=True)
        if classes
    ]
    return float(np.mean(found)) if found else None
