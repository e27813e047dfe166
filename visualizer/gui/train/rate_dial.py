"""A dial from a millionth to ten, on which every decade is as long as the others."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

LEAST, MOST = 1e-6, 10.0
STEPS = 40
"""Steps of the slider a decade; a key goes ten of them."""


class RateDial(QWidget):
    """The learning rate as a slider, with its value."""

    changed = Signal(float)
    """The user has turned it to this rate."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rate = 0.003
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, round(STEPS * math.log10(MOST / LEAST)))
        self.slider.setAccessibleName("Learning rate")
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.words = QLabel()
        self.words.setMinimumWidth(self.fontMetrics().horizontalAdvance("0.00000000"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.slider, 1)
        row.addWidget(self.words)
        self.set_rate(self.rate)
        self.slider.valueChanged.connect(self._on_turned)

    def set_rate(self, rate: float) -> None:
        """Show a rate; nothing is told of it."""
        self.rate = min(max(rate, LEAST), MOST)
        self.slider.blockSignals(True)
        self.slider.setValue(round(STEPS * math.log10(self.rate / LEAST)))
        self.slider.blockSignals(False)
        self._show_rate()

    def step(self, by: int) -> None:
        """Turn it by a quarter of a decade, up or down."""
        self.slider.setValue(self.slider.value() + by * STEPS // 4)

    def _on_turned(self, place: int) -> None:
        rate = LEAST * 10 ** (place / STEPS)
        self.rate = float(f"{rate:.2g}")
        self._show_rate()
        self.changed.emit(self.rate)

    def _show_rate(self) -> None:
        self.words.setText(in_words(self.rate))
        self.slider.setToolTip(f"The learning rate: {in_words(self.rate)} (↑ and ↓)")
        self.setAccessibleDescription(in_words(self.rate))


def in_words(rate: float) -> str:
    """A rate as people read it: 0.003, 1.5e-05."""
    return f"{rate:.3g}"
