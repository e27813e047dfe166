"""The page of the data: how many pictures each class has, and a few of them, before training."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from visualizer.gui.train.training_session import TrainFrame
from visualizer.gui.widgets.panel import note, panel
from visualizer.gui.widgets.tiles import Tile, TileArea

HINT = "The classes appear here as soon as the pictures are read."


class DataPage(QWidget):
    """A tile a class: some of its pictures, and how many there are on both sides of the split."""

    wanted = frozenset({"classes"})

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.summary = note("", role="title")
        self.warning = note("", role="error")
        self.classes = TileArea("The classes", HINT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(
            panel(
                self.summary,
                self.warning,
                self.classes,
                title="THE CLASSES · PICTURES TO TRAIN ON + TO VALIDATE",
                stretch=self.classes,
            )
        )
        self.show_frame(None)

    def show_frame(self, frame: TrainFrame | None) -> None:
        """Show the classes of a training."""
        self.summary.setVisible(frame is not None)
        self.warning.setVisible(frame is not None and bool(frame.warnings))
        if frame is None:
            self.classes.set_tiles([])
            return
        train, validation = frame.pictures
        self.summary.setText(
            f"{len(frame.classes)} classes: {train:,} pictures to train on, "
            f"{validation:,} to validate"
        )
        self.warning.setText(frame.warnings)
        self.classes.set_tiles(
            [
                Tile(
                    place,
                    each.name,
                    f"{each.train:,} + {each.validation:,}",
                    each.image,
                    f"{each.name}: {each.train:,} pictures to train on, and {each.validation:,} "
                    "others to validate",
                )
                for place, each in enumerate(frame.views.classes)
            ]
        )
