"""Files that Keras 2 wrote give the answers that Keras 2 gave."""

from pathlib import Path

import numpy as np
import pytest

from visualizer.engine.preprocessing import Preprocessing
from visualizer.models import loader

FILES = Path(__file__).parent / "files"
WRITTEN = (
    "transfer.h5",
    "transfer_savedmodel",
    "operations.h5",
    "teachable.h5",
    "layers.h5",
    "two_outputs.h5",
    "binary.keras",
    "pair.json",
    "pair_weights.h5",
)


@pytest.mark.parametrize("name", WRITTEN)
def test_it_answers_as_it_did(name):
    path = FILES / name
    stem = path.stem.removesuffix("_weights")
    kept = np.load(FILES / f"{stem}.npz")
    model, _, _ = loader.read_model(path)
    answers = model(kept["x"], training=False)
    answers = answers if isinstance(answers, list) else [answers]
    assert len(answers) == len(kept.files) - 1
    for index, answer in enumerate(answers):
        np.testing.assert_allclose(np.asarray(answer), kept[f"y{index}"], atol=1e-5)


def test_the_picture_takes_the_same_way_through_the_network():
    kept = np.load(FILES / "transfer.npz")
    way = Preprocessing(255.0)  # the file divides by 127.5 itself
    network = loader.open_file(FILES / "transfer.h5", preprocessing=way)
    answers = network.forward(kept["x"] / 255)["output"]
    np.testing.assert_allclose(answers, kept["y0"], atol=1e-5)
    assert [stage.name for stage in network.stages] == [
        *("data", "b1", "dw", "side", "tf.__operators__.add"),
        *("global_average_pooling2d", "output"),
    ]


def test_an_output_is_chosen_by_name():
    kept = np.load(FILES / "two_outputs.npz")
    by_name = loader.open_file(FILES / "two_outputs.h5", output="bad")
    assert by_name.stage("output").units == 1
    answers = by_name.forward(np.repeat(kept["x"], 3, axis=3))["output"]
    np.testing.assert_allclose(answers, kept["y1"], atol=1e-5)
    widest = loader.open_file(FILES / "two_outputs.h5")
    assert widest.stage("output").units == 4
    assert "bad" in widest.card["outputs"]
    assert widest.card["output"] != "bad"
    assert by_name.card["output"] == "bad"


def test_what_was_mended_is_told():
    notes = " ".join(loader.open_file(FILES / "transfer.h5").card["notes"])
    assert "groups" in notes
    assert "TensorFlow operations" in notes
