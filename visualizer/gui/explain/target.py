"""What is to be explained: the network's answer, the chosen unit, or a class."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QWidget

from visualizer.gui.widgets.class_picker import ClassPicker

ANSWER, UNIT, PLACE = "the network's answer", "the chosen unit", "the chosen unit at a place"


class ExplainTarget(ClassPicker):
    """The same list and search of classes, with the answer and the chosen unit on top.

    `target` is "" for the answer, `UNIT` for the chosen unit's whole map, `PLACE` for one place of
    it, else the index of a class as “#17”.
    """

    general = 3

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("What is explained")
        self.setToolTip(
            "What is explained: type a part of a class's name (T)\n"
            "The unit that is chosen in Layers, or the answer again (U)\n"
            "The place of its map that is pointed at; a click on the picture does the same (P)"
        )

    def set_classes(self, names: Sequence[str]) -> None:
        with QSignalBlocker(self):
            self.clear()
            self.addItem(ANSWER, "")
            self.addItem(UNIT, UNIT)
            self.addItem(PLACE, PLACE)
            for index in sorted(range(len(names)), key=lambda i: names[i].lower()):
                self.addItem(names[index], f"#{index}")
            self.setCurrentIndex(0)

    def subject(self, answer: int | None) -> int | None:
        """The class that is explained, `answer` where that is; None for the chosen unit."""
        if not self.target:
            return answer
        return None if self.target in (UNIT, PLACE) else int(self.target.removeprefix("#"))

    def name_unit(self, name: str, place: str) -> None:
        """Say which unit is the chosen one, and which place of its map."""
        with QSignalBlocker(self):
            self.setItemText(1, f"{UNIT}: {name}" if name else UNIT)
            self.setItemText(2, f"{UNIT} {place}: {name}" if place else PLACE)
            self.setEditText(self.itemText(self.currentIndex()))

    def toggle_unit(self) -> None:
        """Explain the chosen unit, or the answer again."""
        self.set_target("" if self.target == UNIT else UNIT)
