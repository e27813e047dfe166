"""The stages of a network from data to output: a thumbnail each, and what feeds what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QSizePolicy, QToolTip, QWidget

from visualizer.gui.layers.fitting_text import fitting_font
from visualizer.gui.widgets.lines import thick
from visualizer.gui.widgets.shown_picture import ShownPicture

PLAY_MILLISECONDS = 1100
"""Milliseconds that playing stays at a stage."""

GREATEST_DIVERGENCE = 2.0
"""The largest `engine.activations.divergence`: of stages that have nothing in common."""


@dataclass(frozen=True)
class StripItem:
    """What the strip tells of a stage: its name, its shape and the names of those that feed it."""

    name: str
    shape: tuple[int, ...]
    inputs: tuple[str, ...] = ()

    @property
    def shape_text(self) -> str:
        """The shape as it is written below the name, such as 32×32×64."""
        return "×".join(map(str, self.shape))


class StageStrip(QAbstractScrollArea):
    """A click chooses a stage; `play` walks from data to output by itself.

    A straight arrow joins a stage to the one before it; where a stage is fed from further back
    (branches, residual connections), an arc above the thumbnails shows from where.
    """

    selected = Signal(str)
    """The stage that the user, or playing, chose."""
    playing_changed = Signal(bool)

    def __init__(self, hint: str = "", parent: QWidget | None = None):
        super().__init__(parent)
        self._items: tuple[StripItem, ...] = ()
        self._places: dict[str, int] = {}
        self._thumbnails: Mapping[str, QImage] = {}
        self._divergence: Mapping[str, float] | None = None
        self._current: int | None = None
        self._branched = False
        self._widest = 0  # of the names, in pixels
        self._hint = hint
        self._presented = False
        self._timer = QTimer(self, interval=PLAY_MILLISECONDS)
        self._timer.timeout.connect(self._play_on)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys are the window's

    # What is shown

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the stages in order."""
        return tuple(item.name for item in self._items)

    @property
    def stage(self) -> str | None:
        """The name of the chosen stage."""
        return None if self._current is None else self._items[self._current].name

    @property
    def playing(self) -> bool:
        """Whether it is playing."""
        return self._timer.isActive()

    def set_stages(self, items: Sequence[StripItem]) -> None:
        """Show another network, without thumbnails and marks yet."""
        self.stop()
        self._items = tuple(items)
        self._places = {item.name: place for place, item in enumerate(self._items)}
        self._thumbnails, self._divergence, self._current = {}, None, None
        self._branched = any(self._far_inputs(place) for place in range(len(self._items)))
        self._layout()

    def set_thumbnails(self, thumbnails: Mapping[str, QImage]) -> None:
        """Take a picture a stage, by name; they may have any size."""
        self._thumbnails = thumbnails
        self.viewport().update()

    def set_divergence(self, divergence: Mapping[str, float] | None) -> None:
        """Mark how far apart two specimens are at each stage, 0 to 2; None takes the marks away."""
        changed = (divergence is None) != (self._divergence is None)
        self._divergence = divergence
        if changed:
            self.updateGeometry()
        self.viewport().update()

    def set_stage(self, name: str | None) -> None:
        """Mark the chosen stage and scroll to it, without telling anybody."""
        self._current = self._places.get(name) if name is not None else None
        self._reveal()
        self.viewport().update()

    def _reveal(self) -> None:
        """Scroll to the chosen stage, with its neighbours in sight."""
        if self._current is None:
            return
        rect, bar = self.rect_of(self._current), self.horizontalScrollBar()
        margin = rect.width()
        if self._presented:  # in the middle, between whole stages
            shown = int(self.viewport().width() / margin + 0.01)
            bar.setValue(round((self._current - shown // 2) * margin))
        elif rect.left() < margin:
            bar.setValue(int(bar.value() + rect.left() - margin))
        elif rect.right() > self.viewport().width() - margin:
            bar.setValue(int(bar.value() + rect.right() + margin - self.viewport().width()))

    def picture_at(self, point: QPoint | None = None) -> ShownPicture | None:
        """The thumbnail at a point, or of the chosen stage."""
        place = self._current if point is None else self.place_at(QPointF(point))
        if place is None or self._items[place].name not in self._thumbnails:
            return None
        name = self._items[place].name
        return ShownPicture(f"{name} thumbnail", self._thumbnails[name])

    def present(self, presented: bool) -> None:
        """Show an audience whole stages, with their names only; or everything again."""
        self._presented = presented
        self._layout()

    # Walking

    def play(self) -> None:
        """Play to the last stage, from the first if already there; stop if playing."""
        if self.playing or not self._items:
            self.stop()
            return
        if self._current is None or self._current == len(self._items) - 1:
            self._choose(0)
        self._timer.start()
        self.playing_changed.emit(True)

    def stop(self) -> None:
        """Stop playing."""
        if self.playing:
            self._timer.stop()
            self.playing_changed.emit(False)

    def _play_on(self) -> None:
        last = len(self._items) - 1
        if self._current is None or self._current >= last:
            self.stop()
            return
        self._choose(self._current + 1)
        if self._current == last:
            self.stop()

    def _choose(self, place: int) -> None:
        name = self._items[place].name
        self.set_stage(name)
        self.selected.emit(name)

    # Where things are

    def _letter(self) -> int:
        return self.fontMetrics().height()

    def _side(self) -> int:
        """The side of a thumbnail: all stages fit if they can, else there is room for names."""
        letter, count = self._letter(), max(1, len(self._items))
        if self._presented:
            return int(min(self._pitch() - self._gap(), 4.2 * letter))
        room = self.viewport().width() / count - self._gap()
        if room >= 3.4 * letter:
            return int(min(room, 6.0 * letter))
        return int(min(max(self._widest - self._gap(), 3.4 * letter), 5.2 * letter))

    def _pitch(self) -> float:
        """From one stage to the next; an audience sees as many as have room for their names."""
        if not self._presented:
            return self._side() + self._gap()
        width, count = self.viewport().width(), max(1, len(self._items))
        needed = max(self._widest, 2.4 * self._letter()) + self._gap()
        if count * needed <= width:
            return min(width / count, 6.0 * self._letter() + self._gap())
        return width / max(1, width // needed)

    def _gap(self) -> int:
        return round((0.5 if self._presented else 0.7) * self._letter())

    def _arc_room(self) -> int:
        return self._letter() if self._branched else self._letter() // 3

    def rect_of(self, place: int) -> QRectF:
        """The area of a stage, thumbnail and words, in viewport coordinates."""
        width = self._pitch()
        spare = max(0.0, self.viewport().width() - width * len(self._items)) // 2
        x = spare + place * width - self.horizontalScrollBar().value()
        return QRectF(x, 0, width, self.viewport().height())

    def thumbnail_rect(self, place: int) -> QRectF:
        """Where a stage's thumbnail is, in viewport coordinates."""
        side, rect = self._side(), self.rect_of(place)
        return QRectF(rect.center().x() - side / 2, self._arc_room(), side, side)

    def place_at(self, point: QPointF) -> int | None:
        """The stage at a point of the viewport, or None."""
        for place in self._visible():
            if self.rect_of(place).contains(point):
                return place
        return None

    def _visible(self, area: QRect | None = None) -> range:
        area = area if area is not None else self.viewport().rect()
        if not self._items:
            return range(0)
        first = self.rect_of(0)
        begin = int((area.left() - first.left()) // first.width())
        end = int((area.right() - first.left()) // first.width())
        return range(max(0, begin), min(len(self._items), end + 1))

    def sizeHint(self) -> QSize:
        letter = self._letter()
        words = (3.6 if self._divergence is not None else 2.5) * letter
        if self._presented:
            words -= 0.9 * letter
        scrolls = self._overflows() and not self._presented
        bar = self.horizontalScrollBar().sizeHint().height() if scrolls else 0
        height = self._arc_room() + self._side() + words + bar
        return QSize(20 * letter, round(height))

    def minimumSizeHint(self) -> QSize:
        return QSize(8 * self._letter(), self.sizeHint().height())

    def _overflows(self) -> bool:
        return self._width() > self.viewport().width()

    def _width(self) -> int:
        return round(len(self._items) * self._pitch())

    def _layout(self) -> None:
        font = self.font()
        font.setBold(self._presented)  # as the chosen one is
        measure = QFontMetrics(font).horizontalAdvance
        self._widest = max((measure(item.name) for item in self._items), default=0)
        bar = self.horizontalScrollBar()
        bar.setRange(0, max(0, self._width() - self.viewport().width()))
        bar.setPageStep(max(1, self.viewport().width()))
        bar.setSingleStep(round(self._pitch()))
        self._reveal()
        self.updateGeometry()
        self.viewport().update()

    def _far_inputs(self, place: int) -> list[int]:
        """The stages further back than the one before that feed this one."""
        found = (self._places.get(name) for name in self._items[place].inputs)
        return [other for other in found if other is not None and other < place - 1]

    def _fed_by_previous(self, place: int) -> bool:
        item = self._items[place]
        return place > 0 and (not item.inputs or self._items[place - 1].name in item.inputs)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        if not self._items:
            painter.setPen(self.palette().placeholderText().color())
            painter.drawText(self.viewport().rect(), int(Qt.AlignmentFlag.AlignCenter), self._hint)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        visible = self._visible(event.rect())
        for place in range(len(self._items)):
            for origin in self._far_inputs(place):
                if place >= visible.start and origin < visible.stop:
                    self._paint_arc(painter, origin, place)
        for place in visible:
            self._paint_stage(painter, place)

    def _paint_stage(self, painter: QPainter, place: int) -> None:
        item, thumbnail = self._items[place], self.thumbnail_rect(place)
        palette, letter = self.palette(), self._letter()
        muted = palette.placeholderText().color()
        chosen = place == self._current
        if chosen:
            frame = self.rect_of(place).adjusted(2, thumbnail.top() - 5, -2, -1)
            painter.setPen(QPen(palette.highlight().color(), thick(self, 2)))
            painter.setBrush(palette.color(QPalette.ColorRole.AlternateBase))
            painter.drawRoundedRect(frame, 5, 5)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        image = self._thumbnails.get(item.name)
        if image is None:
            painter.fillRect(thumbnail, palette.color(QPalette.ColorRole.AlternateBase))
        else:
            smooth = image.width() >= thumbnail.width() / 2
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(_fitted(image, thumbnail), image)
        if self._fed_by_previous(place):
            self._paint_arrow(painter, thumbnail, muted)
        words = self.rect_of(place)
        words.setTop(thumbnail.bottom() + letter * 0.15)
        words.setHeight(letter * 1.05)
        centre, font = int(Qt.AlignmentFlag.AlignCenter), self.font()
        font.setBold(chosen)
        painter.setFont(font)
        painter.setPen(palette.text().color())
        name = painter.fontMetrics().elidedText(
            item.name, Qt.TextElideMode.ElideMiddle, int(words.width())
        )
        painter.drawText(words, centre, name)
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 0.88)
        if not self._presented:  # the heading of the maps says it of the chosen stage
            words.translate(0, letter * 0.95)
            _paint_whole(painter, font, words, item.shape_text, muted)
        if self._divergence is not None and item.name in self._divergence:
            words.translate(0, letter * 0.85)
            self._paint_divergence(painter, font, words, self._divergence[item.name])

    def _paint_divergence(
        self, painter: QPainter, font: QFont, rect: QRectF, divergence: float
    ) -> None:
        """A number and a bar as long as it: the mark is readable without colour."""
        share = min(max(divergence / GREATEST_DIVERGENCE, 0.0), 1.0)
        bar = QRectF(rect.left() + 4, rect.bottom() + 1, (rect.width() - 8), 3)
        painter.fillRect(bar, self.palette().color(QPalette.ColorRole.Mid))
        bar.setWidth(bar.width() * share)
        painter.fillRect(bar, self.palette().highlight().color())
        _paint_whole(painter, font, rect, f"≠ {divergence:.2f}", self.palette().text().color())

    def _paint_arrow(self, painter: QPainter, thumbnail: QRectF, colour: QColor) -> None:
        """A small arrow head in the gap before a thumbnail."""
        x, y, size = thumbnail.left() - self._gap() / 2, thumbnail.center().y(), self._gap() / 4
        painter.setPen(QPen(colour, thick(self, 1.5)))
        turns = ((-size / 2, -size), (size / 2, 0), (-size / 2, size))
        painter.drawPolyline([QPointF(x + right, y + down) for right, down in turns])

    def _paint_arc(self, painter: QPainter, origin: int, place: int) -> None:
        begin, end = self.thumbnail_rect(origin), self.thumbnail_rect(place)
        bottom, top = begin.top() - 2, 2.0
        path = QPainterPath(QPointF(begin.center().x() + 4, bottom))
        left, right = QPointF(begin.center().x() + 8, top), QPointF(end.center().x() - 8, top)
        path.quadTo(QPointF(begin.center().x() + 4, top), left)
        path.lineTo(right)
        path.quadTo(QPointF(end.center().x() - 4, top), QPointF(end.center().x() - 4, bottom))
        painter.setPen(QPen(self.palette().placeholderText().color(), thick(self, 1.2)))
        painter.drawPath(path)
        tip = QPointF(end.center().x() - 4, bottom)
        painter.drawPolyline([tip + QPointF(-3, -4), tip, tip + QPointF(3, -4)])

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._layout()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_widest"):
            self._layout()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self.stop()
            self._choose(place)

    def wheelEvent(self, event: QWheelEvent) -> None:
        bar, delta = self.horizontalScrollBar(), event.angleDelta()
        bar.setValue(bar.value() - (delta.x() or delta.y()) * bar.singleStep() // 120)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self.place_at(QPointF(event.pos()))
            if place is not None:
                item = self._items[place]
                fed = f"\nfed by {', '.join(item.inputs)}" if item.inputs else ""
                QToolTip.showText(event.globalPos(), f"{item.name}  {item.shape_text}{fed}", self)
            return True
        return super().viewportEvent(event)


def _paint_whole(painter: QPainter, font: QFont, rect: QRectF, text: str, colour: QColor) -> None:
    """Paint numbers in the middle of a rectangle, smaller where they would not fit: none is cut."""
    painter.setFont(fitting_font(font, text, rect.width()))
    painter.setPen(colour)
    painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip), text)


def _fitted(image: QImage, rect: QRectF) -> QRectF:
    """The largest rectangle of the image's shape in the middle of another."""
    size = QSizeF(image.size()).scaled(rect.size(), Qt.AspectRatioMode.KeepAspectRatio)
    fitted = QRectF(QPointF(), size.expandedTo(QSizeF(3, 3)))
    fitted.moveCenter(rect.center())
    return fitted
