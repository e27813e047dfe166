"""Repairs of the descriptions that older programs wrote into model files.

Each repair here turns one old form into the one Keras 3 reads, in place, and leaves the rest alone.
What `repair` returns are sentences for the user: what was mended.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from visualizer.engine.errors import UserError
from visualizer.models import channels_first, keras1, operations
from visualizer.models.description import (
    STARTS,
    Layer,
    each_model,
    inner_parts,
    is_model,
    layers_of,
    plain_names,
    references,
)
from visualizer.models.layer_allowlist import (
    APPLICATION_LAYERS,
    HARD_SIGMOID,
    OLD_LAYERS,
    PACKAGE,
    allowed_layers,
)

BORROWED = {  # layers of well-known packages that are Keras' own under another name
    "FixedDropout": "Dropout",
    "GroupedQueryAttention": "GroupQueryAttention",  # the name of its class, in `.h5`
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
}
ACTIVATION_NAMES = {
    "swish": "silu",
    "silu": "silu",
    "relu6": "relu6",
    "hard_swish": "hard_silu",
    "softmax_v2": "softmax",
    "log_softmax_v2": "log_softmax",
}
ACTIVATIONS = ("activation", "recurrent_activation")
"""Settings that name a function."""

ANY = object()
GONE: dict[str, dict[str, Any]] = {
    "": {  # of any layer
        "seed": ANY,
        "rng_type": ANY,
        "trainable": ANY,
        "input_dim": ANY,
        "data_format": "channels_last",
        "dynamic": False,
        "ragged": False,
        "sparse": False,
        "groups": 1,
        "causal": False,
        "time_major": False,
    },
    "BatchNormalization": {"fused": ANY, "renorm": False},
    "Embedding": {"input_length": ANY},
    "GRU": {"implementation": ANY},
    "GRUCell": {"implementation": ANY},
    "LSTM": {"implementation": ANY},
    "LSTMCell": {"implementation": ANY},
    "SimpleRNN": {"implementation": ANY},
    "SimpleRNNCell": {"implementation": ANY},
    "LayerNormalization": {"rms_scaling": False},
    "MultiHeadAttention": {"query_shape": ANY, "key_shape": ANY, "value_shape": ANY},
}
"""Class -> settings that Keras 3 has no more -> the value for which it computes the same without,
compared with its type (1 is not True); `ANY` of those that never change what a layer computes."""

TRAINING_ONLY = ("Random", "Gaussian", "SpatialDropout", "Dropout", "AlphaDropout", "ActivityReg")
"""How the names of layers begin that hand on what they get, except in training."""

BEFORE_TENSORFLOW = (2, 4)
"""From here on Keras is only that of TensorFlow."""

LayerRepair = Callable[[Layer, list[str]], None]
"""Mends one layer in place, and adds the sentences that the user should read of it."""

BUILT_ONCE = "keras>Sequential"
"""The name under which a Sequential is asked for, so that not Keras itself makes it (`loader`)."""


class BrokenModelError(UserError):
    """The description in the file cannot be understood."""


def repair(config: Layer) -> list[str]:
    """Bring the description of a model into the form that Keras 3 reads.

    Args:
        config: the description; changed in place.

    Returns:
        What was mended, one sentence each, without doubles.

    Raises:
        UserError: something in it cannot be expressed in Keras 3.
    """
    notes: list[str] = []
    version = _version(config)
    for model in each_model(config):
        _tidy_model(model)
        _plain_names(model)
    for model in each_model(config):
        keras1.modernise_model(model, notes)
        for layer in _single_layers(model):
            for step in (keras1.modernise, *_layer_repairs(version)):
                step(layer, notes)
    for model in each_model(config):
        operations.translate(model, notes)
        _count_calls_from_zero(model)
        _named_inputs(model)
    channels_first.convert(config, notes)
    for model in each_model(config):
        for layer in _single_layers(model):
            _settle(layer)
        _input_first(model)
    return list(dict.fromkeys(notes))


def _layer_repairs(version: tuple[int, ...]) -> tuple[LayerRepair, ...]:
    """What is done to each layer of a file that this version of Keras wrote, in order."""
    return (
        *LAYER_REPAIRS,
        *((_resized_crop,) if version < (2, 7) else ()),
        *((_hard_sigmoid,) if version < (3,) else ()),
        *((_random_crop,) if version < (3, 6) else ()),
        *((_upsampling,) if version < BEFORE_TENSORFLOW else ()),
    )


def _version(config: Layer) -> tuple[int, ...]:
    """The version of the Keras that wrote a description.

    That inside TensorFlow 1 and 2.0-2.2 calls itself 2.3.0-tf and the like, and counts as 2.4.
    """
    text = str(config.pop("keras_version", ""))
    found = re.match(r"(\d{1,4})\.(\d{1,4})", text)
    if found and text.endswith("-tf"):
        return BEFORE_TENSORFLOW
    if found:
        return int(found[1]), int(found[2])
    return (3, 6) if config.get("module") else BEFORE_TENSORFLOW


def _plain_names(model: Layer) -> None:
    """Take the `/` out of the names of layers, which Keras 3 does not allow."""
    layers = [layer for layer in layers_of(model) if "name" in _settings(layer)]
    plain = plain_names([str(_settings(layer)["name"]) for layer in layers])
    for layer in layers:
        new = plain[str(_settings(layer)["name"])]
        _settings(layer)["name"] = new
        if "name" in layer:
            layer["name"] = new
    for reference in references(model):
        reference[0] = plain.get(reference[0], reference[0])
    for item in (model, model["config"]):
        if isinstance(item.get("name"), str):
            item["name"] = item["name"].replace("/", "_")


def _settings(layer: Layer) -> dict[str, Any]:
    return layer["config"] if isinstance(layer["config"], dict) else {}


def _single_layers(model: Layer) -> list[Layer]:
    """The layers of a model that are no models, each followed by those inside it."""
    return [
        part
        for layer in layers_of(model)
        for part in (layer, *inner_parts(layer))
        if not is_model(part) and isinstance(part["config"], dict)
    ]


def _tidy_model(model: Layer) -> None:
    if model["class_name"] != "Sequential":
        model["class_name"] = "Model"  # whose from_config makes functional models
    settings = model.get("config")
    if isinstance(settings, list):
        settings = {"name": "sequential", "layers": settings}
        model["config"] = settings
    if not isinstance(settings, dict) or not isinstance(settings.get("layers"), list):
        raise BrokenModelError(
            "The description of the model has no list of layers; fetch or save the file again."
        )
    settings.setdefault("name", str(model.get("name", model["class_name"].lower())))
    for key in ("compile_config", "build_config"):
        model.pop(key, None)  # optimizers and losses ("lr" and all) are never needed here
    settings.pop("dtype", None)
    model["module"] = "keras"
    model["registered_name"] = BUILT_ONCE if model["class_name"] == "Sequential" else None
    for key in ("input_layers", "output_layers"):
        ends = settings.get(key)
        if isinstance(ends, list) and len(ends) == 1 and isinstance(ends[0], list):
            settings[key] = ends[0]  # one tensor, not a list of one
    for layer in settings["layers"]:
        if not isinstance(layer, dict) or not isinstance(layer.get("config"), (dict, list)):
            raise BrokenModelError(
                "The description of the model lists something that is not a layer; fetch or save "
                "the file again."
            )
        layer.setdefault("class_name", "")
        if isinstance(layer["config"], dict):
            _name_layer(layer, in_graph=model["class_name"] == "Model")


def _name_layer(layer: Layer, *, in_graph: bool) -> None:
    """Name a layer as Keras would; in a model that is a graph it has a list of calls, too."""
    name = layer.get("name") or layer["config"].get("name") or layer["class_name"].lower()
    layer["config"].setdefault("name", name)
    if in_graph:
        layer.setdefault("name", name)
        layer.setdefault("inbound_nodes", [])


def _count_calls_from_zero(model: Layer) -> None:
    """Count the calls of a nested model as Keras 3 does.

    Up to Keras 2 call 0 was the one that made the nested model, so that its use began with 1.
    """
    nested = {
        layer["name"]: layer for layer in layers_of(model) if is_model(layer) and "name" in layer
    }
    references = [
        item
        for layer in layers_of(model)
        for node in layer.get("inbound_nodes", [])
        if isinstance(node, list)
        for item in ([node] if node and isinstance(node[0], str) else node)
        if isinstance(item, list) and len(item) >= 3
    ]
    ends = model["config"].get("output_layers", [])
    if isinstance(ends, dict):
        ends = list(ends.values())
    ends = [ends] if ends and isinstance(ends[0], str) else ends
    for name, layer in nested.items():
        calls = len(layer["inbound_nodes"])
        if any(isinstance(node, dict) for node in layer["inbound_nodes"]):
            continue  # written by Keras 3
        own = [item for item in references if item[0] == name]
        last = [item for item in ends if isinstance(item, list) and item[0] == name]
        if max((item[1] for item in [*own, *last]), default=0) >= calls:
            for item in own:
                item[1] -= 1
            if layer["class_name"] == "Sequential":
                for item in last:
                    item[1] -= 1


def _named_inputs(model: Layer) -> None:
    """Write calls with tensors in named arguments, as of attention, in the way of Keras 3."""
    names = {str(_settings(layer).get("name")) for layer in layers_of(model)}
    for layer in layers_of(model):
        nodes = layer.get("inbound_nodes", [])
        for place, node in enumerate(nodes):
            items = node if isinstance(node, list) else []
            items = [items] if items and isinstance(items[0], str) else items
            named = items[0][3] if items and len(items[0]) > 3 else None
            if not isinstance(named, dict) or _with_tensors(named, names) == named:
                continue
            inputs = [_with_tensors(item[:3], names) for item in items]
            first = inputs if len(inputs) > 1 else inputs[0]
            nodes[place] = {"args": [first], "kwargs": _with_tensors(named, names)}


def _with_tensors(value: Any, names: set[str]) -> Any:
    """The same with every reference to a layer as Keras 3 writes it."""
    if isinstance(value, dict):
        return {key: _with_tensors(item, names) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    named = len(value) == 3 and isinstance(value[0], str) and value[0] in names
    if named and all(type(at) is int for at in value[1:]):
        return operations.tensor(tuple(value))
    return [_with_tensors(item, names) for item in value]


def _is_operation(layer: Layer) -> bool:
    return str(layer.get("module")).startswith(("keras.src.ops", "keras.ops"))


def _name_operation(layer: Layer, _notes: list[str]) -> None:
    """Say of a bare `keras.ops` that it is one: in `.h5` Keras 3 leaves out where a part is from.

    Only layers have a `dtype`, and only Keras 3 writes what goes in as a table.
    """
    nodes = layer.get("inbound_nodes")
    if layer.get("module") or "dtype" in layer["config"] or not isinstance(nodes, list):
        return
    module = _operations().get(layer["class_name"])
    if module is not None and nodes and isinstance(nodes[0], dict):
        layer["module"], layer["registered_name"] = module, layer["class_name"]


@cache
def _operations() -> dict[str, str]:
    """Class names of the operations of Keras -> the modules they are in."""
    from keras import Operation
    from keras.src.ops import core, image, math, nn, numpy

    return {
        name: module.__name__
        for module in (core, image, math, nn, numpy)
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Operation) and value is not Operation
    }


def _borrowed(layer: Layer, _notes: list[str]) -> None:
    if _is_operation(layer):
        return  # keras.ops.Subtract is not keras.layers.Subtract
    name = layer["class_name"].split(">")[-1]
    if name in BORROWED:
        layer["class_name"] = name = BORROWED[name]
    if name in allowed_layers():
        layer["class_name"] = name
        if str(layer.get("module") or "").split(".")[0] in ("", "tensorflow", "tf_keras", "keras"):
            layer["module"], layer["registered_name"] = "keras.layers", None
    elif name in APPLICATION_LAYERS and not layer.get("module"):
        layer["class_name"] = layer["registered_name"] = name
        layer["module"] = APPLICATION_LAYERS[name]


def _activation(layer: Layer, _notes: list[str]) -> None:
    for key in ACTIVATIONS:
        name = _function(layer["config"].get(key))
        if name in ACTIVATION_NAMES:
            layer["config"][key] = ACTIVATION_NAMES[name]


def _function(value: Any) -> str | None:
    """The name of a function of Keras, which Keras 3 writes as a table."""
    if isinstance(value, dict) and isinstance(value.get("config"), str):
        value = value["config"]
    return value.split(">")[-1] if isinstance(value, str) else None


def _hard_sigmoid(layer: Layer, _notes: list[str]) -> None:
    """Keep the hard sigmoid of Keras 1 and 2, which is steeper than that of Keras 3."""
    for key in ACTIVATIONS:
        if _function(layer["config"].get(key)) == "hard_sigmoid":
            layer["config"][key] = dict(HARD_SIGMOID)


def _crop_settings(layer: Layer) -> dict[str, Any]:
    wanted = ("name", "height", "width", "input_shape")
    return {key: layer["config"][key] for key in wanted if key in layer["config"]}


def _resized_crop(layer: Layer, _notes: list[str]) -> None:
    """Resize and take the middle, as Keras 2.3 to 2.6 do except in training."""
    if layer["class_name"] == "RandomCrop":
        layer["config"] = _crop_settings(layer)
        layer["registered_name"] = PACKAGE + "RandomCrop"


def _random_crop(layer: Layer, _notes: list[str]) -> None:
    """Take the middle and resize it, as Keras up to 3.5 does except in training."""
    if layer["class_name"] == "RandomCrop" and not layer.get("registered_name"):
        settings = {**_crop_settings(layer), "crop_to_aspect_ratio": True}
        layer |= {"class_name": "Resizing", "config": settings}


def _interpolation(layer: Layer, _notes: list[str]) -> None:
    how = layer["config"].get("interpolation")
    if layer["class_name"] in ("Resizing", "UpSampling2D") and how in ("gaussian", "mitchellcubic"):
        raise BrokenModelError(
            f"The layer {layer['config'].get('name')} resizes pictures in a way ({how}) that Keras "
            "3 does not have; save the model again with interpolation='bicubic'."
        )


def _upsampling(layer: Layer, _notes: list[str]) -> None:
    if layer["class_name"] == "UpSampling2D" and layer["config"].get("interpolation") == "bilinear":
        layer["registered_name"] = PACKAGE + "UpSampling2D"


def _leaky(layer: Layer, _notes: list[str]) -> None:
    settings = layer["config"]
    if layer["class_name"] == "LeakyReLU" and "alpha" in settings:
        settings["negative_slope"] = settings.pop("alpha")


def _numbers(layer: Layer, _notes: list[str]) -> None:
    """Take single numbers out of the tables in which Keras 2.12 wrote those of NumPy."""
    for key, value in layer["config"].items():
        if isinstance(value, dict) and value.get("class_name") == "__numpy__":
            inner = value.get("config")
            number = inner.get("value") if isinstance(inner, dict) else None
            if isinstance(number, int | float):
                layer["config"][key] = number


def _gone(layer: Layer, _notes: list[str]) -> None:
    """Say in layers of today what layers did that Keras 3 has no more."""
    kind, settings = layer["class_name"].split(">")[-1], layer["config"]
    if kind in ("RandomHeight", "RandomWidth"):
        kind, settings = "Identity", {}
    elif kind == "ThresholdedReLU":
        kind, settings = "ReLU", {"threshold": settings.get("theta", 1.0)}
    else:
        return
    settings["name"] = layer["config"].get("name")
    layer |= {"class_name": kind, "config": settings}
    layer |= {"module": "keras.layers", "registered_name": None}


def _old(layer: Layer, _notes: list[str]) -> None:
    """Take this program's own layer for one that Keras has no more, or not with this setting."""
    kind, settings = layer["class_name"].split(">")[-1], layer["config"]
    if not (
        kind in ("LocallyConnected1D", "LocallyConnected2D", "SyncBatchNormalization")
        or (kind == "Attention" and settings.get("causal") is True)
        or (kind == "LayerNormalization" and settings.get("rms_scaling") is True)
    ):
        return
    settings.pop("rms_scaling", None)
    layer |= {"class_name": kind, "module": "keras.layers"}
    layer["registered_name"] = PACKAGE + kind


