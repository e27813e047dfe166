"""The dial for the size of an attack: by the largest change of a pixel, or by its length."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from visualizer.gui.attack.steady_label import SteadyLabel

LARGEST = 32


class LevelSlider(QSlider):
    """A horizontal slider that leaves ↑ ↓ to the workspace, also when it has the focus."""

    def __init__(self, low: int, high: int, value: int, name: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(low, high)
        self.setValue(value)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()
        else:
            super().keyPressEvent(event)


class EpsilonDial(QWidget):
    """A slider with its value in words, 0 to 32/255.

    It goes by whole levels of 1/255, for a saved picture has no others.
    """

    changed = Signal(int)
    """Where the slider stands."""

    largest, default = LARGEST, 8
    hint = "epsilon, in levels of 1/255"
    tip = "Largest change of a pixel, of 255 levels (← →)"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = QLabel("ε")
        name.setProperty("role", "name")
        self.slider = LevelSlider(0, self.largest, self.default, self.hint)
        self.slider.setPageStep(4)
        self.slider.setToolTip(self.tip)
        right = Qt.AlignmentFlag.AlignRight
        widest = self.words(self.largest)
        self.value_label = SteadyLabel(role="name", alignment=right, widest=widest)
        name.setBuddy(self.slider)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(name)
        row.addWidget(self.slider, 1)
        row.addWidget(self.value_label)
        self.slider.valueChanged.connect(self._on_value)
        self.value_label.setText(self.words(self.default))
        self.setFocusProxy(self.slider)

    @property
    def levels(self) -> int:
        """Where the slider stands."""
        return self.slider.value()

    def set_levels(self, levels: int) -> None:
        """Set the dial; clipped to its range."""
        self.slider.setValue(levels)

    def words(self, levels: int) -> str:
        """The value as it is shown."""
        return f"{levels}/255"

    def _on_value(self, levels: int) -> None:
        self.value_label.setText(self.words(levels))
        self.changed.emit(levels)


class LengthDial(EpsilonDial):
    """The same for the Euclidean length of a change, 0 to 16 by quarters."""

    largest, default = 64, 8
    hint = "epsilon, length of the change"
    tip = "Largest Euclidean length of the change, L2 (← →)"

    @property
    def length(self) -> float:
        """The length, where pixels are in [0, 1]."""
        return self.levels / 4

    def words(self, levels: int) -> str:
        """The value as it is shown."""
        return f"L2 {levels / 4:.2f}"
