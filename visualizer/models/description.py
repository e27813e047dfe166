"""The description in a model file: Keras' config as JSON, with layers, settings and connections.

Nothing of it is believed yet. `check_size` bounds it before anything else is done with it, so that
whatever walks it later, Keras too, is through in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from visualizer.models.safety import UnsafeFileError

Layer = dict[str, Any]
"""One entry of a description: {"class_name": ..., "config": {...}, ...}."""

MODELS = {"Sequential", "Functional", "Model"}
DATA_CLASSES = {
    *("__keras_tensor__", "__tensor__", "__numpy__", "__slice__", "__ellipsis__", "__bytes__"),
    *("DTypePolicy", "Policy", "DTypePolicyMap"),
}
STARTS = ("_initializer", "_regularizer", "_constraint")
"""Suffixes of settings that matter in training only."""

MAX_LAYERS = 2000
"""The most layers, counting every call, including nested models; NASNetLarge has 1,042."""
MAX_TABLES = 50_000
"""The most lists and objects in a description; NASNetLarge has 11,751."""
MAX_LOOKS_AHEAD = 50
"""How often a layer may be fed by one that is listed after it: Keras reads the list once for each.
Only layers that are used again need it."""


def layers_of(model: Layer) -> list[Layer]:
    """The entries inside a Sequential or functional model; the old Sequential was a bare list."""
    config = model.get("config")
    layers = config.get("layers") if isinstance(config, dict) else config
    return layers if isinstance(layers, list) else []


def is_model(item: Any) -> bool:
    """Whether an entry is itself a model with layers inside.

    A functional model written as a class of its own has another name, but says where it begins and
    ends; a layer of one's own may have a setting `layers` too.
    """
    if not isinstance(item, dict):
        return False
    config, ends = item.get("config"), {"layers", "input_layers", "output_layers"}
    return item.get("class_name") in MODELS or (isinstance(config, dict) and ends <= config.keys())


def each_model(model: Layer) -> list[Layer]:
    """The model itself and the models nested in it or wrapped by a layer of it, outermost first."""
    found = [model]
    for each in found:
        for layer in layers_of(each):
            if isinstance(layer, dict):
                found.extend(item for item in (layer, *inner_parts(layer)) if is_model(item))
    return found


def inner_parts(layer: Layer) -> Iterator[Layer]:
    """The objects in the settings of a layer: what it wraps, cells, an activation that is a layer.

    Not those of a model, nor what is inside a model that it wraps.
    """
    waiting = [] if is_model(layer) else [layer.get("config")]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict) and isinstance(item.get("class_name"), str):
            if item["class_name"] in DATA_CLASSES or item["class_name"] == "function":
                continue
            if isinstance(item.get("config"), (dict, list)):
                yield item
            if is_model(item):
                continue
        if isinstance(item, dict):
            kept = [value for key, value in item.items() if not str(key).endswith(STARTS)]
            waiting.extend(reversed(kept))
        elif isinstance(item, list):
            waiting.extend(reversed(item))


INPUT = "InputLayer"
WORDS = {"Embedding", "TextVectorization", "StringLookup", "IntegerLookup", "Hashing"}
"""Layers that take words or numbers of words, never pixels."""


def reads_words(model: Layer) -> str | None:
    """The layer that receives all inputs of a model, if it is one of `WORDS`.

    None for a model that takes anything else as well.
    """
    layers = [layer for layer in layers_of(model) if isinstance(layer, dict)]
    kinds = [str(layer.get("class_name")) for layer in layers]
    inputs = [str(item.get("name")) for item, k in zip(layers, kinds, strict=True) if k == INPUT]
    fed = [
        (name, kind)
        for layer, kind in zip(layers, kinds, strict=True)
        for node in _nodes(layer)
        for name in _feeders(node)
    ]
    if fed:
        first = {kind for name, kind in fed if name in inputs}
    else:  # one after the other
        first = set([kind for kind in kinds if kind != INPUT][:1])
    return min(first) if first and first <= WORDS else None


def references(model: Layer) -> Iterator[list[Any]]:
    """The references [layer, call, output] between layers of a functional model, to edit.

    Those of its calls, and of its inputs and outputs.
    """
    settings = model["config"]
    ends = [settings.get(key) for key in ("input_layers", "output_layers")]
    for item in _tables([*(_nodes(layer) for layer in layers_of(model)), ends]):
        named = isinstance(item, list) and len(item) >= 3 and isinstance(item[0], str)
        if named and all(type(place) is int for place in item[1:3]):
            yield item


def plain_names(names: list[str]) -> dict[str, str]:
    """Layer names as Keras 3 allows them: `/` becomes `_`.

    Args:
        names: of all layers of one model, in its order.
    """
    plain: dict[str, str] = {}
    taken = {name for name in names if "/" not in name}
    for name in names:
        new = name.replace("/", "_")
        while "/" in name and new in taken:
            new += "_"
        taken.add(new)
        plain[name] = new
    return plain


def objects(config: Any) -> Iterator[Layer]:
    """Walk every table of a description that stands for an object, outermost first."""
    return (item for item in _tables(config) if _is_object(item))


def _tables(config: Any) -> Iterator[Any]:
    waiting = [config]
    while waiting:
        item = waiting.pop()
        if isinstance(item, (dict, list)):
            yield item
            inside = list(item.values()) if isinstance(item, dict) else item
            waiting.extend(each for each in reversed(inside) if isinstance(each, (dict, list)))


def _is_object(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("class_name"), str)


def check_size(config: Layer, file: str) -> None:
    """Refuse a description that is larger than any network's, before it is worked on.

    Args:
        config: as it stands in the file.
        file: its name, for the sentence.

    Raises:
        UnsafeFileError: it has too many parts, or too many layers once all are called.
    """
    for count, _ in enumerate(_tables(config), 1):
        if count > MAX_TABLES:
            raise UnsafeFileError(
                f"{file} describes its network in more than {MAX_TABLES:,} lists and tables; is it "
                "really a model?"
            )
    layers = _calls(config)
    if layers > MAX_LAYERS:
        raise UnsafeFileError(
            f"{file} describes a network of {layers:,} layers, counted as often as they are used; "
            f"this program opens networks of up to {MAX_LAYERS:,}."
        )
    ahead = sum(_looks_ahead(item) for item in objects(config) if is_model(item))
    if ahead > MAX_LOOKS_AHEAD:
        raise UnsafeFileError(
            f"{file} lists its layers out of order {ahead:,} times; this program opens networks "
            f"in which at most {MAX_LOOKS_AHEAD} are fed by a later one, so save the model again "
            "with model.save('name.keras')."
        )


def _calls(item: Layer) -> int:
    """How many layers run when an entry of a description is called once."""
    if is_model(item):
        inside = [layer for layer in layers_of(item) if isinstance(layer, dict)]
        return 1 + sum(_calls(layer) * max(1, len(_nodes(layer))) for layer in inside)
    return 1 + sum(_calls(part) if is_model(part) else 1 for part in inner_parts(item))


def _nodes(layer: Any) -> list[Any]:
    nodes = layer.get("inbound_nodes") if isinstance(layer, dict) else None
    return nodes if isinstance(nodes, list) else []


def _looks_ahead(model: Layer) -> int:
    layers = [layer for layer in layers_of(model) if isinstance(layer, dict)]
    place = {str(layer.get("name")): index for index, layer in enumerate(layers)}
    return sum(
        any(place.get(name, -1) >= index for name in _feeders(node))
        for index, layer in enumerate(layers)
        for node in _nodes(layer)
    )


def _feeders(node: Any) -> Iterator[str]:
    """The names of the layers that feed a call: ["name", 0, 0], or a table of Keras 3."""
    for item in _tables(node):
        if isinstance(item, dict):
            history = item.get("keras_history")
            if isinstance(history, list) and history:
                yield str(history[0])
        elif item and isinstance(item[0], str):
            yield item[0]
