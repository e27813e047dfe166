"""A plane with points of two colours that the mouse moves, adds and removes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPalette
from PySide6.QtWidgets import QWidget

from visualizer.gui.widgets.themed_plot import STYLE_EVENTS

ON_DARK = {1: "#ff9f43", -1: "#7cc4f5"}
ON_LIGHT = {1: "#d96c00", -1: "#0b5fa5"}
"""Orange and blue, which can be told apart by those who see red and green alike."""
POINT = 0.9
"""The size of a point, in heights of a line."""
GRASP = 0.8
"""How near the mouse must be to take hold of a point, in heights of a line."""
STRENGTH = 0.45
"""Of the colours of the field, at the most."""


class Plane(pg.PlotWidget):
    """Points over a field of scores, which is orange where it is positive and blue elsewhere.

    Args:
        name: what it shows, for screen readers.
        reach: the plane is [-reach, reach] on both axes.
    """

    grasped = Signal(int)
    """The number of a point that the mouse begins to move."""
    moved = Signal(int, float, float)
    clicked = Signal(float, float)
    """A place without a point."""
    removed = Signal(int)
    """The number of a point that was clicked with the right button."""

    def __init__(self, name: str, reach: float = 1.0, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None, enableMenu=False)
        self.points = np.zeros((0, 2))
        self._values = np.zeros(0)
        self._marked: Sequence[int] = ()
        self._ringed: Sequence[int] = ()
        self._field: np.ndarray | None = None
        self._held: int | None = None
        self._pressed = QPointF()
        self._reach = reach
        self._image = pg.ImageItem(axisOrder="row-major")
        self._line = pg.PlotDataItem()
        self._scatter = pg.ScatterPlotItem()
        for item in (self._image, self._line, self._scatter):
            self.addItem(item)
        self.setAspectLocked(True)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self.setRange(xRange=(-reach, reach), yRange=(-reach, reach), padding=0.02)
        self.setAntialiasing(True)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)
        self._restyle()

    def show_points(
        self,
        points: np.ndarray,
        values: np.ndarray,
        marked: Sequence[int] = (),
        ringed: Sequence[int] = (),
    ) -> None:
        """Show other points.

        Args:
            points: N x 2.
            values: N; orange where positive, blue elsewhere.
            marked: numbers of points with a thick ring: what is looked at.
            ringed: numbers of points with a cross over them: what is wrong.
        """
        self.points, self._values = points, values
        self._marked, self._ringed = marked, ringed
        dots = self.fontMetrics().height() * POINT
        ground = pg.mkPen(self.palette().color(QPalette.ColorRole.Base), width=1.5)
        text = self.palette().color(QPalette.ColorRole.Text)
        spots = [
            {
                "pos": (x, y),
                "size": dots * (1.5 if place in marked else 1),
                "brush": self.colour(value),
                "pen": pg.mkPen(text, width=3) if place in marked else ground,
                "symbol": "o",
            }
            for place, ((x, y), value) in enumerate(zip(points.tolist(), values, strict=True))
        ]
        spots += [
            {
                "pos": tuple(points[place]),
                "size": 0.6 * dots,
                "brush": text,
                "pen": None,
                "symbol": "x",
            }
            for place in ringed
        ]
        self._scatter.setData(spots)

    def show_field(self, scores: np.ndarray | None) -> None:
        """Show scores (H x W, rows go up) as colours; None for nothing."""
        self._field = scores
        self._image.setVisible(scores is not None)
        if scores is None:
            return
        largest = np.abs(scores).max() or 1.0
        share = np.sqrt(np.abs(scores) / largest) * STRENGTH + 0.1 * (scores != 0)
        sides = [np.array([c.red(), c.green(), c.blue()]) for c in map(self.colour, (-1, 1))]
        picture = np.empty((*scores.shape, 4), np.uint8)
        picture[..., :3] = np.where(scores[..., None] > 0, sides[1], sides[0])
        picture[..., 3] = np.minimum(255 * share, 255)
        self._image.setImage(picture, autoLevels=False, levels=None)
        self._image.setRect(-self._reach, -self._reach, 2 * self._reach, 2 * self._reach)

    def show_line(self, x: np.ndarray, y: np.ndarray) -> None:
        """Draw a line through points; none where they are empty."""
        self._line.setData(x, y)

    def colour(self, value: float) -> QColor:
        """The colour of a class."""
        dark = self.palette().color(QPalette.ColorRole.Base).lightness() < 128
        return QColor((ON_DARK if dark else ON_LIGHT)[1 if value > 0 else -1])

    def on_screen(self, place: int) -> QPointF:
        """Where a point is, in pixels of the viewport."""
        return self._pixel(*self.points[place])

    def _pixel(self, x: float, y: float) -> QPointF:
        scene = self.getViewBox().mapViewToScene(QPointF(x, y))
        return QPointF(self.mapFromScene(scene))

    def place_at(self, at: QPointF) -> tuple[float, float]:
        """The place of the plane at a pixel of the viewport."""
        found = self.getViewBox().mapSceneToView(self.mapToScene(at.toPoint()))
        return found.x(), found.y()

    def point_at(self, at: QPointF) -> int | None:
        """The number of the point at a pixel of the viewport."""
        if not len(self.points):
            return None
        apart = [QPointF(self.on_screen(each) - at) for each in range(len(self.points))]
        lengths = [np.hypot(each.x(), each.y()) for each in apart]
        nearest = int(np.argmin(lengths))
        return nearest if lengths[nearest] <= GRASP * self.fontMetrics().height() else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        place = self.point_at(at)
        self._pressed = at
        if event.button() == Qt.MouseButton.RightButton:
            if place is not None:
                self.removed.emit(place)
        elif event.button() == Qt.MouseButton.LeftButton and place is not None:
            self._held = place
            self.grasped.emit(place)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            self.moved.emit(self._held, *self.place_at(event.position()))
        over = self.point_at(event.position()) is not None
        shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.CrossCursor
        self.viewport().setCursor(shape)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            if self._held is None:
                x, y = self.place_at(event.position())
                if max(abs(x), abs(y)) <= self._reach:
                    self.clicked.emit(x, y)
            self._held = None
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the keys are the lesson's

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(24 * em, 24 * em)

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(12 * em, 12 * em)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in STYLE_EVENTS and hasattr(self, "_scatter"):
            self._restyle()

    def _restyle(self) -> None:
        """Take the colours and the font of the theme."""
        palette = self.palette()
        words = palette.placeholderText().color()
        self.setBackground(palette.color(QPalette.ColorRole.Base))
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(palette.color(QPalette.ColorRole.Mid))
            axis.setTextPen(words)
            axis.setStyle(tickFont=self.font())
        self._line.setPen(pg.mkPen(palette.color(QPalette.ColorRole.Text), width=2))
        self.show_points(self.points, self._values, self._marked, self._ringed)
        self.show_field(self._field)
