"""The page of the norms: how long weights, gradients and updates are, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from visualizer.gui.train.plots import EpochPlot, decades, rate_words
from visualizer.gui.train.training_session import TrainFrame
from visualizer.gui.widgets.lines import thick
from visualizer.gui.widgets.panel import note, panel
from visualizer.gui.widgets.themed_plot import STYLE_EVENTS, Axis, Curve

if TYPE_CHECKING:
    from visualizer.engine.training.probes import LayerNorms

HEALTHY = 1e-3
"""Update by weight of a layer that learns well (Karpathy, CS231n)."""
COLUMNS = ("layer", "weights", "gradient", "update", "ratio", "dead units")
LEAST_RATIO = 1e-8


class InsidePage(QWidget):
    """A row a layer, and how update / weights went, with a line at 1e-3."""

    wanted = frozenset({"norms"})

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setHorizontalHeaderLabels(list(COLUMNS))
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.setShowGrid(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setSizeAdjustPolicy(QTableWidget.SizeAdjustPolicy.AdjustToContents)
        self.table.setAccessibleName("Norms of the layers")
        self.plot = RatioPlot()
        self._norms: tuple[LayerNorms, ...] = ()
        self.hint = note("Play: the layers are measured twice a second.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        title = "UPDATE / WEIGHTS OF EACH LAYER"
        layout.addWidget(panel(self.plot, title=title, stretch=self.plot), 1)
        title = "NORMS AT THE NEWEST BATCH, AND UNITS THAT ARE NEVER ACTIVE"
        layout.addWidget(panel(self.hint, self.table, title=title, stretch=self.table))

    def show_frame(self, frame: TrainFrame | None) -> None:
        """Show the norms of a training."""
        views = frame.views if frame is not None else None
        norms = views.norms if views is not None else ()
        if norms and norms is self._norms:
            return
        self._norms = norms
        dead = {name: (count, of) for name, count, of in views.dead} if views is not None else {}
        self.hint.setVisible(not norms)
        self.table.setVisible(bool(norms))
        self.table.setRowCount(len(norms))
        for row, each in enumerate(norms):
            count, of = dead.get(each.layer, (0, 0))
            texts = [
                each.layer,
                *(f"{v:.3g}" for v in (each.weight, each.gradient, each.update)),
                f"{each.ratio:.1e}",
                f"{count} of {of}" if of else "",
            ]
            for column, text in enumerate(texts):
                item = self.table.item(row, column)
                if item is None:
                    item = QTableWidgetItem()
                    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                    item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                    self.table.setItem(row, column, item)
                item.setText(text)
        self.plot.show_frame(frame)


class RatioPlot(EpochPlot):
    """Update / weights over the epochs, a curve a layer."""

    def __init__(self) -> None:
        axis = Axis("update / weights", form=rate_words, log=True)
        super().__init__(
            "Update by weights", axis, "How far each step moves the weights of a layer."
        )
        self._line = pg.InfiniteLine(np.log10(HEALTHY), angle=0, movable=False)
        self.addItem(self._line, ignoreBounds=True)
        self._colour_line()

    def show_frame(self, frame: TrainFrame | None) -> None:
        """Show a training."""
        rows = frame.views.ratios if frame is not None else None
        if frame is None or rows is None or len(rows) < 2:
            self.show_curves([])
            return
        self.show_epochs(frame.settings.epochs)
        names = [each.layer for each in frame.views.norms]
        columns = np.maximum(rows[:, 1:].T, LEAST_RATIO)
        low = 10.0 ** np.floor(np.log10(min(columns.min(), HEALTHY / 2)))
        high = 10.0 ** np.ceil(np.log10(max(columns.max(), HEALTHY * 2)))
        self.setYRange(np.log10(low), np.log10(high), padding=0)
        self.set_ticks("left", [(np.log10(v), rate_words(v)) for v in decades(low, high)])
        self.show_curves(
            [Curve(name, rows[:, 0], column) for name, column in zip(names, columns, strict=True)]
        )

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if self._ready and event.type() in STYLE_EVENTS and hasattr(self, "_line"):
            self._colour_line()

    def _colour_line(self) -> None:
        colour = self.palette().color(QPalette.ColorRole.Text)
        self._line.setPen(pg.mkPen(colour, width=thick(self, 1), style=Qt.PenStyle.DashLine))
