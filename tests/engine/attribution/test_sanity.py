"""The sanity check on a small network that has learned something: who notices, who hardly does."""

import keras
import numpy as np
import pytest

from visualizer.engine.attribution import methods
from visualizer.engine.attribution.sanity import (
    TRAINED,
    Sanity,
    cascade,
    copy_of,
    randomise,
    sanity_check,
    similarity,
)
from visualizer.engine.attribution.target import AttributionError
from visualizer.engine.network import Network
from visualizer.engine.preprocessing import Preprocessing
from visualizer.engine.specimen import Provenance, Specimen

layers = keras.layers
SIDE = 16


def bars(count, rng):
    """Pictures of bars, upright (1) or lying (0), of any colour, somewhere on dim noise."""
    pictures = rng.uniform(0, 0.1, (count, SIDE, SIDE, 3)).astype(np.float32)
    labels = rng.integers(0, 2, count)
    for picture, upright in zip(pictures, labels, strict=True):
        at, start = rng.integers(2, SIDE - 4, 2)
        bar = picture[:, at : at + 2] if upright else picture[at : at + 2]
        length = slice(max(start - 5, 0), start + 5)
        (bar[length] if upright else bar[:, length])[...] = rng.uniform(0.5, 1, 3)
    return pictures, labels


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            layers.Input((SIDE, SIDE, 3)),
            layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 3, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 3, padding="same", activation="relu", name="conv3"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(32, activation="relu", name="dense"),
            layers.Dense(2, name="scores"),
        ]
    )
    pictures, labels = bars(600, np.random.default_rng(0))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.005), loss, metrics=["accuracy"])
    model.fit(pictures, labels, batch_size=32, epochs=4, verbose=0)
    _, accuracy = model.evaluate(pictures, labels, verbose=0)
    assert accuracy > 0.9
    return Network(
        model,
        name="bars",
        title="Bars",
        classes=["lying", "upright"],
        preprocessing=Preprocessing(),
        sha256="bars",
    )


@pytest.fixture(scope="module")
def checked(trained):
    """The mean rank correlation of each method and stage over a few pictures."""
    before = [weights.copy() for weights in trained.model.get_weights()]
    pictures, _ = bars(3, np.random.default_rng(9))
    known = methods()
    chosen = {name: known[name].settings() for name in ("saliency", "guided-backprop")}
    found = {}
    for seed, picture in enumerate(pictures):
        specimen = Specimen(picture, "Bar", Provenance("test"))
        for each in sanity_check(trained, specimen, chosen, seed=seed):
            if isinstance(each, Sanity):
                found.setdefault((each.method, each.stage), []).append(each)
    for old, now in zip(before, trained.model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now, "the network itself was touched")
    return found


def alike(checked, method, stage):
    """Mean (rank correlation, SSIM) once everything down to a stage is drawn anew."""
    found = [each.similarity for each in checked[method, stage]]
    return np.mean([s.rank for s in found]), np.mean([s.ssim for s in found])


def test_stages_are_drawn_anew_from_the_output_down(checked):
    stages = [stage for method, stage in checked if method == "saliency"]
    assert stages == [TRAINED, "output", "dense", "conv3", "conv2", "conv1"]


def test_before_anything_is_lost_maps_are_the_same(checked):
    for method in ("saliency", "guided-backprop"):
        for each in checked[method, TRAINED]:
            assert each.similarity.rank == pytest.approx(1)
            assert each.similarity.ssim == pytest.approx(1)


def test_saliency_notices_and_guided_backprop_hardly_does(checked):
    """All that turns features into an answer is gone by then: what is left knows no classes."""
    rank, ssim = alike(checked, "saliency", "dense")
    guided_rank, guided_ssim = alike(checked, "guided-backprop", "dense")
    print(f"saliency {rank:.2f}, {ssim:.2f}; guided backprop {guided_rank:.2f}, {guided_ssim:.2f}")
    assert guided_ssim > 0.65
    assert ssim < 0.5
    assert guided_rank > rank + 0.1


def test_with_nothing_left_no_map_is_what_it_was(checked):
    for method in ("saliency", "guided-backprop"):
        assert max(alike(checked, method, "conv1")) < 0.7


def test_the_target_stays_what_it_was(trained, checked):
    for several in checked.values():
        for number, each in enumerate(several):
            assert each.result.target == checked["saliency", TRAINED][number].result.target


