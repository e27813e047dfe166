"""How far apart two specimens are at each stage, as a curve to click on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from visualizer.gui.widgets.themed_plot import Axis, Curve, ThemedPlot

DIVERGENCE = Axis("divergence, 0 to 2", form=lambda value: f"{value:g}")


class DivergenceCurve(ThemedPlot):
    """How far apart two specimens are at each stage; a click chooses the stage below it."""

    selected = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._stages: tuple[str, ...] = ()
        name = "Divergence at each stage"
        super().__init__(name, Axis("stage"), DIVERGENCE, parent, labelled=False, dots=True)
        self._marker = self.add_mark()
        self.setToolTip("0: the same; 2: nothing in common. Click to go to a stage.")
        self.picked.connect(self._on_picked)

    @property
    def points(self) -> dict[str, float]:
        """The curve, by stage."""
        values = self.curves[0].y.tolist() if self.curves else []
        return dict(zip(self._stages, values, strict=True))

    def set_curve(self, divergence: Mapping[str, float], stage: str | None) -> None:
        """Show the divergence of every stage, in order, and mark the chosen one."""
        stages, values = tuple(divergence), np.array(list(divergence.values()))
        if stages != self._stages:
            self._stages = stages
            self._set_ticks()
            self.set_ranges(x=(-0.3, max(len(stages) - 0.7, 0.5)))
        self.set_ranges(y=(0, max(1.0, 1.2 * values.max(initial=0))))  # room for the dots
        self.show_curves([Curve("divergence", np.arange(len(stages)), values)])
        self.set_stage(stage)

    def set_stage(self, stage: str | None) -> None:
        """Mark the chosen stage."""
        self._marker.show_at(self._stages.index(stage) if stage in self._stages else None)

    def stage_at(self, position: float) -> str | None:
        """The stage nearest to a place on the horizontal axis."""
        place = round(position)
        return self._stages[place] if 0 <= place < len(self._stages) else None

    def x_words(self, x: float) -> object:
        """The name of a stage."""
        return self._stages[round(x)]

    def _on_picked(self, position: float) -> None:
        if (stage := self.stage_at(position)) is not None:
            self.selected.emit(stage)

    def _set_ticks(self) -> None:
        """Name as many stages as there is room for."""
        longest = max((self.fontMetrics().horizontalAdvance(s) for s in self._stages), default=1)
        room = max(1, self.width() // (longest + self.fontMetrics().height()))
        every = max(1, -(-len(self._stages) // room))
        named = [(i, s) for i, s in enumerate(self._stages) if i % every == 0]
        self.set_ticks("bottom", named)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._ready:
            self._set_ticks()
