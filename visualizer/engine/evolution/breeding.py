"""Breeding by hand: people are the selection.

Secretan et al. 2008, "Picbreeder: Evolving pictures collaboratively online".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.errors import UserError
from visualizer.engine.evolution.cppn import Genome
from visualizer.engine.evolution.indirect import CPPNEncoding

if TYPE_CHECKING:
    from visualizer.engine.evolution.scoring import ClassScores
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

CHILDREN = 16


@dataclass(frozen=True, eq=False)
class Bred:
    """A genome and those that it was bred from.

    Attributes:
        genome: a CPPN.
        parents: one or two, the first of whose structure it is; none of one out of nothing.
        generation: 0 of those at the beginning.
    """

    genome: Genome
    parents: tuple[Bred, ...] = ()
    generation: int = 0

    def line(self) -> list[Bred]:
        """It and its first parents, back to the first ancestor."""
        found = [self]
        while found[-1].parents:
            found.append(found[-1].parents[0])
        return found


class Breeding:
    """A litter of children at a time, of which the user chooses the parents of the next.

    Args:
        grey: whether the pictures are grey.
        first: the genome that the first children have as their parent; None for random ones.
        origin: what `first` is, for the recipes.
        seed: decides everything that is random.

    Attributes:
        children: those to choose from now.
    """

    def __init__(
        self, grey: bool, first: Genome | None = None, origin: str = "nothing", seed: int = 0
    ) -> None:
        self.origin = origin
        self.children: list[Bred] = []
        self._encoding = CPPNEncoding(grey)
        self._rng = np.random.default_rng(seed)
        self._before: list[list[Bred]] = []
        if first is None:
            self.children = [Bred(self._encoding.random(self._rng)) for _ in range(CHILDREN)]
        elif first.outputs != self._encoding.outputs:
            raise UserError(
                "This picture was evolved for a network of other colours; choose that network to "
                "breed from it."
            )
        else:
            self.children = self._litter([Bred(first)])

    @property
    def generation(self) -> int:
        """Of the children."""
        return self.children[-1].generation

    @property
    def can_undo(self) -> bool:
        """Whether there are children before these."""
        return bool(self._before)

    def next(self, chosen: Sequence[int]) -> None:
        """Go on with the children of these, which stay the first of the new ones.

        Without any the present children are drawn anew, from the same parents.
        """
        parents = [self.children[at] for at in chosen]
        if not parents:
            parents = list(dict.fromkeys(p for child in self.children for p in child.parents))
        self._before.append(self.children)
        if not parents:
            self.children = [Bred(self._encoding.random(self._rng)) for _ in range(CHILDREN)]
        else:
            self.children = self._litter(parents)

    def undo(self) -> None:
        """Go back to the children before."""
        if self._before:
            self.children = self._before.pop()

    def _litter(self, parents: Sequence[Bred]) -> list[Bred]:
        """The parents, and children of each of them, or of two of them."""
        generation = 1 + max(parent.generation for parent in parents)
        found = list(parents[: CHILDREN // 2])
        while len(found) < CHILDREN:
            mother = parents[len(found) % len(parents)]
            chosen = [mother]
            if len(parents) > 1 and self._rng.random() < self._encoding.two_parents:
                others = [each for each in parents if each is not mother]
                chosen.append(others[self._rng.integers(len(others))])
            genome = self._encoding.child([each.genome for each in chosen], self._rng)
            found.append(Bred(genome, tuple(chosen), generation))
        return found

    def seen(self, scores: ClassScores) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw the children, and ask a network what it sees in them.

        Returns:
            Their pictures (uint8, N x H x W x 3), the index of each one's likeliest class, and the
            probability of that, from 0 to 1; 0 where the network answers with no number.
        """
        from visualizer.engine.evolution.rendering import picture

        size = scores.network.size
        pictures = np.stack([picture(each.genome, *size) for each in self.children])
        shares = np.nan_to_num(np.exp(scores.exact(pictures)))
        return pictures, shares.argmax(axis=1), shares.max(axis=1)

    def specimen(self, child: Bred, network: Network) -> Specimen:
        """The picture of a child at a network's size, with its recipe and genome."""
        from visualizer.engine.evolution.rendering import picture
        from visualizer.engine.specimen import Provenance, Specimen

        recipe = Provenance(
            source=f"bred by hand from {self.origin}, generation {child.generation}",
            technique="evolve",
            network=network.name,
            network_sha256=network.sha256,
            genome=genome_text(child.genome),
        )
        return Specimen(picture(child.genome, *network.size), "bred by hand", recipe)


def genome_text(genome: Genome) -> str:
    """A genome as the JSON that recipes carry."""
    return json.dumps(genome.to_dict(), separators=(",", ":"))


def genome_of(specimen: Specimen | None) -> Genome | None:
    """The CPPN in a picture's recipe, or None where it has none that can be drawn."""
    if specimen is None or not specimen.provenance.genome:
        return None
    try:
        return Genome.from_dict(json.loads(specimen.provenance.genome))
    except (ValueError, RecursionError, UserError):
        return None
