"""Optimal stimuli: they rise, they are the same each time, they differ where asked to."""

import numpy as np
import pytest

from tests.engine.ascent.conftest import opened
from visualizer.engine.ascent.diversity import GramSimilarity, spatial_stage
from visualizer.engine.ascent.grid import GAP, grid
from visualizer.engine.ascent.objective_gradient import AscentError, ObjectiveGradient
from visualizer.engine.ascent.optimal_stimulus import (
    GAIN,
    StimulusSettings,
    climb,
    optimal_stimuli,
    stimulus,
)
from visualizer.engine.ascent.regularised import (
    GREY,
    OWN,
    PRESETS,
    Preset,
    Regularisation,
    RegularisedSettings,
    regularised,
    regularised_steps,
    stretched,
)
from visualizer.engine.ascent.resampling import random_views
from visualizer.engine.objective import parse_targets

QUICK = {"shift": 1.0, "steps": 12, "rate": 0.1}


@pytest.fixture
def small():
    """A function that makes a network whose answers are all this much smaller."""
    from keras import layers

    def make(scale):
        network = opened(
            layers.Conv2D(8, 5, 2, activation="relu", name="conv1"),
            layers.Flatten(name="flatten"),
            layers.Dense(4, name="scores"),
        )
        *others, kernel, bias = network.model.get_weights()
        network.model.set_weights([*others, kernel * np.float32(scale), bias])
        return network

    return make


def dream_objective(network, text, **settings):
    how = StimulusSettings(target=text, **(QUICK | settings))
    return [(p.copy(), v) for p, v in optimal_stimuli(network, parse_targets(text), how)]


def test_ascent_rises_in_95_of_100_seeded_runs(hill):
    """From the start by at least GAIN standard deviations of the unit over random pictures."""
    rng = np.random.default_rng(0)
    random = rng.uniform(0, 1, (64, 24, 24, 3)).astype(np.float32)
    texts = ("conv2:0", "conv2:5", "output:1", "output:3")
    spread = {t: ObjectiveGradient(hill, parse_targets(t)).at(random)[0].std() for t in texts}
    risen = 0
    for seed in range(100):
        text = texts[seed % len(texts)]
        values = [v for _, v in dream_objective(hill, text, seed=seed)]
        risen += values[-1] - values[0] >= GAIN * spread[text]
    assert risen >= 95


def test_the_same_seed_gives_the_same_picture(hill):
    one, again, other = (dream_objective(hill, "output:1", seed=seed)[-1][0] for seed in (4, 4, 5))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.05


def test_the_negative_optimum_falls(hill):
    picture = dream_objective(hill, "conv2:2", negative=True)[-1][0]
    objective = ObjectiveGradient(hill, parse_targets("conv2:2"))
    grey = np.full((1, 24, 24, 3), 0.5, np.float32)
    best = dream_objective(hill, "conv2:2")[-1][0]
    low, middle, high = (objective.at(p)[0][0] for p in (picture[None], grey, best[None]))
    assert low < middle < high


def test_diversity_keeps_several_optima_apart(hill):
    targets = parse_targets("conv2:4")
    still = random_views(hill.size, hill.size, 0, 0, np.random.default_rng(0))
    alike = {}
    for diversity in (0.0, 2.0):
        how = StimulusSettings(count=3, diversity=diversity, **QUICK)
        *_, (pictures, _) = climb(hill, targets, how)
        alike[diversity] = GramSimilarity(hill, "conv2").value(pictures, still)
        assert pictures.shape == (3, 24, 24, 3)
    assert alike[2.0] < alike[0.0] <= 1 + 1e-5


def test_likeness_is_one_for_the_same_picture_and_falls_along_its_slope(hill, noise):
    still = random_views(hill.size, hill.size, 0, 0, np.random.default_rng(0))
    similarity = GramSimilarity(hill, "output")
    assert spatial_stage(hill, "output") == "conv2"
    same = np.stack([noise[:24, :24]] * 2)
    assert similarity.value(same, still) == pytest.approx(1, abs=1e-4)
    two = np.stack([noise[:24, :24], noise[10:34, 20:44]])
    step = similarity.gradient(two, still)
    nudged = two - 0.01 * step / np.abs(step).max()
    assert similarity.value(nudged, still) < similarity.value(two, still)


def test_likeness_where_only_the_picture_has_places(explore):
    """A grey picture has one channel, and places all the same."""
    import keras

    head = [keras.layers.Flatten(), keras.layers.Dense(3)]
    network = explore(keras.Sequential([keras.layers.Input((12, 12, 1)), *head]))
    assert spatial_stage(network, "output") == spatial_stage(network, "data") == "data"


def test_several_pictures_stand_side_by_side(hill):
    picture, _ = dream_objective(hill, "conv2:1", count=3, steps=1)[-1]
    assert picture.shape == (48 + GAP, 48 + GAP, 3)
    tiles = np.random.default_rng(0).uniform(0, 1, (3, 4, 5, 3)).astype(np.float32)
    row = grid(tiles, columns=3)
    np.testing.assert_array_equal(row[:, 5 + GAP : 10 + GAP], tiles[1])
    assert (row[:, 5 : 5 + GAP] == 0.5).all()


def test_another_side_where_the_stage_allows_it(hill):
    assert dream_objective(hill, "conv2:1", side=32, steps=2)[-1][0].shape == (32, 32, 3)
    with pytest.raises(AscentError, match="sees just 24 x 24"):
        dream_objective(hill, "output:1", side=32, steps=2)


