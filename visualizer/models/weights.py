"""Loads the weights of a model file into the layers of the model.

Keras 3 keeps weights by the place of a layer in the model. Keras 1 and 2 kept, for each layer by
name, a list of arrays in a fixed order; here they are matched by name where the names still fit,
and by order where they do not, and every shape is compared before anything is read.
"""

from __future__ import annotations

import json
import math
import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.errors import UserError
from visualizer.models.description import (
    STARTS,
    Layer,
    each_model,
    is_model,
    layers_of,
    plain_names,
)

if TYPE_CHECKING:
    import h5py
    import keras

CONVOLUTIONS = {"Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "DepthwiseConv2D"}
DEPENDENCIES = "_layer_checkpoint_dependencies"
"""Where Keras 2.12 and 2.13 keep the layers of a model; Keras 3 has `layers`."""
UNUSED = {"StateVar", "count", "seed_generator_state"}
"""State that only training needs."""


class WeightsError(UserError):
    """The weights in the file do not fit the network it describes."""


def attribute_list(group: h5py.Group, name: str) -> list[str]:
    """Read a list of names, which Keras splits into `name0`, `name1`, ... when it is long."""
    if name in group.attrs:
        parts = [group.attrs[name]]
    else:
        parts = []
        while f"{name}{len(parts)}" in group.attrs:
            parts.append(group.attrs[f"{name}{len(parts)}"])
    names = [item for part in parts for item in np.asarray(part).ravel().tolist()]
    return [item.decode("utf-8") if isinstance(item, bytes) else str(item) for item in names]


def text_attribute(group: h5py.Group, name: str) -> str | None:
    """Read one text, or None if it is not there."""
    value = group.attrs.get(name)
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return value if isinstance(value, str) else None


def load_by_layer(model: keras.Model, group: h5py.Group, file: str) -> None:
    """Fill a model with the weights of a file of Keras 1, 2, or `.h5` of Keras 3.

    Args:
        model: built, with the layer names of the file where it has any.
        group: the part of the file with the attribute `layer_names`.
        file: its name, for the sentence.

    Raises:
        WeightsError: a layer has no weights in the file, or weights of another shape.
    """
    names = [name for name in attribute_list(group, "layer_names") if _weight_names(group, name)]
    layers = [layer for layer in model.layers if _wanted(layer)]
    plain = plain_names(attribute_list(group, "layer_names"))
    there = {layer.name: layer for layer in layers}
    by_name = {name: there[plain[name]] for name in names if plain[name] in there}
    useful = [name for name in names if name in by_name or not _only_unused(group, name)]
    if all(name in by_name for name in useful):
        pairs = [(name, by_name[name]) for name in useful]
    else:
        pairs = list(zip(useful, layers, strict=False))
    if len(pairs) != len(layers) or len(useful) != len(layers):
        raise WeightsError(
            f"{file} has weights for {len(useful)} layers, but the network has {len(layers)} "
            "layers with weights; use the description and the weights of one and the same model."
        )
    theano = text_attribute(group, "backend") == "theano"
    for name, layer in pairs:
        _load_layer(layer, group[name], _weight_names(group, name), theano, file)
    model_names = _weight_names(group, "top_level_model_weights")
    if model_names and any(not _is_unused(name) for name in model_names):
        raise WeightsError(
            f"{file} has weights outside its layers, which only the program that made it can "
            "read; save the model again with Keras' own layers."
        )


def load_by_place(model: keras.Model, config: Layer, file: h5py.File, name: str) -> None:
    """Fill a model with weights as `.keras` files lay them out, by the place of each layer.

    Args:
        model: built.
        config: its description as it stands in the file.
        file: the weights.
        name: of the file, for the sentence.

    Raises:
        WeightsError: a layer finds nothing of its shape there.
    """
    import h5py

    places = _shared_places(model, config) if _is_shared(config) else {}
    with TemporaryDirectory(prefix="visualizer-") as folder:
        path = Path(folder) / "model.weights.h5"
        try:
            if DEPENDENCIES in file:
                with h5py.File(path, "w") as target:
                    met = dict.fromkeys(places, False)
                    _copy_model(model, config, file, target, met)
            else:
                path.write_bytes(file.id.get_file_image())
            if places:
                with h5py.File(path, "r+") as target:
                    _copy_shared(places.values(), target)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of lists of layers that are found elsewhere
                model.load_weights(path)
        except (ValueError, KeyError) as error:
            first = str(error).strip().splitlines()[0][:120].rstrip(".")
            raise WeightsError(
                f"The weights in {name} do not fit the network it describes ({first}); use the "
                "description and the weights of one and the same model."
            ) from error


def _entries(config: Layer) -> dict[str, Layer]:
    """The entries of a model in its description, by the names that its layers have here."""
    described = {str(layer["config"]["name"]): layer for layer in layers_of(config)}
    plain = plain_names(list(described))
    return {plain[name]: layer for name, layer in described.items()}


def _places(model: Any) -> dict[str, str]:
    """Where Keras 3 keeps each layer of a model: a class is counted in the model's own order."""
    from keras.src.utils.naming import to_snake_case

    used: dict[str, int] = {}
    places = {}
    for layer in model.layers:
        kind = to_snake_case(type(layer).__name__)
        used[kind] = used.get(kind, -1) + 1
        places[layer.name] = f"layers/{kind}" + (f"_{used[kind]}" if used[kind] else "")
    return places


def _likeness(entry: Layer) -> str:
    """What is alike where one layer is described several times: its class, name and settings."""
    settings = {k: v for k, v in entry["config"].items() if not k.endswith(STARTS)}
    words = json.dumps([entry["class_name"], settings], sort_keys=True)
    return re.sub(r',? ?"shared_object_id": \d+', "", words)


def _is_shared(config: Layer) -> bool:
    """Whether any layer of a model, or of one in it, says that it is used elsewhere too."""
    inside = (layer for each in each_model(config) for layer in layers_of(each))
    return any("shared_object_id" in layer for layer in inside if isinstance(layer, dict))


def _shared_places(model: Any, config: Layer) -> dict[str, list[str]]:
    """The places of each layer that is used in several of the models inside each other.

    Its weights are kept at one of them alone, where Keras itself does not find them. It is
    described alike at each, but not each of them says that it is shared.

    Returns:
        By the `_likeness` of the layer.
    """
    found: dict[str, list[str]] = {}
    shared = set()
    waiting = [(model, config, "")]
    while waiting:
        one, description, above = waiting.pop()
        entries, places = _entries(description), _places(one)
        for layer in one.layers:
            entry, place = entries.get(layer.name), above + places[layer.name]
            if entry is None:
                continue
            if is_model(entry):
                waiting.append((layer, entry, place + "/"))
                continue
            words = _likeness(entry)
            found.setdefault(words, []).append(place)
            if "shared_object_id" in entry:
                shared.add(words)
    return {words: found[words] for words in shared if len(found[words]) > 1}


def _copy_shared(shared: Iterable[list[str]], target: h5py.File) -> None:
    for places in shared:
        there = [place for place in places if _is_filled(target.get(place))]
        for place in places:
            if len(there) == 1 and place not in there:
                target.pop(place, None)
                target.copy(there[0], place)


def _is_filled(group: Any) -> bool:
    """Whether anything is kept in a group, or in the groups in it."""
    import h5py

    if isinstance(group, h5py.Group):
        return any(map(_is_filled, group.values()))
    return group is not None


def _copy_model(
    model: Any, config: Layer, source: h5py.Group, target: h5py.Group, met: dict[str, bool]
) -> None:
    """Lay out the weights of Keras 2.12 and 2.13 as Keras 3 does.

    They number the layers of one class in the order of the description, but count those with
    weights twice: conv2d, conv2d_2, conv2d_4 (keras issue 18830). Keras 3 counts its own order.

    Args:
        model: built.
        config: its description.
        source: where its weights are.
        target: where to write them.
        met: whether each shared layer, by its `_likeness`, was met before: it is kept once.
    """
    from keras.src.utils.naming import to_snake_case

    kept: dict[str, list[str]] = {}
    for key in sorted(source[DEPENDENCIES], key=_number):
        kept.setdefault(re.sub(r"_\d+$", "", key), []).append(key)
    entries, places = _entries(config), _places(model)
    for layer in sorted(model.layers, key=lambda layer: list(entries).index(layer.name)):
        entry = entries[layer.name]
        kind = to_snake_case(str(entry["class_name"]).split(">")[-1])
        words = "" if is_model(entry) else _likeness(entry)
        if not kept.get(kind) or met.get(words):
            continue
        if words in met:
            met[words] = True
        group = source[DEPENDENCIES][kept[kind].pop(0)]
        _copy_layer(layer, entry, group, target.create_group(places[layer.name]), met)


def _copy_layer(
    layer: Any, entry: Layer, source: h5py.Group, target: h5py.Group, met: dict[str, bool]
) -> None:
    import h5py

    if DEPENDENCIES in source:
        _copy_model(layer, entry, source, target, met)
        return
    for key in source:
        inner = getattr(layer, key, None)
        if isinstance(source[key], h5py.Group) and DEPENDENCIES in source[key]:
            _copy_model(inner, entry["config"][key], source[key], target.create_group(key), met)
        else:
            source.copy(key, target)


def _number(key: str) -> int:
    found = re.search(r"_(\d+)$", key)
    return int(found[1]) if found else 0


def _weight_names(group: h5py.Group, name: str) -> list[str]:
    return attribute_list(group[name], "weight_names") if name in group else []


def _is_unused(name: str) -> bool:
    return name.rpartition("/")[2].partition(":")[0] in UNUSED


def _only_unused(group: h5py.Group, name: str) -> bool:
    return all(_is_unused(weight) for weight in _weight_names(group, name))


def _wanted(layer: keras.layers.Layer) -> list[Any]:
    """The variables of a layer or nested model that a file holds, trainable ones first."""
    weights = [*layer.trainable_weights, *layer.non_trainable_weights]
    return [variable for variable in weights if variable.name not in UNUSED]


def _load_layer(
    layer: keras.layers.Layer, group: h5py.Group, names: list[str], theano: bool, file: str
) -> None:
    variables = _wanted(layer)
    data = [group[name] for name in names if not _is_unused(name)]
    kept = [name for name in names if not _is_unused(name)]
    kind = type(layer).__name__
    for order in _orders(layer, variables, kept):
        if len(order) == len(data) and all(
            _fits(item.shape, variable.shape, kind)
            for item, variable in zip(data, order, strict=True)
        ):
            for item, variable in zip(data, order, strict=True):
                variable.assign(_converted(np.asarray(item), tuple(variable.shape), kind, theano))
            if hasattr(layer, "finalize_state"):
                layer.finalize_state()
            return
    expected = ", ".join(str(tuple(variable.shape)) for variable in variables[:4])
    found = ", ".join(str(tuple(item.shape)) for item in data[:4])
    raise WeightsError(
        f"The weights of the layer {layer.name} in {file} have the shapes {found or 'of nothing'}, "
        f"but the network needs {expected}; use the description and the weights of one and the "
        "same model."
    )


def _orders(layer: Any, variables: list[Any], names: list[str]) -> list[list[Any]]:
    """The orders in which the variables may have been written: by name, then two by history."""
    leaves = [leaf for leaf in _leaves(layer) if leaf.weights]
    index: dict[tuple[str, str], list[Any]] = {}
    for leaf in leaves:
        for variable in _wanted(leaf):
            index.setdefault((leaf.name, variable.name), []).append(variable)
    matched = []
    for name in names:
        above, _, last = name.split(":")[0].rpartition("/")
        one = layer if layer in leaves else _leaf_called(above, leaves)
        matched.append(index.get((one.name, last), []) if one is not None else [])
    orders = []
    if all(len(found) == 1 for found in matched):
        chosen = [found[0] for found in matched]
        if len({id(variable) for variable in chosen}) == len(variables):
            orders.append(chosen)
    orders.append(variables)
    orders.append([variable for leaf in leaves for variable in _wanted(leaf)])
    return orders


def _leaf_called(path: str, leaves: list[Any]) -> Any:
    """The layer that a path in a file ends with, whose own name may have held a `/`."""
    plain = "_" + path.replace("/", "_")
    return max(
        (leaf for leaf in leaves if plain.endswith("_" + leaf.name)),
        key=lambda leaf: len(leaf.name),
        default=None,
    )


def _leaves(layer: Any) -> list[Any]:
    inner = getattr(layer, "layers", None)
    if isinstance(inner, list):
        return [leaf for child in inner for leaf in _leaves(child)]
    return [layer]


def _fits(found: tuple[int, ...], wanted: Any, kind: str) -> bool:
    wanted = tuple(wanted)
    if found == wanted:
        return True
    if kind == "PReLU" and len(wanted) == 3:
        return wanted[:2] == (1, 1) and found == wanted[::-1]  # with the channels first
    return kind in CONVOLUTIONS and len(wanted) == 4 and found == _keras_1(wanted)


def _keras_1(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Height, width, in, out as Keras 1 wrote them for channels-first: out, in, height, width."""
    height, width, before, after = shape
    return after, before, height, width


def _converted(array: np.ndarray, shape: tuple[int, ...], kind: str, theano: bool) -> np.ndarray:
    if array.size != math.prod(shape) or array.dtype.kind not in "fiub":
        raise WeightsError(
            "The file holds something that is not numbers where weights should be; "
            "fetch or save it again."
        )
    if kind == "PReLU":
        array = array.reshape(shape)  # one slope a channel, wherever the channels are
    if kind in CONVOLUTIONS and array.ndim == 4:
        if array.shape != shape:
            array = array.transpose(2, 3, 1, 0)
        if theano:
            array = array[::-1, ::-1]  # Theano turned its kernels round
    return np.asarray(array, np.float32, order="C").reshape(shape)


def check_finite(model: keras.Model, file: str) -> None:
    """Refuse weights that are NaN or infinite: no picture would have an answer.

    Raises:
        WeightsError: names the layer.
    """
    for variable in model.weights:
        values = np.asarray(variable.numpy() if hasattr(variable, "numpy") else variable)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise WeightsError(
                f"{file} has weights that are not numbers (in {variable.path}), so its training "
                "went wrong or the file is damaged; take an earlier copy of the model."
            )
