"""The feature wall: filled in order, kept on disk, made again where the disk lies."""

import numpy as np
import pytest

from visualizer.engine.activations import activations
from visualizer.engine.ascent import feature_wall as feature_wall_module
from visualizer.engine.ascent.feature_wall import (
    BATCH,
    WallSettings,
    cached_stimulus,
    feature_wall,
    feature_walls,
    tile_settings,
    trimmed,
    units_by_strength,
    wall_stages,
)
from visualizer.engine.ascent.objective_gradient import ObjectiveGradient, checked
from visualizer.engine.ascent.optimal_stimulus import StimulusSettings, optimal_stimuli
from visualizer.engine.ascent.stimulus_cache import StimulusCache
from visualizer.engine.errors import UserError
from visualizer.engine.objective import parse_targets
from visualizer.engine.rendering import to_bytes
from visualizer.engine.specimen import open_specimen

HOW = WallSettings(stage="conv2", steps=4)


def run_to_end(network, units, cache=None, settings=HOW):
    update = list(feature_wall(network, settings, units, cache))
    return update, {t.unit: t for each in update for t in each.tiles if t.done}


@pytest.fixture
def cache(tmp_path):
    return StimulusCache("hill", "ab" * 32, tmp_path / "stimuli")


def test_units_come_in_the_order_asked_for(hill):
    units = [6, 1, 3]
    update, tiles = run_to_end(hill, units)
    assert list(tiles) == units
    assert [each.step for each in update] == [1, 2, 3, 4]
    assert {each.total for each in update} == {4}
    pictures = [tiles[unit].picture for unit in units]
    assert all(picture.dtype == np.uint8 and not picture.flags.writeable for picture in pictures)
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() > 5


def test_previews_come_before_the_end(hill):
    update = list(feature_wall(hill, WallSettings(stage="conv2", steps=12), [0, 1]))
    shown = [(each.step, tile.done) for each in update for tile in each.tiles]
    assert shown == [(10, False)] * 2 + [(12, True)] * 2


def test_a_tile_says_how_to_make_it_alone(hill):
    _, tiles = run_to_end(hill, [5, 2])
    *_, (picture, _) = optimal_stimuli(hill, parse_targets("conv2:2"), tiles[2].settings)
    assert np.abs(to_bytes(picture).astype(int) - tiles[2].picture).max() <= 2


def test_what_is_kept_is_there_at_once(hill, cache):
    _, made = run_to_end(hill, [0, 1, 2], cache)
    update, again = run_to_end(hill, [2, 0], cache)
    assert {each.step for each in update} == {0}
    assert list(again) == [2, 0]
    for unit, tile in again.items():
        np.testing.assert_array_equal(tile.picture, made[unit].picture)
    recipe = open_specimen(cache.file(again[0].settings)).provenance
    assert recipe.technique == "stimulus"
    assert recipe.settings == again[0].settings.to_dict()


def test_another_seed_or_network_finds_nothing(hill, cache):
    run_to_end(hill, [0], cache)
    assert len(run_to_end(hill, [0], cache, WallSettings(stage="conv2", steps=4, seed=9))[0]) == 4
    other = StimulusCache("hill", "cd" * 32, cache.folder)
    assert len(run_to_end(hill, [0], other)[0]) == 4


@pytest.mark.parametrize("damage", [b"", b"no picture", None])
def test_what_is_damaged_is_made_again(hill, cache, damage):
    _, made = run_to_end(hill, [0, 1], cache)
    first, second = (cache.file(made[unit].settings) for unit in (0, 1))
    first.write_bytes(second.read_bytes() if damage is None else damage)
    update, again = run_to_end(hill, [0, 1], cache)
    assert len(update) == 5  # unit 1 at once, unit 0 in four steps
    assert np.abs(again[0].picture.astype(int) - made[0].picture).max() <= 2
    assert {each.step for each in run_to_end(hill, [0, 1], cache)[0]} == {0}


def test_a_disk_that_refuses_stops_nothing(hill, tmp_path):
    (tmp_path / "file").write_text("in the way")
    _, tiles = run_to_end(hill, [0], StimulusCache("hill", "ab" * 32, tmp_path / "file"))
    assert list(tiles) == [0]


def test_dead_units_are_marked(half_dead):
    how = WallSettings(stage="conv1", steps=3)
    _, tiles = run_to_end(half_dead, [0, 1, 2, 3], settings=how)
    assert [tiles[unit].dead for unit in range(4)] == [False, True, True, False]
    _, tiles = run_to_end(half_dead, [2, 1], settings=how)
    assert [tiles[unit].dead for unit in (2, 1)] == [True, True]


def test_slopes_that_are_no_numbers_do_not_end_the_wall(half_dead):
    kernel, *rest = half_dead.model.get_weights()
    kernel[..., 3] = np.nan
    half_dead.model.set_weights([kernel, *rest])
    update, tiles = run_to_end(half_dead, [0, 3, 1], settings=WallSettings(stage="conv1", steps=3))
    assert all(tiles[unit].dead for unit in (0, 3, 1))
    assert update[-1].step == update[-1].total == 3


