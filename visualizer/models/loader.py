"""Opens a model file of anyone's: reads it, mends it, builds it, and makes a `Network` of it.

The steps: `model_file` finds the description and the weights, `repairs` brings the description up
to date, `layer_allowlist` refuses what is not harmless, `memory_budget` counts the memory while
Keras builds it, `weights` fills the layers, `shaping` makes it one picture in and one list of
scores out, and `doctor` works out how pixels go in.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.engine.errors import UserError, one_line
from visualizer.models import (
    description,
    doctor,
    label_files,
    layer_allowlist,
    model_file,
    model_parts,
    old_layers,
    remembered_scaling,
    repairs,
    safety,
    shaping,
    weights,
)
from visualizer.models.memory_budget import MemoryBudget

if TYPE_CHECKING:
    import keras

    from visualizer.engine.network import Network
    from visualizer.engine.preprocessing import Preprocessing
    from visualizer.models.model_file import ModelFile


class LoadError(UserError):
    """The file is a model, but no network could be made of it."""


def open_file(path: str | Path, **options: Any) -> Network:
    """Open a model file at once; the arguments are those of `opening`."""
    steps = opening(path, **options)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def opening(
    path: str | Path,
    *,
    trust: bool = False,
    preprocessing: Preprocessing | str | None = None,
    labels: str | Path | None = None,
    output: str | int | None = None,
) -> Generator[doctor.Trial, None, Network]:
    """Open a Keras model: `.keras`, `.h5`, `.hdf5`, weights + JSON, or a SavedModel folder.

    Imports Keras: for the compute thread. Yields while the doctor tries how its pixels go in.

    Args:
        path: the file or folder.
        trust: let it bring its own code (Lambda layers, `custom_objects.py` beside it).
        preprocessing: how pixels become its input, or the name of one of `doctor.SCALINGS`;
            otherwise what was answered for this file before, or else what the doctor finds most
            likely.
        labels: a file with class names; otherwise those given before, or the file beside the
            model, if there is one.
        output: which of several outputs, by name or number, otherwise the widest; of several
            inputs `INPUT>OUTPUT` shows the picture to that one only.

    Returns:
        The network; its `card` tells where it lies ("source"), what was mended or assumed
        ("notes"), whether code of the file's own was allowed ("trusted"), whether the preprocessing
        is only the doctor's guess ("guessed") and what he found ("candidates"), and of several
        outputs their names ("outputs") and which of them it shows ("output").

    Raises:
        UserError: one sentence on what is wrong and what to do.
    """
    path = Path(path)
    try:
        return (yield from _opening(path, trust, preprocessing, labels, output))
    except UserError:
        raise
    except MemoryError:
        raise LoadError(
            f"{path.name} needs more memory than this computer has; close other programs or open "
            "a smaller network."
        ) from None
    except Exception as error:
        raise LoadError(
            f"{path.name} could not be opened: its description or weights are damaged or of a kind "
            f"this program does not know ({one_line(error)}); save it again with "
            "model.save('name.keras')."
        ) from error


def _opening(
    path: Path,
    trust: bool,
    preprocessing: Preprocessing | str | None,
    labels: str | Path | None,
    output: str | int | None,
) -> Generator[doctor.Trial, None, Network]:
    from visualizer.engine.network import Network

    model, notes, beside = read_model(path, trust=trust)
    outputs = shaping.views(model)
    input_name, wanted = shaping.split_view(output)
    shown = outputs[shaping.chosen_output(model, path.name, wanted)]
    if input_name is not None:
        shown = f"{input_name}>{shown}"
    model, more = shaping.shape(model, path.name, output)
    sha256 = fingerprint(path)
    count, channels = int(model.output_shape[-1]), int(model.input_shape[-1] or 3)
    card: dict[str, Any] = {
        "source": str(path.absolute()),
        "notes": [*notes, *more],
        "trusted": trust,
        "guessed": False,
    }
    given = remembered_scaling.remembered_classes(sha256) if labels is None else ()
    classes = given if len(given) in (count, count + 1) else ()
    if not classes:
        classes = label_files.class_names(path, count, card["notes"], chosen=labels, beside=beside)
    if isinstance(preprocessing, str):
        preprocessing = doctor.scaling(preprocessing, channels)
    if preprocessing is None:
        kept = remembered_scaling.remembered(sha256)
        preprocessing = kept if kept is not None and kept.channels == channels else None
    if preprocessing is None:
        found = yield from doctor.Doctor(model, classes).diagnose()
        preprocessing = found[0].preprocessing
        card |= {"guessed": True, "candidates": found}
    if len(outputs) > 1:
        card |= {"outputs": outputs, "output": shown}
    return Network(
        model,
        name=path.stem,
        title=path.name,
        classes=classes,
        preprocessing=preprocessing,
        sha256=sha256,
        card=card,
    )


def read_model(path: Path, *, trust: bool = False) -> tuple[keras.Model, list[str], dict[str, str]]:
    """Build the model in a file and fill in its weights.

    Returns:
        The model as it was saved (any inputs, any outputs), what was mended, and the texts that
        came in the same archive.

    Raises:
        UserError: one sentence on what is wrong and what to do.
    """
    if path.is_dir() and (path / "saved_model.pb").is_file():
        from visualizer.models import saved_model

        model, notes = saved_model.read(path, trust=trust)
        return model, notes, {}
    with model_file.opened(path) as file:
        model, notes = build(file.config, file.name, file.numbers, trust=trust, beside=path)
        fill(model, file)
        return model, notes, file.beside


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

    description.check_size(config, file)
    config = copy.deepcopy(config)
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
    custom = _defined(code) if trust and code is not None else {}
    with (
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
        def add(self, layer: Any, rebuild: bool = True) -> None:
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


def fill(model: keras.Model, file: ModelFile) -> None:
    """Load the weights of a file into a model built from its description.

    Raises:
        WeightsError: they do not fit.
    """
    if file.by_layer:
        weights.load_by_layer(model, file.hdf5[file.group], file.name)
    else:
        weights.load_by_place(model, file.config, file.hdf5, file.name)
    weights.check_finite(model, file.name)


def _check_sizes(item: dict[str, Any], file: str) -> None:
    settings = item.get("config")
    if not isinstance(settings, dict):
        return
    for key in ("batch_shape", "input_shape"):
        shape = settings.get(key)
        if isinstance(shape, list) and all(side is None or type(side) is int for side in shape):
            safety.check_input_shape(shape[1:] if key == "batch_shape" else shape, file)


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


def fingerprint(path: Path) -> str:
    """The SHA-256 of a model: of its file, or of all that is read of it, with their names.

    Raises:
        ModelFileError: the other half of a description or of weights is not beside it.
        OSError: it cannot be read.
    """
    files = model_parts.parts(path)
    digest = hashlib.sha256()
    for part in files:
        if len(files) > 1:
            digest.update(part.name.encode() + b"\0")
        with part.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
