"""The slope of pictures larger and smaller than it takes, and where there is none."""

import numpy as np
import pytest

from visualizer.engine import backend
from visualizer.engine.ascent import guide as guide_module
from visualizer.engine.ascent.guide import GuidedGradient, features, named_picture
from visualizer.engine.ascent.objective_gradient import (
    AscentError,
    ObjectiveGradient,
    ZeroGradientError,
)
from visualizer.engine.errors import UserError
from visualizer.engine.objective import parse_targets
from visualizer.engine.pictures import samples


def tiled(network, text, tile):
    objective = ObjectiveGradient(network, parse_targets(text))
    objective._tile = (tile, tile)
    return objective


@pytest.mark.parametrize("shift", [(0, 0), (3, -7)])
def test_a_picture_in_one_piece_is_the_whole_slope(hill, noise, shift):
    objective = ObjectiveGradient(hill, parse_targets("conv1"))
    value, gradient = objective.tiled(noise, shift)
    values, whole = objective.at(np.roll(noise, shift, axis=(0, 1))[None])
    assert value == values[0]
    np.testing.assert_array_equal(gradient, np.roll(whole[0], (-shift[0], -shift[1]), axis=(0, 1)))


def test_pieces_have_the_slope_of_the_whole_but_at_their_borders(flat):
    """Where no field of a unit is cut, only the number of units that share a mean differs."""
    picture = np.random.default_rng(5).uniform(0, 1, (20, 30, 3)).astype(np.float32)
    _, pieces = tiled(flat, "conv1", 10).tiled(picture, (4, -3))
    _, whole = ObjectiveGradient(flat, parse_targets("conv1")).tiled(picture, (0, 0))
    np.testing.assert_allclose(pieces * (10 * 10) / (20 * 30), whole, rtol=1e-4, atol=1e-8)


def test_pieces_that_overlap_are_averaged(flat):
    picture = np.random.default_rng(5).uniform(0, 1, (13, 17, 3)).astype(np.float32)
    value, pieces = tiled(flat, "conv1", 10).tiled(picture, (0, 0))
    _, whole = ObjectiveGradient(flat, parse_targets("conv1")).tiled(picture, (0, 0))
    np.testing.assert_allclose(pieces * (10 * 10) / (13 * 17), whole, rtol=1e-4, atol=1e-8)
    assert value > 0


@pytest.mark.parametrize("text", ["output:1", "scores"])
def test_a_picture_too_small_is_said(hill, text):
    text = text.replace("scores", "output")
    small = np.full((20, 40, 3), 0.5, np.float32)
    with pytest.raises(AscentError, match=r"40 x 20 pixels, too small .* needs 24 x 24"):
        ObjectiveGradient(hill, parse_targets(text)).tiled(small, (0, 0))


@pytest.mark.parametrize("text", ["conv1", "conv1:2@3,1", "conv2"])
def test_the_least_size_just_leaves_the_place(hill, text):
    """One pixel less, and the gradient cannot be taken."""
    objective = ObjectiveGradient(hill, parse_targets(text))
    height, width = objective.least_size()
    rng = np.random.default_rng(0)
    objective.tiled(rng.uniform(0, 1, (height, width, 3)).astype(np.float32), (0, 0))
    shorter = hill.shape_at(text.partition(":")[0], (height - 1, width))
    assert shorter is None or shorter[0] == 3
    with pytest.raises(AscentError, match="too small"):
        objective.tiled(np.zeros((height - 1, width, 3), np.float32), (0, 0))


def test_a_stage_of_maps_that_takes_one_size_only():
    from keras import layers

    from tests.engine.ascent.conftest import opened

    network = opened(
        layers.Conv2D(4, 3, name="conv1"),
        layers.Reshape((22, 22, 4)),
        layers.Conv2D(4, 3, name="conv2"),
        layers.GlobalAveragePooling2D(),
    )
    objective = ObjectiveGradient(network, parse_targets("conv2"))
    assert objective.least_size() == objective.tile == (24, 24)
    assert max(ObjectiveGradient(network, parse_targets("conv1")).least_size()) == 3


