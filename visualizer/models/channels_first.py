"""Converts channels-first models to channels-last.

Convolutions on a CPU want the channels last. Kernels are stored alike for both (`weights` turns the
slopes of a PReLU), so only the settings change, and where a network flattens its maps their order
is kept by a `Permute`.
"""

from __future__ import annotations

from typing import Any

from visualizer.engine.errors import UserError
from visualizer.models.description import Layer, is_model, layers_of

AXES = {1: -1, 2: 1, 3: 2, -3: -1, -2: 1}
"""Axis of N x C x H x W -> the same one of N x H x W x C; -1 stays: it is most often a vector's."""
WITH_AXIS = {"BatchNormalization", "Concatenate", "LayerNormalization", "GroupNormalization"}
WITH_AXIS |= {"Softmax", "Normalization", "UnitNormalization"}
TO_VECTORS = {"Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "Dense"}
"""Layers after which there are no maps, and no order of axes."""
ORDERED = {"Reshape", "Permute", "Cropping3D", "GetItem", "Transpose"}
"""Layers whose meaning depends on the order of the axes and cannot be mended without a guess."""


class ChannelsFirstError(UserError):
    """A channels-first network that rearranges its axes by itself."""


def is_channels_first(config: Layer) -> bool:
    """Whether any layer of a description says that its channels come first."""
    settings = config.get("config")
    if not isinstance(settings, dict):
        return False
    if settings.get("data_format") == "channels_first":
        return True
    return is_model(config) and any(is_channels_first(layer) for layer in layers_of(config))


def convert(config: Layer, notes: list[str]) -> None:
    """Turn a channels-first description into a channels-last one, in place.

    Raises:
        ChannelsFirstError: it reshapes or permutes, so that its meaning would change.
    """
    if not is_channels_first(config):
        return
    _convert_model(config)
    notes.append("Turned a channels-first network into a channels-last one, so that it runs here.")


def _convert_model(model: Layer) -> None:
    flattens: list[Layer] = []
    maps = True
    for layer in model["config"]["layers"]:
        settings = layer["config"]
        if is_model(layer):
            _convert_model(layer)
            continue
        kind = layer["class_name"]
        maps = maps and kind not in TO_VECTORS
        if kind == "PReLU" and maps:
            _turn_slopes(settings)
        if kind in ORDERED:
            raise ChannelsFirstError(
                f"The network keeps its channels first and rearranges them in the layer "
                f"{settings.get('name')} ({kind}), which cannot be turned round safely; save the "
                "model with channels last."
            )
        _turn_axes(settings, with_axis=kind in WITH_AXIS)
        if kind == "Flatten" and settings.get("data_format") != "channels_first":
            flattens.append(layer)
        if "data_format" in settings:
            settings["data_format"] = "channels_last"
    for layer in flattens:
        _permute_before(model, layer)


def _turn_slopes(settings: dict[str, Any]) -> None:
    """Turn the shared axes of a PReLU.

    Raises:
        ChannelsFirstError: its slopes differ from place to place.
    """
    shared = set(settings.get("shared_axes") or ())
    if not shared >= {2, 3}:
        raise ChannelsFirstError(
            f"The network keeps its channels first and learned a slope for each place in the layer "
            f"{settings.get('name')} (PReLU), which cannot be turned round; save the model with "
            "channels last."
        )
    settings["shared_axes"] = [1, 2] if 1 not in shared else [1, 2, 3]


def _turn_axes(settings: dict[str, Any], *, with_axis: bool) -> None:
    """Turn the shape that a layer says its input has, and its setting `axis`."""
    for key, first in (("batch_shape", 1), ("input_shape", 0)):
        shape = settings.get(key)
        if isinstance(shape, list) and len(shape) == first + 3:
            settings[key] = [*shape[:first], *shape[first + 1 :], shape[first]]
    if with_axis and "axis" in settings:
        axis = settings["axis"]
        settings["axis"] = (
            [AXES.get(one, one) for one in axis] if isinstance(axis, list) else AXES.get(axis, axis)
        )


def _permute_before(model: Layer, flatten: Layer) -> None:
    """Put the channels first again just before the maps become one vector."""
    name = f"{flatten['config'].get('name', 'flatten')}_order"
    permute: Layer = {
        "class_name": "Permute",
        "config": {"name": name, "dims": [3, 1, 2]},
        "module": "keras.layers",
        "registered_name": None,
    }
    layers = model["config"]["layers"]
    if model["class_name"] != "Sequential":
        permute |= {"name": name, "inbound_nodes": flatten["inbound_nodes"]}
        flatten["inbound_nodes"] = [
            [[name, node, 0, {}]] for node in range(len(flatten["inbound_nodes"]))
        ]
    layers.insert(layers.index(flatten), permute)
