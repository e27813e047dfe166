"""The chosen unit: its map over the picture, what it sees of it, its filter and its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from visualizer.gui.widgets.image_view import ImageView
from visualizer.gui.widgets.map_region import map_region, unit_under
from visualizer.gui.widgets.panel import note

if TYPE_CHECKING:
    from visualizer.engine.receptive_field import ReceptiveField
    from visualizer.engine.unit_statistics import UnitStatistics

DEFAULT_OPACITY = 70
"""Opacity of the map over the picture, in percent."""

NO_UNIT, NO_UNIT_HINT = "No unit yet", "It appears once a network and a picture are open."

LARGEST_SHARE, PRESENTED_SHARE = 0.23, 0.34
"""Of the window's height, so that what excites the unit stays in sight below; for an audience."""


@dataclass(frozen=True, eq=False)
class UnitView:
    """Everything the panel shows of a unit.

    Attributes:
        title: its stage and name.
        picture: what the network sees.
        statistics: its numbers.
        kernel: its weights as a picture, uint8, h x w x 3; None where they are none.
        kernel_shape: height, width and depth of the kernel in any case; () without one.
        values: its map, H x W; None for a stage without positions.
        unit_map: these values in colours.
        field: the receptive field of the stage.
        ground: the colour (red, green, blue) of zero in the map.
    """

    title: str
    picture: QImage
    statistics: UnitStatistics
    kernel: np.ndarray | None = None
    kernel_shape: tuple[int, ...] = ()
    values: np.ndarray | None = None
    unit_map: QImage | None = None
    field: ReceptiveField | None = None
    ground: tuple[int, int, int] = (0, 0, 0)


