"""Below the maps: which numbers their colours stand for."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from visualizer.engine.channel_tiles import ColourScale
from visualizer.engine.rendering import legend
from visualizer.gui.widgets.image_view import image_of

BEYOND = "The strongest 1 % of what is not zero has the last colour."


class ColourLegend(QWidget):
    """The colours from the lowest value to the highest, between these numbers.

    Painted by hand: labels whose numbers change with every camera picture would lay out the window
    as often.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.low, self.high = "", ""
        self._colour_map = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_scale(self, scale: ColourScale | None, scaling: str) -> None:
        """Show a scale; nothing for None. `scaling`: "shared", or "channel" for one each."""
        self.setVisible(scale is not None)
        if scale is None:
            return
        self._colour_map = scale.colour_map
        self.low, self.high = "", "each channel to its own strongest"
        if scaling != "channel":
            self.low = f"{float(scale.low):.3g}"
            self.high = f"{float(scale.high):.3g}{' and more' if scale.clipped else ''}"
        self.setToolTip(BEYOND if scale.clipped else "")
        self.update()

    def sizeHint(self) -> QSize:
        letter = self.fontMetrics().height()
        return QSize(20 * letter, letter)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, letter = QPainter(self), self.fontMetrics().height()
        painter.setPen(self.palette().placeholderText().color())
        left = self.fontMetrics().horizontalAdvance(self.low) + (letter / 2 if self.low else 0)
        bar = QRectF(left, letter / 4, 8 * letter, letter / 2)
        flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        painter.drawText(self.rect(), flags, self.low)
        painter.drawImage(bar, image_of(legend(self._colour_map)))
        words = QRectF(bar.right() + letter / 2, 0, self.width(), self.height())
        painter.drawText(words, flags, self.high)
