"""Evolution of pictures that a network is sure of: one generation a `step`; the caller loops.

Nguyen, Yosinski & Clune 2015, "Deep neural networks are easily fooled: high confidence predictions
for unrecognizable images".
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from visualizer.engine.evolution.archive import Archive
from visualizer.engine.evolution.history import History
from visualizer.engine.evolution.scoring import ClassScores
from visualizer.engine.evolution.versions import versions

Scored = Callable[[np.ndarray], np.ndarray]
"""Pictures -> log-probabilities, N x K."""

DRAWN_AT_ONCE = 8
"""Children bred and drawn in a slice: some milliseconds."""


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
        robust: whether a picture counts as the least sure of its `versions`.

    Attributes:
        archive: the champions.
        history: the numbers of the generations, for curves; the loop notes them.
        generation: how many generations are through.
        rng: the source of chance.
        random_state: of `rng` between two generations; part of what is saved.
        rows: the scores known of the generation that is being taken, batch after batch in the
            order in which it asks for them; saved too, so that a slow network loses little.
    """

    def __init__(
        self,
        scores: ClassScores,
        encoding: Encoding,
        population: int = 200,
        random_starts: int = 1000,
        seed: int = 0,
        classes: Sequence[int] | None = None,
        robust: bool = False,
    ) -> None:
        self.scores, self.encoding, self._robust = scores, encoding, robust
        self.classes = np.arange(scores.classes) if classes is None else np.asarray(classes)
        self.population, self.random_starts = population, random_starts
        self.archive = Archive(len(self.classes), encoding.keeps_ancestors)
        self.history = History()
        self.generation = 0
        self.rng = np.random.default_rng(seed)
        self.random_state = self.rng.bit_generator.state
        self.rows: list[np.ndarray] = []

    def step(self) -> Generator[Generation | None, None, None]:
        """Take one generation in slices: None between two slices, at last what it has brought.

        Closed before its end, it leaves everything but `rows` as it was: the next step takes it
        again.
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
        scores = np.min([*self._asked(self.scores.exact, picture[None])], axis=0)
        self.rows = []  # those of other parents' children
        return self.archive.tell([genome], scores, [()], self.generation)

    def _taken(self) -> Iterator[Generation | None]:
        genomes, parents, pictures = [], [], []
        for genome, numbers in self._next_genomes():
            genomes.append(genome)
            parents.append(numbers)
            pictures.append(self.encoding.picture(genome, *self.scores.network.size))
            if len(genomes) % DRAWN_AT_ONCE == 0:
                yield None
        chosen = np.arange(len(genomes))
        known, rows = iter(self.rows), list[np.ndarray]()
        self.rows = rows
        if self.scores.screens:
            screened = yield from self._scored(
                self.scores.screened, pictures, self.scores.screened_batch, known, rows
            )
            chosen = np.flatnonzero(self.archive.candidates(screened, self.scores.margin))
        exact = yield from self._scored(
            self.scores.exact, [pictures[at] for at in chosen], self.scores.batch, known, rows
        )
        changed = self.archive.tell(
            [genomes[at] for at in chosen],
            exact,
            [parents[at] for at in chosen],
            self.generation,
            chosen,
            len(genomes),
        )
        self.generation += 1
        self.random_state, self.rows = self.rng.bit_generator.state, []
        yield Generation(self.generation - 1, changed, self.archive.evaluations)

    def _scored(
        self,
        function: Scored,
        pictures: Sequence[np.ndarray],
        size: int,
        known: Iterator[np.ndarray],
        rows: list[np.ndarray],
    ) -> Generator[None, None, np.ndarray]:
        """The scores of pictures, in batches of a size, `known` ones first; they go to `rows`."""
        parts = [np.empty((0, len(self.classes)), np.float32)]
        for start in range(0, len(pictures), size):
            batch = np.stack(pictures[start : start + size])
            scores = next(known, None)
            if scores is None or len(scores) != len(batch):
                scores = None
                for each in self._asked(function, batch):
                    scores = each if scores is None else np.minimum(scores, each)
                    yield None
                assert scores is not None
            rows.append(scores)
            parts.append(scores)
        return np.concatenate(parts)

    def _asked(self, function: Scored, batch: np.ndarray) -> Iterator[np.ndarray]:
        """The scores N x cells of a batch, or of each of its versions."""
        for each in versions(batch) if self._robust else (batch,):
            yield function(each)[:, self.classes]

    def _next_genomes(self) -> Iterator[tuple[Any, tuple[int, ...]]]:
        """The children of this generation, each with the numbers of its parents."""
        filled = self.archive.filled
        left = self.random_starts - self.archive.evaluations
        if left > 0 or not len(filled):
            for _ in range(min(self.population, left) if left > 0 else self.population):
                yield self.encoding.random(self.rng), ()
            return
        # Another genome may join between two slices, and champions be forgotten.
        champions = self.archive.champions.copy()
        known = {n: self.archive.individuals[n].genome for n in champions[filled].tolist()}
        for _ in range(self.population):
            crossed = self.rng.random() < self.encoding.two_parents
            cells = self.rng.choice(filled, 2 if crossed else 1)
            numbers = tuple(dict.fromkeys(champions[cells].tolist()))
            chosen = [known[number] for number in numbers]
            yield self.encoding.child(chosen, self.rng, self.generation), numbers

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
