"""Deep dreams: octaves, steps, noise and guides; pictures in pieces show no seams."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visualizer.engine.ascent import objective_gradient as slope_module
from visualizer.engine.ascent.deep_dream import (
    RISE,
    DreamSettings,
    deep_dream,
    dream_frames,
    dream_slices,
    dream_start,
    dream_steps,
    octave_sizes,
    starting_picture,
    white_noise,
)
from visualizer.engine.ascent.objective_gradient import AscentError, ObjectiveGradient
from visualizer.engine.objective import parse_targets
from visualizer.engine.pictures import samples
from visualizer.engine.rendering import to_bytes
from visualizer.engine.specimen import Provenance, Specimen

QUICK = {"steps": 4, "octaves": 2, "jitter": 4}


def dreamt(network, picture, text="conv2", guide=None, **changed):
    how = DreamSettings(target=text, **(QUICK | changed))
    return list(dream_steps(network, picture, parse_targets(text), how, guide))


def test_octaves_grow_by_their_factor_to_the_picture():
    assert octave_sizes(140, 196, 3, 1.4, (1, 1)) == [(71, 100), (100, 140), (140, 196)]
    assert octave_sizes(140, 196, 3, 1.4, (90, 90)) == [(100, 140), (140, 196)]


def test_a_picture_too_small_is_said(hill):
    with pytest.raises(AscentError, match=r"20 x 16 pixels, too small .* 24 x 24"):
        dreamt(hill, np.full((16, 20, 3), 0.5, np.float32), "output:1")


@pytest.mark.parametrize("shape", [(320, 480), (180, 320)])
def test_the_published_dream_has_all_its_octaves(alexnet, shape):
    """The octaves of a photo, or of a wide camera picture, may be smaller than the network."""
    least = ObjectiveGradient(alexnet, parse_targets("conv5")).least_size()
    assert max(least) < 40
    sizes = octave_sizes(*shape, 4, 1.4, least)
    assert len(sizes) == 4
    coarsest = np.random.default_rng(0).uniform(0, 1, (*sizes[0], 3)).astype(np.float32)
    _, gradient = ObjectiveGradient(alexnet, parse_targets("conv5")).tiled(coarsest, (0, 0))
    assert gradient.shape == coarsest.shape


def test_octaves_that_are_left_out_are_told(hill, noise):
    specimen = Specimen(noise, "Noise", Provenance("test"))
    how = DreamSettings(target="output:1", steps=1, octaves=3, side=52, jitter=2)
    frame = list(deep_dream(hill, specimen, how))[-1]
    assert (frame.numbers["octaves"], frame.numbers["octaves left out"]) == (2, 1)
    objective = ObjectiveGradient(hill, parse_targets("output:1"))
    start = starting_picture(noise, 52)
    assert frame.numbers["at the start"] == pytest.approx(objective.value(start), rel=1e-4)
    assert frame.numbers["at the end"] == pytest.approx(objective.value(frame.picture), rel=1e-4)
    how = DreamSettings(target="conv2", steps=1, octaves=3, side=52, jitter=2)
    frame = list(deep_dream(hill, specimen, how))[-1]
    assert frame.numbers["octaves"] == 3
    assert "octaves left out" not in frame.numbers


def test_every_step_is_shown_at_the_size_of_its_octave(hill, noise):
    steps = dreamt(hill, noise)
    sizes = [picture.shape[:2] for picture, _ in steps]
    assert sizes == [(29, 37)] * 4 + [(40, 52)] * 4
    before = noise
    for picture, _ in steps[4:]:
        assert 0 <= picture.min() <= picture.max() <= 1
        assert not np.array_equal(picture, before)
        before = picture


def test_a_step_changes_pixels_by_its_size_on_average(hill):
    grey = np.full((40, 52, 3), 0.5, np.float32) + np.float32(0.01) * np.eye(40, 52)[..., None]
    (picture, _), *_ = dreamt(hill, grey.astype(np.float32), octaves=1, step_size=0.02)
    assert np.abs(picture - grey).mean() == pytest.approx(0.02, rel=0.05)


def test_dreams_rise_in_95_of_100_seeded_runs(alexnet):
    """By the published factor, with the published settings, on crops of the sample photos."""
    photos = [sample.load() for sample in samples() if "digit" not in sample.name]
    side = alexnet.size[0]
    risen = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        photo = photos[seed % len(photos)]
        top, left = (int(rng.integers(0, length - side)) for length in photo.shape[:2])
        crop = photo[top : top + side, left : left + side].copy()
        how = DreamSettings(octaves=1, seed=seed)
        values = [v for _, v in dream_steps(alexnet, crop, parse_targets("conv5"), how)]
        risen += values[-1] >= RISE * values[0]
    assert risen >= 95


def test_the_same_seed_dreams_the_same(hill, noise):
    one, again, other = (dreamt(hill, noise, seed=seed)[-1][0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@settings(max_examples=10, deadline=None)
@given(at=st.integers(0, 7), seed=st.integers(0, 99))
def test_a_dream_that_goes_on_is_the_dream_that_never_stopped(hill, noise, at, seed):
    """From any step, the last of an octave too."""
    how = DreamSettings(target="conv2", seed=seed, **QUICK)
    targets = parse_targets("conv2")
    whole = list(dream_slices(hill, noise, targets, how))
    rest = list(dream_slices(hill, noise, targets, how, after=whole[at]))
    assert len(rest) == 7 - at
    for one, again in zip(whole[at + 1 :], rest, strict=True):
        np.testing.assert_array_equal(one.picture, again.picture)
        assert (one.value, one.octave, one.step) == (again.value, again.octave, again.step)


def test_a_large_picture_takes_a_breath_after_each_piece(hill, noise, monkeypatch):
    """So that a pause need not wait for the step; the dream is the same as without."""
    monkeypatch.setattr(slope_module, "TILE", 24)
    how = DreamSettings(target="conv2", octaves=1, steps=2, jitter=4)
    targets = parse_targets("conv2")
    slices = list(dream_slices(hill, noise, targets, how))
    steps = [each for each in slices if each is not None]
    assert len(steps) == 2
    assert len(slices) - len(steps) >= 2 * 2 * 3  # pieces of 40 x 52 pixels
    assert slices[-1] is steps[-1]
    np.testing.assert_array_equal(
        list(dream_steps(hill, noise, targets, how))[-1][0], steps[1].picture
    )


def test_a_guide_changes_what_is_dreamt(hill, noise):
    guide = np.zeros((24, 24, 3), np.float32)
    guide[:, ::4] = 1
    free, led = dreamt(hill, noise), dreamt(hill, noise, guide=guide)
    assert led[-1][1] > led[4][1]
    assert np.abs(free[-1][0] - led[-1][0]).mean() > 0.01


def test_noise_is_grey_and_coarse(hill):
    noise = white_noise(hill, 140, 196, DreamSettings(octaves=4))
    assert noise.shape == (140, 196, 3)
    assert noise.mean() == pytest.approx(0.5, abs=0.02)
    assert np.abs(np.diff(noise, axis=1)).mean() < 0.1 < np.ptp(noise)


def test_the_technique_starts_from_the_specimen_or_from_noise(hill, noise):
    specimen = Specimen(noise, "Noise", Provenance("test"))
    ends = []
    for start in ("picture", "noise"):
        how = DreamSettings(target="conv2", side=48, start=start, **QUICK)
        frames = list(deep_dream(hill, specimen, how))
        assert frames[-1].step == frames[-1].total == len(frames)
        ends.append(frames[-1].picture)
        assert ends[-1].shape == starting_picture(noise, 48).shape
    assert np.abs(ends[0] - ends[1]).mean() > 0.02


def test_a_dream_in_pieces_has_no_seams(hill, monkeypatch):
    """Columns where pieces of one fixed cut would meet are no rougher than all others."""
    monkeypatch.setattr(slope_module, "TILE", 24)
    picture = np.random.default_rng(3).uniform(0.4, 0.6, (72, 96, 3)).astype(np.float32)
    assert ObjectiveGradient(hill, parse_targets("conv1")).tile == (24, 24)
    steps = dreamt(hill, picture, "conv1", octaves=1, steps=30, step_size=2 / 255)
    rough = np.abs(np.diff(steps[-1][0], axis=1)).mean(axis=(0, 2))
    seams = rough[23::24]
    assert 0.7 < seams.mean() / rough.mean() < 1.3


def test_a_steered_dream_is_the_dream_at_one_size(hill, noise):
    """Its frames all have the dream's size; the last is that of the dream step by step."""
    how = DreamSettings(target="conv2", side=52, **QUICK)
    frames = list(dream_frames(hill, noise, how))
    assert {frame.picture.shape for frame in frames} == {noise.shape}
    assert [frame.step for frame in frames] == list(range(1, 9))
    assert {frame.total for frame in frames} == {8}
    np.testing.assert_array_equal(frames[-1].picture, to_bytes(dreamt(hill, noise)[-1][0]))
    later = list(dream_frames(hill, frames[2].picture, how, first=3))
    assert [frame.step for frame in later] == list(range(4, 12))
    assert later[-1].total == 11


def test_an_endless_dream_goes_on_from_its_last_picture(hill, noise):
    how = DreamSettings(target="conv2", side=52, steps=2, octaves=1, jitter=4)
    frames = list(islice(dream_frames(hill, noise, how, endless=True), 5))
    assert [frame.step for frame in frames] == [1, 2, 3, 4, 5]
    assert {frame.total for frame in frames} == {None}
    second = list(dream_frames(hill, frames[1].picture, how, first=2))
    np.testing.assert_array_equal(frames[3].picture, second[-1].picture)


def test_a_dream_of_nothing_begins_with_square_noise(hill):
    start = dream_start(hill, None, DreamSettings(side=48))
    assert start.shape == (48, 48, 3)
    assert np.ptp(start) > 0.1
