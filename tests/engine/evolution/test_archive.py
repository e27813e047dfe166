"""The archive against the plainest way to keep the best of every class."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from visualizer.engine.evolution import archive as archive_module
from visualizer.engine.evolution.archive import Archive

SCORES = st.lists(
    st.lists(st.sampled_from([-9.0, -2.0, -1.0, 0.0, float("nan")]), min_size=3, max_size=3),
    min_size=1,
    max_size=5,
)


@settings(deadline=None)
@given(st.lists(SCORES, max_size=6))
def test_a_child_takes_every_cell_where_it_is_strictly_better(generations):
    archive, best = Archive(3), [(-np.inf, None)] * 3
    for number, scores in enumerate(generations):
        genomes = [(number, child) for child in range(len(scores))]
        before = [genome for _, genome in best]
        for genome, row in zip(genomes, scores, strict=True):
            for cell, score in enumerate(row):
                if score > best[cell][0]:
                    best[cell] = score, genome
        changed = archive.tell(genomes, np.array(scores), [()] * len(genomes), number)
        assert changed.tolist() == [c for c in range(3) if best[c][1] != before[c]]
    for cell, (score, genome) in enumerate(best):
        champion = archive.champion(cell)
        assert (champion.genome if champion else None) == genome
        assert archive.scores[cell] == score
    assert archive.evaluations == sum(map(len, generations))


def test_lines_lead_back_to_the_first_ancestor_through_other_classes():
    archive = Archive(2)
    archive.tell(["root"], np.array([[-5.0, -9.0]]), [()], 0)
    archive.tell(["child"], np.array([[-6.0, -4.0]]), [(0,)], 1)
    line = archive.line(1)
    assert [each.genome for each in line] == ["child", "root"]
    assert line[0].won == (1,)
    assert line[1].won == (0, 1)


def test_only_ancestors_of_champions_are_remembered(monkeypatch):
    monkeypatch.setattr(archive_module, "PRUNE_AT", 50)
    archive = Archive(1)
    for number in range(500):
        parents = [(number - 1,)] if number % 10 else [()]
        archive.tell([number], np.array([[-1000.0 + number]]), parents, number)
    assert len(archive.individuals) < 120
    assert [each.number for each in archive.line(0)] == list(range(499, 489, -1))


def test_genomes_too_large_to_keep_are_those_of_champions_only(monkeypatch):
    monkeypatch.setattr(archive_module, "PRUNE_AT", 10)
    archive = Archive(1, keeps_ancestors=False)
    for number in range(10):
        archive.tell([number], np.array([[float(number)]]), [(number - 1,) * (number > 0)], number)
    assert [each.genome for each in archive.line(0)] == [9] + [None] * 9


def test_nothing_told_changes_nothing():
    archive = Archive(2)
    assert archive.tell([], np.empty((0, 2)), [], 0, evaluated=7).tolist() == []
    assert archive.evaluations == 7
