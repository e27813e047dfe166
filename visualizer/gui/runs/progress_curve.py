"""A number at every step: how the objective climbs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QSizePolicy, QWidget

from visualizer.gui.widgets.themed_plot import Axis, Curve, ThemedPlot

POINTS = 2000
"""More than a screen is wide; longer runs are thinned out."""


class ProgressCurve(ThemedPlot):
    """The value of the objective against the steps."""

    def __init__(self, name: str = "objective", parent: QWidget | None = None) -> None:
        hint = f"The {name} at each step appears here while it runs."
        super().__init__(
            f"{name} at each step", Axis("step"), Axis(name), parent, hint=hint, labelled=False
        )
        self.values = np.zeros(0)
        self.setToolTip("What is climbed, step by step")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_values(self, values: Sequence[float]) -> None:
        """Show these values, one a step, from step 1."""
        self.values = np.asarray(values, float)
        stride = max(1, len(values) // POINTS)
        steps = np.arange(1, len(values) + 1)[::stride]
        name = self._axes["left"].title
        self.show_curves([Curve(name, steps, self.values[::stride])] if len(values) else [])
        if len(values):
            words = f"{name} {values[-1]:.4g} after {len(values)} steps"
            self.setAccessibleDescription(words)

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(20 * em, 6 * em)
