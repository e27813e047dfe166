"""A scaling to fill in: what black and white become, and which colour comes first."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from visualizer.engine.errors import UserError
from visualizer.engine.preprocessing import Preprocessing


class CustomScaling(QWidget):
    """One row to fill in; each number may be three, one a channel, as "0.5, 0.4, 0.4".

    Args:
        channels: of the network.
    """

    wanted = Signal(object)
    """The `Preprocessing` that was filled in."""
    refused = Signal(str)
    """A sentence on which entry is not a number."""

    def __init__(self, channels: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._channels = channels
        self.black, self.white = QLineEdit("0"), QLineEdit("1")
        self.order = QComboBox()
        self.order.addItem("Red first", "rgb")
        self.order.addItem("Blue first", "bgr")
        if channels == 1:
            self.order.hide()
        self.order.setAccessibleName("Order of colours")
        self.try_it = QPushButton("Try it")
        self.try_it.clicked.connect(self._on_try)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for words, field in (("Black becomes", self.black), ("white becomes", self.white)):
            label = QLabel(words)
            label.setBuddy(field)
            field.setAccessibleName(words.capitalize())
            field.setToolTip("A number, or one for each channel: 0.5, 0.4, 0.4")
            field.returnPressed.connect(self._on_try)
            layout.addWidget(label)
            layout.addWidget(field, 1)
        layout.addWidget(self.order)
        layout.addWidget(self.try_it)

    def _on_try(self) -> None:
        try:
            low, high = (self._numbers(field) for field in (self.black, self.white))
            if any(a == b for a, b in zip(low, high, strict=True)):
                raise ValueError
            scale = tuple(b - a for a, b in zip(low, high, strict=True))
            way = Preprocessing(_one(scale), _one(low), self.order.currentData(), self._channels)
        except (ValueError, UserError):
            self.refused.emit(
                "Give what black and white become as two different numbers, or as "
                f"{self._channels} numbers each with commas between them."
            )
            return
        self.wanted.emit(way)

    def _numbers(self, field: QLineEdit) -> tuple[float, ...]:
        """One number a channel.

        Raises:
            ValueError: it is something else.
        """
        numbers = [float(part) for part in field.text().replace(";", ",").split(",")]
        if len(numbers) not in (1, self._channels):
            raise ValueError
        return tuple(numbers * self._channels if len(numbers) == 1 else numbers)


def scaling_in_words(way: Preprocessing) -> str:
    """A way of scaling in plain words: "Black −1, white 1, blue first"."""
    many = isinstance(way.scale, tuple) or isinstance(way.offset, tuple)
    scale = way.scale if isinstance(way.scale, tuple) else (way.scale,) * way.channels
    offset = way.offset if isinstance(way.offset, tuple) else (way.offset,) * way.channels
    count = way.channels if many else 1
    low = ", ".join(f"{a:.3g}" for a in offset[:count])
    high = ", ".join(f"{a + b:.3g}" for a, b in zip(offset[:count], scale[:count], strict=True))
    order = ", blue first" if way.order == "bgr" else ""
    return f"Black {low}, white {high}{order}".replace("-", "−")


def _one(numbers: tuple[float, ...]) -> float | tuple[float, ...]:
    return numbers[0] if len(set(numbers)) == 1 else numbers
