"""Breeding by hand on the compute thread: the children, and what the network sees in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

from visualizer.gui.evolve.evolving import thumbnail

if TYPE_CHECKING:
    from visualizer.engine.evolution.breeding import Breeding
    from visualizer.engine.evolution.cppn import Genome
    from visualizer.engine.evolution.scoring import ClassScores
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen


@dataclass(frozen=True, eq=False)
class Litter:
    """The children to choose from.

    Attributes:
        generation: of the newest of them.
        can_undo: whether there were others before.
        images: their pictures.
        answers: what the network sees in each: a class and its probability.
        origin: what all this was bred from.
        ancestors: how many are in the line of each.
    """

    generation: int
    can_undo: bool
    images: tuple[QImage, ...]
    answers: tuple[tuple[str, float], ...]
    origin: str
    ancestors: tuple[int, ...]


class Breeder:
    """A `Breeding` and the network that looks on; all methods run on the compute thread."""

    def __init__(self, network: Network, first: Genome | None, origin: str, seed: int) -> None:
        self.network = network
        self._first, self._origin, self._seed = first, origin, seed
        self._breeding: Breeding | None = None
        self._scores: ClassScores | None = None

    def begin(self) -> Iterator[Litter]:
        """The first children."""
        from visualizer.engine.evolution.breeding import Breeding
        from visualizer.engine.evolution.scoring import ClassScores
        from visualizer.engine.grey import sees_grey

        self._scores = ClassScores(self.network, screen=False)
        grey = sees_grey(self.network)
        self._breeding = Breeding(grey, self._first, self._origin, self._seed)
        yield from self._litters()

    def next(self, chosen: Sequence[int]) -> Iterator[Litter]:
        """The children of these."""
        assert self._breeding is not None
        self._breeding.next(chosen)
        yield from self._litters()

    def undo(self) -> Iterator[Litter]:
        """The children before."""
        assert self._breeding is not None
        self._breeding.undo()
        yield from self._litters()

    def specimen(self, place: int) -> Specimen:
        """A child with its recipe and genome."""
        assert self._breeding is not None
        return self._breeding.specimen(self._breeding.children[place], self.network)

    def genome(self, place: int) -> Genome:
        """That of a child."""
        assert self._breeding is not None
        return self._breeding.children[place].genome

    def _litters(self) -> Iterator[Litter]:
        breeding, scores = self._breeding, self._scores
        assert breeding is not None
        assert scores is not None
        pictures, best, shares = breeding.seen(scores)
        yield Litter(
            breeding.generation,
            breeding.can_undo,
            tuple(thumbnail(each) for each in pictures),
            tuple(
                (self.network.label(int(index)), float(share))
                for index, share in zip(best, shares, strict=True)
            ),
            breeding.origin,
            tuple(len(each.line()) for each in breeding.children),
        )
