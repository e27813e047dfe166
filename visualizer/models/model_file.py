"""What is in a model file: its description and where its weights are, whatever the format.

What counts is how a file begins, not how it is called. Nothing of Keras is made here.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from visualizer.engine.errors import UserError
from visualizer.engine.files import plain_file, read_file
from visualizer.engine.generators import run_to_end
from visualizer.engine.pictures import SUFFIXES as PICTURES
from visualizer.models import hdf5_process, safety
from visualizer.models.label_files import MAX_BYTES
from visualizer.models.model_parts import (
    CARD,
    CONFIG,
    HDF5_MAGIC,
    METADATA,
    WEIGHTS,
    ZIP_MAGIC,
    ModelFileError,
    description_beside,
    is_description,
    is_unpacked,
    only_model,
    start_of,
    weights_beside,
)
from visualizer.models.weights import attribute_list, text_attribute

if TYPE_CHECKING:
    import h5py

SUFFIXES = (".keras", ".h5", ".hdf5", ".json", ".zip")
"""Of files that may be models; a SavedModel is a folder."""

MAX_TEXTS = 12
"""How many texts beside a model in an archive are looked at for class names."""

SAVE_AGAIN = "save it in Python with model.save('name.keras') and open that"
OTHERS = {  # how a file ends: (what it is, what to do)
    ".tflite": ("a TensorFlow Lite model", "open the Keras model it was made from"),
    ".onnx": ("an ONNX model", "open the Keras model, or convert it to Keras first"),
    ".pt": ("a PyTorch model", "convert it to Keras first"),
    ".pth": ("a PyTorch model", "convert it to Keras first"),
    ".pkl": ("a Python pickle, which can run any code when it is read", SAVE_AGAIN),
    ".pickle": ("a Python pickle, which can run any code when it is read", SAVE_AGAIN),
    ".joblib": ("a Python pickle, which can run any code when it is read", SAVE_AGAIN),
    ".pb": ("one part of a SavedModel", "open the folder that holds saved_model.pb"),
    ".npz": ("a collection of NumPy arrays", SAVE_AGAIN),
    ".npy": ("a NumPy array", SAVE_AGAIN),
    ".index": ("a TensorFlow checkpoint, which has no description of the network", SAVE_AGAIN),
    ".safetensors": ("weights without a description of the network", SAVE_AGAIN),
    ".caffemodel": ("a Caffe model", "convert it to Keras first"),
    ".mlmodel": ("a Core ML model", "open the Keras model it was made from"),
    ".bin": ("a part of a TensorFlow.js model", "open the Keras model it was made from"),
}


def is_model(path: Path) -> bool:
    """Whether a file or folder is meant as a model, this program's or another's.

    A file is known by its ending; a folder by a model in it, and no pictures.
    """
    try:
        folder = path.is_dir()
    except OSError:  # a name that is too long
        folder = False
    if not folder:
        return path.suffix.lower() in (*SUFFIXES, *OTHERS)
    if (path / "saved_model.pb").is_file() or (path / CONFIG).is_file():
        return True
    endings = {each.suffix.lower() for each in path.iterdir() if each.is_file()}
    return bool(endings & {".keras", ".h5", ".hdf5", ".bin"}) and not endings & set(PICTURES)


@dataclass
class ModelFile:
    """A description and its weights.

    Attributes:
        path: what the user named.
        config: the description as it stands in the file.
        hdf5: a copy of the file with the weights, which is safe to read; open.
        numbers: how many numbers it holds.
        group: where in it they are.
        by_layer: whether they lie there by layer name (Keras 1, 2 and `.h5`), or as Keras 3 has it.
        beside: names and texts of the other files that came with it, to look for class names in.
    """

    path: Path
    config: dict[str, Any]
    hdf5: h5py.File
    numbers: int
    group: str = "/"
    by_layer: bool = True
    beside: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the file, for sentences."""
        return self.path.name


Reading = Generator[None, None, ModelFile]


@contextmanager
def opened(path: Path) -> Iterator[ModelFile]:
    """Open a model for reading at once; the weights can be read until the block ends.

    Raises:
        ModelFileError: it is no Keras model; says what it is instead, and what to do.
        UnsafeFileError: it is too large, or declares more than is there.
    """
    with TemporaryDirectory(prefix="visualizer-") as scratch:
        model = run_to_end(opening(path, Path(scratch)))
        with model.hdf5:
            yield model


