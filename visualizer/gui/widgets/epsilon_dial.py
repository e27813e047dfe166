"""The dial for the size of an attack: whole levels of 255, for a saved picture has no others."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

LARGEST = 32
USUAL = 2


class EpsilonDial(QWidget):
    """A slider from 0 to 32/255 with its value in words."""

    changed = Signal(int)
    """The size in levels of 1/255."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = QLabel("ε")
        name.setProperty("role", "name")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, LARGEST)
        self.slider.setPageStep(4)
        self.slider.setValue(USUAL)
        self.slider.setAccessibleName("epsilon, in levels of 1/255")
        self.slider.setToolTip("Largest change of a pixel, of 255 levels (← →)")
        self.value_label = QLabel()
        self.value_label.setProperty("role", "name")
        self.value_label.setMinimumWidth(self.fontMetrics().horizontalAdvance("32/255") * 5 // 4)
        self.value_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        name.setBuddy(self.slider)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(name)
        row.addWidget(self.slider, 1)
        row.addWidget(self.value_label)
        self.slider.valueChanged.connect(self._on_value)
        self._write(USUAL)
        self.setFocusProxy(self.slider)

    @property
    def levels(self) -> int:
        """The size in levels of 1/255."""
        return self.slider.value()

    def set_levels(self, levels: int) -> None:
        """Turn the dial; kept within its range."""
        self.slider.setValue(levels)

    def _on_value(self, levels: int) -> None:
        self._write(levels)
        self.changed.emit(levels)

    def _write(self, levels: int) -> None:
        self.value_label.setText(f"{levels}/255")
