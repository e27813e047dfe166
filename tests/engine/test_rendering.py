from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from visualizer.engine.colour_maps import table
from visualizer.engine.rendering import (
    BACKGROUND,
    COLOUR_MAPS,
    bars,
    colour,
    columns_for,
    difference,
    filters,
    from_bytes,
    legend,
    limits,
    mosaic,
    overlay,
    strongest_bars,
    thumbnail,
    to_bytes,
)

floats32 = st.floats(width=32, allow_nan=True, allow_infinity=True)
any_maps = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 9)),
    elements=floats32,
)


def owned(picture):
    return picture.dtype == np.uint8 and not picture.flags.writeable


def lightness(colours):
    linear = (colours / 255.0) ** 2.2
    return linear @ [0.2126, 0.7152, 0.0722]


# Bytes and floats


def test_every_byte_comes_back_through_floats():
    bytes_ = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    picture = from_bytes(bytes_)
    assert picture.dtype == np.float32
    assert picture.max() == 1
    np.testing.assert_array_equal(to_bytes(picture), bytes_)


@given(hnp.arrays(np.float32, (2, 3, 3), elements=floats32))
def test_bytes_are_rounded_and_clipped(picture):
    expected = np.rint(np.clip(np.nan_to_num(picture.astype(np.float64), nan=0), 0, 1) * 255)
    made = to_bytes(picture)
    assert owned(made)
    assert np.abs(made.astype(int) - expected).max() <= 1
    np.testing.assert_array_equal(made[np.isnan(picture)], 0)


# Colour maps


@pytest.mark.parametrize("name", [name for name in COLOUR_MAPS if name != "signed"])
def test_one_sided_maps_grow_brighter_all_the_way(name):
    assert np.all(np.diff(lightness(table(name))) > -0.002)
    assert lightness(table(name))[-1] - lightness(table(name))[0] > 0.5


def test_the_signed_map_is_grey_at_zero_and_equally_bright_on_both_sides():
    colours = table("signed")
    blue, orange = colours[0].astype(int), colours[255].astype(int)
    assert np.ptp(colours[127].astype(int)) <= 2
    assert np.ptp(colours[128].astype(int)) <= 2
    assert blue[2] - blue[0] > 80
    assert orange[0] - orange[2] > 80
    bright = lightness(colours)
    np.testing.assert_allclose(bright, bright[::-1], atol=0.06)
    assert np.all(np.diff(bright[128:]) > -0.002)


def test_an_unknown_colour_map_is_named():
    with pytest.raises(ValueError, match=r"“rainbow”.*inferno"):
        colour(np.zeros((1, 1)), "rainbow", 0, 1)


def test_colours_run_from_low_to_high():
    values = np.array([[-5.0, 0.0, 1.0, 2.0, 9.0, np.nan, np.inf, -np.inf]], np.float32)
    made = colour(values, "viridis", 0, 2)
    ramp = table("viridis")
    assert owned(made)
    np.testing.assert_array_equal(made[0], ramp[[0, 0, 128, 255, 255, 0, 255, 0]])


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_limits_hold_zero_and_the_signed_ones_are_symmetric(low, span):
    values = np.array([low, low + span])
    bottom, top = limits(values, "inferno")
    assert bottom == min(0, values.min())
    assert top == max(0, values.max())
    bottom, top = limits(values, "signed")
    assert bottom == -top
    assert top > 0
    assert top == np.abs(values).max() or not values.any()


# Mosaics


def test_a_mosaic_shows_each_channel_in_its_place():
    maps = np.arange(2 * 3 * 5, dtype=np.float32).reshape(2, 3, 5)
    made = mosaic(maps, columns=2, gap=1, colour_map="grey")
    assert (made.cell, made.columns, made.gap, made.order) == ((2, 3), 2, 1, (0, 1, 2, 3, 4))
    assert made.picture.shape == (3 * 2 + 2, 2 * 3 + 1, 3)
    assert owned(made.picture)
    for unit in range(5):
        top, left, bottom, right = made.box(unit)
        np.testing.assert_array_equal(
            made.picture[top:bottom, left:right], colour(maps[..., unit], "grey", 0, 29)
        )
    np.testing.assert_array_equal(made.picture[2], np.broadcast_to(BACKGROUND, (7, 3)))
    np.testing.assert_array_equal(made.picture[6:, 4:], np.broadcast_to(BACKGROUND, (2, 3, 3)))


def test_channel_scaling_shows_each_by_its_own_strongest():
    maps = np.array([[[1.0, 100.0], [0.5, 0.0]]], np.float32)
    made = mosaic(maps, columns=2, gap=0, colour_map="grey", scaling="channel").picture
    np.testing.assert_array_equal(made[0, :, 0], [255, 128, 255, 0])
    shared = mosaic(maps, columns=2, gap=0, colour_map="grey").picture
    np.testing.assert_array_equal(shared[0, :, 0], [3, 1, 255, 0])


def test_given_limits_compare_two_pictures_on_one_scale():
    maps = np.full((1, 1, 1), 2.0, np.float32)
    made = mosaic(maps, columns=1, colour_map="grey", limits=(0, 4))
    assert made.picture[0, 0, 0] == 128