def opening(path: Path, scratch: Path) -> Reading:
    """Open a model for reading, yielding while another process looks through its weights.

    Args:
        path: the file or folder.
        scratch: a folder for copies, to be deleted by the caller once the model is closed.

    Raises:
        ModelFileError: it is no Keras model; says what it is instead, and what to do.
        UnsafeFileError: it is too large, or declares more than is there.
    """
    return (yield from _open(path, scratch))


def _open(path: Path, scratch: Path, on_disk: int | None = None) -> Reading:
    """Open a file or folder; `on_disk` is the size of the archive that it was in, if it was."""
    if not path.exists():
        raise ModelFileError(f"There is no file {path}; check the path.")
    if path.is_dir():
        return (yield from _open_folder(path, scratch))
    try:
        start, size = start_of(path), path.stat().st_size
    except OSError as error:
        raise ModelFileError(
            f"{path.name} cannot be read ({error.strerror}); check that you may read it."
        ) from None
    on_disk = on_disk or size
    if start.startswith(ZIP_MAGIC):
        return (yield from _open_zip(path, scratch, on_disk))
    if start.startswith(HDF5_MAGIC):
        return (yield from _open_hdf5(path, scratch, on_disk))
    if is_description(path, start):
        config = read_config(_bounded(path), path.name)
        model = yield from _weights_only(weights_beside(path), config, scratch)
        model.path = path
        return model
    raise ModelFileError(_what_else(path, start))


def _what_else(path: Path, start: bytes) -> str:
    suffix = path.suffix.lower()
    if start[4:8] == b"TFL3":
        suffix = ".tflite"
    elif start[:1] == b"\x80" and suffix not in (".pt", ".pth"):
        suffix = ".pkl"
    if not start:
        return f"{path.name} is empty; fetch or save the model again."
    if suffix in OTHERS:
        kind, way_out = OTHERS[suffix]
        return f"{path.name} is {kind}, not a Keras model; {way_out}."
    if start.startswith(b"version https://git-lfs"):
        return (
            f"{path.name} is only a pointer to a large file; fetch the real one with git lfs pull."
        )
    if start.lstrip()[:1] == b"<":
        return f"{path.name} is a web page, not a model; download the file itself."
    if suffix in SUFFIXES:
        return (
            f"{path.name} does not begin as a {suffix} file does, so it is damaged or something "
            "else; fetch or save the model again."
        )
    return (
        f"{path.name} is not a Keras model; this program opens .keras, .h5 and .hdf5 files, "
        "weights with a JSON description beside them, and SavedModel folders."
    )


def _open_folder(path: Path, scratch: Path) -> Reading:
    if is_unpacked(path):
        config = read_config(_bounded(path / CONFIG), path.name)
        if (path / METADATA).is_file():
            config.setdefault("keras_version", _keras_version(_bounded(path / METADATA)))
        weights = path / WEIGHTS
        file, numbers = yield from _hdf5(weights, path.name, weights.stat().st_size, scratch)
        return ModelFile(path, config, file, numbers, by_layer=False)
    return (yield from _open(only_model(path), scratch))


def _open_zip(path: Path, scratch: Path, on_disk: int) -> Reading:
    try:
        with zipfile.ZipFile(path) as archive:
            safety.check_archive(archive, path.name, on_disk)
            names = archive.namelist()
            if CONFIG in names and WEIGHTS in names:
                text = safety.read_member(archive, CONFIG, safety.MAX_CONFIG_BYTES, path.name)
                config = read_config(text, path.name)
                if METADATA in names:
                    text = safety.read_member(archive, METADATA, MAX_BYTES, path.name)
                    config.setdefault("keras_version", _keras_version(text))
                weights = yield from _unpacked(archive, WEIGHTS, scratch, path.name)
                file, numbers = yield from _hdf5(weights, path.name, on_disk, scratch)
                beside = _texts(archive, path.name, only=CARD)
                return ModelFile(path, config, file, numbers, by_layer=False, beside=beside)
            if CONFIG in names and "model.weights.npz" in names:
                raise ModelFileError(
                    f"{path.name} keeps its weights as NumPy arrays (model.weights.npz), which "
                    f"this program does not read; {SAVE_AGAIN}."
                )
            inside = [n for n in names if n.endswith((".keras", ".h5")) and "__MACOSX" not in n]
            if len(inside) == 1:  # Teachable Machine's converted_keras.zip
                target = yield from _unpacked(archive, inside[0], scratch, path.name)
                model = yield from _open(target, scratch, on_disk)
                model.path, model.beside = path, _texts(archive, path.name)
                return model
            if any(name.endswith("data.pkl") for name in names):
                raise ModelFileError(
                    f"{path.name} is a PyTorch model, not a Keras model; convert it to Keras first."
                )
            raise ModelFileError(
                f"{path.name} is an archive without a Keras model ({CONFIG} and {WEIGHTS} are "
                "missing); fetch or save the model again."
            )
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, UserError):
            raise
        raise ModelFileError(
            f"{path.name} is damaged or only a part of it arrived; fetch or save the model again."
        ) from None


