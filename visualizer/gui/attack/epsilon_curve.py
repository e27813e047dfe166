"""Probabilities of the classes against the size of the attack: Goodfellow's figure 4, live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from visualizer.gui.widgets.themed_plot import Axis, Curve, ThemedPlot

if TYPE_CHECKING:
    from visualizer.engine.adversarial.attack_context import AttackContext
    from visualizer.engine.adversarial.epsilon import Curve as Answers

LARGEST = 32
"""The curve goes from minus to plus this many levels of 1/255."""
TICKS = [(0, "0")] + [(x, f"{x:+d}".replace("-", "−")) for x in (-32, -16, 16, 32)]
EPSILON = Axis("ε, in levels of 1/255", shown=True)
PROBABILITY = Axis("probability", form="{:.0%}".format)


class EpsilonCurve(ThemedPlot):
    """A line a class; the upright line is the dial, and can be dragged."""

    dragged = Signal(int)
    """The size in levels of 1/255 that the user pulled the line to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Probability against epsilon", EPSILON, PROBABILITY, parent)
        self.setToolTip("Drag the upright line, or turn the dial")
        self.set_ranges(x=(-LARGEST, LARGEST), y=(0, 1.01))
        self.set_ticks("left", [(share, f"{share:.0%}") for share in (0, 0.25, 0.5, 0.75, 1)])
        self.set_grid()
        self.flips = self.add_mark()
        self.dial = self.add_mark(movable=True, bounds=(0, LARGEST))
        self.levels: int | None = None
        self.set_levels(0)
        self.picked.connect(self._on_picked)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._ready:
            every = 16 if self.width() > 18 * self.fontMetrics().height() else 32
            self.set_ticks("bottom", [tick for tick in TICKS if tick[0] % every == 0])

    def show_curve(self, context: AttackContext | None, found: Answers | None) -> None:
        """Show the classes that matter along the ray of an attack; None for nothing yet."""
        if context is None or found is None:
            self.flips.show_at(None)
            self.show_curves([])
            return
        levels = np.rint(found.epsilons * 255)
        label = context.network.label
        chosen = found.leading_classes(context.criterion)
        self.show_curves([Curve(label(i), levels, found.probabilities[:, i]) for i in chosen])
        flip = found.flip(context.criterion)
        at = None if flip is None else round(flip * 255, 2)
        self.flips.show_at(at, "" if at is None else f"flips at {at:g}/255")
        if at is not None:
            words = f"{self.accessibleDescription()}; the answer flips at {at:g}/255"
            self.setAccessibleDescription(words)

    def set_levels(self, levels: int | None) -> None:
        """Put the upright line where the dial is; None for a size that the curve does not have."""
        self.levels = levels
        self.dial.show_at(levels, f"ε = {levels}/255")

    def _on_picked(self, place: float) -> None:
        levels = max(0, round(place))
        self.dial.show_at(levels, f"ε = {levels}/255")  # a saved picture has whole levels only
        self.dragged.emit(levels)
