"""LeNet's recipe from archive to card, on a handful of digits."""

import gzip
from dataclasses import replace

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
    train.train(
        archive, out=tmp_path / "lenet", recipe=replace(train.RECIPE, epochs=2, batch_size=10)
    )
    printed = capsys.readouterr().out
    monkeypatch.setattr(bundled, "pretrained", lambda: tmp_path)
    network = catalog.open_network("lenet")
    accuracy = network.card["accuracy"]
    assert f"top-1 {accuracy['top1']:.2%}" in printed
    assert f"calibration error {accuracy['calibration_error']:.2%}" in printed
    assert network.card["recipe"]["epochs"] == 2
    answer = network.forward(np.zeros((1, 28, 28, 3), np.float32))["output"]
    assert answer.shape == (1, 10)


def test_the_shipped_one_is_as_good_as_promised():
    assert bundled.read("lenet").card["accuracy"]["top1"] >= 0.99
