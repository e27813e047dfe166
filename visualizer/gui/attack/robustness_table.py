"""Does it survive? A row for each thing that happens to pictures, and for other networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from visualizer.gui.attack.epsilon_dial import LevelSlider
from visualizer.gui.attack.steady_label import SteadyLabel

WORDS = {
    "png8": "saved as 8-bit PNG",
    "jpeg": "JPEG 100",
    "blur": "blur, 1 pixel",
    "shift": "shift by 2 pixels",
    "resize": "shrunk and enlarged",
    "greyscale": "without colour",
}

OPENING = "…"


@dataclass(frozen=True)
class Verdict:
    """Whether the attack survives, and what the network answers then."""

    survived: bool
    label: str
    probability: float

    @property
    def text(self) -> str:
        """As it is shown."""
        word = "yes" if self.survived else "no"
        return f"{word}: {self.probability:.0%} {self.label}"


class RobustnessTable(QWidget):
    """Yes or no for each change, with the answer; JPEG's quality and another network to choose."""

    quality_changed = Signal(int)
    transfer_wanted = Signal(str)
    """The name of a network of the catalogue."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answers: dict[str, SteadyLabel] = {}
        self.quality = LevelSlider(1, 100, 75, "JPEG quality")
        self.quality.setMinimumWidth(3 * self.fontMetrics().height())
        self.quality.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.quality.setToolTip("Quality of the JPEG file, 1 to 100")
        self.networks = QComboBox()
        self.networks.setAccessibleName("Another network")
        self.networks.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.networks.setMinimumContentsLength(8)
        self.try_button = QPushButton("Try")
        self.try_button.setToolTip("Show both pictures to the other network")
        self.note = QLabel("Nothing has to survive yet: the network is not fooled.", wordWrap=True)
        self.note.setProperty("role", "small")
        em = self.fontMetrics().height()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(em // 6)
        grid.setHorizontalSpacing(em // 2)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.note, 0, 0, 1, 2)
        for row, (name, words) in enumerate(WORDS.items(), start=1):
            title = QLabel(words)
            if name == "jpeg":
                self._jpeg = title
                grid.addLayout(_row(title, self.quality), row, 0)
            else:
                grid.addWidget(title, row, 0)
            answer = self.answers[name] = _answer(words)
            grid.addWidget(answer, row, 1)
        self.transfer = _answer("another network")
        other = QHBoxLayout()
        other.setSpacing(em // 2)
        other.addWidget(self.networks, 1)
        other.addWidget(self.try_button)
        grid.addLayout(other, len(WORDS) + 1, 0, 1, 2)
        grid.addWidget(self.transfer, len(WORDS) + 2, 0, 1, 2)
        self.quality.valueChanged.connect(self._on_quality)
        self._jpeg.setText(f"JPEG {self.quality.value()}")
        self.try_button.clicked.connect(self._try)

    def set_networks(self, networks: Sequence[tuple[str, str]]) -> None:
        """The other networks: (name, title) each."""
        before = self.networks.currentData()
        self.networks.clear()
        for name, title in networks:
            self.networks.addItem(title, name)
        self.networks.setCurrentIndex(max(0, self.networks.findData(before)))
        self.try_button.setEnabled(bool(networks))

    def show_verdicts(self, verdicts: Mapping[str, Verdict], fooled: bool = True) -> None:
        """Show what becomes of the attack; what is not named is not known."""
        self.note.setVisible(not fooled)
        for name, answer in self.answers.items():
            _write(answer, verdicts.get(name))

    def show_transfer(self, verdict: Verdict | None, words: str = "") -> None:
        """Show what the other network makes of it, with words for the tooltip; or only words."""
        _write(self.transfer, verdict, words)
        if verdict is not None:
            self.transfer.setToolTip(words)

    def _on_quality(self, quality: int) -> None:
        self._jpeg.setText(f"JPEG {quality}")
        self.quality_changed.emit(quality)

    def _try(self) -> None:
        name = self.networks.currentData()
        if name:
            self.show_transfer(None, OPENING)
            self.transfer_wanted.emit(name)


def _row(first: QWidget, second: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(first.fontMetrics().height() // 2)
    row.addWidget(first)
    row.addWidget(second, 1)
    return row


def _answer(name: str) -> SteadyLabel:
    label = SteadyLabel()
    label.setAccessibleName(name)
    return label


def _write(label: SteadyLabel, verdict: Verdict | None, hint: str = "") -> None:
    label.setText(hint if verdict is None else verdict.text)
    label.set_role("muted" if verdict is None else "good" if verdict.survived else "error")