def test_an_order_chooses_and_sorts_channels():
    maps = np.arange(4, dtype=np.float32).reshape(1, 1, 4)
    made = mosaic(maps, columns=3, gap=0, colour_map="grey", order=np.array([3, 0]))
    assert made.order == (3, 0)
    np.testing.assert_array_equal(made.picture[0, :2, 0], [255, 0])
    assert made.unit_at(0, 0) == 3
    assert made.unit_at(2, 0) is None
    with pytest.raises(ValueError, match="Channel 1"):
        made.box(1)


@settings(max_examples=60)
@given(
    any_maps,
    st.integers(1, 5),
    st.integers(0, 3),
    st.none() | st.integers(1, 12),
    st.randoms(use_true_random=False),
)
def test_what_is_at_a_pixel_has_its_box_there(maps, columns, gap, cell, random):
    order = list(range(maps.shape[2]))
    random.shuffle(order)
    made = mosaic(maps, columns=columns, gap=gap, cell=cell, order=order)
    height, width = made.picture.shape[:2]
    assert cell is None or max(made.cell) == cell
    seen = set()
    for y in range(height):
        for x in range(width):
            unit = made.unit_at(x, y)
            inside = [u for u in order if _holds(made.box(u), x, y)]
            assert inside == ([] if unit is None else [unit])
            seen.add(unit)
    assert seen - {None} == set(order)
    for outside in ((-1, 0), (0, -1), (width + gap, 0), (0, height + gap)):
        assert made.unit_at(*outside) is None


def _holds(box, x, y):
    top, left, bottom, right = box
    return top <= y < bottom and left <= x < right


@given(any_maps, st.sampled_from(COLOUR_MAPS), st.sampled_from(["shared", "channel"]))
def test_any_values_make_a_mosaic(maps, name, scaling):
    made = mosaic(maps, columns=2, colour_map=name, scaling=scaling, gap=0)
    zero = 128 if name == "signed" else None
    finite = np.isfinite(maps)
    if not maps[finite].any():
        return
    if scaling == "shared" and name != "signed":
        # The largest finite value, if positive, has the map's last colour.
        top = np.where(finite, maps, -np.inf).max()
        if top > 0:
            row, column, unit = np.argwhere(maps == top)[0]
            y, x, *_ = made.box(int(unit))
            np.testing.assert_array_equal(made.picture[y + row, x + column], table(name)[255])
    if zero is not None:
        for row, column, unit in np.argwhere(maps == 0):
            y, x, *_ = made.box(int(unit))
            np.testing.assert_array_equal(made.picture[y + row, x + column], table(name)[zero])


@pytest.mark.parametrize("value", [0.0, 5.0, -5.0, np.nan, np.inf])
@pytest.mark.parametrize("name", ["inferno", "signed"])
def test_constant_maps_have_one_colour(value, name):
    made = mosaic(np.full((3, 3, 4), value, np.float32), columns=2, gap=0, colour_map=name)
    assert len(np.unique(made.picture.reshape(-1, 3), axis=0)) == 1
    if value == 0:
        expected = table(name)[128 if name == "signed" else 0]
        np.testing.assert_array_equal(made.picture[0, 0], expected)


def test_thousands_of_channels_and_vectors_make_mosaics():
    made = mosaic(np.random.default_rng(0).random((2, 2, 4096), np.float32), columns=64)
    assert made.picture.shape == (64 * 3 - 1, 64 * 3 - 1, 3)
    assert made.unit_at(*reversed(made.box(4095)[:2])) == 4095
    assert mosaic(np.arange(6.0), columns=3, gap=0).picture.shape == (2, 3, 3)


def test_enlarging_repeats_pixels():
    maps = np.array([[[0.0], [1.0]]], np.float32)
    made = mosaic(maps, columns=1, colour_map="grey", cell=6)
    assert made.cell == (3, 6)
    np.testing.assert_array_equal(made.picture[..., 0], [[0, 0, 0, 255, 255, 255]] * 3)


