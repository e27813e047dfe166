"""Three pictures in a row: before, the difference, after; each with what is to be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from visualizer.gui.attack.answer_bars import AnswerBars, Share
from visualizer.gui.attack.steady_label import SteadyLabel
from visualizer.gui.widgets.figure import Bar, Bars, Part, Tile, Tiles, Words
from visualizer.gui.widgets.image_view import ImageView

NAMES = ("original", "difference", "adversarial")
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
    noise: str


class Triptych(QWidget):
    """Original, difference and adversarial picture, with bars on one scale and the sizes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        hint = "Open a picture to attack it."
        self.views = tuple(ImageView(hint if place == 0 else "") for place in range(3))
        self.titles = tuple(SteadyLabel(role="title") for _ in range(3))
        self.hints = tuple(SteadyLabel(role="small") for _ in range(3))
        self.before, self.after = AnswerBars("Before"), AnswerBars("After")
        centre = Qt.AlignmentFlag.AlignHCenter
        self.numbers = SteadyLabel(2, "small", centre)
        self.noise = SteadyLabel(2, "good", centre)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        em = self.fontMetrics().height()
        layout.setHorizontalSpacing(round(0.7 * em))
        layout.setVerticalSpacing(round(0.3 * em))
        for place, (view, title) in enumerate(zip(self.views, self.titles, strict=True)):
            title.setText(NAMES[place])
            view.setMinimumHeight(5 * em)
            view.largest_share = LARGEST_SHARE
            view.setAccessibleName(NAMES[place])
            layout.addWidget(title, 0, place)
            layout.addWidget(self.hints[place], 1, place)
            layout.addWidget(view, 2, place)
            layout.setColumnStretch(place, 1)
        layout.setRowStretch(2, 1)
        words = QVBoxLayout()
        words.addWidget(self.numbers)
        words.addWidget(self.noise)
        words.addStretch(1)
        layout.addWidget(self.before, 3, 0)
        layout.addLayout(words, 3, 1)
        layout.addWidget(self.after, 3, 2)

    def figure(self) -> list[Part]:
        """The three pictures, the answers to the first and the last, and the sizes."""
        tiles = [
            Tile(shown.image, f"{title.text()}: {hint.text()}")
            for view, title, hint in zip(self.views, self.titles, self.hints, strict=True)
            if (shown := view.picture_at()) is not None
        ]
        answers = [
            Bars([Bar(s.label, s.probability, f"{s.probability:.1%}") for s in bars.shares], title)
            for bars, title in ((self.before, "Before"), (self.after, "After"))
        ]
        return [Tiles(tiles, columns=3), *answers, Words(self.numbers.text())]

    def show_panels(self, panels: Panels) -> None:
        """Show what came of an attack."""
        for place, (view, picture) in enumerate(zip(self.views, panels.pictures, strict=True)):
            if view.image is not picture:
                view.set_picture(picture, smooth=place != 1)
            self.titles[place].setText(panels.titles[place])
            self.hints[place].setText(panels.hints[place])
        self.before.show_shares(panels.before)
        self.after.show_shares(panels.after, panels.wrong)
        self.numbers.setText(panels.numbers)
        self.noise.setText(panels.noise)

    def clear(self, hint: str) -> None:
        """Show nothing but a hint."""
        for place, view in enumerate(self.views):
            view.set_picture(None)
            view.set_hint(hint if place == 0 else "")
            self.hints[place].setText("")
        self.before.show_shares([])
        self.after.show_shares([])
        self.numbers.setText("")
        self.noise.setText("")
