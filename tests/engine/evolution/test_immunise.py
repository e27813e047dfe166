"""Networks with a class for pictures that fool, whose last layer alone is trained again."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from visualizer.engine.errors import UserError
from visualizer.engine.evolution import immunise as module
from visualizer.engine.evolution.fooling import EvolveSettings, new_evolution
from visualizer.engine.evolution.immunise import (
    FOOLING,
    Immunisation,
    fooling_pictures,
    immunising,
    is_immunised,
)
from visualizer.engine.evolution.natural_photos import Photos
from visualizer.models.catalog import open_network
from visualizer.models.trained import save_network

QUICK = EvolveSettings(population=30, random_starts=60, seed=3)


@pytest.fixture(scope="module")
def evolution(plain):
    evolution = new_evolution(plain, QUICK)
    for _ in range(10):
        for _ in evolution.step():
            pass
    return evolution


def smooth(count: int, seed: int = 0) -> list[np.ndarray]:
    """Pictures that are nothing like those that evolve: a slope of colours each."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(0, 1, 40, dtype=np.float32)[:, None, None]
    return [
        np.broadcast_to(
            rng.random(3, np.float32) * ramp + rng.random(3, np.float32) * (1 - ramp), (40, 40, 3)
        )
        for _ in range(count)
    ]


def photos_of(network, count=40):
    """Pictures with the network's own answers as their classes; one could not be read."""
    pictures = smooth(count)
    labels = [network.predictions(picture, 1)[0].index for picture in pictures]
    items = [*zip(pictures, labels, strict=True), None]
    return Photos("slopes", len(items), lambda: iter(items))


def finished(steps):
    said = []
    while True:
        try:
            said.append(next(steps))
        except StopIteration as end:
            return end.value, said


@pytest.fixture(scope="module")
def immunised(plain, evolution):
    """((network, what it is worth), what was said on the way)."""
    return finished(immunising(Immunisation(plain), photos_of(plain), evolution))


def test_pictures_that_fooled_are_known_and_photos_stay_what_they_were(plain, evolution, immunised):
    (network, worth), said = immunised
    assert network.classes == (*plain.classes, FOOLING)
    assert is_immunised(network)
    assert not is_immunised(plain)
    assert worth.labelled
    assert worth.photos == pytest.approx(20, abs=5)  # every second of each class
    assert worth.accuracy_before == 1
    assert worth.accuracy_after > 0.9
    assert worth.recognised > 0.8
    shown = [picture.astype(np.float32) / 255 for picture in fooling_pictures(evolution)]
    answers = network.forward(np.stack(shown))["output"]
    assert (answers.argmax(axis=1) == 5).mean() == pytest.approx(worth.recognised)
    before, after = (
        each.forward(np.stack([plain.fit(picture) for picture in smooth(30, seed=1)]))["output"]
        for each in (plain, network)
    )
    np.testing.assert_allclose(after[:, :5], before, atol=0.2)
    assert said[0][0] == "Looking at slopes"
    assert said[-1][0].startswith("Training")


def test_what_is_before_the_head_is_untouched(plain, immunised):
    (network, _), _ = immunised
    picture = smooth(1)[0][None, :24, :24]
    ours, theirs = network.forward(picture), plain.forward(picture)
    assert list(ours) == list(theirs)
    for name in list(theirs)[:-1]:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-5, atol=1e-6)