def _groups(layer: Layer, notes: list[str]) -> None:
    if layer["class_name"] == "DepthwiseConv2D" and "groups" in layer["config"]:
        groups = layer["config"].pop("groups")
        if type(groups) is not int or groups != 1:
            raise BrokenModelError(
                f"The layer {layer['config'].get('name')} is depthwise and in groups at once, "
                "which Keras 3 does not have; save the model again with Keras 3."
            )
        notes.append("Left out the setting `groups` of depthwise layers (Teachable Machine).")


def _batch_input_shape(layer: Layer, notes: list[str]) -> None:
    settings = layer["config"]
    shape = settings.pop("batch_input_shape", None)
    if shape is not None:
        settings.pop("input_shape", None)
        settings["batch_shape" if layer["class_name"] == "InputLayer" else "input_shape"] = (
            shape if layer["class_name"] == "InputLayer" else shape[1:]
        )
        notes.append("Read the old setting `batch_input_shape`.")


def _axis(layer: Layer, _notes: list[str]) -> None:
    axis = layer["config"].get("axis")
    if isinstance(axis, list) and len(axis) == 1 and layer["class_name"] != "Normalization":
        layer["config"]["axis"] = axis[0]


def _precision(layer: Layer, notes: list[str]) -> None:
    dtype = layer["config"].get("dtype")
    if isinstance(dtype, dict) and str(dtype.get("class_name")).startswith("Quantized"):
        raise BrokenModelError(
            f"The layer {layer['config'].get('name')} keeps quantized weights, which this program "
            "does not read; open the model as it was before it was quantized."
        )
    if isinstance(dtype, dict):
        inner = dtype.get("config")
        dtype = inner.get("name") if isinstance(inner, dict) else None
    if layer["class_name"] == "InputLayer":
        layer["config"]["dtype"] = "float32"  # pictures come as float32; bytes are only storage
    elif dtype is not None:
        if "16" in str(dtype):
            notes.append("Computes in float32 what the file computes in half precision.")
        layer["config"]["dtype"] = "float32"


