import gc
import json
import weakref

import keras
import numpy as np
import pytest

from visualizer.engine.resources import pretrained
from visualizer.models import bundled, catalog
from visualizer.models.bundled import BundledNetworkError
from visualizer.models.card import publish


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A `pretrained/` with one small network, "tiny"."""
    monkeypatch.setattr(bundled, "pretrained", lambda: tmp_path)
    keras.utils.set_random_seed(0)
    pixels = keras.layers.Input((8, 8, 3), name="data")
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv1")(pixels)
    x = keras.layers.GlobalAveragePooling2D(name="pooling")(x)
    x = keras.layers.Dense(10, activation="softmax", name="output")(x)
    card = {
        "name": "tiny", "title": "Tiny", "input": [8, 8, 3], "classes": 10, "labels": "mnist",
        "data": "noise", "preprocessing": {"scale": [2.0, 2.0, 2.0], "offset": -1.0},
        "accuracy": {"top1": 0.1}, "licence": "CC0-1.0", "source": "this test",
    }  # fmt: skip
    publish(keras.Model(pixels, x, name="tiny"), tmp_path / "tiny", card)
    return tmp_path


def test_a_bundled_network_opens_with_what_its_card_says(folder):
    network = catalog.open_network("tiny")
    assert (network.name, network.title, network.size) == ("tiny", "Tiny", (8, 8))
    assert network.label(7) == "7"
    assert network.preprocessing.scale == (2.0, 2.0, 2.0)
    assert [stage.name for stage in network.stages] == ["data", "conv1", "pooling", "output"]
    card = json.loads((folder / "tiny" / "card.json").read_text())
    assert network.sha256 == card["sha256"]
    assert network.card == card
    black = np.zeros((1, 8, 8, 3), np.float32)
    direct = np.asarray(network.model(black - 1))
    np.testing.assert_allclose(network.forward(black)["output"], direct, rtol=1e-4)


def test_a_network_that_is_let_go_leaves_nothing_in_memory(folder):
    network = catalog.open_network("tiny")
    network.forward(np.zeros((1, 8, 8, 3), np.float32))
    kept = [weakref.ref(network), weakref.ref(network.model), weakref.ref(network.model.layers[1])]
    del network
    gc.collect()
    assert [reference() for reference in kept] == [None, None, None]


def test_a_row_of_the_catalogue_comes_from_the_card(folder):
    entry = next(e for e in catalog.entries() if e.where == "bundled")
    assert (entry.name, entry.input, entry.classes, entry.top1) == ("tiny", (8, 8, 3), 10, 0.1)
    assert entry.parameters == 4 * 27 + 4 + 4 * 10 + 10
    assert entry.available
    assert 0 < entry.megabytes < 0.1


def test_changed_weights_are_refused(folder):
    weights = folder / "tiny" / "tiny.keras"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    with pytest.raises(
        BundledNetworkError, match=r"tiny\.keras is not the file its card describes"
    ):
        catalog.open_network("tiny")


def test_missing_weights_are_listed_as_not_there_and_said_when_opened(folder):
    (folder / "tiny" / "tiny.keras").unlink()
    assert not next(e for e in catalog.entries() if e.name == "tiny").available
    with pytest.raises(BundledNetworkError, match="missing"):
        catalog.open_network("tiny")


@pytest.mark.parametrize(
    "card", ["", "{", "[]", "null", '{"title": "Tiny"}', '{"title": 1, "input": 2, "classes": 3,'
             ' "sha256": 4}'],
)  # fmt: skip
def test_a_damaged_card_breaks_nothing_but_its_own_network(folder, card):
    (folder / "tiny" / "card.json").write_text(card)
    assert "tiny" not in [entry.name for entry in catalog.entries()]
    assert "efficientnet-lite0" in [entry.name for entry in catalog.entries()]
    with pytest.raises(BundledNetworkError, match=r"card|describes"):
        catalog.open_network("tiny")


def test_a_bundled_network_that_is_not_there_at_all_is_said(folder):
    with pytest.raises(BundledNetworkError, match="install the program again"):
        catalog.open_network("lenet")


def test_every_network_in_the_repository_is_the_one_on_its_card():
    names = bundled.names()
    assert "lenet" in names
    assert [n for n in names if n in bundled.FIRST] == [n for n in bundled.FIRST if n in names]
    for name in names:
        bundled.check(bundled.read(name))
        card = bundled.read(name).card
        for field in ("data", "recipe", "command", "seed", "accuracy", "licence", "source"):
            assert card[field], f"{name}: {field}"
    size = sum(path.stat().st_size for path in pretrained().rglob("*.keras"))
    assert size < 30e6
