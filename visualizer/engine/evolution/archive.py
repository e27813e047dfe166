"""MAP-Elites with a cell for each class: the best picture known of every class.

Mouret & Clune 2015, "Illuminating search spaces by mapping elites"; as used by Nguyen, Yosinski &
Clune 2015, "Deep neural networks are easily fooled". Every child is tried in every cell and may
win several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

PRUNE_AT = 2000
"""Individuals after which those that are no champion's ancestors are forgotten."""


@dataclass(frozen=True, eq=False)
class Individual:
    """A genome that was once a champion, and where it comes from.

    Attributes:
        number: counts individuals, from 0, in the order in which they were told.
        genome: as its encoding makes them; None of an ancestor whose genome is too large to keep.
        parents: the numbers of its parents; none for one out of nothing.
        generation: in which it was born.
        won: the cells that it won then.
    """

    number: int
    genome: Any
    parents: tuple[int, ...]
    generation: int
    won: tuple[int, ...] = ()


class Archive:
    """The champions, their scores, and their ancestors.

    Args:
        cells: how many classes.
        keeps_ancestors: whether ancestors keep their genomes.

    Attributes:
        scores: float64, one a cell: the log-probability of its champion; -inf while it is empty.
        champions: the number of each cell's champion, -1 while it is empty.
        individuals: every champion and its ancestors, by number.
        evaluations: how many pictures have been told.
        since: the generation in which each cell's champion came.
    """

    def __init__(self, cells: int, keeps_ancestors: bool = True) -> None:
        self.scores = np.full(cells, -np.inf)
        self.champions = np.full(cells, -1, np.int64)
        self.since = np.zeros(cells, np.int64)
        self.individuals: dict[int, Individual] = {}
        self.evaluations = 0
        self._keeps_ancestors, self._prune_at = keeps_ancestors, PRUNE_AT

    @property
    def filled(self) -> np.ndarray:
        """The cells that have a champion."""
        return np.flatnonzero(self.champions >= 0)

    def candidates(self, scores: np.ndarray, margin: float) -> np.ndarray:
        """Which children might win a cell if their scores were up to `margin` higher: bool, N."""
        return (np.nan_to_num(scores, nan=-np.inf) + margin > self.scores).any(axis=1)

    def tell(
        self,
        genomes: Sequence[Any],
        scores: np.ndarray,
        parents: Sequence[tuple[int, ...]],
        generation: int,
        places: np.ndarray | None = None,
        evaluated: int | None = None,
    ) -> np.ndarray:
        """Try children in every cell; the strictly best takes it, the first of equals.

        Args:
            genomes: the children, N of them.
            scores: log-probabilities, N x cells; NaN wins nothing.
            parents: the numbers of each child's parents.
            generation: in which they were born.
            places: which of all children these are, where they are only the promising ones.
            evaluated: how many children there were then.

        Returns:
            The cells with a new champion, in order.
        """
        first = self.evaluations
        self.evaluations += len(genomes) if evaluated is None else evaluated
        if not len(genomes):
            return np.empty(0, np.int64)
        scores = np.where(np.isnan(scores), -np.inf, scores)
        best = scores.argmax(axis=0)
        top = scores[best, np.arange(scores.shape[1])]
        cells = np.flatnonzero(top > self.scores)
        self.scores[cells] = top[cells]
        self.since[cells] = generation
        winners = best[cells]
        numbers = first + (np.arange(len(genomes)) if places is None else places)
        for child in np.unique(winners):
            number = int(numbers[child])
            won = tuple(int(cell) for cell in cells[winners == child])
            self.individuals[number] = Individual(
                number, genomes[child], tuple(parents[child]), generation, won
            )
        self.champions[cells] = numbers[winners]
        if len(self.individuals) >= self._prune_at:
            self._prune()
        return cells

    def champion(self, cell: int) -> Individual | None:
        """The champion of a cell, or None."""
        return self.individuals.get(int(self.champions[cell]))

    def line(self, cell: int) -> list[Individual]:
        """The champion of a cell and its first parent's line, back to its first ancestor."""
        found, individual = [], self.champion(cell)
        while individual is not None:
            found.append(individual)
            parents = individual.parents
            individual = self.individuals.get(parents[0]) if parents else None
        return found

    def _prune(self) -> None:
        """Forget who is no ancestor of a champion."""
        kept: set[int] = set()
        waiting = [int(number) for number in self.champions if number >= 0]
        while waiting:
            number = waiting.pop()
            if number not in kept and number in self.individuals:
                kept.add(number)
                waiting += self.individuals[number].parents
        self.individuals = {n: each for n, each in self.individuals.items() if n in kept}
        if not self._keeps_ancestors:
            champions = set(self.champions.tolist())
            for number, each in self.individuals.items():
                if number not in champions and each.genome is not None:
                    self.individuals[number] = replace(each, genome=None)
        self._prune_at = max(PRUNE_AT, 2 * len(self.individuals))
