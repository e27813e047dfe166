"""The buttons of a lesson: play, a step on or back, the start, the speed, the seed, the numbers."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QSpinBox, QWidget

from visualizer.gui.widgets.tab_focus import tab_focus
from visualizer.gui.workspace import Action

SPEEDS = (0.5, 1, 2, 4, 8, 15, 30, 100, 300, 1000, math.inf)
"""Steps a second; the last is as many as there is time for."""
MOST_SEEDS = 9999


class StepBar(QWidget):
    """Says what is wanted by signals; `show_run` enables what can be done."""

    toggled, stepped, went_back, reset = (Signal() for _ in range(4))
    seeded = Signal(int)
    numbers_wanted = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.play, self.step = QPushButton("Play"), QPushButton("Step")
        self.back, self.first = QPushButton("Back"), QPushButton("Reset")
        self.play.setProperty("role", "primary")
        self.dice, self.numbers = QPushButton("New"), QPushButton("Numbers")
        self.numbers.setCheckable(True)
        self.speed = QComboBox()
        self.speed.addItems([_in_words(each) for each in SPEEDS])
        self.speed.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.speed.setMinimumContentsLength(8)
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip("Steps a second while it is played")
        self.seed = QSpinBox()
        self.seed.setRange(0, MOST_SEEDS)
        self.seed.setFixedWidth(round(4.6 * self.fontMetrics().height()))
        self.seed.setKeyboardTracking(False)
        self.seed.setAccessibleName("Seed")
        self.seed.setToolTip("The same seed gives the same random numbers, and so the same run")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.play, self.step, self.back, self.first, self.speed):
            row.addWidget(widget)
        row.addStretch(1)
        for last in (QLabel("Seed"), self.seed, self.dice, self.numbers):
            row.addWidget(last)
        self.play.clicked.connect(self.toggled)
        self.step.clicked.connect(self.stepped)
        self.back.clicked.connect(self.went_back)
        self.first.clicked.connect(self.reset)
        self.seed.valueChanged.connect(self.seeded)
        self.dice.clicked.connect(lambda: self.seed.setValue(self.seed.value() % MOST_SEEDS + 1))
        self.numbers.toggled.connect(self.numbers_wanted)
        tab_focus(self)

    def own_actions(self) -> list[Action]:
        """What the buttons do, with keys."""
        press = Action.press
        return [
            press("new seed", "Other random numbers", "R", self.dice),
            press("numbers", "Show or hide the numbers", "N", self.numbers),
            press("lesson back", "Take back a step or a change", "Backspace", self.back),
        ]

    @property
    def steps_a_second(self) -> float:
        """Of playing; infinite for as many as there is time for."""
        return float(SPEEDS[self.speed.currentIndex()])

    def set_speed(self, steps_a_second: float) -> None:
        """Choose the speed that is nearest."""
        apart = [abs(math.log(min(each, 1e4) / min(steps_a_second, 1e4))) for each in SPEEDS]
        self.speed.setCurrentIndex(apart.index(min(apart)))

    def show_run(self, playing: bool, can_step: bool, can_go_back: bool, seed: int) -> None:
        """Show what can be done now."""
        self.play.setText("Pause" if playing else "Play")
        self.play.setEnabled(can_step)
        self.step.setEnabled(can_step and not playing)
        self.back.setEnabled(can_go_back)
        if seed != self.seed.value():
            self.seed.blockSignals(True)
            self.seed.setValue(seed)
            self.seed.blockSignals(False)


def _in_words(speed: float) -> str:
    return "full speed" if math.isinf(speed) else f"{speed:g} / s"
