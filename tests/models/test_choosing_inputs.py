"""A model with several inputs: the picture goes into all of its shape, or into the one chosen."""

import keras
import numpy as np
import pytest

from visualizer.engine.errors import UserError
from visualizer.models import catalog


@pytest.fixture
def twins(tmp_path, monkeypatch):
    """A file of two picture inputs: the answer is what the left sees less what the right sees."""
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))
    left, right = (keras.Input((8, 8, 3), name=name) for name in ("left", "right"))
    means = keras.layers.GlobalAveragePooling2D(name="means")
    difference = keras.layers.Subtract(name="difference")([means(left), means(right)])
    path = tmp_path / "twins.keras"
    keras.Model([left, right], difference).save(path)
    return path


def answer(name):
    network = catalog.open_network(name)
    picture = np.random.default_rng(0).uniform(0, 1, (1, 8, 8, 3)).astype(np.float32)
    scores = keras.ops.convert_to_numpy(network.logits(picture))[0]
    seen = keras.ops.convert_to_numpy(
        network.preprocessing.scaled(network.preprocessing.seen(picture))
    )
    return network, scores, seen[0].mean(axis=(0, 1))


def test_the_picture_goes_into_every_input_of_its_shape(twins):
    network, scores, _ = answer(twins)
    np.testing.assert_allclose(scores, 0, atol=1e-5)
    assert "left>difference" in network.card["outputs"]
    assert "right>difference" in network.card["outputs"]


@pytest.mark.parametrize(("view", "sign"), [("left>difference", 1), ("1>difference", -1)])
def test_one_input_is_chosen_by_name_or_number(twins, view, sign):
    network, scores, mean = answer(f"{twins}:{view}")
    np.testing.assert_allclose(scores, sign * mean, rtol=1e-3, atol=1e-4)
    assert network.card["output"] == view
    assert catalog.name_of(network) == f"{twins}:{view}"
    assert any("others are zero" in note for note in network.card["notes"])


def test_an_input_that_is_not_there_is_said(twins):
    with pytest.raises(UserError, match="no picture input called 'middle'; it has left, right"):
        catalog.open_network(f"{twins}:middle>difference")