def _batch_size(layer: Layer, notes: list[str]) -> None:
    shape = layer["config"].get("batch_shape")
    if isinstance(shape, list) and shape and shape[0] is not None:
        shape[0] = None
        notes.append("Lets the network take any number of pictures at once.")


LAYER_REPAIRS: tuple[LayerRepair, ...] = (
    _name_operation,
    _numbers,
    _gone,
    _borrowed,
    _old,
    _leaky,
    _activation,
    _groups,
    _batch_input_shape,
    _axis,
    _precision,
    _batch_size,
    _interpolation,
)


def _settle(layer: Layer) -> None:
    """Leave to the file what is in the file: starting values and penalties are never needed."""
    settings = layer["config"]
    for key in list(settings):
        if key.endswith(STARTS):
            del settings[key]
    layer.pop("build_config", None)
    accepted = _accepted(str(layer.get("registered_name")), layer["class_name"])
    if accepted is None or _is_operation(layer):
        return
    for key in [key for key in settings if key not in accepted]:
        if not _changes_nothing(layer["class_name"], key, settings[key]):
            raise BrokenModelError(
                f"The layer {settings.get('name')} ({layer['class_name']}) has a setting "
                f"{key!r} that Keras 3 does not have; save the model again with Keras 3."
            )
        del settings[key]


