"""The line of a champion: which classes its ancestors held, and what they looked like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from visualizer.engine.evolution.archive import Individual
from visualizer.engine.evolution.evolution import Evolution

MOST_ANCESTORS = 300


@dataclass(frozen=True)
class Ancestor:
    """One of a champion's line.

    Attributes:
        number: which individual.
        generation: in which it was born.
        label: the class that it held then, the surest of those it won.
        confidence: of that class, from 0 to 1; None where it is not known, or not yet.
        others: how many more classes it won.
    """

    number: int
    generation: int
    label: str
    confidence: float | None
    others: int


def lineage(
    evolution: Evolution, cell: int, line: Sequence[Individual] | None = None
) -> Iterator[tuple[tuple[Ancestor, ...], Mapping[int, np.ndarray]]]:
    """Yield the line of a cell's champion, the first ancestor first, and newly drawn pictures.

    The line is complete from the first on; confidences and pictures (uint8 H x W x 3, by number)
    come a batch at a time, for the ancestors whose genomes are kept.

    Args:
        evolution: it may go on meanwhile.
        cell: whose champion.
        line: the line as `Archive.line` gave it before; None for that of now.
    """
    from visualizer.engine.evolution.scoring import BATCH

    line = (evolution.archive.line(cell) if line is None else line)[:MOST_ANCESTORS][::-1]
    found = [_ancestor(evolution, each, cell) for each in line]
    yield tuple(found), {}
    size = evolution.scores.network.size
    for start in range(0, len(line), BATCH):
        drawn = [
            at for at in range(start, min(start + BATCH, len(line))) if line[at].genome is not None
        ]
        if not drawn:
            continue
        pictures = [evolution.encoding.picture(line[at].genome, *size) for at in drawn]
        scores = evolution.scores.exact(np.stack(pictures))[:, evolution.classes]
        for at, row in zip(drawn, np.exp(scores), strict=True):
            found[at] = _ancestor(evolution, line[at], cell, row)
        numbers = [line[at].number for at in drawn]
        yield tuple(found), dict(zip(numbers, pictures, strict=True))


def _ancestor(
    evolution: Evolution,
    individual: Individual,
    cell: int,
    confidence: np.ndarray | None = None,
) -> Ancestor:
    """It with the class that it held: the one asked about if it won that, or else the surest."""
    won = list(individual.won)
    held = cell if cell in won or not won else won[0]
    if confidence is not None and cell not in won and won:
        held = max(won, key=lambda each: confidence[each])
    network = evolution.scores.network
    return Ancestor(
        individual.number,
        individual.generation,
        network.label(int(evolution.classes[held])),
        None if confidence is None else float(confidence[held]),
        max(0, len(won) - 1),
    )
