"""The indirect encoding: pictures as CPPNs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from visualizer.engine.errors import UserError
from visualizer.engine.evolution.cppn import (
    CPPNRates,
    Genome,
    crossover,
    mutate,
    random_genome,
)
from visualizer.engine.evolution.rendering import picture


class CPPNEncoding:
    """Pictures as CPPNs, for `Evolution`.

    Args:
        grey: one output, for a network that sees no colours; else hue, saturation and value.
        rates: how genomes begin and change.
    """

    name = "cppn"
    keeps_ancestors = True

    def __init__(self, grey: bool = False, rates: CPPNRates | None = None) -> None:
        self.outputs = 1 if grey else 3
        self.rates = rates or CPPNRates()
        self.two_parents = self.rates.crossover

    def random(self, rng: np.random.Generator) -> Genome:
        """A genome to begin with."""
        return random_genome(rng, self.outputs, self.rates)

    def child(
        self,
        parents: Sequence[Genome],
        rng: np.random.Generator,
        generation: int = 0,  # noqa: ARG002
    ) -> Genome:
        """A child of one parent, or of the first two."""
        genome = parents[0]
        if len(parents) > 1:
            genome = crossover(parents[0], parents[1], rng)
        return mutate(genome, rng, self.rates)

    def picture(self, genome: Genome, height: int, width: int) -> np.ndarray:
        """The picture of a genome at any size: uint8 H x W x 3."""
        return picture(genome, height, width)

    def packed(self, genome: Genome, champion: bool) -> Any:  # noqa: ARG002
        """Plain values or bytes to save; `unpacked` gives the genome again."""
        return genome.to_dict()

    def unpacked(self, values: Any) -> Genome:
        """The genome in what was saved; see `Genome.from_dict`."""
        genome = Genome.from_dict(values)
        if genome.outputs != self.outputs:
            raise UserError("This genome is for a network of other colours; choose another.")
        return genome
