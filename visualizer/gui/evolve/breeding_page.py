"""Breeding by hand: the user is the selection."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from visualizer.gui.evolve import text as words
from visualizer.gui.evolve.breeder import Litter
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.widgets.panel import note, panel
from visualizer.gui.widgets.parts_label import PartsLabel
from visualizer.gui.widgets.tiles import Tile, TileArea


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
        self.hint = note(words.BREEDING_HINT)
        backstage(self.back, self.next_button, self.undo_button, self.hint)
        top = QHBoxLayout()
        for widget in (self.back, self.next_button, self.undo_button):
            top.addWidget(widget)
        top.addWidget(self.status, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.hint)
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
