"""The plot of this program: pyqtgraph in the theme's colours, with labels at the curves' ends."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QBuffer, QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QRegion,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import (
    QFileDialog,
    QGraphicsItem,
    QGraphicsScene,
    QMenu,
    QMessageBox,
    QSizePolicy,
    QWidget,
)

from visualizer.engine.files import SaveError, write_file
from visualizer.gui.core.theme import ON_DARK, ON_LIGHT
from visualizer.gui.widgets.figure import Line, Lines
from visualizer.gui.widgets.lines import thick

LABELS_SHARE = 0.3
"""The most of the plot's width that the labels at the ends of the curves take."""
OVERHANG = 100
"""Pixels that the words of a tick may reach beyond the end of their axis."""
STYLE_EVENTS = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
ALIGNED_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Axis:
    """One axis of a plot.

    Attributes:
        title: what it measures, with the unit: "step", "ε (/255)"; a column of the CSV.
        shown: whether the title stands beside the axis; without it the ticks have to be clear.
        form: a value of the axis as its tick says it; None for plain numbers.
        log: whether the axis is logarithmic.
    """

    title: str
    shown: bool = False
    form: Callable[[float], str] | None = None
    log: bool = False


@dataclass(frozen=True, eq=False)
class Curve:
    """A line of a plot: its name, and its points, two arrays of one length, x ascending."""

    name: str
    x: np.ndarray
    y: np.ndarray


class Mark(pg.InfiniteLine):
    """An upright line at a place of the horizontal axis, with words above the plot."""

    def __init__(self, plot: ThemedPlot, movable: bool) -> None:
        super().__init__(angle=90, movable=movable)
        self.words = ""
        self._plot = plot

    def show_at(self, place: float | None, words: str = "") -> None:
        """Put the line at a value of the axis, with words above it; None hides it."""
        self.words = words
        self.setVisible(place is not None)
        if place is not None:
            self.setValue(self._plot.on_axis(place))
        self._plot.update_head()

    @property
    def place(self) -> float | None:
        """Where it is, as a value of the axis; None while it is hidden."""
        return self._plot.of_axis(self.value()) if self.isVisible() else None


