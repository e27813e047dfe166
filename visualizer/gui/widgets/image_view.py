"""A picture that can be zoomed, pointed at, covered with a map and marked with a rectangle."""

from __future__ import annotations

import cv2
import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from visualizer.engine.rendering import to_bytes
from visualizer.gui.widgets.lines import thick
from visualizer.gui.widgets.shown_picture import ShownPicture

MAX_ZOOM = 32.0
SCREEN_SIDE = 2560
"""Pixels: more than the widest picture in the window has on most screens."""
ZOOM_KEYS = (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus, Qt.Key.Key_0)
PLAIN = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.KeypadModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


def image_of(picture: np.ndarray) -> QImage:
    """Return a QImage that owns its pixels, in the format Qt paints fastest.

    `picture`: H x W (grey), H x W x 3 (RGB) or H x W x 4 (RGBA, not premultiplied); uint8, or
    floats in [0, 1]. It may be called on any thread, and the array may change afterwards.

    Raises:
        ValueError: The array has another shape.
    """
    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[..., 0]
    channels = picture.shape[2] if picture.ndim == 3 else 1
    if picture.ndim not in (2, 3) or channels not in (1, 3, 4) or 0 in picture.shape:
        raise ValueError(f"A picture of shape {picture.shape} was given; use H x W x 3.")
    if picture.dtype != np.uint8:
        picture = to_bytes(picture)
    code = {1: cv2.COLOR_GRAY2BGRA, 3: cv2.COLOR_RGB2BGRA, 4: cv2.COLOR_RGBA2BGRA}[channels]
    pixels = cv2.cvtColor(np.ascontiguousarray(picture), code)
    height, width = pixels.shape[:2]
    form = QImage.Format.Format_ARGB32 if channels == 4 else QImage.Format.Format_RGB32
    image = QImage(pixels.data, width, height, 4 * width, form)
    if channels == 4:
        return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    return image.copy()


def screen_image(picture: np.ndarray) -> QImage:
    """`image_of` a picture, reduced to `SCREEN_SIDE` where it is larger."""
    height, width = picture.shape[:2]
    ratio = SCREEN_SIDE / max(height, width)
    if ratio < 1:
        size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return image_of(picture)


