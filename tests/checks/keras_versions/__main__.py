"""Makes model files with older versions of Keras, opens them here, and compares the values.

    python -m tests.checks.keras_versions [VERSION ...] [--folder FOLDER] [--store]
    python -m tests.checks.keras_versions 2.13 --applications [NAME ...]

Each version gets an environment of its own under FOLDER, made on first use (0.5-2 GB each), in
which `write_files.py` writes one small file for each layer. Python 3.8 to 3.11 must be there as
`python3.8` and so on, or under pyenv. With `--store`, files that differ from those of the versions
before go into `tests/models/files/keras-VERSION.tar.xz`, which a test of the suite opens.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from tests.checks.keras_versions.write_files import APPLICATIONS, SIZES, given, picture
from visualizer.models import loader
from visualizer.models.description import STARTS, objects

NO_LAYERS = ("Zeros", "Ones", "Uniform", "Normal", "Orthogonal", "Scaling", "__keras_tensor__")
WRITER = Path(__file__).with_name("write_files.py")
STORED = Path(__file__).parents[2] / "models" / "files"


@dataclass(frozen=True)
class Environment:
    """Where a version of Keras runs.

    Attributes:
        python: of which version of Python.
        packages: what is installed.
        package: "tf" for tf.keras, "keras" for the package of its own.
        beside: what is installed without what it depends on.
    """

    python: str
    packages: tuple[str, ...]
    package: str = "tf"
    beside: tuple[str, ...] = ()


_OLD = ("protobuf<3.21", "numpy<1.19", "h5py<2.11")
_NEW = ("tensorflow-cpu==2.16.2", "numpy<2", "dm-tree")
ENVIRONMENTS = {
    "2.3": Environment("3.8", ("tensorflow-cpu==2.2.3", "keras==2.3.1", *_OLD), "keras"),
    "2.4": Environment("3.8", ("tensorflow-cpu==2.3.4", *_OLD)),
    "2.6": Environment(
        "3.8", ("tensorflow-cpu==2.6.5", "keras==2.6.0", "protobuf<3.21", "numpy<1.20")
    ),
    "2.9": Environment("3.10", ("tensorflow-cpu==2.9.3", "protobuf<3.21", "numpy<1.24")),
    "2.12": Environment("3.11", ("tensorflow-cpu==2.12.1",)),
    "2.13": Environment("3.11", ("tensorflow-cpu==2.13.1",)),
    "2.15": Environment("3.11", ("tensorflow-cpu==2.15.1",)),
    "3.0": Environment("3.11", _NEW, "keras", ("keras==3.0.5",)),
    "3.4": Environment("3.11", _NEW, "keras", ("keras==3.4.1",)),
    "3.8": Environment("3.11", _NEW, "keras", ("keras==3.8.0",)),
    "3.12": Environment("3.11", _NEW, "keras", ("keras==3.12.0",)),
    "3.13": Environment("3.11", _NEW, "keras", ("keras==3.13.2",)),
    "3.14": Environment("3.11", _NEW, "keras", ("keras==3.14.1",)),
    "3.15": Environment("3.11", _NEW, "keras", ("keras==3.15.1",)),
}


def python_of(version: str) -> str:
    """The path of an interpreter.

    Raises:
        SystemExit: there is none.
    """
    candidates = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    found = str(candidates[-1]) if candidates else shutil.which(f"python{version}")
    if found is None:
        raise SystemExit(f"There is no Python {version}; install it, or leave its versions out.")
    return found


def interpreter(version: str, folder: Path) -> Path:
    """The interpreter of a version's environment, which is made if need be."""
    environment, home = ENVIRONMENTS[version], folder / f"keras-{version}"
    python = home / "bin" / "python"
    if not (home / "ready").is_file():
        subprocess.run([python_of(environment.python), "-m", "venv", home], check=True)
        install = [python, "-m", "pip", "install", "--quiet"]
        subprocess.run([*install, *environment.packages], check=True)
        if environment.beside:
            subprocess.run([*install, "--no-deps", *environment.beside], check=True)
        (home / "ready").touch()
    return python


def write(version: str, folder: Path, *more: str) -> Path:
    """Write the files of a version, unless they are there; returns the folder they are in."""
    target = folder / "files" / version
    if (target / "answers.npz").is_file():
        return target
    python = interpreter(version, folder)
    subprocess.run([python, WRITER, ENVIRONMENTS[version].package, target, *more], check=True)
    return target


def difference(path: Path, x: np.ndarray, expected: np.ndarray) -> str:
    """What is wrong with a file as it opens here, or ""."""
    try:
        model, _, _ = loader.read_model(path)
        found = np.asarray(model(x, training=False))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if found.shape != expected.shape:
        return f"gives {found.shape} instead of {expected.shape}"
    off = float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max()))
    return "" if off < 2e-5 else f"differs by {off:.2g}"