def _changes_nothing(kind: str, key: str, value: Any) -> bool:
    """Whether a layer computes the same without a setting that Keras 3 does not have."""
    if value is None or kind.startswith(TRAINING_ONLY):
        return True  # not set; or of no effect here, where nothing is trained
    wanted = {**GONE[""], **GONE.get(kind, {})}.get(key, ...)
    return wanted is ANY or (type(value) is type(wanted) and value == wanted)


def _input_first(model: Layer) -> None:
    """Say the shape of a model's input in a layer of its own only, as Keras 3 does."""
    layers = model["config"]["layers"]
    shapes = [
        layer["config"].pop("input_shape", None)
        for layer in layers
        if not is_model(layer) and layer["class_name"] != "InputLayer"
    ]
    if model["class_name"] != "Sequential" or not layers or is_model(layers[0]):
        return
    if layers[0]["class_name"] == "InputLayer":
        return
    shape = shapes[0]
    whole = model["config"].get("build_input_shape")
    if shape is None and isinstance(whole, list) and len(whole) > 1:
        shape = whole[1:]
    if shape is not None:
        name = f"{layers[0]['config'].get('name', 'layer')}_input"
        settings = {"name": name, "batch_shape": [None, *shape], "dtype": "float32"}
        kind = {"class_name": "InputLayer", "module": "keras.layers", "registered_name": None}
        layers.insert(0, {**kind, "config": settings})


@cache
def _accepted(registered_name: str, class_name: str) -> frozenset[str] | None:
    """The settings a layer takes, or None if it is neither of Keras nor in `old_layers`."""
    import keras

    if registered_name in OLD_LAYERS:
        from visualizer.models import old_layers

        cls = old_layers.registered()[registered_name]
    elif class_name in allowed_layers():
        cls = getattr(keras.layers, class_name)
    else:
        return None
    names = {"input_shape", "batch_shape", "input_tensor", "optional"}
    for ancestor in cls.__mro__:
        if "__init__" in vars(ancestor):
            parameters = inspect.signature(ancestor.__init__).parameters
            names |= parameters.keys()
            if not any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
                break  # it hands nothing on
    return frozenset(names - {"self", "args", "kwargs", "others"})
