"""The line above the maps: which stage this is, in a few numbers, and how its maps are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from visualizer.engine.rendering import COLOUR_MAPS
from visualizer.gui.widgets.backstage import backstage

if TYPE_CHECKING:
    from visualizer.engine.network import Stage

ORDER_WORDS = {"strength": "sort: active", "channel": "sort: index"}
SCALING_WORDS = {"shared": "scale: shared", "channel": "scale: each"}


def stage_words(stage: Stage, size: tuple[int, int]) -> str:
    """Say what a stage is, such as '192 channels · 5×5 filters · stride 1 · sees 51×51 pixels'.

    `size`: height and width of the network's input in pixels.
    """
    unit = "channel" if stage.spatial else "unit"
    words = [f"{stage.units:,} {unit}{'' if stage.units == 1 else 's'}"]
    if stage.kernel_size:
        thing = "windows" if stage.kind == "pooling" else "filters"
        words.append(f"{stage.kernel_size[0]}×{stage.kernel_size[1]} {thing}")
    if stage.strides:
        down, right = stage.strides
        words.append(f"stride {down}" if down == right else f"stride {down}×{right}")
    field = stage.receptive_field
    if stage.kind == "input":
        words.append(f"{size[1]}×{size[0]} pixels")
    elif stage.spatial and 0 not in field.stride:
        words.append(f"sees {field.size[1]}×{field.size[0]} pixels")
    else:
        words.append("sees the whole picture")
    return " · ".join(words)


class StageHeader(QWidget):
    """Name and numbers on the left, choices on the right."""

    changed = Signal()
    """A choice has changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.words = QLabel(), QLabel()
        self.title.setProperty("role", "title")
        self.words.setProperty("role", "muted")
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.words.setWordWrap(True)
        self.order = self._combo("Order of the units", ORDER_WORDS)
        self.scaling = self._combo("Scale of the colours", SCALING_WORDS)
        self.colour_map = self._combo("Colour map", {name: name for name in COLOUR_MAPS})
        self.kernels = QToolButton()
        self.kernels.setText("filters")
        self.kernels.setCheckable(True)
        self.kernels.setAccessibleName("Filters instead of maps")
        self.choices = QWidget()
        backstage(self.choices)
        self._controls = QHBoxLayout(self.choices)
        self._controls.setContentsMargins(0, 0, 0, 0)
        self._controls.setSpacing(4)
        for combo in self._combos.values():
            self.add_control(combo)
        self._controls.addWidget(self.kernels)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self.title, 0, 0)
        self._grid.addWidget(self.choices, 0, 2)
        self._places: tuple[tuple[int, int, int, int], ...] = ()
        self._place_words()
        for combo in self._combos.values():
            combo.currentIndexChanged.connect(self.changed)
        self.kernels.toggled.connect(self.changed)

    @property
    def _combos(self) -> dict[str, QComboBox]:
        return {"order": self.order, "scaling": self.scaling, "colour_map": self.colour_map}

    @property
    def chosen(self) -> dict[str, str]:
        """What is chosen: "order", "scaling" and "colour_map", as in `LayersSettings`."""
        return {name: combo.currentData() for name, combo in self._combos.items()}

    def add_control(self, control: QWidget) -> None:
        """Put one more control on the right."""
        control.setMinimumWidth(4 * self.fontMetrics().height())
        self._controls.addWidget(control)

    @property
    def shows_kernels(self) -> bool:
        """Whether the filters are wanted instead of the maps, at a stage where they can be seen."""
        return self.kernels.isChecked() and self.kernels.isEnabled()

    def show_stage(self, stage: Stage, size: tuple[int, int], kernels: bool = False) -> None:
        """Show the facts of a stage; `kernels`: whether it has kernels to show."""
        self.title.setText(stage.name)
        self.words.setText(stage_words(stage, size))
        self.kernels.setVisible(kernels)
        self.kernels.setEnabled(kernels)  # its key, too
        self._place_words()
        self.scaling.setEnabled(stage.spatial)
        self.colour_map.setEnabled(stage.spatial)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_words()

    def _place_words(self) -> None:
        """Put what does not fit into one line on lines of its own: the words, then the choices."""
        for widget in (self.title, self.words, *self._combos.values(), self.kernels):
            widget.ensurePolished()  # only then it has the size of its letters
        title = self.title.sizeHint().width()
        told = self.choices.testAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide)
        left_out = told and self.choices.isHidden()
        choices = 0 if left_out else self._controls.sizeHint().width()
        words = self.words.fontMetrics().horizontalAdvance(self.words.text())
        margin = self.fontMetrics().height()
        if title + words + choices + 2 * margin <= self.width():
            places = (0, 1, 1, 1), (0, 2, 1, 1)
        elif title + choices + margin <= self.width():
            places = (1, 0, 1, 3), (0, 2, 1, 1)
        else:
            places = (1, 0, 1, 3), (2, 0, 1, 3)
        if places != self._places:
            self._places = places
            self._grid.removeWidget(self.words)
            self._grid.removeWidget(self.choices)
            self._grid.addWidget(self.words, *places[0])
            self._grid.addWidget(self.choices, *places[1])
            self._grid.activate()

    def choose(self, chosen: dict[str, str]) -> None:
        """Set the choices by name; names that do not exist are ignored."""
        for name, data in chosen.items():
            place = self._combos[name].findData(data)
            if place >= 0:
                self._combos[name].setCurrentIndex(place)

    def next_order(self) -> None:
        """Sort by the next number, the first after the last."""
        _step(self.order)

    def next_scaling(self) -> None:
        """Scale the colours the next way."""
        _step(self.scaling)

    def next_colour_map(self) -> None:
        """Take the next colour map."""
        _step(self.colour_map)

    def _combo(self, name: str, items: dict[str, str]) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(name)
        for data, words in items.items():
            combo.addItem(words, data)
        return combo


def _step(combo: QComboBox) -> None:
    if combo.isEnabled():
        combo.setCurrentIndex((combo.currentIndex() + 1) % combo.count())
