"""A model file of one's own on the command line: its class names, its scaling, what was mended."""

import json
import re

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


def test_every_command_with_a_network_takes_both(visualizer):
    commands = re.findall(r"^│ ([a-z][a-z-]+) ", visualizer("--help").out, re.MULTILINE)
    assert {"layers", "attack", "explain", "dream", "classify", "robustness"} <= set(commands)
    asked = 0
    for command in commands:
        shown = visualizer(command, "--help").out
        if "--network" in shown and command != "networks":
            asked += 1
            words = " ".join(re.sub(r"[│\n]", " ", shown).split())
            assert "How the network's file takes its pixels" in words, command
            assert len(re.findall(r"(?<![\w-])--scaling\b", words)) == 1, command
            assert "--labels" in words, command
            assert "--trust" in words, command
    assert asked >= 7


def test_layers_is_told_how_pixels_go_in(visualizer, pets, coffee, tmp_path):
    given = ["--network", pets, "--scaling", "0..255", "--map-scaling", "channel", "--json"]
    ended = visualizer("layers", coffee, *given, "-o", tmp_path / "out")
    assert (ended.status, ended.err) == (0, "")


def test_a_file_that_is_missing_is_missing_whatever_is_said_of_it(visualizer, coffee, tmp_path):
    gone = tmp_path / "gone.keras"
    sentence = visualizer("classify", coffee, "--network", gone, "--scaling", "0..1").refused()
    assert "There is no file" in sentence


@pytest.fixture
def age(tmp_path):
    """A file of a regression: one linear output, ten times the mean brightness and 5."""
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1, name="age"),
        ]
    )
    model.get_layer("age").set_weights([np.full((3, 1), 10 / 3), np.array([5.0])])
    model.save(tmp_path / "age.keras")
    return tmp_path / "age.keras"


def test_a_linear_output_is_a_value(visualizer, age, coffee):
    said = ["--network", age, "--scaling", "0..1"]
    shown = visualizer("classify", coffee, *said)
    assert "output 0" in shown.out
    assert "%" not in shown.out
    (result,) = json.loads(visualizer("classify", coffee, *said, "--json").out)
    (best,) = result["top"]
    assert 5 < best["value"] < 15
    assert "probability" not in best


def test_two_names_make_classes_of_one_linear_output(visualizer, age, coffee):
    (age.parent / "names.txt").write_text("young\nold\n")
    said = ["--network", age, "--scaling", "0..1", "--labels", age.parent / "names.txt", "--json"]
    (result,) = json.loads(visualizer("classify", coffee, *said).out)
    assert result["top"][0]["label"] == "old"
    assert result["top"][0]["probability"] > 0.99


def test_a_slope_that_is_undefined_is_called_so(visualizer, coffee, tmp_path):
    x = keras.Input((16, 16, 3))
    root = layers.GlobalAveragePooling2D()(keras.ops.sqrt(layers.ReLU()(layers.Rescaling(-1.0)(x))))
    keras.Model(x, layers.Dense(5)(root)).save(tmp_path / "root.keras")
    said = ["--network", tmp_path / "root.keras", "--scaling", "0..1", "-o", tmp_path / "out"]
    sentence = visualizer("explain", coffee, "--method", "saliency", *said).refused()
    assert "slope" in sentence
    assert "undefined" in sentence


def test_what_fails_inside_keras_is_not_the_programs_own_fault(visualizer, coffee, monkeypatch):
    from visualizer.cli import classify

    def failing(*_):
        return keras.layers.Dense(3)(keras.Input((None, None)))

    monkeypatch.setattr(classify, "best_names", failing)
    sentence = visualizer("classify", coffee, "--network", "lenet").refused()
    assert "Keras could not compute" in sentence
    assert "in the program itself" not in sentence


def test_wrong_words_are_one_sentence(visualizer, pets, coffee):
    sentence = visualizer("classify", coffee, "--network", pets, "--scaling", "big").refused()
    assert "no scaling called 'big'" in sentence
    sentence = visualizer("classify", coffee, "--network", pets, "--labels", "gone").refused()
    assert "gone cannot be read" in sentence
    sentence = visualizer("classify", coffee, "--network", "lenet", "--scaling", "0..1").refused()
    assert "model files of your own" in sentence
