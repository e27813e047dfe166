"""Three pictures in a row: before, the difference, after; each with what is to be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from visualizer.gui.attack.answer_bars import AnswerBars, Share
from visualizer.gui.widgets.image_view import ImageView

LARGEST_SHARE = 0.45
"""The most of the window's height that a picture takes."""


@dataclass(frozen=True)
class Panels:
    """What a triptych shows; `wrong` says that the answer on the right is a mistake."""

    pictures: tuple[QImage, QImage, QImage]
    titles: tuple[str, str, str]
    hints: tuple[str, str, str]
    before: Sequence[Share]
    after: Sequence[Share]
    wrong: bool
    numbers: str
    twin: str


class Triptych(QWidget):
    """Original, difference and adversarial picture, with bars on one scale and the sizes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        hint = "Open a picture to attack it."
        self.views = tuple(ImageView(hint if place == 0 else "") for place in range(3))
        self.titles = tuple(QLabel(text) for text in ("original", "difference", "adversarial"))
        self.hints = tuple(QLabel() for _ in range(3))
        self.before, self.after = AnswerBars("Before"), AnswerBars("After")
        self.numbers, self.twin = QLabel(), QLabel()
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        em = self.fontMetrics().height()
        layout.setHorizontalSpacing(round(0.7 * em))
        layout.setVerticalSpacing(round(0.3 * em))
        for place in range(3):
            self.titles[place].setProperty("role", "title")
            self.hints[place].setProperty("role", "small")
            for label in (self.titles[place], self.hints[place]):
                label.setTextFormat(Qt.TextFormat.PlainText)
                label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            self.views[place].setMinimumHeight(5 * em)
            self.views[place].largest_share = LARGEST_SHARE
            self.views[place].setAccessibleName(self.titles[place].text())
            layout.addWidget(self.titles[place], 0, place)
            layout.addWidget(self.hints[place], 1, place)
            layout.addWidget(self.views[place], 2, place)
            layout.setColumnStretch(place, 1)
        layout.setRowStretch(2, 1)
        layout.addWidget(self.before, 3, 0)
        layout.addWidget(self._words(), 3, 1)
        layout.addWidget(self.after, 3, 2)

    def show_panels(self, panels: Panels) -> None:
        """Show what came of an attack."""
        for place in range(3):
            self.views[place].set_picture(panels.pictures[place], smooth=place != 1)
            self.titles[place].setText(panels.titles[place])
            self.hints[place].setText(panels.hints[place])
        self.before.show_shares(panels.before)
        self.after.show_shares(panels.after, panels.wrong)
        self.numbers.setText(panels.numbers)
        self.twin.setText(panels.twin)

    def clear(self, hint: str) -> None:
        """Show nothing but a hint."""
        for place, view in enumerate(self.views):
            view.set_picture(None)
            view.set_hint(hint if place == 0 else "")
            self.hints[place].clear()
        self.before.show_shares([])
        self.after.show_shares([])
        self.numbers.clear()
        self.twin.clear()

    def _words(self) -> QWidget:
        both = QWidget()
        column = QGridLayout(both)
        column.setContentsMargins(0, 0, 0, 0)
        for row, label in enumerate((self.numbers, self.twin)):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            column.addWidget(label, row, 0)
        self.numbers.setProperty("role", "small")
        self.twin.setProperty("role", "good")
        column.setRowStretch(2, 1)
        return both
