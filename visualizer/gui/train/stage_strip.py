"""The stages below each other, each with a few maps of one picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from visualizer.gui.train.views import StageMaps


class StageStrip(QWidget):
    """Each stage has the same height; its name stands above its maps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stages: tuple[StageMaps, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("The stages of the watched picture")

    def show_stages(self, stages: Sequence[StageMaps]) -> None:
        """Show these."""
        self.stages = tuple(stages)
        self.setToolTip(", ".join(each.name for each in stages))
        self.update()

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(12 * em, 20 * em)

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(8 * em, 5 * em)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self.stages:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        em = self.fontMetrics().height()
        shown = self.stages[: max(1, int(self.height() // (1.8 * em)))]
        if len(shown) < len(self.stages):  # the answer is always there
            shown = (*shown[:-1], self.stages[-1])
        each = self.height() / len(shown)
        for place, stage in enumerate(shown):
            top = place * each
            painter.drawText(QPointF(0, top + self.fontMetrics().ascent()), stage.name)
            room = QRectF(0, top + em, self.width(), max(1.0, each - 1.2 * em))
            size = stage.image.size()
            size.scale(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
            if stage.bars:
                size = room.size().toSize()
            painter.drawImage(QRectF(room.topLeft(), size.toSizeF()), stage.image)