def test_a_slope_that_is_lost_on_the_way_does_not_make_a_unit_dead(hill, monkeypatch):
    """What was climbed until then is what there is to show."""
    through, calls = ObjectiveGradient.through, []

    def lost(self, *arguments):
        calls.append(1)
        values, gradient = through(self, *arguments)
        return values, checked(gradient * (len(calls) < 4))

    monkeypatch.setattr(ObjectiveGradient, "through", lost)
    _, tiles = run_to_end(hill, [0, 1], settings=WallSettings(stage="conv2", steps=9))
    assert [tiles[unit].dead for unit in (0, 1)] == [False, False]
    assert np.ptp(tiles[0].picture) > 10


def test_kept_pictures_are_read_a_few_at_a_time(hill, cache, monkeypatch):
    monkeypatch.setattr(feature_wall_module, "BATCH", 2)
    run_to_end(hill, [0, 1, 2], cache)
    update, _ = run_to_end(hill, [0, 1, 2], cache)
    assert [len(each.tiles) for each in update] == [2, 1, 0]


def test_more_units_than_a_batch(hill):
    units = list(range(8)) * 1
    update, tiles = run_to_end(hill, units, settings=WallSettings(stage="conv2", steps=1))
    assert len(tiles) == 8
    assert len(update) == -(-8 // BATCH)


def test_a_unit_that_is_not_there_is_said(hill):
    with pytest.raises(UserError, match="no channel 99"):
        next(feature_wall(hill, HOW, [0, 99]))


def test_first_filters_are_shown_at_one_place(alexnet):
    """Averaged over a map, conv1's strokes would cancel; a place in the middle sees 11 pixels."""
    settings = tile_settings(alexnet, "conv1", 53, WallSettings())
    assert (settings.target, settings.side) == ("conv1:53@2,2", 27)
    assert tile_settings(alexnet, "conv2", 3, WallSettings()).target == "conv2:3"
    *_, last = feature_wall(alexnet, WallSettings(stage="conv1", steps=40), [3])
    (tile,) = last.tiles
    seen = tile.picture[8:19, 8:19].astype(np.float32)
    around = tile.picture.astype(np.float32)
    around[8:19, 8:19] = np.nan
    assert seen.std() > 1.5 * np.nanstd(around)


def test_the_wall_leaves_out_the_margin_of_small_tiles():
    picture = np.zeros((48, 48, 3), np.uint8)
    picture[8:40, 8:40] = 200
    small = trimmed(picture, StimulusSettings(side=48, shift=8))
    assert small.shape == (32, 32, 3)
    assert (small == 200).all()
    assert trimmed(picture, StimulusSettings(side=0, shift=8)).shape == (48, 48, 3)


def test_walls_of_several_stages_are_counted_together(hill, cache):
    wanted = [("conv2", [3, 1]), ("conv2", [])]
    wanted[1] = (hill.stages[-1].name, [0])
    news = list(feature_walls(hill, wanted, WallSettings(steps=2), cache))
    assert [(stage, each.step) for stage, each in news] == [
        ("conv2", 1),
        ("conv2", 2),
        (hill.stages[-1].name, 3),
        (hill.stages[-1].name, 4),
    ]
    assert news[-1][1].total == 4
    assert all(each.step <= each.total for _, each in news)
    again = list(feature_walls(hill, wanted, WallSettings(steps=2), cache))
    assert [each.step for _, each in again] == [0, 0, 0, 0]  # from the cache, and what is left
    assert sum(tile.done for _, each in again for tile in each.tiles) == 3


def test_the_units_that_answer_most_come_first(hill):
    picture = np.random.default_rng(0).uniform(size=(*hill.size, 3)).astype(np.float32)
    seen = activations(hill, picture)
    strength, order = units_by_strength(hill, "conv2", seen)
    assert sorted(order) == list(range(hill.stage("conv2").units))
    assert (np.diff(strength[order]) <= 0).all()
    nothing, in_order = units_by_strength(hill, "conv2", None)
    assert not nothing.any()
    assert in_order == sorted(in_order)


def test_stages_of_a_wall_end_with_the_answer_and_are_no_more_than_asked_for(hill):
    every = wall_stages(hill)
    assert every[-1] == hill.stages[-1].name
    assert {hill.stage(name).kind for name in every[:-1]} <= {"convolution", "depthwise", "dense"}
    assert wall_stages(hill, most=2) == [every[0], every[-1]]


def test_the_stimulus_of_a_unit_is_found_where_it_was_climbed_alone_or_on_the_wall(
    hill, monkeypatch, tmp_path
):
    monkeypatch.setattr("visualizer.engine.ascent.stimulus_cache.data_folder", lambda: tmp_path)
    monkeypatch.setattr(hill, "sha256", "cd" * 32)
    cache = StimulusCache.of(hill)
    assert cached_stimulus(hill, "conv2", 1) is None
    tile = tile_settings(hill, "conv2", 1, WallSettings())
    made = np.full((40, 40, 3), 90, np.uint8)
    cache.keep(made, tile)
    np.testing.assert_array_equal(cached_stimulus(hill, "conv2", 1), trimmed(made, tile))
    cache.keep(made + 1, StimulusSettings(target="conv2:1"))
    np.testing.assert_array_equal(cached_stimulus(hill, "conv2", 1), made + 1)
