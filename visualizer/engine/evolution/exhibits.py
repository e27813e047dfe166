"""The champions of a moment, the surest first: what galleries and films show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from visualizer.engine.evolution.evolution import Encoding, Evolution
    from visualizer.engine.evolution.fooling import EvolveSettings


@dataclass(frozen=True, eq=False)
class Exhibit:
    """A champion, as it was when the exhibits were taken.

    Attributes:
        cell: which class of the evolution's.
        label: the name of the class.
        confidence: of the network, from 0 to 1.
        since: the generation in which it became champion.
        genome: as its encoding makes them.
    """

    cell: int
    label: str
    confidence: float
    since: int
    genome: Any


def exhibits(evolution: Evolution) -> list[Exhibit]:
    """The champions there are, the surest first."""
    archive, network = evolution.archive, evolution.scores.network
    found = []
    for cell in map(int, np.argsort(-archive.scores, kind="stable")):
        champion = archive.champion(cell)
        if champion is not None:
            label = network.label(int(evolution.classes[cell]))
            sure, since = float(np.exp(archive.scores[cell])), int(archive.since[cell])
            found.append(Exhibit(cell, label, sure, since, champion.genome))
    return found


def drawn(encoding: Encoding, genome: Any, size: Sequence[int], side: int) -> np.ndarray:
    """A genome as a picture whose longer side has about so many pixels: uint8 H x W x 3.

    A formula is drawn at that size; pixels stay squares where they are enlarged.
    """
    height, width = size
    scale = side / max(height, width)
    if encoding.name == "direct" and scale >= 1:
        times = max(1, round(scale))
        picture = encoding.picture(genome, height, width)
        return np.repeat(np.repeat(picture, times, axis=0), times, axis=1)
    return encoding.picture(genome, max(1, round(height * scale)), max(1, round(width * scale)))


def described(evolution: Evolution, settings: EvolveSettings) -> tuple[str, ...]:
    """What an evolution is and how far it is, in a few lines."""
    summary, network = evolution.summary(), evolution.scores.network
    height, width = network.size
    kind = "formulas (CPPNs)" if settings.encoding == "cppn" else "pixels"
    rates = "the paper's rates" if settings.rates == "paper" else "our rates"
    survive = ", to survive shift and JPEG" if settings.robust else ""
    return (
        f"Evolved as {kind} with {rates}{survive}, {settings.population:,} children a generation "
        f"after {settings.random_starts:,} random ones, seed {settings.seed}.",
        f"{summary['generations']:,} generations, {summary['evaluations']:,} pictures seen at "
        f"{width} × {height} pixels. Half of the {len(evolution.classes):,} classes over "
        f"{summary['median_confidence']:.1%}; {summary['cells_over_0_90']} over 90%, "
        f"{summary['cells_over_0_99']} over 99%.",
    )


def plates(evolution: Evolution, side: int) -> Iterator[tuple[np.ndarray, str, str]]:
    """Every champion of this moment for print: its picture, its class, and how sure it is."""
    size = evolution.scores.network.size
    for each in exhibits(evolution):
        words = f"{each.confidence:.2%}, since generation {each.since:,}"
        yield drawn(evolution.encoding, each.genome, size, side), each.label, words
