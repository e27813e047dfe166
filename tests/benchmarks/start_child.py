"""The `visualizer` command with a stopwatch: prints when the window, Keras and activations came.

Usage: python -m tests.benchmarks.start_child SECONDS NETWORK, where SECONDS is the wall clock when
the command was given.
"""

import json
import os
import sys
import time

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QMainWindow

from tests.benchmarks.stalls import Ticker
from visualizer.cli import main
from visualizer.gui.core.application import make_application

PATIENCE = 120.0


class Stopwatch(QObject):
    """Notes when things come to be, and ends the program when all have."""

    def __init__(self, begun: float) -> None:
        super().__init__()
        self.begun = begun
        self.seen: dict[str, float] = {}
        self.ticker = Ticker()
        self.look = QTimer(self, interval=5)
        self.look.timeout.connect(self.note)
        self.look.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and "window" not in self.seen:
            window = watched.window() if watched.isWidgetType() else None
            if isinstance(window, QMainWindow):
                self.window = window
                QTimer.singleShot(0, self.mark_window)  # once it is painted
        return False

    def mark_window(self) -> None:
        if "window" not in self.seen:
            self.mark("window")
            self.ticker.clear()  # before, there was nothing that could stall

    def mark(self, name: str) -> None:
        self.seen.setdefault(name, time.time() - self.begun)

    def note(self) -> None:
        keras = sys.modules.get("keras")
        if keras is not None and not getattr(keras.__spec__, "_initializing", False):
            self.mark("keras")
        if "window" in self.seen and self.window.session.activations is not None:
            self.mark("activations")
            if self.window.is_built and self.window.session.compute.is_idle():
                self.end(0)
        if time.time() - self.begun > PATIENCE:
            print(f"Only {', '.join(self.seen)} came in {PATIENCE:g} s.", file=sys.stderr)
            self.end(1)

    def end(self, status: int) -> None:
        gaps = self.ticker.gaps
        self.seen["longest stall"] = max(gaps)
        self.seen["long stalls"] = sum(gap > 200 for gap in gaps)
        print(json.dumps(self.seen), flush=True)
        os._exit(status)


if __name__ == "__main__":
    application = make_application()
    stopwatch = Stopwatch(float(sys.argv[1]))
    application.installEventFilter(stopwatch)
    sys.exit(main(["--network", sys.argv[2]]))
