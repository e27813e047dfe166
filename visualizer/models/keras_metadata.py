"""What Keras 2 wrote about a network into a SavedModel, beside TensorFlow's graph.

`keras_metadata.pb` lists the layers with their settings, each by its path from the root
(`root.layer_with_weights-0`); the checkpoint holds a graph of the same objects, whose leaves are
the variables. Following the same path through both finds the numbers of each layer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.errors import UserError
from visualizer.models.protobuf import ProtobufError, fields
from visualizer.models.safety import MAX_DEPTH, MAX_OBJECTS, json_depth

if TYPE_CHECKING:
    import keras

FILE = "keras_metadata.pb"
VALUE = "VARIABLE_VALUE"
MAX_GRAPH_BYTES = 8 << 20
"""Of the graph of objects, which takes about 600 bytes a variable."""


class MetadataError(UserError):
    """The description in a SavedModel is damaged, or does not fit its variables."""


@dataclass(frozen=True)
class Described:
    """The network in a SavedModel.

    Attributes:
        config: its description, as in a model file.
        layers: path from the root -> names of the model, the model in it, ..., the layer.
    """

    config: dict[str, Any]
    layers: dict[tuple[str, ...], tuple[str, ...]]

    def fill(
        self, model: keras.Model, graph: bytes, arrays: dict[str, np.ndarray], file: str
    ) -> None:
        """Put the variables of the checkpoint into the model built from `config`.

        Args:
            model: built.
            graph: the checkpoint's graph of objects.
            arrays: the checkpoint's variables by key.
            file: the name of the folder, for the sentence.

        Raises:
            MetadataError: a variable of the model is not there.
        """
        try:
            nodes = _object_graph(graph)
        except (ProtobufError, UnicodeDecodeError):
            raise MetadataError(
                f"The weights of {file} are damaged; copy the folder again."
            ) from None
        found = {
            names: _variables(nodes, path, arrays) for path, names in sorted(self.layers.items())
        }
        _fill(model, (), found, file)


@dataclass
class _Node:
    children: dict[str, int]
    key: str | None


def read(data: bytes, file: str) -> Described:
    """Read `keras_metadata.pb`.

    Raises:
        MetadataError: it is damaged, or of a network whose layers were written as classes.
    """
    try:
        entries: dict[tuple[str, ...], dict[str, Any]] = {}
        for number, node in fields(data):
            if number != 1 or not isinstance(node, bytes):
                continue
            parts = {n: value for n, value in fields(node) if isinstance(value, bytes)}
            path = tuple(parts.get(3, b"").decode().split("."))
            text = parts.get(5, b"{}").decode()
            if max(len(path), json_depth(text) / 2) > MAX_DEPTH or len(entries) > MAX_OBJECTS:
                raise ValueError
            entries[path] = _plain(json.loads(text))
        root = entries[("root",)]
        config = {"class_name": root["class_name"], "config": root["config"]}
    except (KeyError, ValueError, TypeError, RecursionError):
        raise MetadataError(
            f"The description in {file} is damaged or of a network that was written as a class of "
            "its own; save the model with model.save('name.keras')."
        ) from None
    layers = {}
    for path in entries:
        if len(path) > 1 and path[1].startswith("layer"):
            above = [entries.get(path[: i + 1]) for i in range(1, len(path))]
            if all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in above):
                layers[path[1:]] = tuple(str(one["name"]) for one in above if one)
    return Described(config, layers)


def _plain(value: Any) -> Any:
    """The same with tuples, which Keras 2 marked in JSON, as lists."""
    if isinstance(value, dict):
        if value.get("class_name") == "__tuple__":
            return [_plain(item) for item in value.get("items", [])]
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _object_graph(data: bytes) -> list[_Node]:
    if len(data) > MAX_GRAPH_BYTES:
        raise ProtobufError("more objects than any network has")
    nodes = []
    for number, node in fields(data):
        if number != 1 or not isinstance(node, bytes):
            continue
        made = _Node({}, None)
        for n, value in fields(node):
            if not isinstance(value, bytes):
                continue
            parts = dict(fields(value))
            if n == 1:
                name, place = parts.get(2, b""), parts.get(1, 0)
                if isinstance(name, bytes) and isinstance(place, int):
                    made.children[name.decode()] = place
            elif n == 2 and parts.get(1) == VALUE.encode():
                key = parts.get(3, b"")
                made.key = key.decode() if isinstance(key, bytes) else None
        nodes.append(made)
    return nodes


def _variables(
    nodes: list[_Node], path: tuple[str, ...], arrays: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The variables right below the object at `path`, by name."""
    at = 0
    for step in path:
        at = nodes[at].children.get(step, -1) if 0 <= at < len(nodes) else -1
    if not 0 <= at < len(nodes):
        return {}
    found = {}
    for name, child in nodes[at].children.items():
        key = nodes[child].key if 0 <= child < len(nodes) else None
        if key is not None and key in arrays:
            found[name] = arrays[key]
    return found


def _fill(
    model: Any,
    above: tuple[str, ...],
    found: dict[tuple[str, ...], dict[str, np.ndarray]],
    file: str,
) -> None:
    for layer in model.layers:
        names = (*above, layer.name)
        if isinstance(getattr(layer, "layers", None), list):
            _fill(layer, names, found, file)
            continue
        there = dict(found.get(names, {}))
        for variable in layer.weights:
            array = there.pop(variable.name, None)
            if array is None:  # renamed since, as depthwise_kernel -> kernel
                name = next((n for n, a in there.items() if a.shape == tuple(variable.shape)), None)
                array = there.pop(name) if name is not None else None
            if array is None or array.shape != tuple(variable.shape):
                raise MetadataError(
                    f"{file} has no weights for {variable.name} of the layer {layer.name}; save "
                    "the model with model.save('name.keras')."
                )
            variable.assign(array.astype(np.float32))
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
