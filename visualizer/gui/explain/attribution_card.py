"""One method's map: its name, the picture under or beside it, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

from visualizer.gui.widgets.image_view import ImageView


class ExplanationCard(QFrame):
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
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.view.setAccessibleName(title)
        em = self.fontMetrics().height()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(em // 3, em // 3, em // 3, em // 3)
        layout.setSpacing(em // 5)
        layout.addWidget(self.title)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.words)
        self.view.clicked.connect(lambda _: self.chosen.emit())

    def show_map(self, seen: QImage, pictures: Mapping[str, QImage], view: str) -> None:
        """Show the picture of a view, or what the network saw under its "heat map"."""
        over = view not in pictures
        self.view.set_picture(seen if over else pictures[view])
        self.view.set_overlay(pictures["heat map"] if over else None)

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

    def set_selected(self, selected: bool) -> None:
        """Draw a frame around the chosen one."""
        self.selected = selected
        self.update()

    def mousePressEvent(self, event) -> None:
        self.chosen.emit()
        super().mousePressEvent(event)

    def paintEvent(self, event) -> None:
        super().paintEvent(event)
        role = QPalette.ColorRole.Highlight if self.selected else QPalette.ColorRole.Mid
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(role), 2 if self.selected else 1))
        radius = self.fontMetrics().height() / 3
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), radius, radius)


class CardGrid(QWidget):
    """Cards side by side, in as many columns as make their pictures largest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards: list[ExplanationCard] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_cards(self, cards: Sequence[ExplanationCard]) -> None:
        """Show these cards in this order, and no others."""
        for card in self._cards:
            if card not in cards:
                card.hide()
        self._cards = list(cards)
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
        count = len(self._cards)
        if not count:
            return
        em = self.fontMetrics().height()
        gap, words = em // 3, 3 * em  # title and line take about so much of a card's height

        def side(columns: int) -> float:
            """How large a picture is with so many columns."""
            rows = -(-count // columns)
            width = (self.width() - gap * (columns - 1)) / columns
            height = (self.height() - gap * (rows - 1)) / rows
            return min(width - em, height - words)

        columns = max(range(1, count + 1), key=side)
        rows = -(-count // columns)
        width = (self.width() - gap * (columns - 1)) // columns
        height = (self.height() - gap * (rows - 1)) // rows
        for place, card in enumerate(self._cards):
            row, column = divmod(place, columns)
            card.setGeometry(QRect(column * (width + gap), row * (height + gap), width, height))
