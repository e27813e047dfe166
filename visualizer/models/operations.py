"""TensorFlow operations inside Keras 2 models (`TFOpLambda`), expressed as layers of Keras 3.

Writing `x / 127.5 - 1` in a functional model of Keras 2 left layers that name a function of
TensorFlow. Each that has a counterpart in Keras becomes that layer; the others are named.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from visualizer.engine.errors import UserError
from visualizer.models.description import Layer
from visualizer.models.layer_allowlist import HARD_SIGMOID

Reference = tuple[str, int, int]
"""The output of another layer: its name, which call of it, which of its outputs."""

FLOATS = {"half", "float16", "bfloat16", "float", "float32", "double", "float64"}
KINDS = {"TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"}


class OperationError(UserError):
    """A TensorFlow operation that Keras 3 has no layer for."""


def translate(model: Layer, notes: list[str]) -> None:
    """Replace the TensorFlow operations of one model (not of models nested in it), in place.

    Raises:
        OperationError: one of them has no counterpart.
    """
    for layer in model["config"]["layers"]:
        if layer["class_name"] not in KINDS:
            continue
        name = str(layer["config"].get("name", layer.get("name")))
        try:
            function, inputs, settings = _read(layer)
            made = OPERATIONS[function](inputs, settings)
            settings.check()
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError):
            raise OperationError(
                f"The model contains the TensorFlow operation {_function(layer)!r} (in {name}), "
                "which Keras 3 cannot express; replace it by a layer of Keras and save again."
            ) from None
        layer.update(made)
        layer["config"]["name"] = name
        notes.append("Turned TensorFlow operations of Keras 2 into layers of Keras 3.")


def _function(layer: Layer) -> str:
    settings = layer["config"]
    if layer["class_name"] == "TensorFlowOpLayer":
        op = str(_node(layer).get("op", "?"))
        return NODES.get(op, op)
    return str(settings.get("function", "?")).removeprefix("tf.").split(".")[-1]


def _node(layer: Layer) -> dict[str, Any]:
    """The operation of TensorFlow's graph that a layer stands for."""
    node = layer["config"].get("node_def")
    try:
        node = json.loads(node) if isinstance(node, str) else node
    except ValueError:
        return {}
    return node if isinstance(node, dict) else {}


class Given(dict[str, Any]):
    """The settings a function was called with, which knows which of them were looked at."""

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(settings)
        self._seen: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self._seen.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """As of any table."""
        self._seen.add(key)
        return super().get(key, default)

    def check(self) -> None:
        """Raise a ValueError if one that changes the result was not looked at."""
        for key, value in self.items():
            harmless = any(
                type(value) is type(one) and value == one for one in DEFAULTS.get(key, ())
            )
            if key not in self._seen and value is not None and not harmless:
                raise ValueError(key)


DEFAULTS: dict[str, tuple[Any, ...]] = {
    "data_format": ("NHWC", "TkhXQw==", "channels_last"),  # the second in base64
    "antialias": (False,),
    "preserve_aspect_ratio": (False,),
    "half_pixel_centers": (True,),
    "constant_values": (0, 0.0),
    "keepdims": (False,),
    "approximate": (False,),
}
"""Values with which a function computes the same as without the setting."""


def _read(layer: Layer) -> tuple[str, list[Any], Given]:
    """Return the function, its inputs (references or constants, in order) and its settings."""
    (node,) = layer["inbound_nodes"]
    if layer["class_name"] == "TensorFlowOpLayer":
        inputs: list[Any] = [tuple(item[:3]) for item in node]
        constants = layer["config"].get("constants") or {}
        for place, value in sorted((int(place), value) for place, value in constants.items()):
            inputs.insert(place, value)
        attributes = _node(layer).get("attr") or {}
        settings = {
            name: attributes[there][kind]
            for name, (there, kind) in ATTRIBUTES.items()
            if there in attributes
        }
        return _function(layer), inputs, Given(settings)
    items = node if isinstance(node[0], list) else [node]
    settings = dict(items[0][3]) if len(items[0]) > 3 else {}
    settings.pop("name", None)
    inputs = [item[2] if item[0] == "_CONSTANT_VALUE" else tuple(item[:3]) for item in items]
    for key in ("y", "bias", "b", "x"):
        if key in settings:
            inputs.append(_argument(settings.pop(key)))
    return _function(layer), inputs, Given(settings)


def _argument(value: Any) -> Any:
    if isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str):
        return tuple(value[:3])
    return value


def is_reference(value: Any) -> bool:
    """Whether an input is the output of a layer, and not a constant."""
    return isinstance(value, tuple)


def _layer(class_name: str, inputs: list[Any], **settings: Any) -> Layer:
    return {
        "class_name": class_name,
        "config": settings,
        "module": "keras.layers",
        "registered_name": None,
        "inbound_nodes": [[[*reference, {}] for reference in inputs]],
    }


def _operation(module: str, class_name: str, *arguments: Any, **settings: Any) -> Layer:
    return {
        "class_name": class_name,
        "config": settings,
        "module": f"keras.src.ops.{module}",
        "registered_name": class_name,
        "inbound_nodes": [{"args": [tensor(one) for one in arguments], "kwargs": {}}],
    }


