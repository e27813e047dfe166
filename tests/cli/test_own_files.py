"""A model file of one's own on the command line: its class names, its scaling, what was mended."""

import json

import keras
import numpy as np
import pytest
from keras import layers

from visualizer.models import remembered_scaling


@pytest.fixture
def pets(tmp_path):
    """A file whose two classes are "dark" and "bright": from 128 of 255 on."""
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, activation="softmax", name="scores"),
        ]
    )
    kernel = np.full((3, 2), 0.002) * [-1, 1]
    model.get_layer("scores").set_weights([kernel, np.array([0.0, -128 * 0.012])])
    model.save(tmp_path / "pets.keras")
    (tmp_path / "mine.txt").write_text("dark\nbright\n")
    return tmp_path / "pets.keras"


def test_names_and_scaling_are_said_for_this_run(visualizer, pets, coffee):
    said = ["--network", pets, "--labels", pets.with_name("mine.txt"), "--json"]
    ended = visualizer("classify", coffee, *said, "--scaling", "0..255")
    assert (ended.status, ended.err) == (0, "")
    (result,) = json.loads(ended.out)
    assert "guessed" not in result
    assert {best["label"] for best in result["top"]} == {"dark", "bright"}
    unscaled = json.loads(visualizer("classify", coffee, *said, "--scaling", "0..1").out)
    assert result["top"][0]["probability"] != unscaled[0]["top"][0]["probability"]
    assert json.loads(visualizer("classify", coffee, *said, "--scaling", "-1..1").out)
    assert not remembered_scaling.folder().exists()


def test_a_guess_and_what_does_not_fit_are_said_in_one_line(visualizer, pets, coffee):
    (pets.parent / "labels.txt").write_text("cat\ndog\nhamster\n")
    ended = visualizer("classify", coffee, "--network", pets, "--json")
    assert ended.status == 0
    assert json.loads(ended.out)[0]["guessed"] is True
    assert ended.err.count("\n") == 1
    assert "labels.txt has 3 names, the network 2 outputs." in ended.err
    assert "is a guess: Pixels from" in ended.err
    assert "--scaling" in ended.err


@pytest.mark.parametrize(
    "command", ["layers", "attack", "explain", "dream", "classify", "robustness", "tour"]
)
def test_every_command_with_a_network_takes_both(visualizer, command):
    shown = visualizer(command, "--help").out
    assert "--scaling" in shown
    assert "--labels" in shown
    assert "--trust" in shown


def test_wrong_words_are_one_sentence(visualizer, pets, coffee):
    sentence = visualizer("classify", coffee, "--network", pets, "--scaling", "big").refused()
    assert "no scaling called 'big'" in sentence
    sentence = visualizer("classify", coffee, "--network", pets, "--labels", "gone").refused()
    assert "gone cannot be read" in sentence
    sentence = visualizer("classify", coffee, "--network", "lenet", "--scaling", "0..1").refused()
    assert "model files of your own" in sentence
