"""What a file of someone else's may ask of this computer: bounds, and what is refused.

A model file is data here and stays data. Layers and functions are taken by name from Keras, from a
list of what a network of pictures needs; code inside the file is named and refused. Every size is
compared with its bound before memory is asked for, so that a small file cannot ask for terabytes.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from visualizer.engine.errors import UserError

if TYPE_CHECKING:
    import h5py
    import keras

MAX_CONFIG_BYTES = 64 << 20
"""The description of a network; the largest of Keras Applications' is 1.5 MB."""
MAX_WEIGHT_BYTES = 4 << 30
"""All weights together, as they will lie in memory; VGG19's are 0.6 GB."""
SPARE_WEIGHTS = 1 << 20
"""How many more numbers than its file holds a network may have: state that is not saved."""
MAX_INPUT_SIDE = 8192
MAX_MAP_NUMBERS = 1 << 26
"""In the output of one layer for one picture: 0.3 GB in float32, 64 maps of 1024 x 1024."""
FREE_MAP_NUMBERS, MAPS_PER_WEIGHT = 1 << 28, 16
"""In the outputs of all layers for one picture: 1 GB in float32, or this many a weight if that is
more, which of Keras Applications only the largest need (EfficientNet-B7: 15.7 a weight)."""
MAX_LAYERS = 5000
MAX_DEPTH = 60
"""Of lists and tables inside each other, in the description."""
MAX_OBJECTS = 200_000
"""Groups and data sets in one HDF5 file, or members of one archive."""
MAX_EXPANSION = 50
"""How many times larger than on disk a compressed part may become."""
FREE_EXPANSION = 16 << 20
"""Parts up to this size may be compressed as much as they like."""

CODE_LAYERS = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
"""Layers that carry code of their own."""
OTHER_LAYERS = {"StringLookup", "IntegerLookup", "TextVectorization", "Hashing", "HashedCrossing"}
"""Layers for text and tables; some read other files by path when they are made."""
MODELS = {"Sequential", "Functional", "Model"}
DATA_CLASSES = {
    *("__keras_tensor__", "__tensor__", "__numpy__", "__slice__", "__ellipsis__", "__bytes__"),
    *("DTypePolicy", "Policy", "DTypePolicyMap"),
}


class UnsafeFileError(UserError):
    """The file brings its own code, or asks for more than any network of pictures needs."""


class CodeRefusedError(UnsafeFileError):
    """The file brings code of its own, which it may only run if the user trusts it.

    Attributes:
        finding: what was found in it, a sentence without its full stop.
    """

    def __init__(self, finding: str, way_out: str) -> None:
        super().__init__(f"{finding}; {way_out}")
        self.finding = finding


def json_depth(text: str) -> int:
    """How deep the brackets of a JSON text go; brackets inside strings count too, which is safe."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        if bracket in "[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def objects(config: Any) -> Iterator[dict[str, Any]]:
    """Walk every table of a description that stands for an object, outermost first."""
    waiting = [config]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if isinstance(item.get("class_name"), str):
                yield item
            waiting.extend(reversed(list(item.values())))
        elif isinstance(item, list):
            waiting.extend(reversed(item))


@cache
def known_layers() -> frozenset[str]:
    """Names of the layers of Keras that a file may use."""
    import keras

    names = {
        name
        for name, value in vars(keras.layers).items()
        if isinstance(value, type) and issubclass(value, keras.layers.Layer)
    }
    return frozenset(names - CODE_LAYERS - OTHER_LAYERS)


@cache
def known_functions() -> frozenset[str]:
    """Names of the activation functions of Keras."""
    import keras

    return frozenset(name for name in vars(keras.activations) if not name.startswith("_"))


def is_known(item: dict[str, Any]) -> bool:
    """Whether an object of a (repaired) description is one of Keras' own, and harmless."""
    name, module = item["class_name"], str(item.get("module") or "keras.layers")
    registered = item.get("registered_name")
    if isinstance(registered, str) and ">" in registered and not registered.startswith("keras"):
        return False
    if name in DATA_CLASSES:
        return True
    if name == "function":
        return isinstance(item.get("config"), str) and item["config"] in known_functions()
    if module.startswith("keras.src.ops.") or module == "keras.ops":
        return name.isidentifier()
    if module == "keras" or module.startswith("keras.src.models"):
        return name in MODELS
    return module.split(".")[0] == "keras" and name in known_layers()


