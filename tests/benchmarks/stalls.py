"""How long the window's thread keeps the user waiting."""

import time

from PySide6.QtCore import QObject, Qt, QTimer

TICK = 5
"""Milliseconds between the ticks of an idle window."""


class Ticker(QObject):
    """A timer of 5 ms that notes how long each of its ticks really took."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(self, interval=TICK, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def clear(self) -> None:
        """Forget what was, such as the start."""
        self.gaps.clear()
        self._last = time.perf_counter()

    def stop(self) -> None:
        """Tick no more."""
        self._timer.stop()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append(1000 * (now - self._last))
        self._last = now
