"""What an evolution becomes: badges, exhibits, a sheet, and the film of its wall."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer.engine.evolution import wall_film
from visualizer.engine.evolution.badges import nguyen
from visualizer.engine.evolution.exhibits import described, drawn, exhibits, plates
from visualizer.engine.evolution.fooling import EvolveSettings, champion_picture, new_evolution
from visualizer.engine.evolution.loop import EvolutionLoop
from visualizer.engine.evolution.wall_film import Change, changes, moments, wall_frames

QUICK = EvolveSettings(population=30, random_starts=60, seed=3)


def evolved(network, encoding="cppn", generations=8):
    evolution = new_evolution(network, replace(QUICK, encoding=encoding))
    for _ in EvolutionLoop(evolution, lambda: ()).run(lambda: evolution.generation >= generations):
        pass
    return evolution


@pytest.fixture(scope="module")
def evolution(plain):
    return evolved(plain)


@pytest.fixture(scope="module")
def pixels(plain):
    return evolved(plain, "direct")


def test_exhibits_are_the_champions_the_surest_first(evolution, plain):
    found = exhibits(evolution)
    assert sorted(each.cell for each in found) == [0, 1, 2, 3, 4]
    sure = [each.confidence for each in found]
    assert sure == sorted(sure, reverse=True)
    assert sure[0] == pytest.approx(float(np.exp(evolution.archive.scores.max())))
    assert [each.label for each in found] == [plain.label(each.cell) for each in found]
    first = found[0]
    picture = drawn(evolution.encoding, first.genome, plain.size, 24)
    np.testing.assert_array_equal(picture, champion_picture(evolution, first.cell))
    assert drawn(evolution.encoding, first.genome, plain.size, 100).shape == (100, 100, 3)


def test_pixels_stay_squares_in_print(pixels, plain):
    first = exhibits(pixels)[0]
    small = champion_picture(pixels, first.cell)
    large = drawn(pixels.encoding, first.genome, plain.size, 100)
    assert large.shape == (96, 96, 3)
    np.testing.assert_array_equal(large[::4, ::4], small)
    np.testing.assert_array_equal(large[3::4, 3::4], small)


def test_plates_tell_class_confidence_and_generation(evolution):
    found = list(plates(evolution, 64))
    assert len(found) == 5
    for (picture, title, words), each in zip(found, exhibits(evolution), strict=True):
        assert picture.shape == (64, 64, 3)
        assert (title, words) == (
            each.label,
            f"{each.confidence:.2%}, since generation {each.since}",
        )
    first, second = described(evolution, QUICK)
    assert "seed 3" in first
    assert "8 generations, 240 pictures seen at 24 × 24 pixels" in second


def test_the_wall_film_ends_with_the_wall_of_today(evolution, plain):
    frames = list(wall_frames(evolution))
    shown = [each.picture for each in frames if each.picture is not None]
    assert frames[-1].step == frames[-1].total == len(shown)
    shapes = {each.shape for each in shown}
    ((height, width, _),) = shapes
    assert height % 2 == width % 2 == 0
    assert height <= wall_film.HEIGHT
    assert width <= wall_film.WIDTH
    layout = wall_film._layout(5, plain.size)
    for each, corner in zip(exhibits(evolution), layout.corners, strict=True):
        expected = drawn(evolution.encoding, each.genome, plain.size, layout.picture[0])
        np.testing.assert_array_equal(wall_film._cut(shown[-1], corner, layout), expected)
    assert (shown[0] != shown[-1]).any()


def test_a_cell_holds_what_won_it_and_before_that_an_ancestor(evolution):
    archive = evolution.archive
    told = changes(archive)
    assert [each.number for each in told] == sorted(each.number for each in told)
    first = {}
    for each in told:
        individual = archive.individuals[each.number]
        assert each.generation == individual.generation
        assert each.held == (each.cell in individual.won)
        if each.held:
            first.setdefault(each.cell, each.number)
        else:
            assert individual in archive.line(each.cell)
            assert each.cell not in first
    last = {each.cell: each.number for each in told}
    assert last == {cell: int(number) for cell, number in enumerate(archive.champions)}


def test_of_pixels_only_what_is_kept_is_filmed(pixels):
    for each in list(pixels.archive.individuals.values())[::2]:
        if each.number not in pixels.archive.champions:
            pixels.archive.individuals[each.number] = replace(each, genome=None)
    frames = [each for each in wall_frames(pixels) if each.picture is not None]
    assert frames[-1].step == frames[-1].total


def test_an_empty_archive_has_no_frames(plain):
    assert list(wall_frames(new_evolution(plain, QUICK))) == []


@given(st.lists(st.integers(0, 20), max_size=60), st.integers(1, 12))
def test_moments_cut_between_generations(generations, count):
    told = [Change(each, number, 0, True) for number, each in enumerate(sorted(generations))]
    cut = moments(told, count)
    assert [change for moment in cut for change in moment] == told
    assert len(cut) <= count
    for before, after in pairwise(cut):
        assert before[-1].generation < after[0].generation


@given(st.integers(1, 1000), st.integers(24, 300), st.integers(24, 300))
def test_every_wall_fits_into_a_frame(count, height, width):
    layout = wall_film._layout(count, (height, width))
    tall, wide = layout.picture
    assert len(set(layout.corners)) == count
    frame_height, frame_width = layout.frame
    assert frame_height <= wall_film.HEIGHT + 1
    assert frame_width <= wall_film.WIDTH + 1
    for x, y in layout.corners:
        assert 0 <= x <= frame_width - wide
        assert wall_film.HEADER <= y <= frame_height - tall


def test_badges_are_of_the_data_and_the_encoding(evolution, pixels, plain, monkeypatch):
    assert nguyen(evolution) == []
    monkeypatch.setattr(plain, "card", {"data": "ImageNet (ILSVRC 2012): photos"})
    (cppn,), (direct,) = nguyen(evolution), nguyen(pixels)
    assert (cppn.published, direct.published) == (0.8811, 0.2159)
    median = evolution.summary()["median_confidence"]
    assert cppn.ours == median
    assert cppn.reproduced == (abs(median - 0.8811) <= 0.05)
    assert "240 pictures here" in cppn.remark
    monkeypatch.setattr(plain, "card", {"data": "MNIST: digits"})
    assert nguyen(evolution)[0].published == 0.9999
