"""What an audience sees: one line of title, the workspace and the network's answer.

Over it lie, while presenting, the spotlight and the magnifier that follow the pointer, and a black
or white shade.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QVBoxLayout, QWidget

from visualizer.gui.widgets.elided_label import ElidedLabel

SPOT = 0.16
"""Radius of the spotlight and of the magnifier, as a share of the height."""
DIMMED = QColor(0, 0, 0, 165)
MAGNIFIED = 2.5
QWIDGETSIZE_MAX = (1 << 24) - 1
"""Of Qt: as large as a widget can be."""


class StageArea(QWidget):
    """Holds the content of the window that an audience sees.

    Args:
        content: the workspace and the network's answer.
    """

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.content = content
        self.title = ElidedLabel()
        self.title.setProperty("role", "title")
        self.title.hide()
        self._layout = layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.title)
        layout.addWidget(content, 1)
        self.pointer = PointerLight(self)
        self.shade = Shade(self)

    def set_edge(self, pixels: int) -> None:
        """Keep the content away from the edges of the screen."""
        self._layout.setContentsMargins(pixels, pixels, pixels, pixels)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for over in (self.pointer, self.shade):
            over.setGeometry(self.rect())


class StageRoom(QWidget):
    """Gives the stage all of its room, or as much as has the shape of another screen."""

    def __init__(self, stage: StageArea, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stage = stage
        self._screen: QSize | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(stage)

    def keep_shape(self, screen: QSize | None) -> None:
        """Give the stage the shape of a screen; None for that of the room."""
        self._screen = screen
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        largest = QSize(QWIDGETSIZE_MAX, QWIDGETSIZE_MAX)
        if self._screen is not None:
            largest = self._screen.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            largest = largest.expandedTo(self._stage.minimumSizeHint())
        self._stage.setMaximumSize(largest)


class Shade(QWidget):
    """Covers everything in black or in white, or nothing."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.colour = ""
        self.hide()

    def toggle(self, colour: str) -> None:
        """Cover in a colour, "black" or "white"; the same once more, or "", uncovers."""
        self.colour = "" if colour == self.colour else colour
        self.setVisible(bool(self.colour))
        self.raise_()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(self.colour))


class PointerLight(QWidget):
    """Lets all but the place under the pointer go dark, or enlarges that place.

    It lies over the stage and takes no events from it.
    """

    def __init__(self, stage: StageArea) -> None:
        super().__init__(stage)
        self._stage = stage
        self._at = QPoint()
        self.spotlight = self.magnifier = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_as(self, *, spotlight: bool, magnifier: bool, at: QPoint) -> None:
        """Show the spotlight, the magnifier, both or neither at a place of the stage."""
        self.spotlight, self.magnifier, self._at = spotlight, magnifier, at
        self.setVisible(spotlight or magnifier)
        self.raise_()
        self._stage.shade.raise_()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = SPOT * self.height()
        circle = QRectF(self._at.x() - radius, self._at.y() - radius, 2 * radius, 2 * radius)
        spot = QPainterPath()
        spot.addEllipse(circle)
        if self.spotlight:
            dark = QPainterPath()
            dark.addRect(QRectF(self.rect()))
            painter.fillPath(dark.subtracted(spot), DIMMED)
        if self.magnifier:
            painter.save()
            painter.setClipPath(spot)
            self._magnify(painter, circle)
            painter.restore()
            painter.setPen(QPen(self.palette().highlight().color(), radius / 30))
            painter.drawEllipse(circle)

    def _magnify(self, painter: QPainter, circle: QRectF) -> None:
        """Draw the stage anew, larger, so that letters and lines stay sharp."""
        side = round(circle.width() / MAGNIFIED)
        seen = QRect(0, 0, side, side)
        seen.moveCenter(self._at)
        painter.drawPixmap(circle.topLeft(), rendered(self._stage.content, seen, MAGNIFIED))


def rendered(widget: QWidget, area: QRect, scale: float) -> QPixmap:
    """A part of a widget drawn larger or smaller: letters and lines stay sharp.

    Args:
        widget: is drawn with all that is in it.
        area: in pixels of the parent of `widget`.
        scale: pixels of the result for one of the widget.
    """
    pixmap = QPixmap(round(area.width() * scale), round(area.height() * scale))
    pixmap.fill(widget.palette().color(QPalette.ColorRole.Window))
    painter = QPainter(pixmap)
    painter.scale(scale, scale)
    place = widget.geometry().topLeft() - area.topLeft()
    widget.render(painter, place, QRegion(), QWidget.RenderFlag.DrawChildren)
    painter.end()
    return pixmap
