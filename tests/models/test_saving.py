"""A saved network opens as it was: its answers, its class names and how it takes its pixels."""

from __future__ import annotations

import zipfile

import keras
import numpy as np
import pytest

from visualizer.engine.preprocessing import Preprocessing
from visualizer.models.catalog import open_network
from visualizer.models.model_file import CARD
from visualizer.models.remembered_scaling import remember
from visualizer.models.trained import save_network

ODD = Preprocessing((3.0, 2.0, 1.0), (-0.5, 0.1, 0.2), "bgr")


@pytest.fixture
def network(explore):
    layers = [
        keras.layers.Input((12, 12, 3)),
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(3, activation="softmax"),
    ]
    names = ["ant", "bee", "größer"]
    return explore(keras.Sequential(layers), classes=names, preprocessing=ODD)


def test_it_opens_as_it_was(network, tmp_path):
    path = save_network(network, tmp_path / "own.keras")
    opened = open_network(path)
    assert opened.classes == network.classes
    assert opened.preprocessing == ODD
    assert not opened.card["guessed"]
    pictures = np.random.default_rng(0).random((2, 12, 12, 3), np.float32)
    np.testing.assert_allclose(
        opened.forward(pictures)["output"], network.forward(pictures)["output"], rtol=1e-5
    )
    assert keras.models.load_model(path).output_shape == (None, 3)  # Keras' own file, too
    assert list(tmp_path.iterdir()) == [path]


def test_what_the_user_says_goes_before_what_the_file_says(network, tmp_path):
    path = save_network(network, tmp_path / "own.keras")
    opened = open_network(path, scaling="0..255")
    assert opened.preprocessing == Preprocessing(255.0)
    remember(opened.sha256, Preprocessing(2.0, -1.0), ["x", "y", "z"])
    again = open_network(path)
    assert again.preprocessing == Preprocessing(2.0, -1.0)
    assert again.classes == ("x", "y", "z")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 100_000,
        "{}",
        '{"preprocessing": 7}',
        '{"preprocessing": {"scale": "x"}}',
        '{"preprocessing": {"scale": NaN}}',
        '{"preprocessing": {"channels": 1}, "classes": 5}',
        '{"classes": ["only one"]}',
    ],
)
def test_a_file_that_tells_nonsense_of_itself_opens_all_the_same(network, tmp_path, text):
    path = tmp_path / "odd.keras"
    network.model.save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(CARD, text)
    opened = open_network(path)
    assert opened.classes == ()
    assert opened.card["guessed"]
