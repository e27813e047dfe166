"""The direct encoding: one gene a pixel and channel, changed as real numbers are in NSGA-II.

Polynomial mutation: Deb & Agrawal 1999; simulated binary crossover: Deb & Agrawal 1995.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class DirectRates:
    """How genomes change.

    Attributes:
        mutation: the probability that a gene mutates.
        random_rate: every child has a probability of its own, log-uniform from a fifth of it.
        halving: generations after which that probability is halved, again and again; 0 for never.
        mutation_index: eta of polynomial mutation; larger values change less.
        two_parents: the share of children with two parents. A mixture of the champions of two
            classes is rarely either, so ours is 0.
        crossover: the probability that a gene is crossed, of children with two parents.
        crossover_index: eta of simulated binary crossover.
    """

    mutation: float = 0.1
    random_rate: bool = True
    halving: int = 0
    mutation_index: float = 8.0
    two_parents: float = 0.0
    crossover: float = 0.5
    crossover_index: float = 10.0


PAPER_RATES = DirectRates(random_rate=False, halving=1000, mutation_index=15.0, two_parents=0.5)
"""The settings of Nguyen, Yosinski & Clune 2015, section 2.3."""


def chosen_genes(rng: np.random.Generator, count: int, probability: float) -> np.ndarray:
    """The indices of genes of which each is chosen with this probability, in order.

    Gaps between successes are geometric, so only as many random numbers are drawn as there are
    chosen genes.
    """
    if probability >= 1:
        return np.arange(count)
    if probability <= 0:
        return np.empty(0, np.int64)
    found: list[np.ndarray] = []
    at = -1
    while at < count:
        expected = max(16, int((count - at) * probability * 1.1) + 16)
        places = at + np.cumsum(rng.geometric(probability, expected))
        found.append(places)
        at = int(places[-1])
    places = np.concatenate(found)
    return places[places < count]


def polynomial_mutation(x: np.ndarray, u: np.ndarray, index: float) -> np.ndarray:
    """Mutated values of x in [0, 1], for uniform random numbers u (Deb & Agrawal 1999)."""
    low = u <= 0.5
    v = np.where(low, u, 1 - u)
    # How far the bound in the other direction is left behind.
    edge = np.where(low, 1 - x, x) ** (index + 1)
    delta = (2 * v + (1 - 2 * v) * edge) ** (1 / (index + 1)) - 1
    return np.clip(x + np.where(low, delta, -delta), 0, 1)


def simulated_binary_crossover(
    first: np.ndarray, second: np.ndarray, u: np.ndarray, side: np.ndarray, index: float
) -> np.ndarray:
    """Crossed values of parents in [0, 1] (Deb & Agrawal 1995, bounded); equal ones stay.

    Args:
        first: values of one parent.
        second: those of the other.
        u: uniform random numbers.
        side: whether the child is the one on the larger parent's side.
        index: eta; larger values stay nearer to the parents.
    """
    small, large = np.minimum(first, second), np.maximum(first, second)
    apart = large - small
    differ = apart > 0
    apart = np.where(differ, apart, 1)
    room = np.where(side, 1 - large, small)
    alpha = 2 - (1 + 2 * room / apart) ** -(index + 1)
    inner = u * alpha
    spread = np.where(inner <= 1, inner, 1 / np.maximum(2 - inner, 1e-12)) ** (1 / (index + 1))
    centre = (small + large) / 2
    child = centre + np.where(side, 1, -1) * spread * apart / 2
    return np.where(differ, np.clip(child, 0, 1), first)


class DirectEncoding:
    """Pictures as their pixels, for `Evolution`. A genome is uint8, H x W x C.

    Args:
        height, width: of the pictures, in pixels.
        grey: one gene a pixel instead of three.
        rates: how genomes change.
    """

    name = "direct"
    keeps_ancestors = False

    def __init__(
        self, height: int, width: int, grey: bool = False, rates: DirectRates | None = None
    ) -> None:
        self.shape = height, width, 1 if grey else 3
        self.rates = rates or DirectRates()
        self.two_parents = self.rates.two_parents

    def random(self, rng: np.random.Generator) -> np.ndarray:
        """Uniform noise."""
        return rng.integers(0, 256, self.shape, dtype=np.uint8)

    def child(
        self, parents: Sequence[np.ndarray], rng: np.random.Generator, generation: int = 0
    ) -> np.ndarray:
        """A child of one parent, or of the first two."""
        genes = parents[0].ravel().copy()
        rates = self.rates
        if len(parents) > 1:
            places = chosen_genes(rng, genes.size, rates.crossover)
            first, second = genes[places], parents[1].ravel()[places]
            differ = first != second
            places, first, second = places[differ], first[differ], second[differ]
            u, side = rng.random(len(places)), rng.random(len(places)) < 0.5
            crossed = simulated_binary_crossover(
                first / 255, second / 255, u, side, rates.crossover_index
            )
            genes[places] = np.rint(crossed * 255)
        share = rates.mutation
        if rates.random_rate:
            share *= float(np.exp(rng.uniform(np.log(0.2), 0)))
        if rates.halving:
            share *= 0.5 ** (generation // rates.halving)
        places = chosen_genes(rng, genes.size, share)
        mutated = polynomial_mutation(
            genes[places] / 255, rng.random(len(places)), rates.mutation_index
        )
        genes[places] = np.rint(mutated * 255)
        return genes.reshape(self.shape)

    def picture(self, genome: np.ndarray, height: int, width: int) -> np.ndarray:
        """The picture of a genome: uint8 H x W x 3; at another size than its own, resized."""
        import cv2

        picture = np.broadcast_to(genome, (*genome.shape[:2], 3))
        if picture.shape[:2] == (height, width):
            return np.ascontiguousarray(picture)
        shrinks = height < genome.shape[0] or width < genome.shape[1]
        how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        return np.asarray(
            cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=how)
        )

    def packed(self, genome: np.ndarray | None, champion: bool) -> str | None:
        """A champion's pixels as text to save; None for its ancestors."""
        if genome is None or not champion:
            return None
        return base64.b64encode(genome.tobytes()).decode("ascii")

    def unpacked(self, values: Any) -> np.ndarray | None:
        """The genome in what was saved.

        Raises:
            ValueError: it is damaged or of another size.
        """
        if values is None:
            return None
        data = base64.b64decode(str(values), validate=True)
        if len(data) != int(np.prod(self.shape)):
            raise ValueError("a picture has another size")
        return np.frombuffer(data, np.uint8).reshape(self.shape)
