"""The sanity check on a small network that has learned something: who notices, who hardly does."""

import keras
import numpy as np
import pytest

from visualizer.engine.attribution import methods
from visualizer.engine.attribution.sanity import (
    TRAINED,
    Sanity,
    copy_of,
    groups,
    sanity_check,
    shuffle,
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
    """Mean (rank correlation, SSIM) once everything down to a stage is shuffled."""
    found = [each.similarity for each in checked[method, stage]]
    return np.mean([s.rank for s in found]), np.mean([s.ssim for s in found])


def test_stages_are_shuffled_from_the_output_down(checked):
    stages = [stage for method, stage in checked if method == "saliency"]
    assert stages == [TRAINED, "output", "dense", "conv3", "conv2", "conv1"]


def test_before_anything_is_shuffled_maps_are_the_same(checked):
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


def test_a_copy_answers_the_same_until_it_is_shuffled(trained):
    pictures, _ = bars(3, np.random.default_rng(1))
    copy = copy_of(trained)
    np.testing.assert_allclose(
        copy.forward(pictures)["output"], trained.forward(pictures)["output"], atol=1e-5
    )
    shuffle(copy, "conv1", np.random.default_rng(0))
    ours, theirs = (np.sort(n.stage("conv1").weights().ravel()) for n in (copy, trained))
    np.testing.assert_array_equal(ours, theirs)
    assert not np.array_equal(copy.stage("conv1").weights(), trained.stage("conv1").weights())
    assert not np.allclose(
        copy.forward(pictures)["conv1"], trained.forward(pictures)["conv1"], atol=1e-3
    )


def test_many_stages_are_shuffled_in_few_groups(trained):
    assert groups(trained, 8) == [("output",), ("dense",), ("conv3",), ("conv2",), ("conv1",)]
    assert groups(trained, 2) == [("output", "dense"), ("conv3", "conv2", "conv1")]
    assert groups(trained, 1) == [("output", "dense", "conv3", "conv2", "conv1")]


def test_a_network_without_weights_is_told_so():
    model = keras.Sequential([layers.Input((8, 8, 3)), layers.GlobalAveragePooling2D()])
    bare = Network(
        model, name="b", title="Bare", classes=(), preprocessing=Preprocessing(), sha256=""
    )
    with pytest.raises(AttributionError, match="no weights"):
        groups(bare, 8)


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
