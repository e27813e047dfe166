"""What is explained, and what it is called: classes of one output and of many, units and places."""

import numpy as np
import pytest

from tests.engine.attribution.small import layers, network_of
from visualizer.engine.attribution import methods
from visualizer.engine.attribution.target import Score, choose_target, name_of
from visualizer.engine.errors import UserError
from visualizer.engine.objective import Target, parse_targets
from visualizer.engine.specimen import Provenance, Specimen

WHITE = np.ones((8, 8, 3), np.float32)


@pytest.fixture(scope="module")
def pets():
    """One output: the brighter the picture's left half, the more dog, else cat."""
    network = network_of(
        layers.Flatten(), layers.Dense(1, activation="sigmoid"), classes=["cat", "dog"]
    )
    kernel = np.zeros((8, 8, 3), np.float32)
    kernel[:, :4], kernel[:, 4:] = 0.1, -0.2
    network.model.layers[-1].set_weights([kernel.reshape(-1, 1), np.zeros(1, np.float32)])
    return network


def test_one_output_speaks_for_the_second_class_and_against_the_first(pets):
    dog, cat = WHITE.copy(), WHITE.copy()
    dog[:, 4:], cat[:, :4] = 0, 0
    for picture, name in ((dog, "dog"), (cat, "cat")):
        answer = pets.forward(picture[None])["output"][0]
        assert pets.top(answer, 1)[0].label == name
        own = choose_target(pets, picture, "")
        assert own == choose_target(pets, picture, name)
        assert name_of(pets, own) == name
        assert Score(pets, own)(picture[None])[0] > 0
    assert choose_target(pets, dog, "0") == choose_target(pets, dog, "cat")
    assert choose_target(pets, dog, "1") == choose_target(pets, dog, "dog")
    with pytest.raises(UserError, match="0 to 1"):
        choose_target(pets, dog, "2")


@pytest.mark.parametrize("method", ["integrated-gradients", "occlusion"])
def test_what_speaks_for_the_cat_is_found_where_the_cat_is(pets, method):
    grey = Specimen(np.full((8, 8, 3), 0.9, np.float32), "Pet", Provenance("test"))
    technique = methods()[method]
    options = {"colour": 0.0, "patch": 0.13} if method == "occlusion" else {}
    *_, cat = technique(pets, grey, technique.settings(target="cat", **options))
    assert cat.label == "cat"
    assert cat.heat[:, 5:].min() > 0 > cat.heat[:, :3].max()


def test_a_target_is_still_itself_when_it_has_been_written_down(pets):
    for name in ("cat", "dog"):
        target = choose_target(pets, WHITE, name)
        assert parse_targets(str(target)) == (target,)
        assert name_of(pets, choose_target(pets, WHITE, str(target))) == name


def test_no_words_mean_the_networks_own_answer():
    network = network_of(
        layers.Conv2D(3, 3, name="first"), layers.Flatten(), layers.Dense(4, activation="softmax")
    )
    answer = int(network.forward(WHITE[None])["output"][0].argmax())
    assert choose_target(network, WHITE, "") == Target("output", (answer,))
    assert choose_target(network, WHITE, "3") == Target("output", (3,))
    assert choose_target(network, WHITE, "first:2@1,1") == Target("first", (2,), (1, 1))


def test_a_network_that_answers_at_every_pixel_is_explained_for_all_or_one_of_them():
    network = network_of(
        layers.Conv2D(3, 3, padding="same", activation="softmax"), classes=["sky", "sea", "land"]
    )
    answer = network.forward(WHITE[None])["output"][0]
    whole = choose_target(network, WHITE, "")
    assert whole == Target("output", (int(answer.mean(axis=(0, 1)).argmax()),))
    assert name_of(network, whole) in network.classes
    assert name_of(network, choose_target(network, WHITE, "output:1@2,5")) == "sea at 2,5"