def check_config(config: dict[str, Any], file: str, *, trust: bool = False) -> None:
    """Refuse a description that brings code, or that is larger than any network.

    Args:
        config: the repaired description of the model.
        file: its name, for the sentence.
        trust: let Lambda layers and objects of the user's own through.

    Raises:
        UnsafeFileError: with the names of the layers and the way out.
    """
    count, code, custom, hidden = 0, [], [], False
    for item in objects(config):
        count += 1
        name = item["class_name"]
        if name in CODE_LAYERS:
            settings = item.get("config")
            code.append(str(settings.get("name", name) if isinstance(settings, dict) else name))
        elif name == "__lambda__":
            hidden = True
        elif not is_known(item):
            custom.append(str(item["config"] if name == "function" else name)[:60])
    if count > MAX_LAYERS * 10:
        raise UnsafeFileError(
            f"{file} describes {count:,} objects, more than the {MAX_LAYERS * 10:,} this program "
            "opens; is it really a model?"
        )
    if trust:
        return
    if hidden and not code:
        code = ["a function"]
    if code:
        raise CodeRefusedError(
            f"{file} carries code of its own in {_count(code, 'layer')} "
            f"({_listed(code)}), which could do anything on this computer",
            "if you trust whoever made it open it with --trust, otherwise ask for the model with "
            "Keras' own layers.",
        )
    if custom:
        raise CodeRefusedError(
            f"{file} uses {_count(custom, 'part')} that Keras does not have ({_listed(custom)})",
            "put the Python code of it as custom_objects.py beside the file and open it with "
            "--trust, or save the model with Keras' own layers.",
        )


def _count(names: list[str], what: str) -> str:
    number = len(set(names))
    return f"{number} {what}" + ("s" if number != 1 else "")


def _listed(names: list[str], most: int = 5) -> str:
    unique = list(dict.fromkeys(names))
    return ", ".join(unique[:most]) + (", ..." if len(unique) > most else "")


def check_input_shape(shape: list[int | None], file: str) -> None:
    """Refuse an input that is not a picture (H, W, C) of a size that fits into memory.

    Raises:
        UnsafeFileError: the picture would be too large.
    """
    if any(side is not None and not 0 < side <= MAX_INPUT_SIDE for side in shape):
        size = " x ".join("any" if side is None else f"{side:,}" for side in shape)
        raise UnsafeFileError(
            f"{file} asks for an input of {size} numbers; this program opens networks whose sides "
            f"are between 1 and {MAX_INPUT_SIDE:,}."
        )


def check_archive(archive: zipfile.ZipFile, file: str) -> None:
    """Refuse an archive whose members would unpack to far more than is stored.

    Raises:
        UnsafeFileError: it is too large, or a "zip bomb".
    """
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    if len(members) > MAX_OBJECTS or total > MAX_WEIGHT_BYTES + MAX_CONFIG_BYTES:
        raise UnsafeFileError(
            f"{file} would unpack to {_size(total)} in {len(members):,} parts; this program "
            f"opens models up to {_size(MAX_WEIGHT_BYTES)}."
        )
    for member in members:
        most = max(FREE_EXPANSION, MAX_EXPANSION * member.compress_size)
        if member.file_size > most:
            raise UnsafeFileError(
                f"{member.filename} inside {file} would unpack from {_size(member.compress_size)} "
                f"to {_size(member.file_size)}, which no saved model does; do not open it, and "
                "fetch the model again from where it came."
            )