class ImageView(QWidget):
    """Shows one picture as large as fits; Ctrl+wheel or + and - zoom, dragging moves it, 0 fits it.

    Maps are shown with crisp pixels (`smooth=False`), photos smoothly. The mouse, or Shift and the
    arrow keys, point at a pixel.
    """

    pointed = Signal(object)
    """The position pointed at, a QPointF in picture pixels, or None when the mouse has left."""
    clicked = Signal(QPointF)

    def __init__(self, hint: str = "", parent: QWidget | None = None):
        super().__init__(parent)
        self._image: QImage | None = None
        self._smooth = True
        self._overlay: QImage | None = None
        self._overlay_region = QRectF()
        self._overlay_ground: QColor | None = None
        self._overlay_smooth = True
        self._opacity = 0.0
        self._box: QRectF | None = None
        self._caption = ""
        self._hint = hint
        self._zoom = 1.0
        self._centre = QPointF(0.5, 0.5)
        self._dragged_from: QPointF | None = None
        self._pointer: QPointF | None = None
        self.key_step = QPointF(1, 1)
        """How far Shift and an arrow key move the pointer, in picture pixels."""
        self.largest_share = 1.0
        """The most of the window's height that it asks for."""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    # What is shown

    @property
    def image(self) -> QImage | None:
        """What is shown now, without overlay and rectangle."""
        return self._image

    @property
    def pointer(self) -> QPointF | None:
        """The position pointed at, in picture pixels; None while there is none."""
        return self._pointer

    @property
    def zoom(self) -> float:
        """How many times larger than fitting the widget; 1 to 32."""
        return self._zoom

    @property
    def box(self) -> QRectF | None:
        """The rectangle drawn over the picture, in picture pixels."""
        return self._box

    @property
    def caption(self) -> str:
        """The words at the rectangle."""
        return self._caption

    def picture_at(self, _point: QPoint | None = None) -> ShownPicture | None:
        """The picture with the map over it, in its own pixels."""
        if self._image is None:
            return None
        image = self._image.convertToFormat(QImage.Format.Format_RGB32)
        painter = QPainter(image)
        self._paint_picture(painter, self._image, QRectF(image.rect()), self._overlay_region)
        painter.end()
        return ShownPicture(self.accessibleName() or "picture", image)

    def set_picture(self, picture: np.ndarray | QImage | None, smooth: bool = True) -> None:
        """Show another picture; zoom and position stay if its shape does."""
        image = image_of(picture) if isinstance(picture, np.ndarray) else picture
        before = self._image.size() if self._image else QSize()
        self._image, self._smooth = image, smooth
        if (image.size() if image else QSize()) != before:
            self.updateGeometry()
        self.update()

    def set_overlay(
        self,
        image: QImage | None,
        region: QRectF | None = None,
        smooth: bool = True,
        ground: QColor | None = None,
    ) -> None:
        """Lay a map over the picture, on `region` in picture pixels (all of it by default).

        `ground` colours what of the picture lies outside the region.
        """
        self._overlay_ground = ground
        self._overlay = image
        whole = QRectF(self._image.rect()) if self._image else QRectF()
        self._overlay_region = region if region is not None else whole
        self._overlay_smooth = smooth
        self.update()

    def set_opacity(self, opacity: float) -> None:
        """How much the overlay covers the picture, 0 to 1."""
        self._opacity = min(max(opacity, 0.0), 1.0)
        self.update()

    def set_box(self, box: QRectF | None, caption: str = "") -> None:
        """Draw a rectangle, in picture pixels, with a caption below it."""
        self._box, self._caption = box, caption
        self.update()

    def set_hint(self, hint: str) -> None:
        """The sentence shown while there is no picture."""
        self._hint = hint
        self.update()

    def set_zoom(self, zoom: float, at: QPointF | None = None) -> None:
        """Zoom; the picture's pixel under the widget position `at` stays where it is."""
        if self._image is None:
            return
        at = at if at is not None else QRectF(self.rect()).center()
        fixed = self.to_picture(at)
        self._zoom = min(max(zoom, 1.0), MAX_ZOOM)
        moved = self.to_picture(at)
        width, height = self._image.width(), self._image.height()
        self._move_centre((fixed.x() - moved.x()) / width, (fixed.y() - moved.y()) / height)
        self.update()

    # Where things are

    def picture_rect(self) -> QRectF:
        """The whole picture in widget coordinates; larger than the widget when zoomed."""
        if self._image is None:
            return QRectF()
        scale = self._zoom * min(
            self.width() / self._image.width(), self.height() / self._image.height()
        )
        width, height = self._image.width() * scale, self._image.height() * scale
        x = self.width() / 2 - self._centre.x() * width
        y = self.height() / 2 - self._centre.y() * height
        return QRectF(x, y, width, height)

    def to_picture(self, point: QPointF) -> QPointF:
        """Turn widget coordinates into picture pixels."""
        rect = self.picture_rect()
        if self._image is None or rect.isEmpty():
            return QPointF()
        scale = self._image.width() / rect.width()
        return QPointF((point.x() - rect.x()) * scale, (point.y() - rect.y()) * scale)

    def to_widget(self, box: QRectF) -> QRectF:
        """Turn a rectangle in picture pixels into widget coordinates."""
        rect = self.picture_rect()
        if self._image is None:
            return QRectF()
        scale = rect.width() / self._image.width()
        return QRectF(
            rect.x() + box.x() * scale,
            rect.y() + box.y() * scale,
            box.width() * scale,
            box.height() * scale,
        )

    def fill(self) -> None:
        """Take the room there is, instead of asking for as much as the picture's shape needs."""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def hasHeightForWidth(self) -> bool:
        return self.sizePolicy().hasHeightForWidth()

    def heightForWidth(self, width: int) -> int:
        if self._image is None:
            return width * 3 // 4
        wanted = width * self._image.height() / self._image.width()
        return max(1, round(min(wanted, self.largest_share * self.window().height())))

    def sizeHint(self) -> QSize:
        width = 16 * self.fontMetrics().averageCharWidth()
        return QSize(width, self.heightForWidth(width))

    # Events

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._image is None:
            painter.setPen(self.palette().placeholderText().color())
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            margin = self.fontMetrics().height()
            painter.drawText(self.rect().adjusted(margin, 0, -margin, 0), int(flags), self._hint)
            return
        self._paint_picture(
            painter, self._image, self.picture_rect(), self.to_widget(self._overlay_region)
        )
        if self._box is not None:
            self._paint_box(painter, self.to_widget(self._box))

    def _paint_picture(
        self, painter: QPainter, image: QImage, target: QRectF, region: QRectF
    ) -> None:
        """Paint the picture and the map over it, which lies on `region`."""
        smooth = QPainter.RenderHint.SmoothPixmapTransform
        painter.setClipRect(target)
        painter.setRenderHint(smooth, self._smooth)
        painter.drawImage(target, image)
        if self._overlay is not None and self._opacity > 0:
            painter.setOpacity(self._opacity)
            painter.setRenderHint(smooth, self._overlay_smooth)
            if self._overlay_ground is not None:
                self._paint_ground(painter, target, region, self._overlay_ground)
            painter.drawImage(region, self._overlay)
            painter.setOpacity(1.0)

    @staticmethod
    def _paint_ground(painter: QPainter, whole: QRectF, hole: QRectF, colour: QColor) -> None:
        path = QPainterPath()
        path.addRect(whole)
        path.addRect(hole.intersected(whole))
        painter.fillPath(path, colour)

    def _paint_box(self, painter: QPainter, box: QRectF) -> None:
        """Draw light on dark, to be seen on every picture; what lies beyond stays beyond."""
        for width, colour in ((3.0, QColor(0, 0, 0, 160)), (1.5, QColor("#8ad4f5"))):
            painter.setPen(QPen(colour, thick(self, width)))
            painter.drawRect(box)
        if not self._caption:
            return
        metrics = painter.fontMetrics()
        pad = metrics.height() // 4
        room = self.picture_rect().intersected(QRectF(self.rect()))
        words = self._caption
        if metrics.horizontalAdvance(words) + 2 * pad > room.width():
            words = words.split()[-1]  # the number says most
        size = metrics.size(0, words)
        label = QRectF(0, 0, size.width() + 2 * pad, size.height() + pad)
        shown = box.intersected(room)
        label.moveTopLeft(shown.bottomLeft() + QPointF(0, pad / 2))
        if label.bottom() > room.bottom():
            label.moveBottom(shown.top() - pad / 2)
        if label.top() < room.top():
            label.moveBottom(room.bottom() - pad / 2)
        label.moveLeft(max(room.left(), min(label.left(), room.right() - label.width())))
        painter.fillRect(label, QColor(0, 0, 0, 170))
        painter.setPen(QColor("#8ad4f5"))
        painter.drawText(label, int(Qt.AlignmentFlag.AlignCenter), words)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        self.set_zoom(self._zoom * 1.2 ** (event.angleDelta().y() / 120), event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._image is not None:
            self._dragged_from = event.position()
            self.clicked.emit(self.to_picture(event.position()))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._dragged_from = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        rect = self.picture_rect()
        if self._dragged_from is not None and self._zoom > 1 and not rect.isEmpty():
            moved = event.position() - self._dragged_from
            self._dragged_from = event.position()
            self._move_centre(-moved.x() / rect.width(), -moved.y() / rect.height())
            self.update()
        inside = rect.contains(event.position())
        self._point(self.to_picture(event.position()) if inside else None)

    def leaveEvent(self, _event: QEvent) -> None:
        self._point(None)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._point(None)

    def event(self, event: QEvent) -> bool:
        """Keep the zoom keys from the window's shortcuts while this has the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(event.key() in ZOOM_KEYS and event.modifiers() in PLAIN)
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrows: dict[int, tuple[int, int]] = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        key, shift = event.key(), event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.set_zoom(self._zoom * 1.2)
        elif key == Qt.Key.Key_Minus:
            self.set_zoom(self._zoom / 1.2)
        elif key == Qt.Key.Key_0:
            self._centre = QPointF(0.5, 0.5)
            self.set_zoom(1.0)
        elif key in arrows and shift and self._image is not None:
            width, height = self._image.width(), self._image.height()
            at = self._pointer or QPointF(width / 2, height / 2)
            x = at.x() + arrows[key][0] * self.key_step.x()
            y = at.y() + arrows[key][1] * self.key_step.y()
            self._point(QPointF(min(max(x, 0), width - 1), min(max(y, 0), height - 1)))
        else:
            super().keyPressEvent(event)

    def _point(self, at: QPointF | None) -> None:
        if at != self._pointer:
            self._pointer = at
            self.pointed.emit(at)

    def _move_centre(self, dx: float, dy: float) -> None:
        half = 0.5 / self._zoom
        x = min(max(self._centre.x() + dx, half), 1 - half)
        y = min(max(self._centre.y() + dy, half), 1 - half)
        self._centre = QPointF(x, y)
