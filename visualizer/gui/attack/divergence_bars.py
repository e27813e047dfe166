"""Where it goes wrong: how far two pictures are from the clean one, stage by stage."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPalette
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget


class DivergenceBars(QWidget):
    """Two bars a stage: the adversarial picture, and noise of the same size."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.adversarial: dict[str, float] = {}
        self.noise: dict[str, float] = {}
        self.setAccessibleName("Divergence at each stage")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_divergence(self, adversarial: Mapping[str, float], noise: Mapping[str, float]) -> None:
        """Show the divergence from the clean picture (0 to 2) of both, by stage."""
        self.adversarial, self.noise = dict(adversarial), dict(noise)
        words = ", ".join(f"{name} {value:.2f}" for name, value in self.adversarial.items())
        self.setAccessibleDescription(words)
        self.update()

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(16 * em, 10 * em)

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(9 * em, 6 * em)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            names = list(self.adversarial)
            if names:
                place = min(int(event.pos().x() / self.width() * len(names)), len(names) - 1)
                name = names[place]
                text = (
                    f"{name}: adversarial {self.adversarial[name]:.3f}, "
                    f"noise {self.noise.get(name, 0):.3f} (0: the same, 2: opposite)"
                )
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, metrics = self.palette(), self.fontMetrics()
        if not self.adversarial:
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), "…")
            return
        em = metrics.height()
        fooled = palette.color(QPalette.ColorRole.BrightText)
        calm = palette.color(QPalette.ColorRole.PlaceholderText)
        area = QRectF(0, 1.5 * em, self.width(), self.height() - 3 * em)
        top = max([*self.adversarial.values(), *self.noise.values(), 0.05])
        each = area.width() / len(self.adversarial)
        width = max(1.5, each * 0.36)
        painter.setPen(Qt.PenStyle.NoPen)
        for place, (name, value) in enumerate(self.adversarial.items()):
            left = area.left() + place * each + each * 0.1
            for offset, share, colour in (
                (0.0, value, fooled),
                (width * 1.1, self.noise.get(name, 0.0), calm),
            ):
                height = max(1.0, share / top * area.height())
                painter.setBrush(colour)
                painter.drawRect(QRectF(left + offset, area.bottom() - height, width, height))
        self._paint_words(painter, area, each)
        x, names = 0.0, ("adversarial", "equal noise")
        if sum(map(metrics.horizontalAdvance, names)) + 3 * em > self.width():
            names = ("attack", "noise")
        for text, colour in zip(names, (fooled, calm), strict=True):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawRect(QRectF(x, em * 0.35, em * 0.55, em * 0.55))
            painter.setPen(palette.color(QPalette.ColorRole.Text))
            x += em * 0.8
            painter.drawText(QRectF(x, 0, 12 * em, em * 1.2), int(Qt.AlignmentFlag.AlignLeft), text)
            x += metrics.horizontalAdvance(text) + em

    def _paint_words(self, painter: QPainter, area: QRectF, each: float) -> None:
        """Name as many stages as there is room for, from the last one backwards."""
        metrics, free = self.fontMetrics(), float(self.width())
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        for place, name in reversed(list(enumerate(self.adversarial))):
            width = metrics.horizontalAdvance(name) + 2.0
            left = max(0.0, area.left() + (place + 0.45) * each - width / 2)
            left = min(left, self.width() - width)
            if left + width > free:
                continue
            free = left - metrics.height() * 0.6
            box = QRectF(left, area.bottom() + 2, width, metrics.height() * 1.2)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), name)
