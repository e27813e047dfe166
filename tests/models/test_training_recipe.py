"""From a recipe to a training and to a network that can be explored while it learns."""

import numpy as np
import pytest

from visualizer.engine.errors import UserError
from visualizer.engine.training.bricks import Dense, Flatten, to_list
from visualizer.engine.training.own_pictures import from_pictures
from visualizer.engine.training.split import split
from visualizer.engine.training.train_settings import TrainSettings
from visualizer.models.training_data import TrainingData
from visualizer.models.training_recipe import Recipe, RecipeError, preparing

SETTINGS = TrainSettings(epochs=1, batch_size=64, seed=1)


def prepared(recipe, data=None):
    steps = preparing(recipe, SETTINGS, data)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


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
    "kept", [{"name": 3}, {"data": 3}, {"part": 2}, {"model": None}, {"data": "x" * 5000}]
)
def test_a_damaged_recipe_is_refused(kept):
    with pytest.raises(RecipeError, match="begin a new one"):
        Recipe.from_dict(kept)
    with pytest.raises(UserError, match=r"choose one of|From nothing"):
        prepared(Recipe(model="alexnet"))
