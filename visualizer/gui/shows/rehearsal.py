"""The rehearsal: every scene stands once, so that none makes anybody wait in the talk."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QProgressDialog, QWidget

if TYPE_CHECKING:
    from visualizer.gui.core.compute import Compute
    from visualizer.gui.shows.shows import Shows

LOOK_MS = 100
"""Between two looks whether a scene is through, while rehearsing."""
QUIET_SECONDS = 0.4
"""Without work, after which a scene is through."""
PATIENCE = 30.0
"""Seconds that a scene may work before the next one is rehearsed: a wall fills for minutes."""


class Rehearsal(QObject):
    """Stands every scene in turn: networks are loaded, workspaces built, functions compiled."""

    done = Signal(bool)
    """It is over; whether all scenes stood, or it was skipped."""

    def __init__(self, shows: Shows, compute: Compute, window: QWidget) -> None:
        super().__init__(window)
        self._shows, self._compute, self._window = shows, compute, window
        self.bar: QProgressDialog | None = None
        """Shows how far it is, while it goes on."""
        self.problems: dict[int, str] = {}
        """Why a scene does not stand, by its index."""
        self._at = -1
        self._stood = False
        self._since = self._quiet = 0.0
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._on_look)
        shows.stood.connect(self._on_stood)
        shows.failed.connect(self._on_failed)

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self.bar is not None

    def start(self) -> None:
        """Begin; it ends at the first scene."""
        if self.running or not self._shows.count:
            return
        bar = self.bar = QProgressDialog("", "Skip", 0, self._shows.count, self._window)
        bar.setWindowTitle("Rehearsing the show")
        bar.setAutoClose(False)
        bar.setAutoReset(False)
        bar.setMinimumDuration(0)
        bar.setWindowModality(Qt.WindowModality.WindowModal)
        bar.canceled.connect(lambda: self._end(skipped=True))
        bar.rejected.connect(lambda: self._end(skipped=True))  # by whatever else closes it
        bar.show()
        self._at, self.problems = -1, {}
        self._shows.rehearsing = True
        self._look.start()
        self._next()

    def _next(self) -> None:
        self._at += 1
        if self.bar is None:
            return
        if self._at >= self._shows.count:
            self._end(skipped=False)
            return
        shows = self._shows
        assert shows.show is not None
        title = shows.show.scenes[self._at].title
        self.bar.setValue(self._at)
        self.bar.setLabelText(f"Scene {self._at + 1} of {shows.count}: {title}")
        self._stood = False
        self._since = self._quiet = time.monotonic()
        shows.go_to(self._at)

    def _on_stood(self, index: int) -> None:
        if self.running and index == self._at:
            self._stood = True

    def _on_failed(self, index: int, sentence: str) -> None:
        if self.running and index == self._at:
            self.problems[index] = sentence
            self._next()

    def _on_look(self) -> None:
        now = time.monotonic()
        if not self._stood or not self._compute.is_idle():
            self._quiet = now
        if self._stood and (now - self._quiet > QUIET_SECONDS or now - self._since > PATIENCE):
            self._next()

    def _end(self, skipped: bool) -> None:
        bar, self.bar = self.bar, None
        if bar is None:
            return
        self._look.stop()
        bar.blockSignals(True)
        bar.close()
        bar.deleteLater()
        self._shows.rehearsing = False
        self._shows.go_to(0)
        self.done.emit(not skipped and not self.problems)
