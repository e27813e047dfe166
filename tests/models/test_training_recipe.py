"""From a recipe to a training and to a network that can be explored while it learns."""

import numpy as np
import pytest

from visualizer.engine.errors import UserError
from visualizer.engine.generators import run_to_end
from visualizer.engine.training import training_file
from visualizer.engine.training.bricks import Dense, Flatten, to_list
from visualizer.engine.training.kept_pictures import keeping
from visualizer.engine.training.own_pictures import from_pictures
from visualizer.engine.training.split import split
from visualizer.engine.training.train_settings import TrainSettings
from visualizer.models import catalog
from visualizer.models.training_data import OWN, TrainingData, own
from visualizer.models.training_recipe import Recipe, RecipeError, preparing, resuming

SETTINGS = TrainSettings(epochs=1, batch_size=64, seed=1)


def prepared(recipe, data=None):
    return run_to_end(preparing(recipe, SETTINGS, data))


def test_the_network_of_now_learns_while_it_is_looked_at():
    found = prepared(Recipe(model="mlp"))
    network = found.network()
    picture = np.repeat(found.data.split.train.pictures[:1], 3, axis=3).astype(np.float32) / 255
    before = network.forward(picture)
    for _ in found.training.run():
        pass
    after = network.forward(picture)
    assert (before["fc1"] != after["fc1"]).any()
    assert after["output"].sum() == pytest.approx(1, abs=1e-5)
    logits = found.training.logits(found.data.split.train.pictures[:1])
    assert after["output"].argmax() == logits.argmax()
    assert network.label(3) == "3"


def test_layers_of_ones_own_are_trained():
    layers = to_list([Flatten(), Dense(units=7)])
    found = prepared(Recipe(layers=layers))
    assert found.training.model.get_layer("fc1").units == 7
    again = prepared(Recipe.from_dict(found.recipe.to_dict()))
    for value, expected in zip(
        again.training.model.get_weights(), found.training.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(value, expected)


def test_pictures_of_the_camera_take_the_place_of_data():
    rng = np.random.default_rng(0)
    held = {name: rng.random((5, 40, 40, 3)) for name in ("cup", "pen")}
    own = TrainingData("camera", "Camera", split(from_pictures(held, (16, 16)), seed=1))
    found = prepared(Recipe(data="camera", model="softmax"), own)
    assert found.network().classes == ("cup", "pen")
    cut = prepared(Recipe(data="camera", model="lenet", transfer="auto"), own)
    assert cut.network().size == (28, 28)
    assert cut.network().classes == ("cup", "pen")


@pytest.mark.parametrize(
    "kept",
    [{"name": 3}, {"data": 3}, {"part": 2}, {"model": None}, {"data": "x" * 5000}, {"side": -1}],
)
def test_a_damaged_recipe_is_refused(kept):
    with pytest.raises(RecipeError, match="begin a new one"):
        Recipe.from_dict(kept)
    with pytest.raises(UserError, match=r"choose one of|From scratch"):
        prepared(Recipe(model="alexnet"))


@pytest.fixture
def held():
    rng = np.random.default_rng(0)
    return {name: list(rng.integers(0, 256, (6, 40, 40, 3), np.uint8)) for name in ("cup", "pen")}


@pytest.mark.parametrize("transfer", [None, "auto"])
def test_a_training_on_pictures_of_the_camera_goes_on_after_a_restart(tmp_path, held, transfer):
    file = tmp_path / "last.training"
    sha256 = run_to_end(keeping(file.with_suffix(".pictures"), held))
    side = None if transfer else 16
    recipe = Recipe(OWN, "lenet" if transfer else "mlp", transfer, pictures=sha256, side=side)
    settings = TrainSettings(epochs=3, batch_size=4, seed=2)
    begun = run_to_end(preparing(recipe, settings, own(held, side, seed=2)))
    run_to_end(begun.training.run("epoch"))
    training_file.save(begun.training, file, recipe.to_dict())
    resumed = run_to_end(resuming(file))
    assert resumed.recipe.pictures == sha256
    assert (resumed.training.epoch, resumed.training.batch) == (1, begun.training.batch)
    run_to_end(begun.training.run())
    run_to_end(resumed.training.run())
    for value, expected in zip(
        resumed.training.model.get_weights(), begun.training.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(value, expected)
    run_to_end(keeping(file.with_suffix(".pictures"), {**held, "key": held["cup"]}))
    with pytest.raises(UserError, match="other pictures"):
        run_to_end(resuming(file))
    file.with_suffix(".pictures").unlink()
    with pytest.raises(UserError, match="are gone"):
        run_to_end(resuming(file))


def test_pictures_of_the_camera_that_are_nowhere_are_told(held):
    with pytest.raises(RecipeError, match="begin it in the window"):
        run_to_end(preparing(Recipe(OWN), SETTINGS))


def test_a_trained_network_is_kept_in_the_catalogue(tmp_path, monkeypatch):
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path))
    found = prepared(Recipe(model="softmax"))
    run_to_end(found.training.run())
    name = found.keep("My first one")
    (entry,) = [entry for entry in catalog.entries() if entry.where == "yours"]
    assert (entry.name, entry.title) == (name, "My first one") == ("my-first-one", "My first one")
    assert entry.top1 == found.training.history.epochs[-1].validation_accuracy
    assert catalog.open_network(name).card["training"]["recipe"]["model"] == "softmax"