def test_a_copy_answers_the_same_until_its_weights_are_drawn_anew(trained):
    pictures, _ = bars(3, np.random.default_rng(1))
    copy = copy_of(trained)
    np.testing.assert_allclose(
        copy.forward(pictures)["output"], trained.forward(pictures)["output"], atol=1e-5
    )
    randomise(copy, "conv1", np.random.default_rng(0))
    assert not np.allclose(
        copy.forward(pictures)["conv1"], trained.forward(pictures)["conv1"], atol=1e-3
    )
    np.testing.assert_array_equal(
        copy.stage("conv2").weights(), trained.stage("conv2").weights(), "another stage was touched"
    )


def test_weights_are_drawn_by_the_layers_own_initialisers(trained):
    copy = copy_of(trained)
    randomise(copy, "conv1", np.random.default_rng(0))
    kernel, bias = copy.model.get_layer("conv1").get_weights()
    limit = np.sqrt(6 / (9 * 3 + 9 * 16))  # Glorot & Bengio 2010, equation 16
    assert 0.9 * limit < np.abs(kernel).max() <= limit
    assert (bias == 0).all()
    again, other = copy_of(trained), copy_of(trained)
    randomise(again, "conv1", np.random.default_rng(0))
    randomise(other, "conv1", np.random.default_rng(1))
    np.testing.assert_array_equal(again.stage("conv1").weights(), kernel)
    assert not np.array_equal(other.stage("conv1").weights(), kernel)


def test_a_kernel_that_would_begin_with_zeros_is_drawn_all_the_same(explore):
    zeros = layers.Conv2D(4, 3, kernel_initializer="zeros", name="conv")
    network = explore(
        keras.Sequential([keras.Input((8, 8, 3)), zeros, layers.GlobalAveragePooling2D()])
    )
    randomise(network, "conv", np.random.default_rng(0))
    kernel, bias = zeros.get_weights()
    assert np.unique(kernel).size == kernel.size
    assert (bias == 0).all()


def test_a_normalisation_forgets_what_it_has_measured(explore):
    inputs = keras.Input((8, 8, 3))
    x = layers.BatchNormalization(name="norm")(layers.Conv2D(4, 3, name="conv")(inputs))
    inner = keras.Model(inputs, layers.ReLU()(x), name="inner")
    model = keras.Sequential([keras.Input((8, 8, 3)), inner, layers.GlobalAveragePooling2D()])
    network = explore(model)
    copy = copy_of(network)
    randomise(copy, "conv", np.random.default_rng(0))
    scale, shift, mean, variance = inner_layer(copy, "norm").get_weights()
    for values, expected in ((scale, 1), (variance, 1), (shift, 0), (mean, 0)):
        np.testing.assert_array_equal(values, expected)
    assert inner_layer(network, "norm").get_weights()[0].max() < 0.5


def inner_layer(network, name):
    every = [each for stage in network.stages for each in network.layers(stage.name)]
    return next(each for each in every if each.name == name)


def test_every_stage_with_weights_takes_its_turn(trained):
    assert cascade(trained) == ("output", "dense", "conv3", "conv2", "conv1")


def test_a_network_without_weights_is_told_so():
    model = keras.Sequential([layers.Input((8, 8, 3)), layers.GlobalAveragePooling2D()])
    bare = Network(
        model, name="b", title="Bare", classes=(), preprocessing=Preprocessing(), sha256=""
    )
    with pytest.raises(AttributionError, match="no weights"):
        cascade(bare)


def test_similarity_by_hand():
    ramp = np.arange(64.0).reshape(8, 8)
    assert similarity(ramp, 3 * ramp).rank == pytest.approx(1)
    assert similarity(ramp, -ramp).rank == pytest.approx(1)  # how much, whatever the sign
    assert similarity(ramp, ramp.max() - ramp).rank == pytest.approx(-1)
    assert similarity(ramp, ramp**3).rank == pytest.approx(1)
    assert similarity(ramp, np.ones((8, 8))).rank == 0
    assert similarity(ramp, ramp).ssim == pytest.approx(1)
    noise = np.random.default_rng(0).uniform(0, 1, (64, 64))
    assert abs(similarity(noise, np.random.default_rng(1).uniform(0, 1, (64, 64))).rank) < 0.1
