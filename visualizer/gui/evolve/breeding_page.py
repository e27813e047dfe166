"""Breeding by hand: the user is the selection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from visualizer.gui.evolve import text as words
from visualizer.gui.evolve.evolving import thumbnail
from visualizer.gui.evolve.tiles import Tile, TileArea
from visualizer.gui.widgets.panel import note, panel
from visualizer.gui.widgets.parts_label import PartsLabel

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
        from visualizer.engine.evolution.rendering import picture

        breeding, scores, size = self._breeding, self._scores, self.network.size
        assert breeding is not None
        assert scores is not None
        pictures = np.stack([picture(each.genome, *size) for each in breeding.children])
        shares = np.nan_to_num(np.exp(scores.exact(pictures)))
        best = shares.argmax(axis=1)
        yield Litter(
            breeding.generation,
            breeding.can_undo,
            tuple(thumbnail(each) for each in pictures),
            tuple(
                (self.network.label(int(index)), float(share[index]))
                for index, share in zip(best, shares, strict=True)
            ),
            breeding.origin,
            tuple(len(each.line()) for each in breeding.children),
        )


class BreedingPage(QWidget):
    """Children to choose from; a click marks a parent of the next."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.litter: Litter | None = None
        """What is shown."""
        self.back = QToolButton()
        self.back.setText("← All classes")
        self.children_ = TileArea("Children", words.BREEDING_HINT)
        self.next_button = QPushButton("Next generation")
        self.next_button.setProperty("role", "primary")
        self.undo_button = QPushButton("Undo")
        self.status = PartsLabel()
        self.status.setProperty("role", "muted")
        top = QHBoxLayout()
        for widget in (self.back, self.next_button, self.undo_button):
            top.addWidget(widget)
        top.addWidget(self.status, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(note(words.BREEDING_HINT))
        layout.addWidget(panel(self.children_, stretch=self.children_), 1)
        self.children_.clicked.connect(self.mark)
        self.show_litter(None)

    @property
    def chosen(self) -> list[int]:
        """The places of the marked children."""
        return sorted(self.children_.marked)

    def mark(self, place: int) -> None:
        """Mark a child as a parent of the next, or no longer."""
        self.children_.set_marked(self.children_.marked ^ {place})
        self._say()

    def show_litter(self, litter: Litter | None) -> None:
        """Show other children, none of them marked."""
        self.litter = litter
        tiles = []
        if litter is not None:
            for place, (image, (label, share)) in enumerate(
                zip(litter.images, litter.answers, strict=True)
            ):
                tip = f"The network sees: {label} {words.share(share)}"
                number = words.share(share, short=True)
                tiles.append(Tile(place, label, number, image, tip))
        self.children_.set_marked(frozenset())
        self.children_.set_tiles(tiles)
        self.next_button.setEnabled(litter is not None)
        self.undo_button.setEnabled(litter is not None and litter.can_undo)
        self._say()

    def _say(self) -> None:
        if self.litter is None:
            self.status.set_parts("")
            return
        count = len(self.children_.marked)
        parents = {0: "no parents chosen: others of the same", 1: "1 parent chosen"}
        self.status.set_parts(
            f"generation {self.litter.generation}, bred from {self.litter.origin}",
            parents.get(count, f"{count} parents chosen"),
        )
