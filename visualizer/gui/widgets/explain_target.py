"""What is to be explained: the network's answer, the chosen unit, or a class."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QWidget

from visualizer.gui.widgets.target_box import TargetBox

ANSWER, UNIT = "the network's answer", "the chosen unit"


class ExplainTarget(TargetBox):
    """The same list and search of classes, with the answer and the chosen unit on top.

    `target` is "" for the answer, `UNIT` for the chosen unit, else the index of a class as text.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("What is explained")
        self.setToolTip(
            "What is explained: type a part of a class's name (T), or take the unit that is chosen "
            "in Layers (U)"
        )

    def set_classes(self, names: Sequence[str]) -> None:
        with QSignalBlocker(self):
            self.clear()
            self.addItem(ANSWER, "")
            self.addItem(UNIT, UNIT)
            for index in sorted(range(len(names)), key=lambda i: names[i].lower()):
                self.addItem(names[index], str(index))
            self.setCurrentIndex(0)

    def name_unit(self, name: str) -> None:
        """Say which unit is the chosen one."""
        with QSignalBlocker(self):
            self.setItemText(1, f"{UNIT}: {name}" if name else UNIT)
            self.setEditText(self.itemText(self.currentIndex()))

    def toggle_unit(self) -> None:
        """Explain the chosen unit, or the answer again."""
        self.set_target("" if self.target == UNIT else UNIT)