class ThemedPlot(pg.PlotWidget):
    """Curves over one pair of axes.

    It follows the palette and the font. The curves are named at their right ends, beside the plot,
    where no curve can cross a name; marks have their words above the plot. The context menu copies
    the plot and saves it as PNG, SVG or CSV. The keys stay the window's.

    Args:
        name: what it shows, for screen readers and file names.
        x, y: the axes.
        hint: what is said while there are no curves.
        labelled: whether the curves are named; one curve alone is named by the heading.
        dots: whether the points are marked.
    """

    picked = Signal(float)
    """The value of the horizontal axis at which the plot was clicked or a mark was dragged to."""

    def __init__(
        self,
        name: str,
        x: Axis,
        y: Axis,
        parent: QWidget | None = None,
        *,
        hint: str = "…",
        labelled: bool = True,
        dots: bool = False,
    ) -> None:
        self.curves: tuple[Curve, ...] = ()
        self._items: list[pg.PlotDataItem] = []
        self._marks: list[Mark] = []
        self._exposed = QRegion()  # what is being painted
        self._heads: list[tuple[Mark, QRectF]] = []  # the words of the marks, as painted
        self._axes = {"bottom": x, "left": y}
        self._hint, self._labelled, self._dots = hint, labelled, dots
        self._first_hint, self._room = hint, ("", "")
        self._ready = self._stale = False  # stale: in the colours of another theme
        ticks = {side: _Ticks(side, axis.form) for side, axis in self._axes.items()}
        super().__init__(parent, background=None, axisItems=ticks, enableMenu=False)
        self.name = name
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self.setLogMode(x.log, y.log)
        self.setAntialiasing(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._ready = True
        self._restyle()
        self.getPlotItem().hide()

    # What is shown

    def show_curves(self, curves: Sequence[Curve]) -> None:
        """Show other curves; none shows the hint."""
        named_before = [each.name for each in self.curves]
        self.curves = tuple(curves)
        while len(self._items) < len(curves):
            self._items.append(self.getPlotItem().plot(antialias=True))
        for place, item in enumerate(self._items):
            shown = place < len(curves)
            item.setData(curves[place].x, curves[place].y) if shown else item.clear()
        self.getPlotItem().setVisible(bool(curves))
        if [each.name for each in curves] != named_before:
            self._restyle()  # also since pyqtgraph gives no room to axes while they are hidden
        words = ", ".join(f"{c.name} {c.y[-1]:.4g}" for c in curves if len(c.y))
        self.setAccessibleDescription(words)
        self.viewport().update()

    def set_hint(self, hint: str) -> None:
        """Say this while there are no curves; "" for what was said first."""
        self._hint = hint or self._first_hint
        self.viewport().update()

    def set_ranges(
        self, x: tuple[float, float] | None = None, y: tuple[float, float] | None = None
    ) -> None:
        """Keep an axis from one value to another, whatever the curves do."""
        if x is not None:
            self.setXRange(self.on_axis(x[0]), self.on_axis(x[1]), padding=0)
        if y is not None:
            self.setYRange(*y, padding=0)

    def set_ticks(self, side: str, ticks: Sequence[tuple[float, str]]) -> None:
        """Name these places of an axis ("bottom" or "left") and no others."""
        self.getAxis(side).setTicks([list(ticks)])

    def set_grid(self, shown: bool = True) -> None:
        """Draw thin lines across the plot at the ticks."""
        for side in self._axes:
            self.getAxis(side).setGrid(70 if shown else False)

    def set_log(self, logarithmic: bool) -> None:
        """Make the vertical axis logarithmic, or plain; no curve may reach 0 then."""
        self._axes["left"] = replace(self._axes["left"], log=logarithmic)
        self.setLogMode(self._axes["bottom"].log, logarithmic)
        self.viewport().update()

    def set_room(self, ticks: str, labels: str) -> None:
        """Leave room for these words at least, so that plots below each other are aligned."""
        self._room = (ticks, labels)
        self._make_room()

    def add_mark(self, movable: bool = False, bounds: tuple[float, float] | None = None) -> Mark:
        """Return a new upright line, hidden so far. A movable one follows a press and a drag."""
        mark = Mark(self, movable)
        mark.hide()
        self._marks.append(mark)
        self.addItem(mark, ignoreBounds=True)
        if movable:
            if bounds is not None:
                mark.setBounds([self.on_axis(bound) for bound in bounds])
            mark.sigDragged.connect(lambda _: self.picked.emit(mark.place))
            self.viewport().setCursor(Qt.CursorShape.SizeHorCursor)
        self._restyle()
        return mark

    def on_axis(self, value: float) -> float:
        """A value as pyqtgraph's horizontal axis counts it: its logarithm where that is so."""
        return float(np.log10(value)) if self._axes["bottom"].log else value

    def of_axis(self, place: float) -> float:
        """The value at a place of pyqtgraph's horizontal axis."""
        return float(10**place) if self._axes["bottom"].log else place

    def place_of(self, value: float) -> QPointF:
        """Where a value of the horizontal axis is: a point of the widget, halfway up the plot."""
        view = self.getViewBox()
        middle = view.viewRect().center().y()
        return view.mapViewToScene(QPointF(self.on_axis(value), middle))

    # Files

    def part(self, title: str = "") -> Lines:
        """The curves for a figure."""
        x, y = self._axes["bottom"], self._axes["left"]
        lines = [Line(each.name, each.x, each.y) for each in self.curves]
        return Lines(lines, title or self.name, x.title, y.title, y.log)

    def png(self, scale: int = 1) -> bytes:
        """The plot as a PNG file, `scale` pixels for each of the screen's."""
        buffer = QBuffer()
        buffer.open(QBuffer.OpenModeFlag.WriteOnly)
        self._image(scale).save(buffer, "PNG")  # type: ignore[call-overload]
        return bytes(buffer.data().data())

    def svg(self) -> bytes:
        """The plot as an SVG file, text as text."""
        buffer = QBuffer()
        buffer.open(QBuffer.OpenModeFlag.WriteOnly)
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(self.size())
        generator.setViewBox(self.rect())
        generator.setTitle(self.name)
        self._keep_pixels(False)
        painter = QPainter(generator)
        QWidget.render(self, painter, self.rect().topLeft())
        painter.end()
        self._keep_pixels(True)
        return bytes(buffer.data().data())

    def csv(self) -> bytes:
        """The points of all curves as a CSV file: a column for x, and one for each curve."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        names = [each.name or self._axes["left"].title for each in self.curves]
        writer.writerow([self._axes["bottom"].title, *names])
        columns = [dict(zip(c.x.tolist(), c.y.tolist(), strict=True)) for c in self.curves]
        for x in sorted(set().union(*columns)):
            writer.writerow([self.x_words(x), *(column.get(x, "") for column in columns)])
        return text.getvalue().encode()

    def x_words(self, x: float) -> object:
        """What stands for a value of the horizontal axis in the CSV file."""
        return x

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy the plot and to save it."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction("Copy")
        copy.triggered.connect(lambda: QGuiApplication.clipboard().setImage(self._image(2)))
        for kind, make in (("PNG", partial(self.png, 2)), ("SVG", self.svg), ("CSV", self.csv)):
            save = menu.addAction(f"Save as {kind}…")
            save.triggered.connect(lambda _=False, kind=kind, make=make: self._ask(kind, make))
            save.setEnabled(bool(self.curves))
        menu.popup(event.globalPos())

    def _ask(self, kind: str, make: Callable[[], bytes]) -> None:
        dialog = QFileDialog(self, f"Save “{self.name}”")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(kind.lower())
        dialog.selectFile(f"{self.name}.{kind.lower()}")
        dialog.fileSelected.connect(lambda path: self._write(path, make))
        dialog.open()

    def _write(self, path: str, make: Callable[[], bytes]) -> None:
        try:
            write_file(Path(path), make())
        except SaveError as error:
            box = QMessageBox(QMessageBox.Icon.Warning, "Convnet Visualizer", str(error))
            box.setParent(self, Qt.WindowType.Dialog)
            box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            box.open()

    def _image(self, scale: int) -> QImage:
        image = QImage(self.size() * scale, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(scale)
        QWidget.render(self, image, self.rect().topLeft())
        return image

    # Events

    def close(self) -> None:
        """Close the plot, as pyqtgraph does; no layout happens afterwards."""
        self._ready = False
        super().close()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Bring a movable mark to the mouse, which then drags it as pyqtgraph does."""
        at = QPointF(event.position())
        if event.button() == Qt.MouseButton.LeftButton and self.curves:
            area = self._area()
            if area.left() <= at.x() <= area.right():
                mark = next((m for m in self._marks if m.movable and m.isVisible()), None)
                value = self.getViewBox().mapSceneToView(at).x()
                if mark is not None:
                    mark.setValue(value)
                    value = mark.value()
                self.picked.emit(self.of_axis(value))
        super().mousePressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._exposed = event.region()
        super().paintEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the arrow keys walk the network

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._ready:
            self._make_room()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if self._ready and event.type() in STYLE_EVENTS:
            self._stale = True
            if self.isVisible():
                self._restyle()

    def showEvent(self, event: QShowEvent) -> None:
        if self._stale:
            self._restyle()
        super().showEvent(event)

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(20 * em, 8 * em)

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(10 * em, 5 * em)

    # Looks

    def colour(self, place: int) -> QColor:
        """The colour of a curve; the accent where there is only one to tell from nothing."""
        palette = self.palette()
        if not self._labelled:
            return palette.color(QPalette.ColorRole.Accent)
        dark = palette.color(QPalette.ColorRole.Base).lightness() < 128
        colours = ON_DARK if dark else ON_LIGHT
        return QColor(colours[place % len(colours)])

    def _keep_pixels(self, kept: bool) -> None:
        """Keep axes and curves as pixels, so that what moves over them costs little.

        An axis plays its ticks and grid from a list of drawing commands, which takes longer than
        all the curves.
        """
        mode, kinds = QGraphicsItem.CacheMode, self.CacheModeFlag
        for item in (*map(self.getAxis, self._axes), *(each.curve for each in self._items)):
            item.setCacheMode(mode.NoCache)  # forgets the pixels of another size
            item.setCacheMode(mode.DeviceCoordinateCache if kept else mode.NoCache)
        self.setCacheMode(kinds.CacheBackground if kept else kinds.CacheNone)

    def _restyle(self) -> None:
        """Take the colours and the font of the theme."""
        self._stale = False
        palette = self.palette()
        line, words = palette.color(QPalette.ColorRole.Mid), palette.placeholderText().color()
        for side, axis in self._axes.items():
            item = self.getAxis(side)
            item.setPen(pg.mkPen(line, width=thick(self, 1)))
            item.setTextPen(words)
            item.setStyle(
                tickFont=self.font(),
                maxTickLevel=0,
                autoExpandTextSpace=False,
                hideOverlappingLabels=OVERHANG,
            )
            item.enableAutoSIPrefix(False)
            if axis.shown:
                item.setLabel(axis.title, color=words.name())
                item.label.setFont(self.font())
        for place, item in enumerate(self._items):
            item.setPen(pg.mkPen(self.colour(place), width=thick(self, 2)))
            if self._dots:
                item.setSymbol("o")
                item.setSymbolSize(thick(self, 7))
                item.setSymbolBrush(self.colour(place))
                item.setSymbolPen(palette.color(QPalette.ColorRole.Base))
        for mark in self._marks:
            role = QPalette.ColorRole.Accent if mark.movable else QPalette.ColorRole.Text
            style = Qt.PenStyle.DashLine if mark.movable else Qt.PenStyle.DotLine
            width = thick(self, 2 if mark.movable else 1)
            mark.setPen(pg.mkPen(palette.color(role), width=width, style=style))
            mark.setHoverPen(pg.mkPen(palette.color(role), width=width + 1))
        self.setBackground(palette.color(QPalette.ColorRole.Base))
        self._make_room()

    def _make_room(self) -> None:
        """Leave room above for the words of the marks, and on the right for the labels."""
        metrics, plot = self.fontMetrics(), self.getPlotItem()
        em = metrics.height()
        top = round(1.25 * em) if self._marks else em // 2
        right = em // 2
        if self._labelled and self.curves:
            names = [self._room[1], *(each.name for each in self.curves)]
            widest = max(map(metrics.horizontalAdvance, names))
            right = round(min(widest + 1.2 * em, LABELS_SHARE * self.width()))
        plot.layout.setContentsMargins(0, top, right, 0)
        left, bottom = self.getAxis("left"), self.getAxis("bottom")
        form = self._axes["left"].form
        widest_tick = form(1.0) if form is not None else "-0.00e+00"
        room = {"left": self.width() > 20 * em, "bottom": self.height() > 9 * em}
        titled = {side: axis.shown and room[side] for side, axis in self._axes.items()}
        for side, shown in titled.items():
            self.getAxis(side).showLabel(shown)
        widest = max(map(metrics.horizontalAdvance, (widest_tick, self._room[0])))
        left.setWidth(round(widest + (1.8 if titled["left"] else 0.6) * em))
        bottom.setHeight(round((2.3 if titled["bottom"] else 1.4) * em))
        plot.layout.activate()
        self._keep_pixels(True)
        self.update_head()
        self.viewport().update()

    def update_head(self) -> None:
        """Paint the words above the plot again."""
        changed = QRectF()
        before, self._heads = self._heads, self.head_boxes()
        for _, box in (*before, *self._heads):
            changed |= box
        self.scene().invalidate(changed, QGraphicsScene.SceneLayer.ForegroundLayer)

    def _area(self) -> QRectF:
        """Where the curves are, in pixels of the widget."""
        area: QRectF = self.getViewBox().sceneBoundingRect()
        return area

    def label_boxes(self) -> list[QRectF]:
        """Where the names of the curves stand, in their order; those without room have none."""
        area, em = self._area(), self.fontMetrics().height()
        room = max(0, int(area.height() // em))
        ends = []
        for curve in self.curves[:room]:
            ends.append(self._end(curve).y() - em / 2)
        tops = spread(ends, [em] * len(ends), area.top(), area.bottom())
        left = area.right() + 0.7 * em
        return [QRectF(left, top, self.width() - left, em) for top in tops]

    def head_boxes(self) -> list[tuple[Mark, QRectF]]:
        """The marks on show that have words, and where those stand."""
        metrics = self.fontMetrics()
        marks = [mark for mark in self._marks if mark.isVisible() and mark.words]
        widths = [metrics.horizontalAdvance(mark.words) + metrics.height() / 2 for mark in marks]
        view = self.getViewBox()
        middles = [view.mapViewToScene(QPointF(mark.value(), 0)).x() for mark in marks]
        starts = [middle - width / 2 for middle, width in zip(middles, widths, strict=True)]
        lefts = spread(starts, widths, 0, self.width())
        return [
            (mark, QRectF(left, 0, width, 1.2 * metrics.height()))
            for mark, left, width in zip(marks, lefts, widths, strict=True)
        ]

    def drawForeground(self, painter: QPainter, _rect: Any) -> None:
        """Paint the hint, or the names of curves and marks."""
        painter.setFont(self.font())
        palette = self.palette()
        centre = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        if not self.curves:
            painter.setPen(palette.placeholderText().color())
            painter.drawText(QRectF(self.viewport().rect()), centre, self._hint)
            return
        for mark, box in self._heads:
            role = QPalette.ColorRole.Link if mark.movable else QPalette.ColorRole.Text
            painter.setPen(palette.color(role))
            painter.drawText(box, centre, mark.words)
        area = self._area().toRect()
        beside = area.adjusted(area.width(), 2, self.width(), self.height())
        if self._labelled and self._exposed.intersects(beside):
            self._paint_labels(painter)

    def _paint_labels(self, painter: QPainter) -> None:
        metrics, right = self.fontMetrics(), self._area().right() + 1
        for place, (curve, box) in enumerate(zip(self.curves, self.label_boxes(), strict=False)):
            painter.setPen(self.colour(place))
            start = QPointF(right, self._end(curve).y())
            painter.drawLine(start, QPointF(box.left() - 2, box.center().y()))
            words = metrics.elidedText(curve.name, Qt.TextElideMode.ElideRight, int(box.width()))
            painter.drawText(box, int(ALIGNED_LEFT), words)

    def _end(self, curve: Curve) -> QPointF:
        """Where a curve ends, in pixels of the widget."""
        x, y = (curve.x[-1], curve.y[-1]) if len(curve.y) else (0.0, 0.0)
        y = np.log10(y) if self._axes["left"].log else y
        return self.getViewBox().mapViewToScene(QPointF(self.on_axis(x), y))


class _Ticks(pg.AxisItem):
    """An axis whose ticks are said by a function."""

    def __init__(self, side: str, form: Callable[[float], str] | None) -> None:
        super().__init__(side)
        self._form = form

    def boundingRect(self) -> QRectF:
        """With room for the words at its ends, which pyqtgraph forgets where there is a grid."""
        rect: QRectF = super().boundingRect()
        if self.grid is False:
            return rect
        x, y = (0, OVERHANG) if self.orientation == "left" else (OVERHANG, 0)
        return rect.adjusted(-x, -y, x, y)

    def tickValues(
        self, low: float, high: float, size: float
    ) -> list[tuple[float | None, Sequence[float]]]:
        """As many as their words have room for: pyqtgraph takes all letters to be small."""
        metrics = QFontMetricsF(self.style["tickFont"] or QFont())
        levels: list[tuple[float | None, Sequence[float]]] = super().tickValues(low, high, size)
        if not levels:
            return levels
        (spacing, values), *finer = levels
        words = self.tickStrings(values, self.scale, spacing or 1.0)
        wide = max(map(metrics.horizontalAdvance, words), default=0.0)
        room = metrics.height() if self.orientation == "left" else wide + metrics.height()
        every = max(1, math.ceil((len(values) - 1) * room / max(size, 1.0)))
        return [(spacing, values[::every]), *finer]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        if self._form is None:
            strings: list[str] = super().tickStrings(values, scale, spacing)
            return strings
        return [self._form(10**value if self.logMode else value) for value in values]


def spread(starts: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Move intervals as little as makes them lie side by side between `low` and `high`.

    Args:
        starts: where each interval would begin.
        sizes: how long each is.
        low: the lower bound.
        high: the upper bound; the intervals overlap only where they do not fit between the two.

    Returns:
        Where each begins, in the order given; the order along the line is kept.
    """
    order = sorted(range(len(starts)), key=lambda place: starts[place] + sizes[place] / 2)
    found = list(starts)
    edge = low
    for place in order:
        found[place] = edge = max(found[place], edge)
        edge += sizes[place]
    edge = high
    for place in reversed(order):
        found[place] = edge = min(found[place], edge - sizes[place])
    return found
