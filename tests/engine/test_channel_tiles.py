"""Channels as pictures, on a scale on which most of them can be seen."""

from __future__ import annotations

import numpy as np
import pytest

from visualizer.engine.channel_tiles import channel_tiles, colour_scale, fitting_map, shrunk
from visualizer.engine.rendering import limits, robust_limits


@pytest.fixture
def maps():
    """64 channels of which most are faint, and one value that outshines all."""
    rng = np.random.default_rng(0)
    values = np.maximum(rng.normal(size=(8, 8, 64)), 0).astype(np.float32)
    values[3, 3, 0] = 100
    return values


def dark(maps, low, high):
    """How many channels nowhere reach a tenth of the scale."""
    return int(((maps.max((0, 1)) - low) / (high - low) < 0.1).sum())


def test_one_strong_value_does_not_leave_the_others_dark(maps):
    assert dark(maps, *limits(maps, "inferno")) == 63
    scale = colour_scale(maps, "shared", "inferno")
    assert dark(maps, scale.low, scale.high) == 0
    assert scale.clipped
    active = maps[maps > 0]
    assert (active > scale.high).mean() == pytest.approx(0.01, abs=0.002)


def test_tiles_keep_what_is_stronger_brighter_on_one_scale(maps):
    scale = colour_scale(maps, "shared", "grey")
    tiles = channel_tiles(maps, scale, 64)
    assert tiles.shape == (64, 8, 8, 3)
    within = maps <= scale.high
    brightness = tiles[..., 0].transpose(1, 2, 0)
    order = np.argsort(maps[within])
    assert (np.diff(brightness[within][order].astype(int)) >= 0).all()
    assert (brightness[~within] == 255).all()


def test_without_outliers_nothing_is_clipped():
    maps = np.ones((4, 4, 3), np.float32)
    scale = colour_scale(maps, "shared", "inferno")
    assert (scale.low, scale.high, scale.clipped) == (0, 1, False)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_maps_without_numbers_have_a_scale(value):
    maps = np.full((4, 4, 3), value, np.float32)
    assert robust_limits(maps, 0, 0) == (0, 0)
    assert channel_tiles(maps, colour_scale(maps, "shared", "inferno"), 64).shape == (3, 4, 4, 3)


def test_negative_values_are_drawn_in_as_far(maps):
    both = np.concatenate([maps, -maps])
    scale = colour_scale(both, "shared", "inferno")
    assert scale.colour_map == "signed"
    assert scale.low == -scale.high
    assert scale.high == pytest.approx(colour_scale(maps, "shared", "inferno").high, rel=0.01)
    assert fitting_map(-maps, "inferno") == "signed"
    assert fitting_map(maps, "inferno") == "inferno"


def test_of_many_values_some_positions_decide():
    maps = np.random.default_rng(1).random((256, 256, 8)).astype(np.float32)
    assert robust_limits(maps, 0, 1)[1] == pytest.approx(0.99, abs=0.005)


def test_shrinking_averages_and_keeps_the_shape():
    maps = np.zeros((200, 100, 6), np.float32)
    maps[:100] = 1
    small = shrunk(maps, 64)
    assert small.shape == (64, 32, 6)
    assert small[:32] == pytest.approx(1)
    assert shrunk(maps, 200) is maps
