"""The speaker's own: what the audience sees and what comes next, notes, clock and time left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTime, QTimer
from PySide6.QtGui import QAction, QActionGroup, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.widgets.elided_label import ElidedLabel

if TYPE_CHECKING:
    from visualizer.gui.shell.presentation import Presentation
    from visualizer.gui.shows.shows import Shows

TICK_MS = 500
ALONE = "On this screen, alone"
PICTURE = QSize(11, 6)
"""The size of the small pictures, in heights of a line."""
LONGEST = 600
"""Minutes of a talk."""


class SpeakerBar(QFrame):
    """Stands over the window while a second screen shows the stage; hidden otherwise.

    Attributes:
        screens_menu: chooses the screen to present on.
        minutes: of the talk, where no show says so; 0 for no limit.
    """

    def __init__(
        self, presentation: Presentation, shows: Shows, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self._presentation, self._shows = presentation, shows
        self.where, self.clock, self.left = ElidedLabel(), QLabel(), QLabel()
        self.clock.setProperty("role", "title")
        self.now, self.next = QLabel(), QLabel()
        self.coming = ElidedLabel()
        self.notes = QPlainTextEdit()
        self.notes.setReadOnly(True)
        self.notes.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.notes.setAccessibleName("Notes")
        store = presentation.store
        self.minutes = QSpinBox()
        self.minutes.setRange(0, LONGEST)
        self.minutes.setSpecialValueText("no limit")
        self.minutes.setSuffix(" min")
        self.minutes.setToolTip("How long the talk may take")
        self.minutes.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.minutes.setValue(int(store.number("talk minutes", 0, 0, LONGEST)))
        self.minutes.valueChanged.connect(self._on_minutes)
        self.freeze = _button("Freeze", "Keep what the audience sees (F)")
        self.black = _button("Black", "A black screen for the audience (B)")
        self.white = _button("White", "A white screen for the audience (W)")
        self.stop = QPushButton("Stop presenting")
        self.stop.setToolTip("Esc")
        self.freeze.clicked.connect(presentation.toggle_freeze)
        self.black.clicked.connect(lambda: presentation.shade("black"))
        self.white.clicked.connect(lambda: presentation.shade("white"))
        self.stop.clicked.connect(presentation.stop)
        self.screens_menu = QMenu("Present &on")
        self._screens = QActionGroup(self.screens_menu)
        self.screens_menu.aboutToShow.connect(self._fill_screens)
        self._fill_screens()
        self._build()
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._show_moment)
        presentation.changed.connect(self._show)
        shows.changed.connect(self._show)
        self.hide()

    def _build(self) -> None:
        em = self.fontMetrics().height()
        for picture in (self.now, self.next):
            picture.setFixedSize(PICTURE * em)
            picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        pictures = QGridLayout()
        pictures.setSpacing(em // 4)
        for column, (picture, words) in enumerate(
            ((self.now, self.where), (self.next, self.coming))
        ):
            pictures.addWidget(picture, 0, column)
            pictures.addWidget(words, 1, column)
        self.where.setMinimumWidth(PICTURE.width() * em)
        self.notes.setMinimumWidth(12 * em)
        self.notes.setFixedHeight((PICTURE.height() + 1) * em)
        time = QHBoxLayout()
        time.addWidget(self.clock)
        time.addWidget(self.left)
        time.addStretch(1)
        time.addWidget(self.minutes)
        buttons = QHBoxLayout()
        for button in (self.freeze, self.black, self.white, self.stop):
            buttons.addWidget(button)
        right = QVBoxLayout()
        right.addLayout(time)
        right.addStretch(1)
        right.addLayout(buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(em // 2, 0, em // 2, em // 3)
        row.addLayout(pictures)
        row.addWidget(self.notes, 1)
        row.addStretch(0)
        row.addLayout(right)

    def _show(self) -> None:
        presentation, audience = self._presentation, self._presentation.audience
        self.setVisible(audience is not None)
        if audience is None:
            self._tick.stop()
            return
        self._tick.start()
        shaded = presentation.shaded
        state = "frozen" if presentation.frozen else shaded or "live"
        self.where.setText(f"{audience.screen().name()}: {state}")
        self.where.setToolTip("What the audience sees now")
        self.freeze.setChecked(presentation.frozen)
        self.black.setChecked(shaded == "black")
        self.white.setChecked(shaded == "white")
        self._show_scenes()
        self._show_moment()

    def _show_scenes(self) -> None:
        """The notes of the scene on stage, and the next one; nothing without a show."""
        shows = self._shows
        for part in (self.next, self.coming, self.notes):
            part.setVisible(shows.count > 0)
        # Else the stage below it shows the same.
        self.now.setVisible(shows.count > 0 or self._presentation.frozen)
        self.notes.setPlainText(shows.scene.notes if shows.scene is not None else "")
        coming, at = shows.coming, f"next, {shows.index + 2} of {shows.count}"
        self.coming.setText(f"{at}: {coming.title}" if coming is not None else "the end")
        image = QPixmap.fromImage(shows.thumbnail(shows.index + 1))
        self.next.setPixmap(_fitted(image, self.next))

    def _show_moment(self) -> None:
        """The clock, the time left, and what the audience sees at this moment."""
        presentation = self._presentation
        seconds, planned = int(presentation.seconds), self._planned()
        self.clock.setText(f"{QTime.currentTime().toString('HH:mm')}   {_time(seconds)}")
        rest = planned - seconds if planned else 0
        over = "over" if rest < 0 else "left"
        self.left.setText(f"{_time(abs(rest))} {over}" if planned else "")
        if presentation.audience is not None:
            ground = presentation.shaded
            shown = presentation.audience.picture
            if ground:
                shown = QPixmap(self.now.size())
                shown.fill(ground)
            self.now.setPixmap(_fitted(shown, self.now))

    def _planned(self) -> int:
        """Seconds that the talk may take; 0 for no limit."""
        planned = self._shows.planned_seconds
        self.minutes.setVisible(planned is None)
        return 60 * self.minutes.value() if planned is None else planned

    def _on_minutes(self, minutes: int) -> None:
        self._presentation.store.remember("talk minutes", minutes)
        self._show_moment()

    def _fill_screens(self) -> None:
        menu, presentation = self.screens_menu, self._presentation
        self._screens.deleteLater()  # with its actions
        self._screens = group = QActionGroup(menu)
        own, *others = presentation.screens()
        choices = [("", "The second screen, if there is one"), (own.name(), ALONE)]
        choices += [(screen.name(), screen.name()) for screen in others]
        for name, words in choices:
            action = QAction(words, group)
            action.setCheckable(True)
            action.setChecked(name == presentation.wanted)
            action.triggered.connect(lambda _=False, name=name: presentation.choose_screen(name))
            menu.addAction(action)


def _time(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _fitted(picture: QPixmap, label: QLabel) -> QPixmap:
    if picture.isNull():
        return picture
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    ratio = label.devicePixelRatio()
    made = picture.scaled(label.size() * ratio, keep, smooth)
    made.setDevicePixelRatio(ratio)
    return made


def _button(words: str, tip: str) -> QPushButton:
    button = QPushButton(words)
    button.setCheckable(True)
    button.setToolTip(tip)
    return button
