"""Builds the Keras model that a description from a file describes, with all weights zero.

`repairs` brings the description up to date, `layer_allowlist` refuses what is not harmless, and
`memory_budget` counts the memory while Keras builds it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.engine.errors import UserError
from visualizer.models import description, layer_allowlist, repairs, safety
from visualizer.models.memory_budget import MemoryBudget

if TYPE_CHECKING:
    import keras


class LoadError(UserError):
    """The file is a model, but no network could be made of it."""


def build(
    config: dict[str, Any],
    file: str,
    numbers: int,
    *,
    trust: bool = False,
    beside: Path | None = None,
) -> tuple[keras.Model, list[str]]:
    """Make the layers of a description, all weights zero, and return what was mended.

    Args:
        config: the description.
        file: its name, for sentences.
        numbers: how many numbers there are to fill it with.
        trust: let it bring its own code.
        beside: the file or folder beside which its code may lie.

    Raises:
        UserError: it brings code, is too large, or cannot be understood.
    """
    import keras

    from visualizer.models import old_layers

    description.check_size(config, file)
    config = copy.deepcopy(config)
    for item in description.objects(config):
        _check_names(item, file)
    budget = MemoryBudget(file, numbers)
    if not description.is_model(config):
        name = str(config.get("class_name"))[:60]
        raise LoadError(
            f"{file} holds a model of its own class {name!r}, whose code is not in the file; build "
            "it as a Sequential or functional model and save that."
        )
    words = description.reads_words(config)
    if words is not None:
        raise LoadError(
            f"{file} is a network of words or numbers (all that it takes goes into a layer of kind "
            f"{words}), not of pictures; open one that looks at pictures."
        )
    notes = repairs.repair(config)
    code = _code_beside(beside)
    layer_allowlist.check_config(config, file, trust=trust, code_beside=code is not None)
    for item in description.objects(config):
        _check_sizes(item, file)
        _unset_unroll(item)
    custom = _defined(code) if trust and code is not None else {}
    with (
        _errors_as_they_are(),
        keras.saving.custom_object_scope(
            {**custom, **old_layers.registered(), repairs.BUILT_ONCE: _built_once()}
        ),
        budget.enforced(),
    ):
        model = keras.saving.deserialize_keras_object(config, safe_mode=not trust)
    if not isinstance(model, keras.Model):
        raise LoadError(f"{file} holds no model; save the whole model and open that.")
    if not model.built or not model.inputs:
        raise LoadError(
            f"{file} does not say how large its input is; call model.build(...) with a shape "
            "before saving it."
        )
    budget.check_maps(model)
    return model, notes


@cache
def _built_once() -> type:
    """What makes a Sequential of its description with one call of each layer.

    Keras itself calls all layers again after each that it adds.
    """
    import keras

    class BuiltOnce(keras.Sequential):
        def add(self, layer: Any, rebuild: bool = True) -> None:  # noqa: ARG002  # Keras' own signature
            super().add(layer, rebuild=False)

        @classmethod
        def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
            shape = config.pop("build_input_shape", None)
            gathered = super().from_config(config, custom_objects)
            model = keras.Sequential(gathered._layers, name=config["name"])
            if not model.built and shape:
                model.build(shape)
            return model

    return BuiltOnce


@contextmanager
def _errors_as_they_are() -> Iterator[None]:
    """Keep Keras from writing the arguments of its layers, in colours, into errors of ours."""
    import keras

    before = keras.config.is_traceback_filtering_enabled()
    keras.config.disable_traceback_filtering()
    try:
        yield
    finally:
        if before:
            keras.config.enable_traceback_filtering()


def _check_sizes(item: dict[str, Any], file: str) -> None:
    settings = item.get("config")
    if not isinstance(settings, dict):
        return
    for key in ("batch_shape", "input_shape"):
        shape = settings.get(key)
        if isinstance(shape, list) and all(side is None or type(side) is int for side in shape):
            safety.check_input_shape(shape[1:] if key == "batch_shape" else shape, file)


def _check_names(item: dict[str, Any], file: str) -> None:
    settings = item.get("config")
    names = [item.get("name"), settings.get("name") if isinstance(settings, dict) else None]
    if not all(name is None or isinstance(name, str) for name in names):
        raise LoadError(
            f"{file} has a layer ({item['class_name']}) whose name is no text, so its description "
            "is damaged; fetch or save the model again."
        )


def _unset_unroll(item: dict[str, Any]) -> None:
    """Let recurrent layers loop: unrolled they are copied once a step, which may take hours."""
    settings = item.get("config")
    if isinstance(settings, dict) and settings.get("unroll"):
        settings["unroll"] = False


def _code_beside(path: Path | None) -> Path | None:
    """The user's own code beside a model, if there is any."""
    if path is None:
        return None
    code = (path if path.is_dir() else path.parent) / layer_allowlist.CUSTOM_OBJECTS
    return code if code.is_file() else None


def _defined(code: Path) -> dict[str, Any]:
    """Run the user's own code, which `trust` allows; return what it defines."""
    import runpy

    defined = runpy.run_path(str(code))
    return {name: value for name, value in defined.items() if callable(value) and name[0] != "_"}
