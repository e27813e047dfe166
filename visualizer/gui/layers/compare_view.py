"""Two specimens side by side at one stage, their difference, and how far apart they are at each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from visualizer.gui.layers.stage_maps import StageMaps
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.widgets.panel import note

if TYPE_CHECKING:
    from visualizer.gui.layers.divergence_curve import DivergenceCurve
    from visualizer.gui.layers.stage_rendering import Comparison, StageView

WORDS = ("A", "B", "change from A to B")


class CompareView(QWidget):
    """Three views of one stage that scroll, zoom and choose together, over the divergence curve."""

    selected = Signal(int)
    """The unit that the user chose."""
    opened = Signal(int)
    """The unit that was double-clicked or opened by Enter."""
    stage_selected = Signal(str)
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        hint = "Working on the comparison…"
        self.first, self.second, self.difference = (StageMaps(hint) for _ in range(3))
        self.titles = [QLabel() for _ in range(3)]
        words = note("How far apart, stage by stage  ( |a − b| · 2 / (|a| + |b|) )")
        columns = QHBoxLayout()
        columns.setSpacing(12)
        for title, maps in zip(self.titles, self.maps, strict=True):
            title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            title.setTextFormat(Qt.TextFormat.PlainText)
            column = QVBoxLayout()
            column.addWidget(title)
            column.addWidget(maps, 1)
            columns.addLayout(column, 1)
            maps.selected.connect(self._select)
            maps.opened.connect(self.opened)
        self.first.resized.connect(self.resized)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(columns, 1)
        layout.addWidget(words)
        backstage(words)  # and the curve: the strip says it of each stage
        self._link_scrolling()

    @cached_property
    def curve(self) -> DivergenceCurve:
        """The divergence at each stage; made when first shown, as pyqtgraph is slow to import."""
        from visualizer.gui.layers.divergence_curve import DivergenceCurve

        curve = DivergenceCurve()
        curve.setMinimumHeight(5 * self.fontMetrics().height())
        curve.setMaximumHeight(6 * self.fontMetrics().height())
        curve.selected.connect(self.stage_selected)
        layout = self.layout()
        assert layout is not None
        layout.addWidget(curve)
        backstage(curve)
        return curve

    @property
    def maps(self) -> tuple[StageMaps, StageMaps, StageMaps]:
        """First, second and difference."""
        return self.first, self.second, self.difference

    def set_titles(self, first: str, second: str) -> None:
        """Name the two specimens."""
        words = (f"A · {first}", f"B · {second}", "B − A: what changes")
        for label, text in zip(self.titles, words, strict=True):
            label.setText(text)
            label.setToolTip(text)

    def show_comparison(
        self,
        stage: str,
        first: StageView,
        comparison: Comparison,
        names: Callable[[int], str] | None,
        percent: bool,
        resort: bool = True,
    ) -> None:
        """Show a stage of both; all three stand in the order of the first. See `StageMaps`."""
        views = (first, comparison.second, comparison.difference)
        for maps, view, words in zip(self.maps, views, WORDS, strict=True):
            maps.show_stage(stage, view, names, percent, resort)
            maps.grid.setAccessibleName(f"{stage} channels, {words}")
        self._same_order()
        self.curve.set_curve(comparison.divergence, stage)

    def set_unit(self, unit: int | None) -> None:
        """Mark the chosen unit in all three."""
        for maps in self.maps:
            maps.set_unit(unit)

    def sort_by(self, by: str) -> None:
        """Sort all three as the first."""
        for maps in self.maps:
            maps.sort_by(by)
        self._same_order()

    def set_describe(self, describe: Sequence[Callable[[int], str]]) -> None:
        """What tooltips say in the first, the second and the difference."""
        for maps, words in zip(self.maps, describe, strict=True):
            maps.set_describe(words)

    def clear(self) -> None:
        """Show the hint."""
        for maps in self.maps:
            maps.clear()

    def _select(self, unit: int) -> None:
        self.set_unit(unit)
        self.selected.emit(unit)

    def _same_order(self) -> None:
        for maps in (self.second, self.difference):
            maps.area.set_order(self.first.area.order)

    def _link_scrolling(self) -> None:
        """One scroll bar moves all; setting a value that is already there emits nothing."""
        for kind in ("grid", "bars"):
            areas = [getattr(maps, kind) for maps in self.maps]
            for area in areas:
                for other in areas:
                    if other is not area:
                        bar = other.verticalScrollBar()
                        area.verticalScrollBar().valueChanged.connect(bar.setValue)
                        area.zoomed.connect(other.set_zoom)
