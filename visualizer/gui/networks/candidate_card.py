"""One way a network may take its pixels, with the five answers it gives under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

if TYPE_CHECKING:
    from visualizer.models.doctor import Candidate

ROWS = 5
WIDTH = 15.5
"""Of a card, in heights of a line of text."""


class CandidateCard(QAbstractButton):
    """A card to choose: title, five bars with their class names, and a mark if it is recommended.

    One of several with the same parent is checked; the arrow keys go from one to the next.
    """

    def __init__(
        self, candidate: Candidate, recommended: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.recommended = recommended
        self.show_candidate(candidate)

    def show_candidate(self, candidate: Candidate) -> None:
        """Show other answers, or another way."""
        self.candidate = candidate
        answers = ", ".join(f"{label} {100 * share:.0f}%" for label, share in candidate.top5)
        self.setAccessibleName(candidate.title)
        self.setAccessibleDescription(answers)
        reasons = "\n".join(candidate.evidence)
        self.setToolTip(f"{candidate.title}\n{reasons}" if reasons else candidate.title)
        self.update()

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(round(WIDTH * em), round((2.8 + 1.25 * ROWS + 1.5) * em))

    def minimumSizeHint(self) -> QSize:
        return QSize(round(0.75 * WIDTH * self.fontMetrics().height()), self.sizeHint().height())

    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, em = self.palette(), self.fontMetrics().height()
        accent = palette.color(QPalette.ColorRole.Accent)
        chosen, pointed = self.isChecked(), self.underMouse() or self.hasFocus()
        line = accent if chosen else palette.color(QPalette.ColorRole.Mid)
        painter.setPen(QPen(line, max(2.0, em / 8) if chosen else 1.0))
        role = QPalette.ColorRole.AlternateBase if pointed else QPalette.ColorRole.Base
        painter.setBrush(palette.color(role))
        frame = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.drawRoundedRect(frame, em * 0.35, em * 0.35)
        if self.hasFocus():
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            inner = frame.adjusted(em * 0.2, em * 0.2, -em * 0.2, -em * 0.2)
            painter.drawRoundedRect(inner, em * 0.25, em * 0.25)
        inside = frame.adjusted(em * 0.7, em * 0.55, -em * 0.7, -em * 0.4)
        self._paint_title(painter, inside, em)
        top = inside.top() + 1.75 * em
        for label, share in self.candidate.top5[:ROWS]:
            self._paint_row(
                painter, QRectF(inside.left(), top, inside.width(), 1.25 * em), label, share
            )
            top += 1.25 * em
        if self.recommended:
            small = QFont(self.font())
            small.setPointSizeF(small.pointSizeF() * 0.88)
            painter.setFont(small)
            painter.setPen(palette.color(QPalette.ColorRole.Link))
            place = QRectF(inside.left(), inside.bottom() - em, inside.width(), em)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter), "Most likely")

    def _paint_title(self, painter: QPainter, inside: QRectF, em: float) -> None:
        palette = self.palette()
        ring = QRectF(inside.left(), inside.top() + em * 0.25, em * 0.8, em * 0.8)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        chosen = self.isChecked()
        colour = QPalette.ColorRole.Accent if chosen else QPalette.ColorRole.PlaceholderText
        painter.setPen(QPen(palette.color(colour), max(1.0, em / 12)))
        painter.drawEllipse(ring)
        if chosen:
            painter.setBrush(palette.color(QPalette.ColorRole.Accent))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(ring.adjusted(em * 0.2, em * 0.2, -em * 0.2, -em * 0.2))
        bold = QFont(self.font())
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        place = QRectF(inside.left() + em * 1.2, inside.top(), inside.width() - em * 1.2, 1.3 * em)
        words = QFontMetricsF(bold).elidedText(
            self.candidate.title, Qt.TextElideMode.ElideRight, place.width()
        )
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter), words)

    def _paint_row(self, painter: QPainter, row: QRectF, label: str, share: float) -> None:
        palette = self.palette()
        figures = QFont(self.font())
        figures.setFeature(QFont.Tag("tnum"), 1)
        number = QFontMetricsF(figures).horizontalAdvance("100%")
        bar = QRectF(row.left(), row.top() + row.height() * 0.06, row.width(), row.height() * 0.88)
        painter.setPen(Qt.PenStyle.NoPen)
        filled = QRectF(bar)
        filled.setWidth(max(bar.width() * min(max(share, 0.0), 1.0), 1.0))
        accent = palette.color(QPalette.ColorRole.Accent)
        accent.setAlphaF(0.38)
        painter.setBrush(accent)
        painter.drawRoundedRect(filled, 2, 2)
        painter.setFont(figures)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        place = row.adjusted(row.height() * 0.25, 0, -number - row.height() * 0.3, 0)
        words = QFontMetricsF(figures).elidedText(label, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter), words)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(row, int(right), f"{100 * share:.0f}%")
