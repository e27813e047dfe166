"""One method's map: its name, the picture under or beside it, and what is to be said of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

from visualizer.engine.attribution.method import OVERLAY
from visualizer.gui.explain import text
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.widgets.image_view import ImageView, image_of
from visualizer.gui.widgets.lines import thick

if TYPE_CHECKING:
    from visualizer.engine.attribution.results import AttributionResult

LONGEST_LINE = "adds up within 99.9%  ·  99.9 s"
"""Below a card, of what can stand there; it is never cut."""


class AttributionCard(QFrame):
    """A picture with a title above and a line below; a click chooses it."""

    chosen = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.words = QLabel(title), QLabel()
        self.view = ImageView()
        self.selected = False
        self.title.setProperty("role", "name")
        self.words.setProperty("role", "small")
        for label in (self.title, self.words):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.view.setAccessibleName(title)
        em = self.fontMetrics().height()
        margin = self._margin = em // 3
        layout = QVBoxLayout(self)
        layout.setContentsMargins(margin, margin, margin, margin)
        layout.setSpacing(em // 5)
        layout.addWidget(self.title)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.words)
        self.view.clicked.connect(lambda _: self.chosen.emit())
        backstage(self.words)

    def show_result(self, result: AttributionResult, view: str, opacity: float) -> None:
        """Show a map in a view: alone, or over what the network saw."""
        over = view == OVERLAY
        self.view.set_picture(image_of(result.frame.seen if over else result.views[view]))
        self.view.set_overlay(image_of(result.views["heat map"]) if over else None)
        self.view.set_opacity(opacity)
        patch = None if result.done else result.frame.patch
        self.view.set_box(box_of(patch) if patch is not None else None)
        self.say(text.words(result))

    def say(self, words: str) -> None:
        """Put a line below the picture."""
        self.words.setText(words)
        self.words.setToolTip(words)
        self.view.setAccessibleDescription(words)

    def clear(self, hint: str = "") -> None:
        """Show nothing but a hint."""
        self.view.set_picture(None)
        self.view.set_overlay(None)
        self.view.set_box(None)
        self.view.set_hint(hint)
        self.say("")

    def widest_word(self) -> int:
        """Pixels that the title needs, as it may wrap."""
        measure = self.title.fontMetrics().horizontalAdvance
        return max(map(measure, self.title.text().split()), default=0)

    def set_selected(self, selected: bool) -> None:
        """Draw a frame around the chosen one."""
        self.selected = selected
        self.update()

    def lines(self, width: int) -> tuple[int, int]:
        """How many lines title and words need in a card of this width."""
        inside = max(1, width - 2 * self._margin)
        title = self.title.fontMetrics().horizontalAdvance(self.title.text())
        words = self.words.fontMetrics().horizontalAdvance(LONGEST_LINE)
        lines = 0 if self.words.isHidden() else math.ceil(words / inside)
        return math.ceil(title / inside), lines

    def set_lines(self, title: int, words: int) -> None:
        """Give title and words room for so many lines."""
        self.title.setFixedHeight(title * self.title.fontMetrics().lineSpacing())
        self.words.setFixedHeight(words * self.words.fontMetrics().lineSpacing())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit()
        super().mousePressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        role = QPalette.ColorRole.Highlight if self.selected else QPalette.ColorRole.Mid
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(role), thick(self, 2 if self.selected else 1)))
        radius = self.fontMetrics().height() / 3
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), radius, radius)


class CardGrid(QWidget):
    """Cards side by side, in as many columns as make their pictures largest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: list[AttributionCard] = []
        """Those on show, in order."""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_cards(self, cards: Sequence[AttributionCard]) -> None:
        """Show these cards in this order, and no others."""
        for card in self.cards:
            if card not in cards:
                card.hide()
        self.cards = list(cards)
        before: QWidget | None = None
        for card in cards:
            card.setParent(self)
            card.show()
            if before is not None:
                QWidget.setTabOrder(before, card.view)
            before = card.view
        self._place()

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(40 * em, 26 * em)

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(20 * em, 12 * em)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        count = len(self.cards)
        if not count:
            return
        em = self.fontMetrics().height()
        gap = em // 3
        longest = max(self.cards, key=lambda card: len(card.title.text()))

        def sizes(columns: int) -> tuple[int, int, int]:
            """Width and height of a card, and the side of its picture."""
            rows = -(-count // columns)
            width = (self.width() - gap * (columns - 1)) // columns
            height = (self.height() - gap * (rows - 1)) // rows
            lines = sum(longest.lines(width)) + 1
            return width, height, min(width - em, height - lines * em)

        def fits(columns: int) -> bool:
            """Whether no word of a title is wider than its card."""
            return all(card.widest_word() <= sizes(columns)[0] - em for card in self.cards)

        columns = max(range(1, count + 1), key=lambda each: (fits(each), sizes(each)[2]))
        width, height, _ = sizes(columns)
        for place, card in enumerate(self.cards):
            row, column = divmod(place, columns)
            card.set_lines(*longest.lines(width))
            card.setGeometry(QRect(column * (width + gap), row * (height + gap), width, height))


def box_of(patch: tuple[int, int, int, int]) -> QRectF:
    """Top, left, bottom and right, in pixels, as a rectangle."""
    top, left, bottom, right = patch
    return QRectF(left, top, right - left, bottom - top)
