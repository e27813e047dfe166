"""All units of one stage: a channel grid if it has positions, bars if it is dense."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from visualizer.gui.layers.dense_bars import DenseBars
from visualizer.gui.widgets.channel_grid import ChannelGrid
from visualizer.gui.widgets.unit_area import UnitArea, by_number

if TYPE_CHECKING:
    from visualizer.gui.layers.stage_rendering import StageView


class StageMaps(QStackedWidget):
    """Delegates to `grid` or `bars`, whichever suits the stage; both have the same methods."""

    selected = Signal(int)
    opened = Signal(int)
    hovered = Signal(object)
    resized = Signal()

    def __init__(self, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid = ChannelGrid(hint)
        self.bars = DenseBars(hint)
        for area in (self.grid, self.bars):
            self.addWidget(area)
            area.selected.connect(self.selected)
            area.opened.connect(self.opened)
            area.hovered.connect(self.hovered)
            area.resized.connect(self.resized)
        self.setFocusProxy(self.grid)

    @property
    def area(self) -> UnitArea:
        """The one on show."""
        return self.bars if self.currentWidget() is self.bars else self.grid

    def show_stage(
        self,
        stage: str,
        view: StageView,
        names: Callable[[int], str] | None,
        percent: bool,
        resort: bool = True,
    ) -> None:
        """Show a stage.

        Args:
            stage: its name.
            view: its maps, or the numbers of a stage without positions.
            names: the names of its units.
            percent: whether its numbers are probabilities, or changes of them.
            resort: whether units may change places.
        """
        self.grid.setAccessibleName(f"{stage} channels")
        if view.atlas is not None:
            self._switch(self.grid)
            self.grid.set_atlas(view.atlas, view.strength, resort)
        else:
            self._switch(self.bars)
            self.bars.set_values(view.strength, names, percent, resort)

    def clear(self) -> None:
        """Show the hint, and keep nothing of the stage."""
        self.set_describe(by_number)
        self.bars.set_values(np.zeros(0, np.float32))
        self._switch(self.grid)
        self.grid.set_atlas(None, np.zeros(0, np.float32))

    def set_unit(self, unit: int | None) -> None:
        """Mark the chosen unit."""
        self.area.set_unit(unit)

    def sort_by(self, by: str) -> None:
        """Sort by "channel" (their number) or "strength"."""
        for area in (self.grid, self.bars):
            area.sort_by(by)

    def set_hint(self, hint: str) -> None:
        """The sentence shown while there is nothing."""
        for area in (self.grid, self.bars):
            area.set_hint(hint)

    def set_describe(self, describe: Callable[[int], str]) -> None:
        """What the tooltip of a unit says."""
        for area in (self.grid, self.bars):
            area.describe = describe

    def _switch(self, area: UnitArea) -> None:
        if self.currentWidget() is area:
            return
        had_focus = self.area.hasFocus()
        self.setCurrentWidget(area)
        self.setFocusProxy(area)
        if had_focus:
            area.setFocus()
