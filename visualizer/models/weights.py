"""Weights of a model file, put into the layers they belong to.

Keras 3 keeps weights by the place of a layer in the model. Keras 1 and 2 kept, for each layer by
name, a list of arrays in a fixed order; here they are matched by name where the names still fit,
and by order where they do not, and every shape is compared before anything is read.
"""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.errors import UserError

if TYPE_CHECKING:
    import h5py
    import keras

CONVOLUTIONS = {"Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "DepthwiseConv2D"}
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
    by_name = {layer.name: layer for layer in layers}
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


def load_by_place(model: keras.Model, file: h5py.File, name: str) -> None:
    """Fill a model with weights as Keras 3 lays them out, by the place of each layer.

    Raises:
        WeightsError: a layer finds nothing of its shape there.
    """
    with TemporaryDirectory(prefix="visualizer-") as folder:
        path = Path(folder) / "model.weights.h5"
        path.write_bytes(_bytes_of(file))
        try:
            model.load_weights(path)
        except ValueError as error:
            first = str(error).strip().splitlines()[0][:120].rstrip(".")
            raise WeightsError(
                f"The weights in {name} do not fit the network it describes ({first}); use the "
                "description and the weights of one and the same model."
            ) from error


def _bytes_of(file: h5py.File) -> bytes:
    return file.id.get_file_image()


def _weight_names(group: h5py.Group, name: str) -> list[str]:
    return attribute_list(group[name], "weight_names") if name in group else []


def _is_unused(name: str) -> bool:
    return name.split("/")[-1].split(":")[0] in UNUSED


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
    index: dict[tuple[str, ...], list[Any]] = {}
    for leaf in leaves:
        for variable in _wanted(leaf):
            key = (variable.name,) if leaf is layer else (leaf.name, variable.name)
            index.setdefault(key, []).append(variable)
    length = 1 if len(leaves) == 1 and leaves[0] is layer else 2
    matched = [index.get(tuple(name.split(":")[0].split("/")[-length:]), []) for name in names]
    orders = []
    if all(len(found) == 1 for found in matched):
        chosen = [found[0] for found in matched]
        if len({id(variable) for variable in chosen}) == len(variables):
            orders.append(chosen)
    orders.append(variables)
    orders.append([variable for leaf in leaves for variable in _wanted(leaf)])
    return orders


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
    return np.ascontiguousarray(array, dtype=np.float32)


def check_finite(model: keras.Model, file: str) -> None:
    """Refuse weights that are not numbers: every picture would give nothing at all.

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
