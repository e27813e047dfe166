"""Opens a model file of anyone's: reads it, mends it, builds it, and makes a `Network` of it.

The steps: `model_file` finds the description and the weights, `building` makes the model of the
description, `weights` fills the layers, `shaping` makes it one picture in and one list of scores
out, and `doctor` works out how pixels go in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from visualizer.engine import child_process
from visualizer.engine.errors import UserError, one_line, one_sentence
from visualizer.engine.generators import run_to_end
from visualizer.engine.policy import policy
from visualizer.models import (
    doctor,
    label_files,
    model_file,
    model_parts,
    remembered_scaling,
    saved_model,
    shaping,
    weights,
)
from visualizer.models.building import LoadError, build
from visualizer.models.trained import read_card

LONGEST_TITLE = 200

if TYPE_CHECKING:
    import keras

    from visualizer.engine.network import Network
    from visualizer.engine.preprocessing import Preprocessing
    from visualizer.models.model_file import ModelFile


def open_file(path: str | Path, **options: Any) -> Network:
    """Open a model file at once; the arguments are those of `opening`."""
    return run_to_end(opening(path, **options))


def opening(
    path: str | Path,
    *,
    trust: bool = False,
    preprocessing: Preprocessing | str | None = None,
    labels: str | Path | None = None,
    output: str | int | None = None,
) -> Generator[doctor.Trial | None, None, Network]:
    """Open a Keras model: `.keras`, `.h5`, `.hdf5`, weights + JSON, or a SavedModel folder.

    Imports Keras: for the compute thread. Yields while another process looks through the file, and
    then while the doctor tries how its pixels go in; closing the generator cancels.

    Args:
        path: the file or folder.
        trust: let it bring its own code (Lambda layers, `custom_objects.py` beside it).
        preprocessing: how pixels become its input, or the name of one of `doctor.SCALINGS`;
            otherwise what was answered for this file before, or what the file itself tells
            (`saving`), or else what the doctor finds most likely.
        labels: a file with class names; otherwise those given before, or the file beside the
            model, if there is one.
        output: which of several outputs, by name or number, otherwise the widest; of several
            inputs `INPUT>OUTPUT` shows the picture to that one only.

    Returns:
        The network; its `card` tells where it lies ("source"), what was mended or assumed
        ("notes"), whether code of the file's own was allowed ("trusted"), whether the preprocessing
        is only the doctor's guess ("guessed") and what he found ("candidates"), of a network that
        was trained here its card ("training"), and of several outputs their names ("outputs") and
        which of them it shows ("output").

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
        if (refusal := _refusal_within(error)) is not None:
            raise refusal from None
        raise LoadError(
            f"{path.name} could not be opened: its description or weights are damaged or of a kind "
            f"this program does not know ({one_line(error)}); save it again with "
            "model.save('name.keras')."
        ) from error


def _refusal_within(error: BaseException | None) -> UserError | None:
    """The refusal that Keras wrapped into an error of its own, where that is what happened."""
    for _ in range(20):
        if error is None or isinstance(error, UserError):
            return error
        error = error.__cause__ or error.__context__
    return None


def _opening(
    path: Path,
    trust: bool,
    preprocessing: Preprocessing | str | None,
    labels: str | Path | None,
    output: str | int | None,
) -> Generator[doctor.Trial | None, None, Network]:
    child_process.start()
    from visualizer.engine.network import Network

    model, notes, beside = yield from reading_model(path, trust=trust)
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
    trained, own = read_card(beside, channels)
    if trained:
        card["training"] = trained
    if preprocessing is None:
        kept = remembered_scaling.remembered(sha256)
        preprocessing = kept if kept is not None and kept.channels == channels else own
    if preprocessing is None:
        found = yield from doctor.Doctor(model, classes).diagnose()
        preprocessing = found[0].preprocessing
        card |= {"guessed": True, "candidates": found}
    if len(outputs) > 1:
        card |= {"outputs": outputs, "output": shown}
    return Network(
        model,
        name=path.stem,
        title=_title(trained) or path.name,
        classes=classes,
        preprocessing=preprocessing,
        sha256=sha256,
        card=card,
    )


def _title(trained: dict[str, Any]) -> str:
    """What a network that was trained here is called; "" if its card does not say."""
    title = trained.get("title")
    return one_sentence(title)[:LONGEST_TITLE] if isinstance(title, str) else ""


Read = tuple["keras.Model", list[str], dict[str, str]]


def read_model(path: Path, *, trust: bool = False) -> Read:
    """Do `reading_model` at once."""
    return run_to_end(reading_model(path, trust=trust))


def reading_model(path: Path, *, trust: bool = False) -> Generator[None, None, Read]:
    """Build the model in a file and fill in its weights; yields while its weights are checked.

    Returns:
        The model as it was saved (any inputs, any outputs), what was mended, and the texts that
        came in the same archive.

    Raises:
        UserError: one sentence on what is wrong and what to do.
    """
    if trust:
        policy().require("trust", "Files that run code of their own")
    if path.is_dir() and (path / "saved_model.pb").is_file():
        model, notes = yield from saved_model.reading(path, trust=trust)
        return model, notes, {}
    with TemporaryDirectory(prefix="visualizer-") as scratch:
        file = yield from model_file.opening(path, Path(scratch))
        with file.hdf5:
            model, notes = build(file.config, file.name, file.numbers, trust=trust, beside=path)
            fill(model, file)
            return model, notes, file.beside


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
