"""What matters while speaking: the clock, the time since the start, and what the audience sees."""

from __future__ import annotations

from PySide6.QtCore import QTime, QTimer
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from visualizer.gui.shell.presentation import Presentation

TICK_MS = 1000
ALONE = "On this screen, alone"


class SpeakerBar(QFrame):
    """Stands over the window while a second screen shows the stage; hidden otherwise.

    Attributes:
        screens_menu: chooses the screen to present on.
    """

    def __init__(self, presentation: Presentation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self._presentation = presentation
        self.where, self.clock = QLabel(), QLabel()
        self.clock.setProperty("role", "title")
        self.freeze = _button("Freeze", "Keep what the audience sees (F)")
        self.black = _button("Black", "A black screen for the audience (B)")
        self.white = _button("White", "A white screen for the audience (W)")
        stop = QPushButton("Stop presenting")
        stop.setToolTip("Esc")
        self.freeze.clicked.connect(presentation.toggle_freeze)
        self.black.clicked.connect(lambda: presentation.shade("black"))
        self.white.clicked.connect(lambda: presentation.shade("white"))
        stop.clicked.connect(presentation.stop)
        row = QHBoxLayout(self)
        em = self.fontMetrics().height()
        row.setContentsMargins(em // 2, 0, em // 2, em // 3)
        row.addWidget(self.clock)
        row.addWidget(self.where, 1)
        for button in (self.freeze, self.black, self.white, stop):
            row.addWidget(button)
        self.screens_menu = QMenu("Present &on")
        self._screens = QActionGroup(self.screens_menu)
        self.screens_menu.aboutToShow.connect(self._fill_screens)
        self._fill_screens()
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._show_time)
        presentation.changed.connect(self._show)
        self.hide()

    def _show(self) -> None:
        presentation, audience = self._presentation, self._presentation.audience
        self.setVisible(audience is not None)
        if audience is None:
            self._tick.stop()
            return
        self._tick.start()
        shaded = presentation.shaded
        state = "frozen" if presentation.frozen else shaded or "live"
        self.where.setText(f"The audience's screen, {audience.screen().name()}: {state}")
        self.freeze.setChecked(presentation.frozen)
        self.black.setChecked(shaded == "black")
        self.white.setChecked(shaded == "white")
        self._show_time()

    def _show_time(self) -> None:
        seconds = int(self._presentation.seconds)
        minutes, hours = seconds // 60 % 60, seconds // 3600
        since = f"{hours}:{minutes:02}:{seconds % 60:02}"
        self.clock.setText(f"{QTime.currentTime().toString('HH:mm')}   {since}")

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


def _button(words: str, tip: str) -> QPushButton:
    button = QPushButton(words)
    button.setCheckable(True)
    button.setToolTip(tip)
    return button