@given(st.integers(0, 3000), st.floats(0.2, 5))
def test_columns_make_a_sheet_of_the_proportions_asked_for(count, proportion):
    columns = columns_for(count, proportion)
    assert 1 <= columns <= max(1, count)
    if count > 50:
        assert 0.4 < columns / -(-count // columns) / proportion < 2.5


def test_few_places_of_a_sheet_stay_empty():
    assert columns_for(192, 1.6) == 16
    assert columns_for(64) == 8
    assert columns_for(96, 1.6) == 12


# Bars, filters, overlays, differences, thumbnails


def test_bars_are_as_high_as_their_values():
    made = bars(np.array([0.0, 0.5, 1.0]), width=3, height=8)
    filled = (made != BACKGROUND).any(axis=2).sum(axis=0)
    np.testing.assert_array_equal(filled, [0, 4, 8])
    assert (made[-1, 1] != BACKGROUND).any()  # they stand on the bottom
    assert owned(made)


def test_negative_bars_hang_from_the_zero_line():
    made = bars(np.array([-1.0, 1.0]), width=2, height=8, colour_map="signed")
    filled = (made != BACKGROUND).any(axis=2)
    np.testing.assert_array_equal(filled[:, 0], [False] * 4 + [True] * 4)
    np.testing.assert_array_equal(filled[:, 1], [True] * 4 + [False] * 4)
    assert made[7, 0, 2] > made[7, 0, 0]  # blue
    assert made[0, 1, 0] > made[0, 1, 2]  # orange


@pytest.mark.parametrize(
    "values", [np.zeros(5), np.full(3, np.nan), np.array([np.inf, 1.0]), np.zeros(0)]
)
def test_bars_of_odd_values_are_drawn(values):
    assert bars(values, width=20, height=6).shape[0] == 6


def test_many_units_get_several_rows_of_bars():
    assert bars(np.ones(1000), width=500, height=10).shape == (20, 500, 3)


def test_filters_are_grey_at_zero_and_reach_an_end_each():
    kernel = np.zeros((2, 2, 3, 2), np.float32)
    kernel[0, 0, :, 0] = (0.1, -0.05, 0)
    kernel[1, 1, 2, 1] = -7
    made = filters(kernel, columns=2, gap=1)
    np.testing.assert_array_equal(made.picture[0, 0], [255, 64, 128])
    np.testing.assert_array_equal(made.picture[1, 1], [128, 128, 128])
    np.testing.assert_array_equal(made.picture[1, 4], [128, 128, 0])
    np.testing.assert_array_equal(made.picture[:, 2], np.broadcast_to(BACKGROUND, (2, 3)))
    assert made.unit_at(3, 0) == 1


def test_filters_of_grey_pictures_are_grey_and_others_are_refused():
    made = filters(np.ones((3, 3, 1, 6), np.float32))
    assert np.ptp(made.picture[:3, :3].astype(int), axis=2).max() == 0
    with pytest.raises(ValueError, match="no colours"):
        filters(np.ones((3, 3, 64, 6), np.float32))


def test_an_overlay_is_the_picture_at_0_and_the_map_at_1():
    picture = np.random.default_rng(0).random((20, 30, 3), np.float32)
    values = np.array([[0, 0], [0, 4]], np.float32)
    np.testing.assert_array_equal(overlay(picture, values, 0), to_bytes(picture))
    heat = overlay(picture, values, 1)
    np.testing.assert_allclose(heat[0, 0], table("inferno")[0], atol=6)
    np.testing.assert_allclose(heat[19, 29], table("inferno")[255], atol=6)
    half = overlay(picture, values, 0.5).astype(int)
    assert np.abs(half - (to_bytes(picture).astype(int) + heat) / 2).max() <= 1
    steps = np.abs(np.diff(lightness(heat[19]))).max()
    assert steps < 0.2  # smooth: two cells do not meet at an edge


@given(hnp.arrays(np.float32, (3, 2), elements=floats32), st.floats(-1, 2))
def test_an_overlay_of_any_map_has_the_shape_of_its_picture(values, opacity):
    made = overlay(np.full((9, 7, 3), 0.5, np.float32), values, opacity)
    assert made.shape == (9, 7, 3)
    assert owned(made)


@given(
    hnp.arrays(np.float32, (2, 2, 3), elements=st.floats(0, 1, width=32)),
    hnp.arrays(np.float32, (2, 2, 3), elements=st.floats(0, 1, width=32)),
    st.floats(0.125, 64),
)
def test_differences_are_about_mid_grey(a, b, factor):
    expected = np.clip(128 + 255 * factor * (a.astype(float) - b), 0, 255)
    assert np.abs(difference(a, b, factor) - expected).max() <= 0.51
    np.testing.assert_array_equal(difference(a, a, factor), 128)


def test_pictures_of_two_sizes_have_no_difference():
    with pytest.raises(ValueError, match="cannot be compared"):
        difference(np.zeros((2, 2, 3)), np.zeros((2, 3, 3)))


def test_a_thumbnail_shows_the_strongest_channel_or_the_mean():
    maps = np.zeros((2, 2, 3), np.float32)
    maps[0, 0, 1] = 5
    maps[1, 1, 2] = 9
    maps[1, 0, 0] = np.nan
    strongest = thumbnail(maps, colour_map="grey")
    np.testing.assert_array_equal(strongest[..., 0], [[0, 0], [0, 255]])
    mean = thumbnail(np.nan_to_num(maps), how="mean", colour_map="grey")
    np.testing.assert_array_equal(mean[..., 0], [[142, 0], [0, 255]])
    assert thumbnail(np.arange(10.0)).shape[:2] == (64, 60)


def test_a_legend_runs_through_the_map():
    made = legend("magma", 256, 2)
    np.testing.assert_array_equal(made[1], table("magma"))


def test_the_strongest_units_are_bars_with_the_longest_at_the_top():
    picture = strongest_bars(np.array([0.1, 1.0, np.nan, 0.5, 0.0]), 2, 32, "grey")
    assert picture.shape == (32, 32, 3)
    background = picture[-1, -1]
    lengths = [(picture[row] != background).any(-1).sum() for row in (8, 24)]
    assert lengths == [32, 16]