def test_a_dead_unit_is_said(half_dead):
    grey = np.full((1, 16, 16, 3), 0.5, np.float32)
    with pytest.raises(ZeroGradientError, match="slope is zero"):
        ObjectiveGradient(half_dead, parse_targets("conv1:1")).at(grey)
    ObjectiveGradient(half_dead, parse_targets("conv1:0")).at(grey)


def test_a_slope_too_flat_for_float32_is_dead_too(half_dead):
    weights = half_dead.model.get_weights()
    half_dead.model.set_weights([w * np.float32(1e-33) for w in weights])
    with pytest.raises(ZeroGradientError):
        ObjectiveGradient(half_dead, parse_targets("conv1:0")).at(
            np.full((1, 16, 16, 3), 0.5, np.float32)
        )


def test_a_broken_network_is_said(half_dead):
    weights = half_dead.model.get_weights()
    half_dead.model.set_weights([w * np.float32("nan") for w in weights])
    with pytest.raises(AscentError, match="not a number"):
        ObjectiveGradient(half_dead, parse_targets("conv1:0")).at(
            np.full((1, 16, 16, 3), 0.5, np.float32)
        )


def test_a_guide_by_hand(flat):
    """At each place the best of the guide's features, and the slope goes through that one."""
    rng = np.random.default_rng(6)
    picture, guide = rng.uniform(0, 1, (2, 8, 8, 3)).astype(np.float32)
    objective = GuidedGradient(flat, parse_targets("conv1"), guide)
    found = features(flat, guide, "conv1")
    matrix = flat.model.get_weights()[0][0, 0]
    np.testing.assert_allclose(found, (guide @ matrix).reshape(-1, 2), atol=1e-4)
    products = (picture @ matrix).reshape(-1, 2) @ found.T
    value, gradient = objective.tiled(picture, (0, 0))
    assert value == pytest.approx(products.max(axis=1).mean(), rel=1e-4)
    by_hand = found[products.argmax(axis=1)] @ matrix.T / 64
    np.testing.assert_allclose(gradient.reshape(-1, 3), by_hand, rtol=1e-3, atol=1e-5)


def test_a_large_guide_is_compared_in_parts(hill, noise, monkeypatch):
    """As many features at a time as memory allows, with the same outcome."""
    at_once = GuidedGradient(hill, parse_targets("conv2"), noise).tiled(noise, (0, 0))
    hill._cache.pop((GuidedGradient, (("conv2", False, None),)))
    monkeypatch.setattr(guide_module, "AT_ONCE", 7)
    in_parts = GuidedGradient(hill, parse_targets("conv2"), noise).tiled(noise, (0, 0))
    assert in_parts[0] == pytest.approx(at_once[0], rel=1e-5)
    np.testing.assert_allclose(in_parts[1], at_once[1], rtol=1e-3, atol=1e-7)
    monkeypatch.setattr(guide_module, "MOST_PLACES", 9)
    few = features(hill, noise, "conv2")
    assert few.shape == (9, 8)


def test_a_guide_for_the_answer_is_its_scores(hill, noise):
    """A softmax would hardly tell one guide from another."""
    found = features(hill, noise, "output")
    logits = backend.compiled(hill.logits)(hill.fit(noise)[None])
    np.testing.assert_allclose(found, logits, rtol=1e-4, atol=1e-5)


def test_a_guide_of_one_channel_and_of_a_class(hill, noise):
    picture = noise[:24, :24]
    for text in ("conv2:3", "output"):
        value, gradient = GuidedGradient(hill, parse_targets(text), noise).tiled(picture, (0, 0))
        assert np.isfinite(value)
        assert gradient.shape == picture.shape


def test_pictures_by_name(tmp_path):
    assert named_picture(samples()[0].name).shape == samples()[0].load().shape
    with pytest.raises(UserError):
        named_picture(str(tmp_path / "nothing.png"))
