"""Data sets by name, from a mirror, and folders; whatever they hold."""

import gzip
import hashlib
import io
import tarfile

import cv2
import numpy as np
import pytest

from tests.engine.training.test_datasets import idx
from visualizer.engine.errors import UserError
from visualizer.engine.training.split import class_counts
from visualizer.models import training_data
from visualizer.models.training_data import DATA, DataError, opening
from visualizer.models.transfer import RemoteFile


def opened(name, **options):
    steps = opening(str(name), **options)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A folder that stands for the internet; `put` gives the file as it is known then."""
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))
    folder = tmp_path / "mirror"
    folder.mkdir()
    monkeypatch.setenv("VISUALIZER_MIRROR", str(folder))

    def put(file, data):
        (folder / file.name).write_bytes(data)
        return RemoteFile(file.url, f"sha256:{hashlib.sha256(data).hexdigest()}")

    return put


def test_digits_and_shapes_are_there_without_internet():
    digits = opened("digits", seed=3)
    assert digits.split.train.pictures.shape[1:] == (8, 8, 1)
    assert len(digits.split.train) + len(digits.split.validation) == 1797
    assert "CC BY" in digits.credit
    mnist = opened("mnist-5000", seed=3)
    assert mnist.split.train.pictures.shape == (4000, 28, 28, 1)
    assert class_counts(mnist.split.validation) == (100,) * 10
    assert "CC BY-SA" in mnist.credit
    shapes = opened("shapes", seed=3)
    again = opened("shapes", seed=3).split
    np.testing.assert_array_equal(shapes.split.train.pictures, again.train.pictures)
    first, second = (shapes.split.redraw(epoch).pictures for epoch in (0, 1))
    np.testing.assert_array_equal(first, shapes.split.train.pictures)
    assert (first != second).any()
    assert first.shape == second.shape


def test_mnist_comes_from_the_mirror(mirror, monkeypatch):
    rng = np.random.default_rng(0)
    arrays = {}
    for side, count in (("train", 20), ("test", 10)):
        arrays[f"x_{side}"] = rng.integers(0, 256, (count, 28, 28), np.uint8)
        arrays[f"y_{side}"] = np.arange(count, dtype=np.uint8) % 10
    file = io.BytesIO()
    np.savez(file, **arrays)
    monkeypatch.setattr(training_data, "MNIST", mirror(training_data.MNIST, file.getvalue()))
    found = opened("mnist").split
    np.testing.assert_array_equal(found.train.pictures[..., 0], arrays["x_train"])
    assert found.validation.labels.tolist() == list(range(10))


def test_fashion_mnist_comes_from_the_mirror(mirror, monkeypatch):
    files = []
    for file in training_data.FASHION:
        count = 10 if file.name.startswith("t10k") else 20
        shape = (count, 28, 28) if "images" in file.name else (count,)
        array = (np.arange(np.prod(shape)).reshape(shape) % 10).astype(np.uint8)
        files.append(mirror(file, gzip.compress(idx(array))))
    monkeypatch.setattr(training_data, "FASHION", tuple(files))
    found = opened("fashion-mnist").split
    assert found.classes[9] == "Ankle boot"
    assert found.train.pictures.shape == (20, 28, 28, 1)
    assert class_counts(found.validation) == (1,) * 10


def test_cifar_comes_from_the_mirror(mirror, monkeypatch):
    file = io.BytesIO()
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[:5, :, 0], picture[:, :7, 2] = 200, 90
    row = bytes([6]) + picture.transpose(2, 0, 1).tobytes()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name in [*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin"]:
            entry = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            entry.size = len(row) * 2
            archive.addfile(entry, io.BytesIO(row * 2))
    monkeypatch.setattr(training_data, "CIFAR", mirror(training_data.CIFAR, file.getvalue()))
    found = opened("cifar-10").split
    assert found.train.pictures.shape == (10, 32, 32, 3)
    np.testing.assert_array_equal(found.validation.pictures[1], picture)
    assert found.classes[found.train.labels[0]] == "frog"


def test_what_is_not_the_published_file_is_refused(mirror):
    mirror(training_data.MNIST, b"something else")
    with pytest.raises(UserError):
        opened("mnist")


def folder_of(path, sizes, colour):
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (path / name).mkdir(parents=True)
        for i, size in enumerate(sizes):
            shape = (*size, 3) if colour else size
            assert cv2.imwrite(str(path / name / f"{i}.png"), rng.integers(0, 256, shape, np.uint8))
    return path


@pytest.mark.parametrize(
    ("sizes", "colour", "shape"),
    [
        ([(28, 28)] * 3, False, (28, 28, 1)),
        ([(20, 30)] * 3, True, (20, 30, 3)),
        ([(20, 30), (30, 20), (9, 9)], True, (64, 64, 3)),
        ([(200, 200)] * 3, False, (64, 64, 1)),
    ],
)
def test_a_folder_has_the_size_and_colour_of_its_pictures(tmp_path, sizes, colour, shape):
    found = opened(folder_of(tmp_path / "own", sizes, colour))
    assert found.title == "own"
    assert found.split.train.pictures.shape == (4, *shape)
    assert len(found.split.validation) == 2
    forced = opened(tmp_path / "own", size=(10, 12)).split
    assert forced.train.pictures.shape[1:3] == (10, 12)


def test_classes_out_of_balance_are_warned_of(tmp_path):
    folder_of(tmp_path, [(8, 8)] * 8, True)
    for i in range(2, 8):
        (tmp_path / "b" / f"{i}.png").unlink()
    assert "“a” has 8 pictures" in opened(tmp_path).warnings[0]


def test_a_data_set_nobody_knows_is_said():
    with pytest.raises(DataError, match="choose one of digits, shapes, mnist-5000"):
        opened("emnist")
    assert all(entry.credit for entry in DATA.values())