class UnitPanel(QWidget):
    """Shows one `UnitView`; the mouse on the picture asks what that place's unit sees and says."""

    opacity_changed = Signal(int)
    """Percent."""
    stimulus_wanted = Signal()
    """The optimal stimulus of the unit was asked for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: UnitView | None = None
        self._presented = False
        self.title = QLabel(NO_UNIT)
        self.title.setProperty("role", "title")
        self.title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.subtitle = note(NO_UNIT_HINT)
        self.view = ImageView("The chosen unit appears here, over the picture.")
        self.view.largest_share = LARGEST_SHARE
        self.view.setAccessibleName("The unit's map over the picture")
        self.view.setToolTip(
            "Point, or press Shift and an arrow key, to see what a position of the map sees.\n"
            "Ctrl+wheel zooms, 0 fits."
        )
        self.view.pointed.connect(self._show_place)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setValue(DEFAULT_OPACITY)
        self.opacity.setPageStep(10)
        self.opacity.setAccessibleName("Opacity of the map")
        self.opacity.valueChanged.connect(self._set_opacity)
        self.place = note("", role="")
        self.filter = ImageView()
        self.filter.setAccessibleName("The unit's filter")
        self.numbers = note("")
        self.numbers.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.stimulus = QPushButton("What does it want to see?")
        self.stimulus.setToolTip("Climb a picture that excites this unit most (Ctrl+U)")
        self.stimulus.clicked.connect(self.stimulus_wanted)
        self._build()
        self._set_opacity(DEFAULT_OPACITY)

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.title)
        layout.addWidget(self.subtitle)
        layout.addWidget(self.view)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel("Map over picture"))
        row.addWidget(self.opacity, 1)
        self.opacity_row = QWidget()
        self.opacity_row.setLayout(row)
        layout.addWidget(self.opacity_row)
        words_column = QVBoxLayout()
        words_column.addWidget(self.place)
        words_column.addWidget(self.numbers)
        words_column.addWidget(self.stimulus, 0, Qt.AlignmentFlag.AlignLeft)
        words_column.addStretch(1)
        self._size_filter()
        details = QHBoxLayout()
        details.addLayout(words_column, 1)
        details.addWidget(self.filter, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(details)
        self.stimulus.hide()
        self.filter.hide()
        self.opacity_row.hide()

    def present(self, presented: bool) -> None:
        """Show the unit larger and without controls to an audience, or as usual again."""
        self._presented = presented
        self.view.largest_share = PRESENTED_SHARE if presented else LARGEST_SHARE
        self.view.updateGeometry()
        self._size_filter()
        self.show_unit(self._shown)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._size_filter()

    def _size_filter(self) -> None:
        side = 5 * self.fontMetrics().height()
        self.filter.setFixedSize(side, side)

    def show_unit(self, shown: UnitView | None) -> None:
        """Show a unit, or the hint."""
        self._shown = shown
        self.stimulus.setVisible(shown is not None and not self._presented)
        if shown is None:
            self.view.set_picture(None)
            self.view.set_overlay(None)
            self.view.set_box(None)
            self.title.setText(NO_UNIT)
            self.subtitle.setText(NO_UNIT_HINT)
            self.place.clear()
            self.numbers.clear()
            self.filter.hide()
            self.opacity_row.hide()
            return
        self.title.setText(shown.title)
        self.subtitle.setText(self._rank_words(shown.statistics))
        self.view.set_picture(shown.picture)
        self._show_map(shown)
        self._show_filter(shown)
        self._show_numbers(shown)
        self._show_place(self.view.pointer)  # it may still be there while a camera runs

    @staticmethod
    def _rank_words(statistics: UnitStatistics) -> str:
        if statistics.maximum <= 0:
            return "silent on this picture"
        if statistics.rank == 1:
            return f"the strongest of {statistics.units} units here"
        return f"number {statistics.rank} of {statistics.units} units here, by strength"

    def _show_map(self, shown: UnitView) -> None:
        if shown.unit_map is None or shown.values is None:
            self.view.set_overlay(None)
        elif shown.field is None or 0 in shown.field.stride:
            self.view.set_overlay(shown.unit_map, None, smooth=False)
        else:
            region = map_region(shown.field, shown.values.shape)
            ground = QColor(*shown.ground)
            self.view.set_overlay(shown.unit_map, region, smooth=False, ground=ground)
            self.view.key_step = QPointF(shown.field.stride[1], shown.field.stride[0])
        self.opacity_row.setVisible(not self._presented and shown.unit_map is not None)

    def _show_filter(self, shown: UnitView) -> None:
        self.filter.setVisible(shown.kernel is not None)
        self.filter.set_picture(shown.kernel, smooth=False)
        self.filter.setToolTip("The filter itself: what it multiplies the picture with.")

    def _show_numbers(self, shown: UnitView) -> None:
        statistics = shown.statistics
        words = []
        if statistics.row is not None:
            words = [f"mean {statistics.mean:.4g}", f"{statistics.zeros:.0%} zeros"]
        if shown.kernel_shape:
            words.append("filter " + "×".join(map(str, shown.kernel_shape)))
        self.numbers.setText(" · ".join(words))
        self.numbers.setVisible(bool(words))

    def _show_place(self, point: QPointF | None) -> None:
        """Draw what a position sees: the one pointed at, or else the strongest."""
        shown = self._shown
        if shown is None or shown.values is None or shown.field is None or 0 in shown.field.stride:
            self.view.set_box(None)
            words = (
                ""
                if shown is None
                else f"{shown.statistics.maximum:.4g}: it sees the whole picture"
            )
            self.place.setText(words)
            return
        if point is not None:
            region = map_region(shown.field, shown.values.shape)
            row, column = unit_under(point, region, shown.values.shape)
            where = "Here"
        elif shown.statistics.maximum <= 0:
            self.view.set_box(None)
            self.place.setText("Nothing in this picture excites it.")
            return
        else:
            row, column = shown.statistics.row or 0, shown.statistics.column or 0
            where = "Strongest"
        top, left, bottom, right = shown.field.box(row, column)
        height, width = shown.field.size
        caption = f"receptive field {width}×{height}"
        self.view.set_box(QRectF(left, top, right - left, bottom - top), caption)
        value = float(shown.values[row, column])
        self.place.setText(f"{where}: {value:.4g} at row {row}, column {column}")

    def _set_opacity(self, percent: int) -> None:
        self.view.set_opacity(percent / 100)
        self.opacity_changed.emit(percent)
