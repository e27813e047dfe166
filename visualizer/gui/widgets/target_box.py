"""Where an attack is to lead: away from the answer, to the least likely class, or to a class."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QWidget

AWAY, LEAST = "anything but this", "the least likely class"


class TargetBox(QComboBox):
    """A list of the classes that is searched by typing any part of a name."""

    general = 2
    """How many entries come before the classes."""

    chosen = Signal(object)
    """None for anything but the answer, "least likely", or the index of a class as “#17”."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)
        self.setAccessibleName("Target class")
        self.setToolTip("Type a part of a class's name (T)")
        completer = self.completer()
        assert completer is not None
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.set_classes([])
        self.activated.connect(lambda _: self.chosen.emit(self.target))
        line = self.lineEdit()
        assert line is not None
        line.editingFinished.connect(self._settle)

    @property
    def target(self) -> str | None:
        """What is aimed at, as `choose_criterion` takes it."""
        return self.currentData()

    def set_classes(self, names: Sequence[str]) -> None:
        """Offer the classes of another network; the aim is then “anything but this” again."""
        with QSignalBlocker(self):
            self.clear()
            self.addItem(AWAY, None)
            self.addItem(LEAST, "least likely")
            for index in sorted(range(len(names)), key=lambda i: names[i].lower()):
                self.addItem(names[index], f"#{index}")
            self.setCurrentIndex(0)

    def set_target(self, target: str | None) -> None:
        """Aim at something else, and say so."""
        place = self.findData(target) if target is not None else 0
        if place >= 0 and place != self.currentIndex():
            self.setCurrentIndex(place)
            self.chosen.emit(self.target)

    def _settle(self) -> None:
        """Take what was typed if it is, or is a part of, one name; else go back."""
        typed = self.currentText().strip().lower()
        texts = [self.itemText(place).lower() for place in range(self.count())]
        exact = [place for place, text in enumerate(texts) if text == typed]
        parts = [place for place, text in enumerate(texts) if typed and typed in text]
        found = exact or [place for place in parts if place >= self.general] or parts
        before = self.currentIndex()
        place = found[0] if len(found) == 1 or exact else before
        self.setCurrentIndex(place)
        self.setEditText(self.itemText(place))
        if place != before:
            self.chosen.emit(self.target)
