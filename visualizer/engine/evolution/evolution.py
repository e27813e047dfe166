"""Evolution of pictures that a network is sure of: one generation a `step`; the caller loops.

Nguyen, Yosinski & Clune 2015, "Deep neural networks are easily fooled: high confidence predictions
for unrecognizable images".
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from visualizer.engine.evolution.archive import Archive
from visualizer.engine.evolution.history import History
from visualizer.engine.evolution.scoring import ClassScores

RENDERED_AT_ONCE = 8
"""Pictures drawn between two breaths: some milliseconds."""


class Encoding(Protocol):
    """How genomes are made, changed and drawn."""

    name: str
    two_parents: float
    """The share of children with two parents."""
    keeps_ancestors: bool
    """Whether genomes are small enough that those of all ancestors are kept."""

    def random(self, rng: np.random.Generator) -> Any:
        """A genome to begin with."""

    def child(self, parents: Sequence[Any], rng: np.random.Generator, generation: int) -> Any:
        """A child of one parent, or of two."""

    def picture(self, genome: Any, height: int, width: int) -> np.ndarray:
        """Its picture: uint8, H x W x 3."""

    def packed(self, genome: Any, champion: bool) -> Any:
        """What JSON can hold of a genome; None for one that need not be kept."""

    def unpacked(self, values: Any) -> Any:
        """The genome that was `packed`; raises ValueError or UserError for anything else."""


@dataclass(frozen=True, eq=False)
class Generation:
    """What one generation has brought.

    Attributes:
        number: from 0; the first is random.
        changed: the cells with a new champion.
        evaluations: pictures seen by the network so far.
    """

    number: int
    changed: np.ndarray
    evaluations: int


class Evolution:
    """MAP-Elites over the classes of a network.

    Args:
        scores: the network's log-probabilities.
        encoding: of the pictures.
        population: children a generation.
        random_starts: pictures out of nothing before the first children.
        seed: decides everything that is random.
        classes: the indices of the classes with a cell; None for all.

    Attributes:
        archive: the champions.
        history: the numbers of the generations, for curves; the loop notes them.
        generation: how many generations are through.
        rng: the source of chance.
        random_state: of `rng` between two generations; part of what is saved.
    """

    def __init__(
        self,
        scores: ClassScores,
        encoding: Encoding,
        population: int = 200,
        random_starts: int = 1000,
        seed: int = 0,
        classes: Sequence[int] | None = None,
    ) -> None:
        self.scores, self.encoding = scores, encoding
        self.classes = np.arange(scores.classes) if classes is None else np.asarray(classes)
        self.population, self.random_starts = population, random_starts
        self.archive = Archive(len(self.classes), encoding.keeps_ancestors)
        self.history = History()
        self.generation = 0
        self.rng = np.random.default_rng(seed)
        self.random_state = self.rng.bit_generator.state

    def step(self) -> Generator[Generation | None, None, None]:
        """Take one generation in slices: None is a breath, the last is what it has brought.

        Closed before its end, it leaves everything as it was: the next step takes it again.
        """
        number = self.generation
        self.random_state = self.rng.bit_generator.state
        try:
            yield from self._taken()
        finally:
            if self.generation == number:
                self.rng.bit_generator.state = self.random_state

    def introduce(self, genome: Any) -> np.ndarray:
        """Try a genome from elsewhere in every cell, as a child without parents.

        Returns:
            The cells that it has won.
        """
        picture = self.encoding.picture(genome, *self.scores.network.size)
        scores = self.scores.exact(picture[None])[:, self.classes]
        return self.archive.tell([genome], scores, [()], self.generation)

    def _taken(self) -> Iterator[Generation | None]:
        genomes, parents = self._next_genomes()
        height, width = self.scores.network.size
        pictures = np.empty((len(genomes), height, width, 3), np.uint8)
        for at, genome in enumerate(genomes):
            pictures[at] = self.encoding.picture(genome, height, width)
            if at % RENDERED_AT_ONCE == RENDERED_AT_ONCE - 1:
                yield None
        chosen = np.arange(len(genomes))
        if self.scores.screens:
            screened = yield from self._scored(self.scores.screened, pictures)
            chosen = np.flatnonzero(self.archive.candidates(screened, self.scores.margin))
        exact = yield from self._scored(self.scores.exact, pictures[chosen])
        changed = self.archive.tell(
            [genomes[at] for at in chosen],
            exact,
            [parents[at] for at in chosen],
            self.generation,
            chosen,
            len(genomes),
        )
        self.generation += 1
        self.random_state = self.rng.bit_generator.state
        yield Generation(self.generation - 1, changed, self.archive.evaluations)

    def _scored(self, function: Any, pictures: np.ndarray) -> Any:
        from visualizer.engine.evolution.scoring import BATCH

        parts = []
        for start in range(0, len(pictures), BATCH):
            parts.append(function(pictures[start : start + BATCH])[:, self.classes])
            yield None
        return np.concatenate(parts) if parts else np.empty((0, len(self.classes)), np.float32)

    def _next_genomes(self) -> tuple[list[Any], list[tuple[int, ...]]]:
        filled = self.archive.filled
        left = self.random_starts - self.archive.evaluations
        if left > 0 or not len(filled):
            count = min(self.population, left) if left > 0 else self.population
            return [self.encoding.random(self.rng) for _ in range(count)], [()] * count
        genomes, parents = [], []
        for _ in range(self.population):
            crossed = self.rng.random() < self.encoding.two_parents
            cells = self.rng.choice(filled, 2 if crossed else 1)
            numbers = tuple(dict.fromkeys(int(self.archive.champions[cell]) for cell in cells))
            chosen = [self.archive.individuals[number].genome for number in numbers]
            genomes.append(self.encoding.child(chosen, self.rng, self.generation))
            parents.append(numbers)
        return genomes, parents

    def summary(self) -> dict[str, float]:
        """The numbers of the present generation, as the command line reports them.

        Confidences are probabilities from 0 to 1; an empty cell counts as 0.
        """
        confidence = np.exp(self.archive.scores)
        lower, median, upper = np.quantile(confidence, [0.25, 0.5, 0.75])
        return {
            "generations": self.generation,
            "evaluations": self.archive.evaluations,
            "median_confidence": float(median),
            "lower_quartile": float(lower),
            "upper_quartile": float(upper),
            "cells_over_0_90": int((confidence > 0.9).sum()),
            "cells_over_0_99": int((confidence > 0.99).sum()),
            "worst_confidence": float(confidence.min()),
        }
