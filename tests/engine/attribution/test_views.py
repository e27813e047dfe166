"""How a map is shown, and what of it is measured."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.engine.attribution.small import layers, network_of
from visualizer.engine.attribution import methods
from visualizer.engine.attribution.heatmap import (
    in_colour,
    masked,
    normalised,
    signed,
    without_top_pixels,
)
from visualizer.engine.attribution.method import METHODS, VIEWS, AttributionFrame, scores, shown
from visualizer.engine.colour_maps import colour
from visualizer.engine.objective import Target
from visualizer.engine.specimen import Provenance, Specimen

maps = arrays(np.float32, (5, 4), elements=st.floats(-1e6, 1e6, width=32))


def test_heat_is_shown_between_nothing_and_all():
    heat = np.array([[-1.0, 0.0], [1.0, 2.0]])
    bright = normalised(heat, percentile=100)
    np.testing.assert_allclose(bright, [[0, 0], [0.5, 1]])
    assert normalised(np.zeros((3, 3))).max() == 0
    picture = np.ones((2, 2, 3), np.float32)
    np.testing.assert_allclose(masked(picture, bright)[..., 0], bright, atol=0.03)


@given(maps)
def test_a_signed_map_keeps_every_sign_and_its_mirror_is_its_negative(heat):
    found = signed(heat)
    assert np.abs(found).max() <= 1
    assert (np.sign(found) * np.sign(heat) >= 0).all()
    np.testing.assert_array_equal(signed(-heat), -found)


@given(maps)
def test_colours_are_about_mid_grey(heat):
    found = in_colour(np.repeat(heat[..., None], 3, axis=2))
    assert 0 <= found.min() <= found.max() <= 1
    assert (found[heat == 0] == 0.5).all()
    assert (found[heat > 0] >= 0.5).all()


@given(maps, st.floats(0.05, 0.5))
def test_only_marked_pixels_are_covered(heat, share):
    picture = np.zeros((5, 4, 3), np.float32)
    covered = without_top_pixels(picture, heat, share)[..., 0] == 0.5
    assert not covered[heat <= 0].any()
    if covered.any() and not covered.all():
        assert heat[covered].min() >= heat[~covered].max()


def test_what_speaks_against_has_a_colour_of_its_own():
    heat = np.array([[-1.0, 0.0, 1.0]], np.float32)
    result = AttributionFrame(1, 1, heat=heat, seen=np.ones((1, 3, 3), np.float32))
    against, nothing, favour = shown(result, "signed map", 0.6)[0].astype(int)
    np.testing.assert_array_equal(nothing, colour(np.zeros((1, 1)), "signed", -1, 1)[0, 0])
    assert against[2] > against[0]  # blue
    assert favour[0] > favour[2]  # orange


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(8)
    return network_of(
        layers.Conv2D(6, 3, activation="relu"),
        layers.Conv2D(6, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(3),
    )


@pytest.mark.parametrize("name", METHODS)
def test_every_view_of_every_method(network, name):
    noise = np.random.default_rng(0).uniform(0, 1, (8, 8, 3)).astype(np.float32)
    specimen = Specimen(noise, "Noise", Provenance("test"))
    technique = methods()[name]
    pictures = {}
    for view in VIEWS:
        settings = technique.settings(target="1", view=view).quick()
        *_, last = technique(network, specimen, settings)
        np.testing.assert_array_equal(last.picture, shown(last, view, settings.opacity))
        pictures[view] = last.picture
    by_colour = name not in ("grad-cam", "occlusion")
    assert (last.colours is not None) == by_colour
    assert by_colour != np.array_equal(pictures["in colour"], pictures["heat map"])
    if by_colour:
        assert last.colours.shape == (8, 8, 3)


def test_quick_settings_ask_the_network_less_often(network):
    specimen = Specimen(np.full((8, 8, 3), 0.4, np.float32), "Grey", Provenance("test"))
    for name in ("smoothgrad", "occlusion"):
        technique = methods()[name]
        usual = technique.settings(target="1", **({"patch": 0.4} if name == "occlusion" else {}))
        totals = [
            list(technique(network, specimen, each))[-1].total for each in (usual, usual.quick())
        ]
        assert totals[1] < totals[0]
        assert usual.quick().quick() == usual.quick()
    assert methods()["integrated-gradients"].settings().quick().steps == 32


def test_the_score_falls_when_what_is_marked_is_covered():
    picky = network_of(layers.Flatten(), layers.Dense(2))
    kernel = np.zeros((8, 8, 3, 2), np.float32)
    kernel[2, 3, :, 1] = 1
    picky.model.layers[-1].set_weights([kernel.reshape(-1, 2), np.zeros(2, np.float32)])
    white, heat = np.ones((8, 8, 3), np.float32), kernel[..., 0, 1]
    result = AttributionFrame(1, 1, heat=heat, seen=white, target=Target("output", (1,)))
    assert scores(picky, result) == pytest.approx((3.0, 1.5))
