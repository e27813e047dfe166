"""The map: thumbnails in a plane that is zoomed, pointed at, searched and encircled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QGraphicsView, QSizePolicy, QWidget

from visualizer.gui.map.thumbnail_atlas import SIZES, ThumbnailAtlas, fitting_size, splat
from visualizer.gui.widgets.lines import thick
from visualizer.gui.widgets.shown_picture import ShownPicture
from visualizer.gui.widgets.themed_plot import STYLE_EVENTS

MARGIN = 0.07
"""Of the map's extent, around it."""
ENLARGED = 1.5
"""How many times as large the chosen picture and that under the pointer are drawn."""


@dataclass(frozen=True, eq=False)
class Guest:
    """A picture that is not of the collection, placed on the map.

    Attributes:
        name: of it.
        xy: where it lies, 2 numbers.
        image: it, small.
        neighbours: the numbers of the nearest pictures.
    """

    name: str
    xy: np.ndarray
    image: QImage
    neighbours: Sequence[int]


class MapView(pg.PlotWidget):
    """Pictures as thumbnails in the plane.

    The wheel zooms, a drag moves, a click chooses, with Ctrl held it gathers; with Shift held, or
    while `lasso` is on, a drag encircles. A double click shows all again. The keys stay the
    workspace's.
    """

    clicked = Signal(int)
    """The number of a picture."""
    gathered = Signal(int)
    """The number of a picture that was clicked with Ctrl held."""
    encircled = Signal(object)
    """The numbers of the pictures inside, int64; empty for none."""

    def __init__(self, hint: str = "", parent: QWidget | None = None) -> None:
        self.xy = np.zeros((0, 2))
        self.atlas: ThumbnailAtlas | None = None
        self.names: Sequence[str] = ()
        self.lasso = False
        self.chosen: int | None = None
        self.guests: tuple[Guest, ...] = ()
        self._gathered: tuple[int, ...] = ()
        self._linked: np.ndarray = np.zeros(0, np.int64)
        self._lit: np.ndarray | None = None  # bool, N: what is not dimmed
        self._hovered: int | None = None
        self._path: list[QPointF] = []  # of the lasso
        self._pressed = QPointF()
        self._bounds = np.array([[0.0, 0.0], [1.0, 1.0]])
        self._hint = hint
        super().__init__(parent, background=None, enableMenu=False)
        plot = self.getPlotItem()
        plot.hideAxis("left")
        plot.hideAxis("bottom")
        plot.hideButtons()
        plot.setContentsMargins(0, 0, 0, 0)
        self.getViewBox().setAspectLocked(True)
        self.getViewBox().sigRangeChanged.connect(lambda *_: self.viewport().update())
        self.setCacheMode(self.CacheModeFlag.CacheNone)  # the background is what moves
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Map of pictures")

    # What is shown

    def set_map(
        self,
        atlas: ThumbnailAtlas | None,
        names: Sequence[str],
        xy: np.ndarray,
        bounds: np.ndarray | None = None,
    ) -> None:
        """Show other pictures, all of them.

        Args:
            atlas: their thumbnails; None for no map.
            names: of the pictures.
            xy: where they lie, N x 2.
            bounds: 2 x 2, the lowest and highest x and y that they may come to.
        """
        self.atlas, self.names = atlas, names
        self._linked, self._lit, self._hovered = np.zeros(0, np.int64), None, None
        self.chosen, self.guests, self._gathered = None, (), ()
        self.move(xy, bounds)
        self.show_all()

    def move(self, xy: np.ndarray, bounds: np.ndarray | None = None) -> None:
        """Let the same pictures lie elsewhere."""
        self.xy = xy
        if bounds is not None:
            self._bounds = bounds
        elif len(xy):
            self._bounds = np.stack([xy.min(0), xy.max(0)])
        self.viewport().update()

    @property
    def bounds(self) -> np.ndarray:
        """2 x 2: the lowest and highest x and y of the map."""
        return self._bounds

    def show_all(self) -> None:
        """Zoom out to the whole map."""
        low, high = self._bounds
        room = max(float((high - low).max()), 1e-9) * MARGIN
        area = QRectF(QPointF(*(low - room)), QPointF(*(high + room)))
        self.getViewBox().setRange(area, padding=0)
        self.viewport().update()

    def set_chosen(self, place: int | None, linked: Sequence[int] = ()) -> None:
        """Mark a picture, and draw lines to others."""
        self.chosen, self._linked = place, np.asarray(linked, np.int64)
        self.viewport().update()

    def set_guests(self, guests: Sequence[Guest]) -> None:
        """Show pictures that are not of the collection."""
        self.guests = tuple(guests)
        self.viewport().update()

    def set_gathered(self, places: Sequence[int]) -> None:
        """Mark pictures with the letters A, B, C ..."""
        self._gathered = tuple(places)
        self.viewport().update()

    def set_lit(self, lit: np.ndarray | None) -> None:
        """Dim all but these, bool, N; None dims none."""
        self._lit = lit
        self.viewport().update()

    def set_hint(self, hint: str) -> None:
        """Say this while there is no map."""
        self._hint = hint
        self.viewport().update()

    # Geometry

    def on_screen(self, xy: np.ndarray) -> np.ndarray:
        """Where points of the map, N x 2, are in pixels of the widget."""
        view = self.getViewBox()
        shown, area = view.viewRect(), view.sceneBoundingRect()
        scale = np.array([area.width() / shown.width(), -area.height() / shown.height()])
        return (xy - [shown.left(), shown.bottom()]) * scale + [area.left(), area.top()]

    def thumb(self) -> int:
        """Pixels on a side of the thumbnails now: the fewer are in sight, the larger."""
        inside = self.viewport().rect()
        at = self.on_screen(self.xy)
        seen = ((at >= 0) & (at <= [inside.width(), inside.height()])).all(1).sum()
        return fitting_size(int(seen), inside.width(), inside.height())

    def place_at(self, point: QPointF) -> int | None:
        """The number of the picture at a point of the widget; the one on top."""
        if self.atlas is None or not len(self.xy):
            return None
        apart = np.abs(self.on_screen(self.xy) - [point.x(), point.y()]).max(1)
        if self._lit is not None and self._lit.any():
            apart = np.where(self._lit, apart, np.inf)
        under = np.flatnonzero(apart <= self.thumb() / 2)
        if not len(under):
            return None
        return self.chosen if self.chosen in under else int(under[-1])

    def picture_at(self, _point: object = None) -> ShownPicture | None:
        """The chosen picture, in its own pixels."""
        if self.atlas is None or self.chosen is None:
            return None
        return ShownPicture(self.names[self.chosen], _image(self.atlas.thumbnail(self.chosen)))

    # Painting

    def drawBackground(self, painter: QPainter, _rect: Any) -> None:
        """Paint the thumbnails: all of them at once, by NumPy."""
        palette = self.palette()
        ground = palette.color(QPalette.ColorRole.Base)
        painter.fillRect(self.viewport().rect(), ground)
        if self.atlas is None or not len(self.xy):
            painter.setPen(palette.placeholderText().color())
            centre = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            room = QRectF(self.viewport().rect()).adjusted(20, 20, -20, -20)
            painter.drawText(room, centre, self._hint)
            return
        ratio = self.devicePixelRatioF()
        size = self.viewport().size() * ratio
        thumb = max(each for each in SIZES if each <= max(SIZES[0], self.thumb() * ratio))
        pixels = splat(
            self.atlas,
            self.on_screen(self.xy) * ratio,
            (size.height(), size.width()),
            thumb,
            ground.rgba(),
            None if self._lit is None else ~self._lit,
        )
        image = QImage(pixels.data, size.width(), size.height(), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        painter.drawImage(QPointF(0, 0), image)

    def drawForeground(self, painter: QPainter, _rect: Any) -> None:
        """Paint what is chosen, its neighbours, guests, the lasso, and what is pointed at."""
        if self.atlas is None or not len(self.xy):
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        accent = self.palette().color(QPalette.ColorRole.Accent)
        at = self.on_screen(self.xy)
        if self.chosen is not None:
            self._paint_links(painter, at[self.chosen], at[self._linked], accent)
        if len(self.guests) == 2:  # where the one has moved the other
            self._paint_arrow(painter, *self.on_screen(np.stack([g.xy for g in self.guests])))
        for guest in self.guests:
            (own,) = self.on_screen(guest.xy[None])
            self._paint_links(painter, own, at[np.asarray(guest.neighbours, np.int64)], accent)
        side = max(32.0, ENLARGED * self.thumb())
        for guest in self.guests:
            (own,) = self.on_screen(guest.xy[None])
            self._paint_large(painter, guest.image, own, side, accent, guest.name)
        for letter, taken in enumerate(self._gathered):
            image, name = _image(self.atlas.thumbnail(taken)), chr(ord("A") + letter)
            self._paint_large(painter, image, at[taken], side, accent, name)
        for place in dict.fromkeys([self.chosen, self._hovered]):
            if place is not None:
                image, name = _image(self.atlas.thumbnail(place)), self.names[place]
                self._paint_large(painter, image, at[place], side, accent, name)
        if len(self._path) > 1:
            faint = QColor(accent)
            faint.setAlpha(40)
            painter.setPen(QPen(accent, thick(self, 2), Qt.PenStyle.DashLine))
            painter.setBrush(faint)
            painter.drawPolygon(QPolygonF(self._path))
            painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_links(
        self, painter: QPainter, own: np.ndarray, others: np.ndarray, colour: QColor
    ) -> None:
        painter.setPen(QPen(colour, thick(self, 2)))
        for other in others:
            painter.drawLine(QPointF(*own), QPointF(*other))

    def _paint_arrow(self, painter: QPainter, end: np.ndarray, start: np.ndarray) -> None:
        painter.setPen(QPen(self.palette().text().color(), thick(self, 3)))
        painter.drawLine(QPointF(*start), QPointF(*end))
        along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-9)
        middle, across = (start + end) / 2, np.array([-along[1], along[0]])
        for side in (across, -across):
            painter.drawLine(
                QPointF(*(middle + 10 * along)), QPointF(*(middle - 6 * along + 8 * side))
            )

    def _paint_large(
        self,
        painter: QPainter,
        image: QImage,
        centre: np.ndarray,
        side: float,
        colour: QColor,
        name: str,
    ) -> None:
        area = QRectF(0, 0, side, side)
        area.moveCenter(QPointF(*centre))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, image)
        painter.setPen(QPen(colour, thick(self, 3)))
        painter.drawRect(area)
        metrics, room = self.fontMetrics(), self.viewport().width()
        words = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room // 2)
        wide, em = metrics.horizontalAdvance(words) + 8, metrics.height()
        left = min(max(area.center().x() - wide / 2, 0), max(0, room - wide))
        top = area.bottom() + 3
        if top + em + 2 > self.viewport().height():
            top = area.top() - em - 5
        label = QRectF(left, top, wide, em + 2)
        painter.fillRect(label, self.palette().toolTipBase())
        painter.setPen(self.palette().toolTipText().color())
        painter.drawText(label, int(Qt.AlignmentFlag.AlignCenter), words)

    # Events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if event.button() == Qt.MouseButton.LeftButton and self.atlas and (self.lasso or shift):
            self._path = [event.position()]
            return
        self._pressed = event.position()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._path:
            self._path.append(event.position())
            self.viewport().update()
            return
        if not event.buttons():
            hovered = self.place_at(event.position())
            if hovered != self._hovered:
                self._hovered = hovered
                self.viewport().update()
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._path:
            path, self._path = QPolygonF(self._path), []
            self.viewport().update()
            self.encircled.emit(self.inside(path))
            return
        super().mouseReleaseEvent(event)
        moved = self._pressed - event.position()
        if event.button() == Qt.MouseButton.LeftButton and moved.manhattanLength() < 4:
            place = self.place_at(event.position())
            control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            if place is not None:
                (self.gathered if control else self.clicked).emit(place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.place_at(event.position()) is None:
            self.show_all()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = None
        self.viewport().update()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the workspace's

    def inside(self, path: QPolygonF) -> np.ndarray:
        """The numbers of the pictures whose middle is in a polygon of the widget, int64."""
        box = path.boundingRect()
        at = self.on_screen(self.xy)
        near = (at >= [box.left(), box.top()]).all(1) & (at <= [box.right(), box.bottom()]).all(1)
        rule = Qt.FillRule.OddEvenFill
        found = [i for i in np.flatnonzero(near) if path.containsPoint(QPointF(*at[i]), rule)]
        return np.array(found, np.int64)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in STYLE_EVENTS:
            self.viewport().update()

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(30 * em, 24 * em)

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(14 * em, 10 * em)


def _image(thumbnail: np.ndarray) -> QImage:
    height, width = thumbnail.shape[:2]
    data = np.ascontiguousarray(thumbnail)
    return QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
