"""The line of a champion: the classes that its ancestors held, and their pictures."""

from __future__ import annotations

import numpy as np
import pytest

from visualizer.engine.evolution import lineage as lineage_module
from visualizer.engine.evolution.fooling import EvolveSettings, champion_picture, new_evolution
from visualizer.engine.evolution.lineage import lineage

QUICK = EvolveSettings(population=30, random_starts=60, seed=3)


def evolved(network, encoding="cppn", generations=12):
    evolution = new_evolution(network, EvolveSettings(**{**QUICK.to_dict(), "encoding": encoding}))
    for _ in range(generations):
        for _ in evolution.step():
            pass
    return evolution


def longest(evolution):
    archive = evolution.archive
    return max(map(int, archive.filled), key=lambda cell: len(archive.line(cell)))


def test_a_line_ends_with_the_champion_and_its_picture(plain):
    evolution = evolved(plain)
    cell = longest(evolution)
    steps = list(lineage(evolution, cell))
    first, (last, _) = steps[0][0], steps[-1]
    numbers = [each.number for each in evolution.archive.line(cell)[::-1]]
    assert [each.number for each in first] == [each.number for each in last] == numbers
    assert len(numbers) > 1
    assert steps[0][1] == {}
    assert all(each.confidence is None for each in first)
    drawn = {number: picture for _, new in steps for number, picture in new.items()}
    assert sorted(drawn) == sorted(numbers)
    np.testing.assert_array_equal(drawn[numbers[-1]], champion_picture(evolution, cell))
    assert last[-1].label == plain.label(cell)
    assert last[-1].confidence == pytest.approx(np.exp(evolution.archive.scores[cell]), rel=1e-4)
    archive = evolution.archive
    assert all(
        each.others == max(0, len(archive.individuals[each.number].won) - 1) for each in last
    )


def test_an_ancestor_that_never_won_the_class_is_named_by_the_surest_it_won(plain):
    evolution = evolved(plain)
    archive = evolution.archive
    for cell in map(int, archive.filled):
        *_, (line, _) = lineage(evolution, cell)
        for each in line:
            won = archive.individuals[each.number].won
            if won:
                assert each.label in {plain.label(index) for index in won}
            if cell in won:
                assert each.label == plain.label(cell)


def test_only_the_nearest_ancestors_are_told(plain, monkeypatch):
    monkeypatch.setattr(lineage_module, "MOST_ANCESTORS", 2)
    evolution = evolved(plain)
    cell = longest(evolution)
    *_, (line, _) = lineage(evolution, cell)
    assert [each.number for each in line] == [
        each.number for each in archive_line(evolution, cell)[-2:]
    ]


def archive_line(evolution, cell):
    return evolution.archive.line(cell)[::-1]


def test_genomes_that_are_not_kept_have_no_picture(plain):
    evolution = evolved(plain, "direct")
    cell = longest(evolution)
    steps = list(lineage(evolution, cell))
    line = archive_line(evolution, cell)
    drawn = {number for _, new in steps for number in new}
    assert drawn == {each.number for each in line if each.genome is not None} != set()
    for each in steps[-1][0]:
        assert (each.confidence is not None) == (each.number in drawn)
