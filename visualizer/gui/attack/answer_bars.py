"""The likeliest classes of one picture as bars, all on the scale from 0 to 100%."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QHelpEvent, QPainter, QPalette
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

ROWS = 4


@dataclass(frozen=True)
class Share:
    """One class, its probability (0 to 1), and whether it is the one that matters here."""

    label: str
    probability: float
    marked: bool = False


class AnswerBars(QWidget):
    """Paints name, bar and percentage a row; the first is bold, the marked one has an arrow."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shares: tuple[Share, ...] = ()
        self._wrong = False
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_shares(self, shares: Sequence[Share], wrong: bool = False) -> None:
        """Show classes, the likeliest first; `wrong` paints the first as a mistake."""
        before = self.shares, self._wrong
        self.shares, self._wrong = tuple(shares[:ROWS]), wrong
        if (self.shares, self._wrong) == before:
            return
        words = ", ".join(f"{each.label} {each.probability:.1%}" for each in self.shares)
        self.setAccessibleDescription(words)
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(24 * metrics.averageCharWidth(), round(1.3 * metrics.height() * ROWS))

    def minimumSizeHint(self) -> QSize:
        return QSize(9 * self.fontMetrics().averageCharWidth(), self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = int(event.pos().y() // (self.height() / ROWS))
            if row < len(self.shares):
                each = self.shares[row]
                QToolTip.showText(event.globalPos(), f"{each.label}: {each.probability:.2%}", self)
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
        super().changeEvent(event)

    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, metrics = self.palette(), self.fontMetrics()
        em, height = metrics.height(), self.height() / ROWS
        number = metrics.horizontalAdvance("100.0%") + em * 0.3
        label = min(self.width() * 0.42, 12.0 * em)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for row, each in enumerate(self.shares):
            top = row * height
            font = QFont(self.font())
            font.setBold(row == 0)
            painter.setFont(font)
            painter.setPen(palette.color(QPalette.ColorRole.Text))
            name = f"▸ {each.label}" if each.marked else each.label
            words = painter.fontMetrics().elidedText(
                name, Qt.TextElideMode.ElideRight, int(label - em * 0.4)
            )
            painter.drawText(QRectF(0, top, label, height), left, words)
            painter.drawText(
                QRectF(self.width() - number, top, number, height),
                right,
                f"{each.probability:.1%}",
            )
            track = QRectF(label, top, self.width() - label - number - em * 0.2, em * 0.45)
            track.moveTop(top + (height - track.height()) / 2)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color(QPalette.ColorRole.AlternateBase))
            painter.drawRoundedRect(track, 2, 2)
            painter.setBrush(self._colour(row))
            track.setWidth(max(1.5, track.width() * min(max(each.probability, 0), 1)))
            painter.drawRoundedRect(track, 2, 2)

    def _colour(self, row: int) -> QColor:
        role = QPalette.ColorRole
        if row:
            return self.palette().color(role.PlaceholderText)
        return self.palette().color(role.BrightText if self._wrong else role.Accent)
