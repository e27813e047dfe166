"""Two specimens side by side at one stage, their difference, and how far apart they are at each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from visualizer.gui.stage_pictures import ComparedPictures, StagePictures
from visualizer.gui.widgets.stage_maps import StageMaps


class DivergenceCurve(pg.PlotWidget):
    """How far apart two specimens are at each stage; a click chooses the stage below it."""

    selected = Signal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent, background=None)
        self._stages: tuple[str, ...] = ()
        self._values: tuple[float, ...] = ()
        self.setMenuEnabled(False)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self._curve = self.plot([], [], symbol="o", symbolSize=7)
        self._marker = pg.InfiniteLine(angle=90)
        self.addItem(self._marker)
        self.setAccessibleName("Divergence at each stage")
        self.setToolTip("0: the same; 2: nothing in common. Click to go to a stage.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.scene().sigMouseClicked.connect(self._clicked)
        self._paint()

    @property
    def points(self) -> dict[str, float]:
        """The curve, by stage."""
        return dict(zip(self._stages, self._values, strict=True))

    def set_curve(self, divergence: Mapping[str, float], stage: str | None) -> None:
        """Show the divergence of every stage, in order, and mark the chosen one."""
        stages = tuple(divergence)
        self._values = tuple(divergence.values())
        self._curve.setData(list(range(len(stages))), list(self._values))
        if stages != self._stages:
            self._stages = stages
            self._set_ticks()
            self.setXRange(-0.3, max(len(stages) - 0.7, 0.5), padding=0)
        self.setYRange(0, max(1.0, 1.05 * max(self._values, default=1.0)), padding=0.02)
        self.set_stage(stage)

    def set_stage(self, stage: str | None) -> None:
        """Mark the chosen stage."""
        self._marker.setVisible(stage in self._stages)
        if stage in self._stages:
            self._marker.setValue(self._stages.index(stage))

    def stage_at(self, position: float) -> str | None:
        """The stage nearest to a place on the horizontal axis."""
        place = round(position)
        return self._stages[place] if 0 <= place < len(self._stages) else None

    def _set_ticks(self) -> None:
        """Name as many stages as there is room for."""
        longest = max((self.fontMetrics().horizontalAdvance(s) for s in self._stages), default=1)
        room = max(1, self.width() // (longest + self.fontMetrics().height()))
        every = max(1, -(-len(self._stages) // room))
        named = [(i, s) for i, s in enumerate(self._stages) if i % every == 0]
        self.getAxis("bottom").setTicks([named])

    def _clicked(self, event) -> None:
        stage = self.stage_at(self.getViewBox().mapSceneToView(event.scenePos()).x())
        if stage is not None:
            self.selected.emit(stage)

    def _paint(self) -> None:
        """Take the colours of the theme."""
        palette = self.palette()
        text, accent = palette.text().color(), palette.highlight().color()
        for side in ("bottom", "left"):
            axis = self.getAxis(side)
            axis.setPen(palette.placeholderText().color())
            axis.setTextPen(text)
            axis.setStyle(tickFont=self.font(), maxTickLevel=0)
        self.getAxis("bottom").setHeight(round(1.5 * self.fontMetrics().height()))
        self.setBackground(palette.color(QPalette.ColorRole.Base))
        self._curve.setPen(pg.mkPen(accent, width=2))
        self._curve.setSymbolBrush(accent)
        self._curve.setSymbolPen(palette.color(QPalette.ColorRole.Base))
        self._marker.setPen(pg.mkPen(text, width=1, style=Qt.PenStyle.DashLine))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        kinds = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
        if event.type() in kinds and hasattr(self, "_marker"):
            self._paint()

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_stages"):
            self._set_ticks()


class CompareView(QWidget):
    """Three views of one stage that scroll, zoom and choose together, over the divergence curve."""

    selected = Signal(int)
    """The unit that the user chose."""
    stage_selected = Signal(str)
    resized = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        hint = "Working on the comparison…"
        self.first, self.second, self.difference = (StageMaps(hint) for _ in range(3))
        self.titles = [QLabel() for _ in range(3)]
        self.curve = DivergenceCurve()
        self.curve.setFixedHeight(7 * self.fontMetrics().height())
        self.curve.selected.connect(self.stage_selected)
        words = QLabel("How far apart, stage by stage  ( |a − b| · 2 / (|a| + |b|) )")
        words.setProperty("role", "muted")
        words.setTextFormat(Qt.TextFormat.PlainText)
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
        self.first.resized.connect(self.resized)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(columns, 1)
        layout.addWidget(words)
        layout.addWidget(self.curve)
        self._link_scrolling()

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
        shown: ComparedPictures,
        names: Callable[[int], str] | None,
        percent: bool,
        resort: bool = True,
    ) -> None:
        """Show a stage of both; all three stand in the order of the first."""
        for maps, pictures in ((self.first, shown.first), (self.second, shown.second)):
            show_stage(maps, pictures, names, percent, resort)
        if shown.difference is not None:
            self.difference.show_maps(shown.difference, shown.change, resort)
        else:
            self.difference.show_bars(shown.change, names, percent, resort)
        self._same_order()
        self.curve.set_curve(shown.divergence, shown.first.view.stage)

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


def show_stage(
    maps: StageMaps,
    pictures: StagePictures,
    names: Callable[[int], str] | None,
    percent: bool,
    resort: bool,
) -> None:
    """Show a rendered stage, whether it has positions or not."""
    if pictures.atlas is not None:
        maps.show_maps(pictures.atlas, pictures.strength, resort)
    else:
        maps.show_bars(pictures.strength, names, percent, resort)
