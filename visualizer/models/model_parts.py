"""Which files a model consists of: one, a description and its weights, or those of a SavedModel."""

from __future__ import annotations

from pathlib import Path

from visualizer.engine.errors import UserError
from visualizer.engine.files import plain_file

HDF5_MAGIC, ZIP_MAGIC = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"
CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
"""What a `.keras` file holds, and a folder that it was unpacked into."""
CARD = "card.json"
"""What a network that was trained here has in its file besides what Keras reads."""


class ModelFileError(UserError):
    """The file is not a model this program can open."""


def parts(path: Path) -> list[Path]:
    """Return the files that are read when a model is opened, whichever of them is named.

    Raises:
        ModelFileError: the other half of a description or of weights is not beside it.
        OSError: it cannot be read.
    """
    if (path / "saved_model.pb").is_file():
        graph = [path / "saved_model.pb", path / "keras_metadata.pb"]
        others = [*path.glob("variables/*"), *path.glob("assets/*")]
        return sorted(part for part in (*graph, *others) if part.is_file())
    if path.is_dir():
        if is_unpacked(path):
            return [path / CONFIG, path / WEIGHTS]
        path = only_model(path)
    if is_description(path, start_of(path)):
        return sorted([path, weights_beside(path)])
    return sorted([path, description_beside(path)]) if is_weights_only(path) else [path]


def start_of(path: Path) -> bytes:
    """Return the first bytes of a file, by which its kind is known.

    Raises:
        NotAFileError: it is a folder, a pipe, a socket or a device.
        OSError: it cannot be read.
    """
    plain_file(path)
    with path.open("rb") as file:
        return file.read(64)


def is_description(path: Path, start: bytes) -> bool:
    """Whether a file that begins so is a JSON description."""
    if start.startswith((HDF5_MAGIC, ZIP_MAGIC)):
        return False
    return path.suffix.lower() == ".json" or start.lstrip()[:1] == b"{"


def is_unpacked(folder: Path) -> bool:
    """Whether a folder is what a `.keras` file holds."""
    return (folder / CONFIG).is_file() and (folder / WEIGHTS).is_file()


def only_model(folder: Path) -> Path:
    """Return the one model in a folder.

    Raises:
        ModelFileError: there is none, or there are several.
    """
    endings = (".keras", ".h5", ".hdf5")
    found = [file for file in sorted(folder.iterdir()) if file.suffix in endings and file.is_file()]
    whole = [file for file in found if not is_weights_only(file)] or found
    if len(whole) == 1:
        return whole[0]
    if len(whole) > 1:
        names = ", ".join(file.name for file in whole[:4])
        raise ModelFileError(
            f"The folder {folder.name} holds {len(whole)} models ({names}); open one of them."
        )
    if (folder / "model.json").is_file() and any(folder.glob("*.bin")):
        raise ModelFileError(
            f"The folder {folder.name} holds a TensorFlow.js model; export it for Keras instead (in"
            " Teachable Machine: Export, TensorFlow, Keras) and open that."
        )
    raise ModelFileError(
        f"The folder {folder.name} holds no Keras model; open a .keras or .h5 file, or a SavedModel"
        " folder (with saved_model.pb in it)."
    )


def is_weights_only(path: Path) -> bool:
    """Whether a file is HDF5 without a description in it, going by the names in it.

    HDF5 writes the names of attributes as they are, so that it need not be parsed.
    """
    name, kept = b"model_config", b""
    try:
        if not start_of(path).startswith(HDF5_MAGIC):
            return False
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                if name in kept + block:
                    return False
                kept = block[-len(name) :]
    except (OSError, UserError):
        return False
    return True


def _stem(path: Path) -> str:
    name = path.name
    for ending in (".weights.h5", "_weights.h5", "-weights.h5", ".weights.hdf5", "_weights.hdf5"):
        if name.endswith(ending):
            return name.removesuffix(ending)
    return path.stem


def description_beside(path: Path) -> Path:
    """Return the JSON description of a file that holds only weights.

    Raises:
        ModelFileError: it is not there; says how it should be called.
    """
    for name in (f"{_stem(path)}.json", f"{path.stem}.json", "model.json", "architecture.json"):
        candidate = path.with_name(name)
        if candidate.is_file():
            return candidate
    others = [other for other in sorted(path.parent.glob("*.json")) if other.is_file()]
    if len(others) == 1:
        return others[0]
    raise ModelFileError(
        f"{path.name} holds weights only, and the description of the network is not beside it; "
        f"put {_stem(path)}.json there (from model.to_json()), or save the whole model with "
        "model.save('name.keras')."
    )


def weights_beside(path: Path) -> Path:
    """Return the weights of a JSON description.

    Raises:
        ModelFileError: they are not there; says how they should be called.
    """
    stem = path.stem
    for name in (
        *(f"{stem}.weights.h5", f"{stem}_weights.h5", f"{stem}-weights.h5", f"{stem}.h5"),
        *(f"{stem}.hdf5", f"{stem}_weights.hdf5", "model.weights.h5", "weights.h5", "model.h5"),
    ):
        candidate = path.with_name(name)
        if candidate.is_file():
            return candidate
    others = [*path.parent.glob("*.h5"), *path.parent.glob("*.hdf5")]
    others = sorted(other for other in others if other.is_file())
    if len(others) == 1:
        return others[0]
    raise ModelFileError(
        f"{path.name} describes a network, but its weights are not beside it; put them there as "
        f"{stem}.weights.h5 (from model.save_weights())."
    )
