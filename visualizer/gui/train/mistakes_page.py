"""The page of the mistakes: the confusion matrix, and the pictures that are taken for others."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from visualizer.gui.train.confusion import ConfusionView
from visualizer.gui.train.training_session import TrainFrame
from visualizer.gui.widgets.panel import panel
from visualizer.gui.widgets.tiles import Tile, TileArea

HINT = "After an epoch the surest mistakes appear here."
NONE = "No mistake: every validation picture is right."
NONE_HERE = "None of the surest mistakes is of this kind."


class MistakesPage(QWidget):
    """A click on a picture puts it into the tray; a click on a cell shows its mistakes only."""

    wanted = frozenset({"mistakes"})
    to_tray = Signal(int)
    """The number of a validation picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.confusion = ConfusionView()
        self.mistakes = TileArea("The surest mistakes", HINT, smallest=4.2)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        left = panel(
            self.confusion, title="WHAT EACH CLASS (ROW) IS TAKEN FOR", stretch=self.confusion
        )
        right = panel(
            self.mistakes, title="THE SUREST MISTAKES · CLICK: TO THE TRAY", stretch=self.mistakes
        )
        layout.addWidget(left, 1)
        layout.addWidget(right, 1)
        self._frame: TrainFrame | None = None
        self.confusion.chosen.connect(lambda _: self._show_mistakes())
        self.mistakes.clicked.connect(
            lambda place: self.to_tray.emit(self.mistakes.tiles[place].key)
        )

    def show_frame(self, frame: TrainFrame | None) -> None:
        """Show the mistakes of a training at its last measurement."""
        before, self._frame = self._frame, frame
        counts = frame.views.confusion if frame is not None else None
        self.confusion.show_counts(counts, frame.classes if frame is not None else ())
        if before is None or frame is None or before.views.mistakes is not frame.views.mistakes:
            self._show_mistakes()

    def _show_mistakes(self) -> None:
        frame, cell = self._frame, self.confusion.cell
        if frame is None or frame.views.confusion is None:
            self.mistakes.set_hint(HINT)
            self.mistakes.set_tiles([])
            return
        found = [
            each
            for each in frame.views.mistakes
            if cell is None or (each.label, each.taken_for) == cell
        ]
        self.mistakes.set_hint(NONE if not frame.views.mistakes else NONE_HERE)
        names = frame.classes
        self.mistakes.set_tiles(
            [
                Tile(
                    each.index,
                    f"{names[each.label]}, not {names[each.taken_for]}",
                    f"{100 * each.probability:.0f}%",
                    each.image,
                    f"It is {names[each.label]}, and is taken for {names[each.taken_for]} with "
                    f"{100 * each.probability:.1f}%",
                )
                for each in found
            ]
        )
