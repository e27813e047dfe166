"""A Keras model made explorable: pictures in, named stages, scores and labels out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import keras
import numpy as np
from keras import ops

from visualizer.engine import backend, operations
from visualizer.engine.errors import UserError
from visualizer.engine.fitting import GREY, fitted_to
from visualizer.engine.graph import FlatGraph, flatten
from visualizer.engine.opaque import opaque_graph
from visualizer.engine.preprocessing import LUMA, Preprocessing
from visualizer.engine.stage import FIRST, LAST, Stage, stages

__all__ = ["Network", "NetworkError", "Prediction", "Stage"]

Value = TypeVar("Value")
MOST_VALUES = 4
"""How many linear outputs without names are read as plain values, such as an age or a box."""
VALUES = {None, "tanh", "relu", "relu6", "leaky_relu", "elu", "selu", "softplus", "softsign"}
"""Activations after which outputs are values: they say in which range, not how likely."""

FREE_SIZE = 224
"""Side in pixels that a network which takes any size is opened at."""


class NetworkError(UserError):
    """A model that cannot be explored, or a question it cannot answer."""


@dataclass(frozen=True)
class Prediction:
    """One answer of a network: `probability` is in [0, 1], unless it answers with plain values."""

    label: str
    index: int
    probability: float
    is_value: bool = False

    def text(self, decimals: int = 0) -> str:
        """The number as people write it: "31%", or 0.6 of a network that gives plain values."""
        return f"{self.probability:.4g}" if self.is_value else f"{self.probability:.{decimals}%}"


class Network:
    """A Keras model, how pixels become its input, its class names and its ordered stages.

    Args:
        model: functional or Sequential, nested as it may be, with one picture (channels last) as
            its input. Other models open with the stages "data" and "output" only.
        name: short, as on the command line.
        title: for people.
        classes: readable names, in order; empty if they are not known.
        preprocessing: how pixels in [0, 1] become its input.
        sha256: of the file it came from, or "".
        card: the model card, if it has one.
        size: (height, width) for a model that takes any size; 224 x 224 unless told.

    Raises:
        NetworkError: the model is not one of pictures, or does not fit the other arguments.
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        name: str,
        title: str,
        classes: Sequence[str],
        preprocessing: Preprocessing,
        sha256: str,
        card: Mapping[str, Any] | None = None,
        size: tuple[int, int] | None = None,
    ) -> None:
        self.model, self.name, self.title, self.sha256 = model, name, title, sha256
        self.classes, self.card = tuple(classes), card
        self.preprocessing = preprocessing
        self.size, self.channels = _input(model, size)
        if self.channels != preprocessing.channels:
            raise NetworkError(
                f"The network {title} takes pictures with {self.channels} channels, but its "
                f"preprocessing makes {preprocessing.channels}; give it one with "
                f"channels={self.channels}."
            )
        self._graph = _graph(model, self.size, self.channels)
        output = _answer(self._graph)
        if output in self._graph.inputs:
            raise NetworkError(
                f"The model {model.name!r} does nothing with its picture; open one with layers."
            )
        self.stages, self._chains = stages(self._graph, output, self.size, self.channels)
        self._stages = {stage.name: stage for stage in self.stages}
        self._lock = threading.RLock()
        self._cache: dict[Hashable, Any] = {}
        self._of_weights: set[Hashable] = set()
        self._ends_in = self._ending()
        units = self._stages[LAST].units
        if self.classes and len(self.classes) != units and (units, len(self.classes)) != (1, 2):
            raise NetworkError(
                f"The network {title} has {units} outputs but was given {len(self.classes)} "
                "class names; give one name for each output, or none."
            )

    @property
    def gives_values(self) -> bool:
        """Whether its outputs are plain values and not scores of classes.

        Those of a regression: at most `MOST_VALUES` outputs of a dense layer without class names
        that ends in nothing, or in one of `VALUES`. More of them, or named ones, are scores, shown
        after a softmax.
        """
        return self._ends_in == "values"

    @property
    def graph(self) -> FlatGraph:
        """All operations of the model, however nested; its input is what `preprocessing` gives."""
        return self._graph

    def value_of(self, stage_name: str) -> int:
        """Return the number of a stage's value in the graph."""
        self.stage(stage_name)
        return self._chains[stage_name].value

    def __repr__(self) -> str:
        return f"Network({self.name!r}, {self.size}, {len(self.stages)} stages)"

    def with_model(self, model: keras.Model) -> Network:
        """Return a network of another model of the same layers: a copy, or another precision."""
        return Network(
            model,
            name=self.name,
            title=self.title,
            classes=self.classes,
            preprocessing=self.preprocessing,
            sha256=self.sha256,
            card=self.card,
            size=self.size,
        )

    def cached(
        self, key: Hashable, make: Callable[[], Value], *, of_weights: bool = False
    ) -> Value:
        """Return what `make` returned at the first call with this key.

        Compiled functions of a network are kept here, and freed together with it.

        Args:
            key: begins with the class or function that asks, so that keys do not collide.
            make: called at most once a key; if it raises, nothing is kept.
            of_weights: whether it is of the present weights, and so until `weights_changed`.
        """
        with self._lock:
            if key not in self._cache:
                self._cache[key] = make()
                if of_weights:
                    self._of_weights.add(key)
            return self._cache[key]

    def weights_changed(self) -> None:
        """Forget what was worked out from the weights, as they are others now.

        Compiled functions stay: they read the weights at each call.
        """
        with self._lock:
            for key in self._of_weights:
                self._cache.pop(key, None)
            self._of_weights.clear()

    def stage(self, name: str) -> Stage:
        """Return a stage by name.

        Raises:
            NetworkError: there is none of that name; the sentence names those there are.
        """
        try:
            return self._stages[name]
        except KeyError:
            names = ", ".join(self._stages)
            raise NetworkError(
                f"The network {self.title} has no stage {name!r}; choose one of {names}."
            ) from None

    def layers(self, stage_name: str) -> tuple[Any, ...]:
        """Return the operations gathered in a stage, in order: Keras layers, and functions."""
        self.stage(stage_name)
        return tuple(step.operation for step in self._chains[stage_name].steps)

    def fit(self, picture: np.ndarray, mode: str = "crop") -> np.ndarray:
        """Bring a picture to the network's size: what it will see.

        Args:
            picture: H x W x 3, float in [0, 1] or uint8, any size.
            mode: "crop" takes the largest centred part of the network's shape; "fit" takes the
                whole picture and puts grey around it.

        Returns:
            float32, H x W x 3 in [0, 1], owned; the same grey in all three channels if the
            network sees none of the colour.
        """
        fitted = fitted_to(picture, self.size, mode)
        if self.channels == 1:
            fitted = np.repeat(fitted @ np.array(LUMA, np.float32)[:, None], 3, axis=2)
        return np.clip(fitted, 0, 1)

    def tensor(
        self,
        x: Any,
        stage_name: str,
        *,
        before_activation: bool = False,
        relu: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
        after: str | None = None,
    ) -> Any:
        """Compute the tensor of a stage, differentiably.

        Args:
            x: tensor, N x H x W x 3 in [0, 1].
            stage_name: one of `stages`.
            before_activation: give the value that goes into the stage's last activation (ReLU,
                softmax, ...), where there is one. A pooling stage, or one that joins others, then
                pools or joins what went into their activations.
            relu: given the function of each ReLU, it returns what takes its place, such as one
                with another gradient.
            after: an earlier stage whose value, N x H x W x C, is given as `x` in place of pictures
                to go on from there. Everything between the picture and the stage goes through it.

        Returns:
            N x H x W x C, or N x C for a dense stage.

        Raises:
            NetworkError: the stage also depends on the picture past `after`.
        """
        self.stage(stage_name)
        return self._tensors(x, [stage_name], before_activation, relu, after)[stage_name]

    def tensors(self, x: Any, stage_names: Sequence[str]) -> dict[str, Any]:
        """Compute the tensors of several stages in one pass, differentiably; see `tensor`."""
        for name in stage_names:
            self.stage(name)
        return self._tensors(x, stage_names, before_activation=False)

    def logits(
        self,
        x: Any,
        *,
        relu: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
        after: str | None = None,
    ) -> Any:
        """Compute the scores before the softmax or sigmoid, differentiably.

        Args:
            x: tensor, N x H x W x 3 in [0, 1]; or the value of the stage `after`.
            relu: given the function of each ReLU, it returns what takes its place, such as one
                with another gradient.
            after: see `tensor`.

        Returns:
            N x K (N x H x W x K for a network that answers at every pixel). Where a network gives
            probabilities only, their logarithms, which are scores up to a constant.
        """
        if self._ends_in == "probabilities":
            answer = self._tensors(x, [LAST], False, relu, after)[LAST]
            return ops.log(ops.maximum(_rows(answer), keras.config.epsilon()))
        inside = self._stages[LAST].activation in ("softmax", "sigmoid")
        return _rows(self._tensors(x, [LAST], inside, relu, after)[LAST])

    def rebuilt(self, x: Any, stage_name: str) -> Any:
        """Call the layers up to a stage on a symbolic input, for a new model that shares them.

        Args:
            x: what the Keras model takes, N x H x W x channels: preprocessing is left out.
            stage_name: one of `stages`.
        """
        self.stage(stage_name)
        value = self._chains[stage_name].value
        return self._graph.run({self._graph.inputs[0]: x}, [value], {})[value]

    def probabilities(self, x: Any) -> Any:
        """Compute the answer, differentiably: N x K, softmax or sigmoid applied if need be.

        Of a network that `gives_values`, those.
        """
        return self.as_probabilities(self._tensors(x, [LAST], before_activation=False)[LAST])

    def as_probabilities(self, value: Any) -> Any:
        """Turn the value of the output stage, N x ... x K, into probabilities, differentiably."""
        answer = _rows(value)
        if self._ends_in != "scores":
            return answer  # as they are
        return ops.sigmoid(answer) if answer.shape[-1] == 1 else ops.softmax(answer, axis=-1)

    def forward(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """Compute every stage of a batch in one compiled pass.

        Args:
            pictures: N x H x W x 3 in [0, 1], at the network's size.

        Returns:
            By stage name, in order: float32 N x H x W x C or N x C; "output" is probabilities.
        """
        pictures = np.asarray(pictures)
        if pictures.ndim != 4 or pictures.shape[1:] != (*self.size, 3):
            raise NetworkError(
                f"The network {self.title} was given pictures of shape {pictures.shape}; it takes "
                f"N x {self.size[0]} x {self.size[1]} x 3, so bring them to its size with fit()."
            )
        compiled = self.cached(
            "forward", lambda: backend.compiled(self._every_stage, variables=self.model.variables)
        )
        results = compiled(pictures.astype(np.float32, copy=False))
        # JAX and TensorFlow sort the keys of a dict.
        return {stage.name: results[stage.name] for stage in self.stages}

    def shape_at(self, stage_name: str, size: tuple[int, int]) -> tuple[int, ...] | None:
        """Return the shape of a stage if the picture were of another size; None if it cannot be.

        Args:
            stage_name: one of `stages`.
            size: (height, width).
        """
        self.stage(stage_name)
        try:
            value = self._chains[stage_name].value
            shape = self._graph.shape(value, (None, *size, self.channels))[1:]
        except Exception:  # each layer refuses what it cannot take in its own way
            return None
        return shape if all(side is not None and side > 0 for side in shape) else None

    def label(self, index: int) -> str:
        """Return the name of a class, or "class 7" where names are not known ("output 7")."""
        if 0 <= index < len(self.classes):
            return self.classes[index]
        return f"output {index}" if self.gives_values else f"class {index}"

    def predictions(self, picture: np.ndarray, k: int = 5) -> list[Prediction]:
        """Return the `k` most probable classes of a picture, H x W x 3 in [0, 1] of any size."""
        return self.top(self.forward(self.fit(picture)[None])[LAST][0], k)

    def top(self, probabilities: np.ndarray, k: int = 5) -> list[Prediction]:
        """Return the `k` most probable classes, the most probable first; plain values in order.

        Args:
            probabilities: K numbers, or ... x K of a network that answers at every place, which
                are averaged; one number alone is that of the second of two classes.
            k: how many to return at most.
        """
        values = np.asarray(probabilities, np.float64)
        values = values.reshape(-1, values.shape[-1]).mean(axis=0)
        if len(values) == 1 and len(self.classes) == 2:
            values = np.array([1 - values[0], values[0]])
        order = np.arange(len(values)) if self.gives_values else np.argsort(-values, kind="stable")
        best = order[: max(k, 0)]
        plain = self.gives_values
        return [Prediction(self.label(int(i)), int(i), float(values[i]), plain) for i in best]

    def _every_stage(self, x: Any) -> dict[str, Any]:
        tensors = self._tensors(x, list(self._stages), before_activation=False)
        tensors[LAST] = self.as_probabilities(tensors[LAST])
        return {name: ops.cast(tensor, "float32") for name, tensor in tensors.items()}

    def _tensors(
        self,
        x: Any,
        names: Sequence[str],
        before_activation: bool,
        relu: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
        after: str | None = None,
    ) -> dict[str, Any]:
        if after is None:
            seen = self.preprocessing.seen(x)
            given = {self._graph.inputs[0]: self.preprocessing.scaled(seen)}
        else:
            self.stage(after)
            seen, given = None, {self._chains[after].value: x}
        wanted, replace = {}, operations.with_relu(self._graph.steps, relu)
        for name in names:
            value, bare = self._wanted(name, before_activation)
            wanted[name] = value
            replace.update(bare)
            if before_activation and value == self._chains[name].value:
                replace.update(operations.without_last_activations(self._graph, value))
        try:
            computed = self._graph.run(given, list(wanted.values()), replace)
        except KeyError:
            if after is None:  # it came from an operation
                raise
            raise NetworkError(
                f"{', '.join(names)} of {self.title} also sees the picture past {after}; choose a "
                "stage that every path goes through."
            ) from None
        return {name: seen if name == FIRST else computed[value] for name, value in wanted.items()}

    def _wanted(
        self, name: str, before_activation: bool
    ) -> tuple[int, dict[int, Callable[..., Any]]]:
        """Return the number of a stage's tensor, and what replaces operations to get it."""
        chain = self._chains[name]
        if not before_activation or chain.before is None:
            return chain.value, {}
        if not chain.fused:
            return chain.before, {}
        return chain.before, {chain.before: operations.without_activation(chain.head.operation)}

    def _ending(self) -> Literal["softmax", "sigmoid", "probabilities", "scores", "values"]:
        """Return what the last stage gives: probabilities, scores of classes, or plain values."""
        last = self._stages[LAST]
        if last.activation in ("softmax", "sigmoid"):
            return "softmax" if last.activation == "softmax" else "sigmoid"
        linear = last.kind in ("convolution", "dense", "pooling", "add", "normalisation")
        plain = last.kind == "dense" and last.activation in VALUES and not last.spatial
        if plain and not self.classes and last.units <= MOST_VALUES:
            return "values"
        if linear:
            return "scores"
        grey = np.full((1, *self.size, 3), GREY, np.float32)
        answer = backend.compiled(
            lambda x: self._tensors(x, [LAST], before_activation=False)[LAST],
            variables=self.model.variables,
        )(grey)
        sums = answer.astype(np.float64).sum(-1)
        likely = answer.min() >= 0 and answer.shape[-1] > 1 and np.allclose(sums, 1, atol=1e-3)
        return "probabilities" if likely else "scores"


def _rows(answer: Any) -> Any:
    """Give an answer of one position, N x 1 x 1 x K, the shape N x K."""
    shape = answer.shape
    if len(shape) == 4 and tuple(shape[1:3]) == (1, 1):
        return ops.reshape(answer, (-1, shape[3]))
    return answer


def _input(model: keras.Model, size: tuple[int, int] | None) -> tuple[tuple[int, int], int]:
    """Return (height, width) and channels of the picture a model takes."""
    shape = getattr(model, "input_shape", None) if _has_input(model) else None
    if isinstance(shape, (list, dict)) and len(shape) == 1:
        shape = next(iter(shape.values() if isinstance(shape, dict) else shape))
    if shape is None and size is not None:
        return size, 3
    if not isinstance(shape, tuple) or len(shape) != 4:
        raise NetworkError(
            f"The model {model.name!r} has the input {shape}; a network that looks at pictures "
            "takes one of shape (height, width, channels)."
        )
    _, height, width, channels = shape
    if channels not in (1, 3, 4):
        raise NetworkError(
            f"The model {model.name!r} takes {channels} channels (input {shape[1:]}); "
            "a picture has 1, 3 or 4, in the last place."
        )
    wanted = size or (FREE_SIZE, FREE_SIZE)
    if size is not None and any(
        own not in (None, given) for own, given in zip((height, width), size, strict=True)
    ):
        raise NetworkError(
            f"The model {model.name!r} takes pictures of {height} x {width} pixels only, "
            f"so it cannot be opened at {size[0]} x {size[1]}."
        )
    return (height or wanted[0], width or wanted[1]), channels


def _has_input(model: keras.Model) -> bool:
    try:
        return model.input_shape is not None
    except (AttributeError, ValueError):
        return False


def _graph(model: keras.Model, size: tuple[int, int], channels: int) -> FlatGraph:
    try:
        return flatten(model)
    except UserError:  # written as a class: it still has an input and an output
        return opaque_graph(model, size, channels)


def _answer(graph: FlatGraph) -> int:
    """Return the output that is the answer: the first of shape N x K, or else the last one."""
    specs = {
        v: spec for step in graph.steps for v, spec in zip(step.outputs, step.specs, strict=True)
    }
    flat = [value for value in graph.outputs if value in specs and len(specs[value].shape) == 2]
    return (flat or list(graph.outputs[-1:]))[0]
