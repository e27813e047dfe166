"""The pictures that a head is trained on."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from visualizer.engine.errors import UserError
from visualizer.engine.evolution import natural_photos as module
from visualizer.engine.evolution.natural_photos import own_photos, photos_in
from visualizer.engine.specimen import Provenance, Specimen


def save(path, level):
    path.parent.mkdir(exist_ok=True)
    Specimen(np.full((10, 8, 3), level, np.uint8), "grey", Provenance("test")).save(path)


def test_a_folder_by_classes_and_what_cannot_be_read_in_it(plain, tmp_path):
    save(tmp_path / "bee" / "1.png", 10)
    save(tmp_path / "bee" / "2.png", 20)
    save(tmp_path / "zebra" / "3.png", 30)
    (tmp_path / "bee" / "3.png").write_bytes(b"no picture")
    photos = photos_in(tmp_path, plain)
    read = list(photos.read())
    assert [None if each is None else each[1] for each in read] == [1, 1, None, None]
    assert read[2] is None
    assert len(photos.problems) == 2
    assert "zebra" in photos.problems[0]
    assert "3 of them labelled" in photos.source


def test_of_a_large_folder_some_are_taken_from_everywhere(plain, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST", 3)
    for number in range(9):
        save(tmp_path / "ant" / f"{number}.png", 10 * number)
    photos = photos_in(tmp_path, plain)
    levels = [round(255 * float(picture.mean())) for picture, _ in photos.read()]
    assert levels == [0, 40, 80]
    assert photos.total == 3


def test_the_test_digits_of_mnist(plain, tmp_path):
    pixels = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)
    for name, values in (("images-idx3", pixels), ("labels-idx1", np.array([7, 2], np.uint8))):
        head = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes()
        path = tmp_path / f"t10k-{name}-ubyte.gz"
        path.write_bytes(gzip.compress(head + values.tobytes()))
    read = list(photos_in(tmp_path, plain).read())
    assert [label for _, label in read] == [7, 2]
    np.testing.assert_array_equal(read[1][0], np.repeat(pixels[1, ..., None], 3, axis=2))
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(b"nothing")
    with pytest.raises(UserError):
        photos_in(tmp_path, plain)


def test_a_folder_that_is_not_there_is_said(plain, tmp_path):
    with pytest.raises(UserError, match="There is no folder"):
        photos_in(tmp_path / "none", plain)


def test_digits_for_a_network_of_digits(explore, plain):
    import keras

    layers = [
        keras.layers.Input((8, 8, 1)),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax"),
    ]
    network = explore(keras.Sequential(layers), classes=list("0123456789"))
    photos = own_photos(network)
    first, label = next(photos.read())
    assert photos.total == 1797
    assert label == 0
    assert first.shape == (224, 224, 3)
    assert 0.9 < first.max() <= 1
    assert "1,797 handwritten digits" in photos.source
    others = own_photos(plain)
    assert "without labels" in others.source
    assert next(others.read())[1] is None