def test_the_same_pictures_give_the_same_network(plain, evolution, immunised):
    (again, worth), _ = finished(immunising(Immunisation(plain), photos_of(plain), evolution))
    (network, before), _ = immunised
    assert worth == before
    for one, other in zip(network.model.weights, again.model.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_immunised_network_evolves_for_its_old_classes_and_is_immunised_again(plain, immunised):
    (network, _), _ = immunised
    again = new_evolution(network, QUICK)
    assert again.classes.tolist() == [0, 1, 2, 3, 4]
    for _ in again.step():
        pass
    (second, _), _ = finished(immunising(Immunisation(network), photos_of(plain), again))
    assert second.classes == network.classes
    assert second.title == "Plain, immunised"


def test_without_labels_the_answers_it_gave_before_count(plain, evolution):
    items = [(picture, None) for picture in smooth(30)]
    photos = Photos("slopes", 30, lambda: iter(items))
    (_, worth), _ = finished(immunising(Immunisation(plain), photos, evolution))
    assert not worth.labelled
    assert worth.accuracy_before == 1
    assert worth.accuracy_after > 0.8


def test_the_slope_of_the_regression_is_that_of_its_value(monkeypatch):
    """What L-BFGS is told, checked by finite differences."""
    rng = np.random.default_rng(0)
    features, start = rng.normal(size=(9, 4)).astype(np.float32), np.zeros((5, 3), np.float32)
    answers = rng.dirichlet(np.ones(3), 9).astype(np.float32)
    weights = np.full(9, 1 / 9, np.float32)
    asked = []

    def ask_tell(_):
        x = rng.normal(size=15)
        for step in np.vstack([np.zeros(15), np.eye(15) * 1e-2, -np.eye(15) * 1e-2]):
            asked.append((yield x + step))
        return x

    monkeypatch.setattr(module, "ask_tell", ask_tell)
    finished(module._regression(features, answers, weights, start))
    values = np.array([value for value, _ in asked])
    slope = (values[1:16] - values[16:]) / 2e-2
    np.testing.assert_allclose(asked[0][1], slope, atol=1e-3)


def small(explore, *layers, **options):
    return explore(
        keras.Sequential(
            [keras.layers.Input((12, 12, 3)), keras.layers.Conv2D(4, 3, activation="relu"), *layers]
        ),
        **options,
    )


def immunised_once(network):
    """The network after a generation has fooled it and it was trained against that."""
    evolution = new_evolution(network, QUICK)
    for _ in evolution.step():
        pass
    items = [(picture, None) for picture in smooth(20)]
    photos = Photos("slopes", 20, lambda: iter(items))
    (immunised, _), _ = finished(immunising(Immunisation(network), photos, evolution))
    return immunised


def test_two_classes_in_one_number_become_three(explore):
    mean = keras.layers.GlobalAveragePooling2D()
    network = small(
        explore, mean, keras.layers.Dense(1, activation="sigmoid"), classes=["cat", "dog"]
    )
    immunised = immunised_once(network)
    assert immunised.classes == ("cat", "dog", FOOLING)


def test_a_softmax_by_itself_and_a_head_without_biases(explore):
    mean = keras.layers.GlobalAveragePooling2D()
    network = small(explore, mean, keras.layers.Dense(3, use_bias=False), keras.layers.Softmax())
    immunised = immunised_once(network)
    assert immunised.classes == ("class 0", "class 1", "class 2", FOOLING)


def test_networks_without_such_a_head_are_refused(explore):
    dense, mean = keras.layers.Dense, keras.layers.GlobalAveragePooling2D
    for layers in (
        [mean(), dense(3, activation="sigmoid")],
        [keras.layers.Conv2D(3, 1), mean(), keras.layers.Softmax()],
        [mean(), dense(2)],
    ):
        with pytest.raises(UserError, match="does not end in a dense layer and a softmax"):
            Immunisation(small(explore, *layers))


def test_nothing_to_train_on_is_said(plain, evolution):
    with pytest.raises(UserError, match="two photos at least"):
        finished(immunising(Immunisation(plain), Photos("none", 0, lambda: iter(())), evolution))
    begun = new_evolution(plain, QUICK)
    with pytest.raises(UserError, match="one picture that fools it"):
        finished(immunising(Immunisation(plain), photos_of(plain), begun))


def test_a_network_that_gives_no_numbers_is_said(explore):
    mean, flat = keras.layers.GlobalAveragePooling2D(), keras.layers.Conv2D(2, 1)
    network = small(explore, flat, mean, keras.layers.Dense(3, activation="softmax"))
    flat.bias.assign([np.nan] * 2)
    with pytest.raises(UserError, match="gives no numbers"):
        list(Immunisation(network).show_photos([(smooth(1)[0], None)]))
    network.model.layers[-1].bias.assign([np.nan] * 3)
    with pytest.raises(UserError, match="gives no numbers"):
        Immunisation(network)


def test_with_normalisation_and_dropout_it_is_saved_and_opens_as_it_was(residual, tmp_path):
    evolution = new_evolution(residual, QUICK)
    for _ in evolution.step():
        pass
    items = [(picture, None) for picture in smooth(20)]
    photos = Photos("slopes", 20, lambda: iter(items))
    (immunised, _), _ = finished(immunising(Immunisation(residual), photos, evolution))
    opened = open_network(save_network(immunised, tmp_path / "immunised.keras"))
    assert opened.classes == immunised.classes
    assert not opened.card["guessed"]
    pictures = np.stack([residual.fit(picture) for picture in smooth(4, seed=2)])
    answers = [each.forward(pictures)["output"] for each in (opened, immunised)]
    np.testing.assert_allclose(*answers, rtol=1e-4, atol=1e-6)
