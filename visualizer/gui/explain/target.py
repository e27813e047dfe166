"""What is to be explained: the network's answer, the chosen unit, or a class."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QWidget

from visualizer.gui.widgets.class_picker import ClassPicker

ANSWER, UNIT, POSITION = "the network's answer", "the chosen unit", "the chosen unit at a place"


class ExplainTarget(ClassPicker):
    """The classes, with the answer and the chosen unit on top.

    `target` is "" for the answer, `UNIT` for the chosen unit's whole map, `POSITION` for one place
    of it, else the index of a class as "#17".
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, ((ANSWER, ""), (UNIT, UNIT), (POSITION, POSITION)))
        self.setAccessibleName("What is explained")

    @property
    def of_unit(self) -> bool:
        """Whether the chosen unit is explained."""
        return self.target in (UNIT, POSITION)

    def class_of(self, answer: int | None) -> int | None:
        """The class that is explained, `answer` where that is; None for the chosen unit."""
        return self.index if self.target else answer

    def name_unit(self, name: str, place: str) -> None:
        """Say which unit is the chosen one, and which place of its map."""
        with QSignalBlocker(self):
            self.setItemText(1, f"{UNIT}: {name}" if name else UNIT)
            self.setItemText(2, f"{UNIT} {place}: {name}" if place else POSITION)
            if not self.hasFocus():  # nobody types
                self.setEditText(self.itemText(self.currentIndex()))

    def toggle_unit(self) -> None:
        """Explain the chosen unit, or the answer again."""
        self.set_target("" if self.target == UNIT else UNIT)
