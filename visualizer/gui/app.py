"""Starts the window: crash log, application, theme, session; `run` returns when it is closed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from visualizer.engine.resources import resource
from visualizer.gui import crash_log
from visualizer.gui.compute import Compute
from visualizer.gui.interrupts import Interrupts
from visualizer.gui.main_window import MainWindow
from visualizer.gui.session import Session
from visualizer.gui.store import Store
from visualizer.gui.theme import Theme

SWITCH_SECONDS = 0.001
"""How soon the window thread gets the interpreter back while a job runs Python (5 ms by default).
"""


def run(
    argv: Sequence[str] | None = None,
    *,
    network: str | None = None,
    picture: Path | str | None = None,
) -> int:
    """Open the window and return its exit code once it is closed.

    Args:
        argv: pictures to open, and ``--network NAME``; None for neither.
        network: the network to start with, by name or path; else that of last time.
        picture: one more picture to open.
    """
    given = _parse(argv or [])
    pictures = [*given.pictures, *([Path(picture)] if picture is not None else [])]
    crash_log.install()
    application = make_application()
    sys.setswitchinterval(SWITCH_SECONDS)
    kept = Store()
    theme = Theme(application, kept)
    compute = Compute()
    session = Session(compute, kept)
    window = MainWindow(session, theme)
    Interrupts(window.close, window)
    window.show()

    opening = QTimer(interval=0)  # ticks whenever the window has nothing else to do

    def start() -> None:
        if window.build_next():
            return
        opening.stop()
        window.offer_crash_log()
        session.start(network or given.network)
        for path in pictures:
            session.open_picture(path)

    opening.timeout.connect(start)
    opening.start()
    code = application.exec()
    if not compute.stop(timeout=3):
        # A long calculation that cannot be interrupted: all files are written, so do not wait.
        sys.stdout.flush()
        os._exit(code)
    return code


def make_application() -> QApplication:
    """The application object, with its names and icon; the one there is, if there is one."""
    from visualizer.gui.theme import app_icon

    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("convnet-visualizer")
    application.setApplicationDisplayName("Convnet Visualizer")
    QGuiApplication.setDesktopFileName("convnet-visualizer")
    application.setWindowIcon(app_icon(resource("icons/app.svg")))
    return application


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="visualizer")
    parser.add_argument("pictures", nargs="*", type=Path)
    parser.add_argument("--network")
    return parser.parse_args(list(argv))