def compared(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each file of a folder, and what is wrong with it."""
    answers = np.load(folder / "answers.npz")
    for path in sorted([*folder.glob("*.h5"), *folder.glob("*.keras")]):
        name = path.name.removesuffix(path.suffix)
        yield path, difference(path, given(name), answers[name])


def layout(path: Path, version: str) -> str:
    """What distinguishes a file: its layers' settings, and the names and shapes of its weights."""
    if path.suffix == ".keras" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            text = archive.read("config.json").decode()
            weights = io.BytesIO(archive.read("model.weights.h5"))
    else:
        with h5py.File(path) as file:
            text = file.attrs["model_config"]
        weights = io.BytesIO(path.read_bytes())
    names: list[str] = []
    with h5py.File(weights) as file:
        file.visititems(
            lambda name, item: (
                isinstance(item, h5py.Dataset)
                and names.append(f"{re.sub(r'_[0-9]+|:0', '', name)} {item.shape}")
            )
        )
    layers = [
        (item["class_name"], item["config"])
        for item in objects(json.loads(text))
        if isinstance(item.get("config"), dict)
        and item["class_name"] not in ("InputLayer", "Functional", "Model")
        and not item["class_name"].endswith(("Policy", *NO_LAYERS))
    ]
    for _, settings in layers:
        for key in [key for key in settings if key in ("dtype", "name") or key.endswith(STARTS)]:
            del settings[key]
    kept = [version[0], path.name, layers, sorted(names)]
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()


def thinned(answer: np.ndarray) -> np.ndarray:
    """About fifty of the numbers of an answer, evenly."""
    return answer.ravel()[:: max(1, answer.size // 50)]


def store(version: str, files: list[Path], answers: dict[str, np.ndarray]) -> None:
    """Keep files and their answers in one small archive."""
    with (
        tempfile.TemporaryDirectory() as folder,
        tarfile.open(STORED / f"keras-{version}.tar.xz", "w:xz", preset=9) as archive,
    ):
        kept = Path(folder) / "answers.npz"
        names = {path.name.removesuffix(path.suffix) for path in files}
        shapes = {f"{name} shape": np.array(answers[name].shape) for name in names}
        np.savez(kept, **{name: thinned(answers[name]) for name in names}, **shapes)
        for path in [kept, *sorted(files, key=lambda path: (path.suffix, path.name))]:
            entry = tarfile.TarInfo(path.name)
            entry.size = path.stat().st_size
            with path.open("rb") as file:
                archive.addfile(entry, file)


def check_applications(version: str, folder: Path, names: list[str]) -> int:
    """Write, open and compare networks of Keras Applications; returns how many files are wrong."""
    wrong = 0
    for name in names or APPLICATIONS:
        target = folder / "applications" / version
        done = subprocess.run(
            [interpreter(version, folder), WRITER, ENVIRONMENTS[version].package, target, name],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            print(f"{name}: not to be had ({' '.join(last)[:120]})", flush=True)
            continue
        side = SIZES.get(name, 224 if "NASNet" in name else 64)
        expected = np.load(target / f"{name}.npy")
        for ending in (".h5", ".keras"):
            said = difference(target / (name + ending), 100 * picture((side, side, 3), 1), expected)
            wrong += bool(said)
            print(f"{name}{ending}: {said or 'the same'}"[:300], flush=True)
            (target / (name + ending)).unlink()
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("versions", nargs="*", default=list(ENVIRONMENTS))
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "keras-envs")
    parser.add_argument("--store", action="store_true")
    parser.add_argument("--applications", nargs="*")
    chosen = parser.parse_args()
    if chosen.applications is not None:
        wrong = sum(
            check_applications(version, chosen.folder, chosen.applications)
            for version in chosen.versions
        )
        raise SystemExit(bool(wrong))
    seen: set[str] = set()
    wrong = 0
    for version in chosen.versions:
        folder = write(version, chosen.folder)
        results = dict(compared(folder))
        bad = {path: said for path, said in results.items() if said}
        print(
            f"Keras {version}: {len(results)} files, {len(results) - len(bad)} the same", flush=True
        )
        for path, said in bad.items():
            print(f"    {path.name}: {said}"[:300])
        wrong += len(bad)
        if chosen.store:
            new = {path: layout(path, version) for path in results if path not in bad}
            new = {path: print_ for path, print_ in new.items() if print_ not in seen}
            seen |= set(new.values())
            store(version, list(new), dict(np.load(folder / "answers.npz")))
            print(f"    {len(new)} kept")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
