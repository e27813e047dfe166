"""LeNet's recipe from archive to card, on a handful of digits."""

import gzip

import numpy as np
import pytest

from tests.engine.training.test_datasets import idx
from visualizer.models import bundled, catalog


@pytest.fixture
def archive(tmp_path):
    """MNIST's four files with six noisy digits of each class to train on and two to test."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for prefix, each in (("train", 6), ("t10k", 2)):
        labels = np.repeat(np.arange(10, dtype=np.uint8), each)
        digits = rng.integers(0, 100, (len(labels), 28, 28)) + 15 * labels[:, None, None]
        for name, array in (("images-idx3", digits.astype(np.uint8)), ("labels-idx1", labels)):
            (folder / f"{prefix}-{name}-ubyte.gz").write_bytes(gzip.compress(idx(array)))
    return folder


def test_what_is_trained_opens_and_is_measured(recipe_of, archive, tmp_path, monkeypatch, capsys):
    train = recipe_of("lenet")
    monkeypatch.setattr(train, "HELD_OUT_PER_CLASS", 1)
    train.train(archive, out=tmp_path / "lenet", recipe=train.Recipe(epochs=2, batch=10))
    printed = capsys.readouterr().out
    monkeypatch.setattr(bundled, "pretrained", lambda: tmp_path)
    network = catalog.open_network("lenet")
    accuracy = network.card["accuracy"]
    assert f"top-1 {accuracy['top1']:.2%}" in printed
    assert f"calibration error {accuracy['calibration_error']:.2%}" in printed
    assert network.card["recipe"]["epochs"] == 2
    answer = network.forward(np.zeros((1, 28, 28, 3), np.float32))["output"]
    assert answer.shape == (1, 10)


def test_a_varied_digit_is_much_the_same_digit(recipe_of):
    train = recipe_of("lenet")
    digits = np.zeros((8, 28, 28, 1), np.uint8)
    digits[:, 6:22, 12:16] = 255
    varied = train.varied(digits, train.Recipe(), np.random.default_rng(0))
    assert varied.shape == digits.shape
    assert varied.dtype == np.uint8
    assert len({digit.tobytes() for digit in varied}) == len(digits)
    overlap = ((varied > 127) & (digits > 127)).sum((1, 2, 3)) / (digits > 127).sum((1, 2, 3))
    assert overlap.min() > 0.4


def test_the_shipped_one_is_as_good_as_promised():
    assert bundled.read("lenet").card["accuracy"]["top1"] >= 0.99