def read_member(archive: zipfile.ZipFile, name: str, most: int, file: str) -> bytes:
    """Read a member of an archive, never more than `most` bytes whatever its header says."""
    with archive.open(name) as member:
        data = member.read(most + 1)
    if len(data) > most:
        raise UnsafeFileError(
            f"{name} inside {file} is larger than {_size(most)}, the most this program reads; "
            "is it really a model?"
        )
    return data


def check_hdf5(file: h5py.File, name: str) -> int:
    """Refuse an HDF5 file whose data sets are too large, hollow, or lie in other files.

    Returns:
        How many numbers its data sets hold: no network in it can have more weights.

    Raises:
        UnsafeFileError: it declares more than the bounds, or points outside itself.
    """
    import h5py

    declared = stored = numbers = count = 0
    waiting: list[h5py.Group] = [file]
    seen = set()
    while waiting:
        group = waiting.pop()
        for key in group:
            count += 1
            if count > MAX_OBJECTS:
                raise UnsafeFileError(
                    f"{name} holds more than {MAX_OBJECTS:,} parts; is it really a model?"
                )
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise UnsafeFileError(
                    f"{name} points to data outside itself ({key}); save the model again as one "
                    "file."
                )
            item = group[key]
            if isinstance(item, h5py.Group):
                address = h5py.h5o.get_info(item.id).addr
                if address not in seen:
                    seen.add(address)
                    waiting.append(item)
            elif isinstance(item, h5py.Dataset):
                _check_place(item, name)
                size = math.prod(item.shape or ())
                numbers += size
                declared += size * item.dtype.itemsize
                stored += item.id.get_storage_size()
                if declared > max(FREE_EXPANSION, MAX_EXPANSION * stored):
                    raise UnsafeFileError(
                        f"{name} says that it holds {_size(declared)} (in {item.name} and before), "
                        f"but only {_size(stored)} are there; fetch the model again from where it "
                        "came."
                    )
    if declared > MAX_WEIGHT_BYTES:
        raise UnsafeFileError(
            f"{name} declares {_size(declared)} of weights; this program opens models up to "
            f"{_size(MAX_WEIGHT_BYTES)}."
        )
    return numbers


def _check_place(data: h5py.Dataset, name: str) -> None:
    if data.external or data.is_virtual:
        raise UnsafeFileError(
            f"{name} keeps {data.name} in another file; save the model again as one file."
        )


def _size(count: int) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:,.0f} {unit}"
        count = count // 1000
    return f"{count:,} TB"


def check_maps(model: keras.Model, file: str) -> None:
    """Refuse a built model whose layers give more for one picture than fits into memory.

    Raises:
        UnsafeFileError: names the layer, if one alone is too much.
    """
    total = _map_numbers(model, file)
    most = max(FREE_MAP_NUMBERS, MAPS_PER_WEIGHT * model.count_params())
    if total > most:
        raise UnsafeFileError(
            f"The layers in {file} give {total:,} numbers for one picture; of a network of its "
            f"size this program computes up to {most:,}, so make its input smaller."
        )


def _map_numbers(model: Any, file: str) -> int:
    total = 0
    for operation in model._operations if hasattr(model, "_operations") else model.layers:
        for tensor in _tensors(operation):
            count = math.prod(int(side or 1) for side in tensor.shape)
            if count > MAX_MAP_NUMBERS:
                raise UnsafeFileError(
                    f"The layer {operation.name} in {file} gives {count:,} numbers for one "
                    f"picture; this program computes up to {MAX_MAP_NUMBERS:,}."
                )
            total += count
        if hasattr(operation, "layers"):
            total += _map_numbers(operation, file)
    return total


def _tensors(operation: Any) -> list[Any]:
    import keras

    return [
        tensor
        for node in getattr(operation, "_inbound_nodes", [])
        for tensor in keras.tree.flatten(node.output_tensors)
    ]