def tensor(value: Any) -> Any:
    """A reference as Keras 3 writes it; a constant as it is."""
    if not is_reference(value):
        return value
    history = {"shape": [None], "dtype": "float32", "keras_history": list(value)}
    return {"class_name": "__keras_tensor__", "config": history}


def _negative(value: Any) -> Any:
    return [_negative(one) for one in value] if isinstance(value, list) else -value


def _inverse(value: Any) -> Any:
    return [_inverse(one) for one in value] if isinstance(value, list) else 1 / value


def _vector(value: Any) -> Any:
    """A constant: one number, or one a channel; [[[[a, b, c]]]] is the same as [a, b, c]."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, list):
        return [float(one) for one in value]
    return float(value)


def _add(inputs: list[Any], _settings: dict[str, Any]) -> Layer:
    first, second = inputs
    if is_reference(first) and is_reference(second):
        return _layer("Add", inputs)
    tensor, constant = (first, second) if is_reference(first) else (second, first)
    return _layer("Rescaling", [tensor], scale=1.0, offset=_vector(constant))


def _subtract(inputs: list[Any], _settings: dict[str, Any]) -> Layer:
    first, second = inputs
    if is_reference(first) and is_reference(second):
        return _layer("Subtract", inputs)
    if is_reference(first):
        return _layer("Rescaling", [first], scale=1.0, offset=_negative(_vector(second)))
    return _layer("Rescaling", [second], scale=-1.0, offset=_vector(first))


def _multiply(inputs: list[Any], _settings: dict[str, Any]) -> Layer:
    first, second = inputs
    if is_reference(first) and is_reference(second):
        return _layer("Multiply", inputs)
    tensor, constant = (first, second) if is_reference(first) else (second, first)
    return _layer("Rescaling", [tensor], scale=_vector(constant), offset=0.0)


def _divide(inputs: list[Any], _settings: dict[str, Any]) -> Layer:
    first, second = inputs
    if is_reference(first) and not is_reference(second):
        return _layer("Rescaling", [first], scale=_inverse(_vector(second)), offset=0.0)
    return _operation("numpy", "Divide", first, second)


def _getitem(inputs: list[Any], settings: dict[str, Any]) -> Layer:
    places = settings.get("slice_spec")
    places = places.get("items", places) if isinstance(places, dict) else places
    key = []
    for place in places if isinstance(places, list) else [places]:
        if isinstance(place, dict) and all(_is_place(place.get(end, "")) for end in _SLICE):
            key.append({"class_name": "__slice__", "config": {k: place.get(k) for k in _SLICE}})
        elif isinstance(place, int):
            key.append(place)  # type: ignore[arg-type]
        elif isinstance(place, dict) and place.get("class_name") == "__ellipsis__":
            key.append({"class_name": "__ellipsis__", "config": {}})
        else:
            raise ValueError(place)  # a new axis, or a place that another layer computes
    return _operation("numpy", "GetItem", inputs[0], key)


_SLICE = ("start", "stop", "step")


def _is_place(value: Any) -> bool:
    return value is None or isinstance(value, int)


def _pooled(kind: str) -> Callable[[list[Any], dict[str, Any]], Layer]:
    def build(inputs: list[Any], settings: dict[str, Any]) -> Layer:
        axes = settings["axis"] if "axis" in settings else inputs[1]
        if sorted(axes) != [1, 2]:
            raise ValueError(axes)
        keep = bool(settings.get("keepdims", False))
        return _layer(f"Global{kind}Pooling2D", inputs[:1], keepdims=keep)

    return build


def _concat(inputs: list[Any], settings: dict[str, Any]) -> Layer:
    references = [one for one in inputs if is_reference(one)]
    axis = settings.get("axis", next((one for one in inputs if not is_reference(one)), -1))
    return _layer("Concatenate", references, axis=int(axis))


def _reshape(inputs: list[Any], settings: dict[str, Any]) -> Layer:
    shape = settings["shape"] if "shape" in settings else inputs[1]
    return _layer("Reshape", inputs[:1], target_shape=[int(side) for side in shape[1:]])


def _transpose(inputs: list[Any], settings: dict[str, Any]) -> Layer:
    order = settings["perm"] if "perm" in settings else inputs[1]
    if order[0] != 0:
        raise ValueError(order)
    return _layer("Permute", inputs[:1], dims=[int(axis) for axis in order[1:]])


def _pad(inputs: list[Any], settings: dict[str, Any]) -> Layer:
    sides = settings["paddings"] if "paddings" in settings else inputs[1]
    if settings.get("mode", "CONSTANT") != "CONSTANT" or len(sides) != 4:
        raise ValueError(sides)
    if sides[0] != [0, 0] or sides[3] != [0, 0]:
        raise ValueError(sides)
    return _layer("ZeroPadding2D", inputs[:1], padding=[sides[1], sides[2]])


def _resize(inputs: list[Any], settings: dict[str, Any]) -> Layer:
    height, width = settings["size"] if "size" in settings else inputs[1]
    method = settings.get("method") or "bilinear"
    return _layer("Resizing", inputs[:1], height=height, width=width, interpolation=method)


def _clip(inputs: list[Any], settings: dict[str, Any]) -> Layer:
    low = settings["clip_value_min"] if "clip_value_min" in settings else inputs[1]
    high = settings["clip_value_max"] if "clip_value_max" in settings else inputs[-1]
    return _operation("numpy", "Clip", inputs[0], x_min=float(low), x_max=float(high))


def _softmax(inputs: list[Any], settings: dict[str, Any]) -> Layer:
    axis = settings.get("axis")
    if axis == 0:
        raise ValueError(axis)  # over the pictures
    return _layer("Softmax", inputs[:1], axis=-1 if axis is None else int(axis))


def _cast(inputs: list[Any], settings: dict[str, Any]) -> Layer:
    kind = settings["dtype"] if "dtype" in settings else inputs[1] if inputs[1:] else "float32"
    if str(kind).removeprefix("DT_").lower() not in FLOATS:
        raise ValueError(kind)  # cuts off what is behind the point
    return _layer("Activation", inputs[:1], activation="linear")


def _relu(inputs: list[Any], settings: dict[str, Any]) -> Layer:
    given = {"negative_slope": settings.get("alpha"), "threshold": settings.get("threshold")}
    kept = {key: value for key, value in given.items() if value is not None}
    return _layer("ReLU", inputs[:1], max_value=settings.get("max_value"), **kept)


def _elu(inputs: list[Any], settings: dict[str, Any]) -> Layer:
    alpha = settings.get("alpha")
    return _layer("ELU", inputs[:1], alpha=1.0 if alpha is None else alpha)


def _named(class_name: str, **fixed: Any) -> Callable[[list[Any], dict[str, Any]], Layer]:
    def build(inputs: list[Any], _settings: dict[str, Any]) -> Layer:
        return _layer(class_name, inputs[:1], **fixed)

    return build


def _leaky(inputs: list[Any], settings: dict[str, Any]) -> Layer:
    slope = settings.get("alpha", settings.get("negative_slope", 0.2))
    return _layer("LeakyReLU", inputs[:1], negative_slope=slope)


def _plain(class_name: str) -> Callable[[list[Any], dict[str, Any]], Layer]:
    def build(inputs: list[Any], _settings: dict[str, Any]) -> Layer:
        return _operation("numpy", class_name, *inputs)

    return build


OPERATIONS: dict[str, Callable[[list[Any], dict[str, Any]], Layer]] = {
    "add": _add,
    "bias_add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "truediv": _divide,
    "divide": _divide,
    "getitem": _getitem,
    "reduce_mean": _pooled("Average"),
    "reduce_max": _pooled("Max"),
    "concat": _concat,
    "reshape": _reshape,
    "transpose": _transpose,
    "pad": _pad,
    "resize": _resize,
    "clip_by_value": _clip,
    "softmax": _softmax,
    "leaky_relu": _leaky,
    "relu": _relu,
    "elu": _elu,
    "relu6": _named("ReLU", max_value=6.0),
    "cast": _cast,
    "identity": _named("Activation", activation="linear"),
    **{
        name: _named("Activation", activation=name)
        for name in ("sigmoid", "tanh", "selu", "gelu", "silu", "softplus", "softsign")
    },
    "swish": _named("Activation", activation="silu"),
    "hard_sigmoid": _named("Activation", activation=HARD_SIGMOID),
    "maximum": _plain("Maximum"),
    "minimum": _plain("Minimum"),
    "square": _plain("Square"),
    "sqrt": _plain("Sqrt"),
    "exp": _plain("Exp"),
    "log": _plain("Log"),
    "abs": _plain("Absolute"),
}
"""The last part of the name of a function of TensorFlow -> how to say it in Keras."""

ATTRIBUTES = {
    "alpha": ("alpha", "f"),
    "keepdims": ("keep_dims", "b"),
    "data_format": ("data_format", "s"),
    "dtype": ("DstT", "type"),
}
"""Settings -> what they are called in TensorFlow's graphs, and the type they are kept as there."""

NODES = {  # operations of graphs (TensorFlow 2.0-2.3) -> the same names
    "AddV2": "add",
    "Add": "add",
    "BiasAdd": "bias_add",
    "Sub": "subtract",
    "Mul": "multiply",
    "RealDiv": "truediv",
    "Relu": "relu",
    "Relu6": "relu6",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Elu": "elu",
    "Selu": "selu",
    "Softmax": "softmax",
    "Mean": "reduce_mean",
    "Max": "reduce_max",
    "ConcatV2": "concat",
    "Reshape": "reshape",
    "Transpose": "transpose",
    "Pad": "pad",
    "Maximum": "maximum",
    "Minimum": "minimum",
    "Square": "square",
    "Sqrt": "sqrt",
    "Identity": "identity",
    "Cast": "cast",
    "LeakyRelu": "leaky_relu",
}