def _unpacked(
    archive: zipfile.ZipFile, member: str, scratch: Path, file: str
) -> Generator[None, None, Path]:
    """Unpack a member of an archive into `scratch`, never more than the largest weights."""
    target = scratch / f"unpacked{Path(member).suffix}"
    size = 0
    with archive.open(member) as reader, target.open("wb") as writer:
        while block := reader.read(16 << 20):
            size += writer.write(block)
            safety.check_member(member, size, safety.MAX_WEIGHT_BYTES, file)
            yield
    return target


def _keras_version(metadata: bytes) -> str | None:
    """The version of the Keras that wrote a `.keras` file, if it says so."""
    try:
        found = json.loads(metadata)
    except (ValueError, RecursionError):
        return None
    return found.get("keras_version") if isinstance(found, dict) else None


def _texts(archive: zipfile.ZipFile, file: str, only: str = "") -> dict[str, str]:
    """The texts in an archive that may be lists of class names, or the one called `only`."""
    small = [
        member.filename
        for member in archive.infolist()
        if member.filename.endswith((".txt", ".csv", ".json"))
        and "__MACOSX" not in member.filename
        and member.file_size <= MAX_BYTES
        and (not only or member.filename == only)
    ]
    return {
        Path(name).name: safety.read_member(archive, name, MAX_BYTES, file).decode(
            "utf-8", "replace"
        )
        for name in small[:MAX_TEXTS]
    }


def _hdf5(
    source: Path, name: str, on_disk: int, scratch: Path
) -> Generator[None, None, tuple[h5py.File, int]]:
    """Have a file copied by the process that may be lost over it; return the copy, open."""
    import h5py

    target = scratch / f"{len(list(scratch.iterdir()))}.weights.h5"
    numbers = yield from hdf5_process.copied(source, target, name, on_disk)
    return h5py.File(target, "r"), numbers


def _open_hdf5(path: Path, scratch: Path, on_disk: int) -> Reading:
    file, numbers = yield from _hdf5(path, path.name, on_disk, scratch)
    text = text_attribute(file, "model_config")
    try:
        if text is not None:
            config = read_config(text, path.name)
            config.setdefault("keras_version", text_attribute(file, "keras_version"))
            group = "model_weights" if "model_weights" in file else "/"
            return ModelFile(path, config, file, numbers, group)
        config = read_config(_bounded(description_beside(path)), path.name)
        return _only_weights(path, config, file, numbers)
    except BaseException:
        file.close()
        raise


def _weights_only(path: Path, config: dict[str, Any], scratch: Path) -> Reading:
    plain_file(path)
    file, numbers = yield from _hdf5(path, path.name, path.stat().st_size, scratch)
    return _only_weights(path, config, file, numbers)


def _only_weights(path: Path, config: dict[str, Any], file: h5py.File, numbers: int) -> ModelFile:
    group = "model_weights" if "model_weights" in file else "/"
    by_layer = bool(attribute_list(file[group], "layer_names"))
    return ModelFile(path, config, file, numbers, group, by_layer)


def _bounded(path: Path) -> bytes:
    data = read_file(path, safety.MAX_CONFIG_BYTES)
    if len(data) > safety.MAX_CONFIG_BYTES:
        raise ModelFileError(
            f"{path.name} is larger than any description of a network; is it the right file?"
        )
    return data


def read_config(text: str | bytes, file: str) -> dict[str, Any]:
    """Read the JSON description of a model.

    Raises:
        ModelFileError: it is not JSON, or not of a model.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        if len(text) > safety.MAX_CONFIG_BYTES or safety.json_depth(text) > 2 * safety.MAX_DEPTH:
            raise ValueError
        config = json.loads(text)
        if isinstance(config, str):
            config = json.loads(config)  # written twice over, as some scripts do
    except (ValueError, RecursionError):
        raise ModelFileError(
            f"The description of the network in {file} is damaged; fetch or save the model again."
        ) from None
    if isinstance(config, dict) and isinstance(config.get("model_config"), dict):
        config = config["model_config"]
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise ModelFileError(
            f"{file} holds no description of a Keras model; save the whole model with "
            "model.save('name.keras')."
        )
    return config