def test_a_dead_unit_is_no_grey_square(half_dead):
    with pytest.raises(AscentError, match="dead"):
        dream_objective(half_dead, "conv1:2")


def test_a_flat_slope_is_climbed_as_a_steep_one(small):
    steep, value = dream_objective(small(1), "output:1", steps=20)[-1]
    flat, little = dream_objective(small(1e-12), "output:1", steps=20)[-1]
    assert little == pytest.approx(1e-12 * value, rel=1e-2)
    np.testing.assert_allclose(flat, steep, atol=0.02)
    assert steep.std() > 0.05


@pytest.mark.parametrize("text", ["pool1:2", "joined:1", "mean:2"])
def test_units_that_are_silent_at_the_start_climb(silent, text):
    """Grey noise is below the threshold of each unit, also of those that pool or join them."""
    stage, unit = text.split(":")
    grey = np.full((1, *silent.size, 3), 0.5, np.float32)
    assert silent.forward(grey)[stage].max() == 0
    picture, _ = dream_objective(silent, text, steps=60)[-1]
    assert silent.forward(picture[None])[stage][..., int(unit)].max() > 0


def test_tidying_by_hand():
    x = np.array([[[0.1, 0, 0], [0.2, 0, 0]], [[0.3, 0, 0], [0.4, 0, 0]]], np.float32)
    gradient = np.zeros_like(x)
    gradient[..., 0] = [[1, -9], [0.1, 0.2]]
    np.testing.assert_allclose(Regularisation(decay=0.5).apply(x, gradient, 1), x / 2)
    small = Regularisation(small=50).apply(x, gradient, 1)[..., 0]
    np.testing.assert_allclose(small, [[0, 0], [0.3, 0.4]])
    useful = Regularisation(useless=50).apply(x, gradient, 1)[..., 0]
    np.testing.assert_allclose(useful, [[0.1, 0.2], [0, 0]])
    np.testing.assert_array_equal(Regularisation(blur=1, every=4).apply(x, gradient, 3), x)
    assert np.ptp(Regularisation(blur=1, every=4).apply(x, gradient, 4)[..., 0]) < 0.2
    assert np.linalg.norm(Regularisation(length=1).apply(x, gradient, 1)) == pytest.approx(
        1, rel=1e-5
    )


@pytest.mark.parametrize("preset", [*PRESETS, OWN])
def test_every_preset_climbs_to_a_picture_full_of_contrast(hill, preset):
    settings = RegularisedSettings(preset=preset, steps=20)
    steps = list(regularised_steps(hill, parse_targets("output:2"), settings))
    pictures, values = zip(*steps, strict=True)
    assert values[-1] > values[0]
    assert pictures[-1].min() == 0 or pictures[-1].max() == 1
    assert np.ptp(pictures[-1]) > 0.8


def test_a_step_raises_the_objective_by_the_progress_asked_for(hill):
    """Published pixels go from 0 to 255 and ours to 1: the step is of the same kind."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 0.04, (24, 24, 3)).astype(np.float32)
    objective = ObjectiveGradient(hill, parse_targets("output:2"))
    (before,), (gradient,) = objective.at(GREY + x[None])
    (after,), _ = objective.at(GREY + Preset(Regularisation(), 1, 0.01).step(x, gradient)[None])
    assert after - before == pytest.approx(0.01, rel=0.1)


def test_a_picture_of_unit_length_keeps_it():
    regularisation = PRESETS["unit length"].regularisation
    x = regularisation.apply(np.random.default_rng(0).normal(0, 1, (24, 24, 3)), 0, 1)
    assert np.linalg.norm(x) == pytest.approx(1)
    turned = PRESETS["unit length"].step(x, np.roll(x, 3, axis=0))
    assert np.linalg.norm(turned - x) == pytest.approx(0.03)
    assert np.ptp(stretched(x.astype(np.float32))) == 1


def test_the_presets_are_the_published_ones():
    """Table 1 of Yosinski et al. 2015, and the steps of their toolbox's manual."""
    tidied = {name: (each.regularisation, each.steps) for name, each in PRESETS.items()}
    assert tidied["blur and norm"] == (Regularisation(blur=0.5, every=4, small=50), 500)
    assert tidied["decay and norm"] == (Regularisation(decay=0.3, small=20), 750)
    assert tidied["blur"] == (Regularisation(decay=0.0001, blur=1.0, every=4), 1000)
    assert tidied["blur and contribution"] == (Regularisation(blur=0.5, every=4, useless=90), 1000)
    assert RegularisedSettings().chosen.steps == 1000
    own = RegularisedSettings(preset=OWN, decay=0.0002, blur=0, progress=3.0, steps=7).chosen
    assert own == Preset(Regularisation(decay=0.0002), 7, 3.0)


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize(
    ("technique", "settings"), [(stimulus, StimulusSettings), (regularised, RegularisedSettings)]
)
def test_the_last_frame_tells_what_came_of_it(hill, technique, settings, negative):
    """The objective of the first and the last picture, both as they are, with its true sign."""
    how = settings(target="conv2:2", steps=15, negative=negative)
    frames = list(technique(hill, None, how))
    pending = frames[-1].numbers
    objective = ObjectiveGradient(hill, parse_targets("conv2:2"))
    assert pending["at the end"] == pytest.approx(objective.value(frames[-1].picture), rel=1e-4)
    assert (pending["at the end"] > pending["at the start"]) is not negative
    assert (pending["objective"] > frames[0].numbers["objective"]) is not negative
    assert "at the end" not in frames[-2].numbers
