"""A network that was trained here comes back from its file with all that was known of it."""

import json
import zipfile

import keras
import numpy as np
import pytest

from visualizer.engine.preprocessing import Preprocessing
from visualizer.models.catalog import open_network
from visualizer.models.trained import read_card, save_trained

CLASSES = ("ant", "bee", "cat")
CAFFE = Preprocessing(255.0, (-103.9, -116.8, -123.7), order="bgr")


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.layers.Input((12, 12, 3)),
            keras.layers.Conv2D(4, 3, activation="relu", name="conv1"),
            keras.layers.GlobalAveragePooling2D(name="mean"),
            keras.layers.Dense(3, name="output"),
        ]
    )


@pytest.fixture
def file(model, tmp_path):
    return save_trained(tmp_path / "pets.keras", model, CLASSES, CAFFE, {"data": "pets"})


def test_it_opens_without_a_question(file, model):
    network = open_network(str(file))
    assert network.classes == CLASSES
    assert network.preprocessing == CAFFE
    assert not network.card["guessed"]
    assert network.card["training"]["data"] == "pets"
    picture = np.random.default_rng(0).random((1, 12, 12, 3), np.float32)
    logits = keras.ops.convert_to_numpy(model(keras.ops.convert_to_numpy(CAFFE.apply(picture))))
    expected = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(network.forward(picture)["output"], expected, rtol=1e-3, atol=1e-6)


def test_keras_alone_opens_it_too(file, model):
    loaded = keras.saving.load_model(file)
    assert loaded.get_layer("output").activation is keras.activations.softmax
    assert model.get_layer("output").activation is keras.activations.linear  # left alone
    for value, expected in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize(
    "card",
    [
        "",
        "[]",
        "null",
        '{"trained": 2, "preprocessing": {}}',
        '{"trained": 1}',
        '{"trained": 1, "preprocessing": {"scale": "big"}}',
        '{"trained": 1, "preprocessing": {"channels": 1}}',
        "[" * 100_000,
    ],
)
def test_a_card_that_is_none_counts_as_none(card):
    assert read_card({"card.json": card}, 3) == ({}, None)


def test_a_file_with_a_spoilt_card_still_opens(file):
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in (entries | {"card.json": b'{"trained": 1, "classes": [1, {}]}'}).items():
            archive.writestr(name, data)
    network = open_network(str(file))
    assert network.classes == ()
    assert network.card["guessed"]


def test_the_card_is_json(file):
    with zipfile.ZipFile(file) as archive:
        card = json.loads(archive.read("card.json"))
    assert card["classes"] == list(CLASSES)
