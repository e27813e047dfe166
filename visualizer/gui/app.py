"""Puts the window together and starts it; `run` returns when it is closed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from visualizer.engine.preload import preload
from visualizer.engine.quiet import quiet_libraries
from visualizer.engine.resources import resource
from visualizer.engine.shows.bundled import is_show
from visualizer.gui.core import crash_log
from visualizer.gui.core.compute import Compute, Job, once
from visualizer.gui.core.garbage import GarbageCollector, collect_all_soon
from visualizer.gui.core.interrupts import Interrupts
from visualizer.gui.core.session import Change, Session
from visualizer.gui.core.store import Store
from visualizer.gui.core.theme import Theme
from visualizer.gui.shell.main_window import MainWindow
from visualizer.models.model_file import is_model

SWITCH_SECONDS = 0.001
"""How soon the window thread gets the interpreter back while a job runs Python (5 ms by default).
"""


def run(
    paths: Sequence[Path] = (),
    *,
    network: str | None = None,
    camera: str | None = None,
    present: bool = False,
    **said: Any,
) -> int:
    """Open the window and return its exit code once it is closed.

    Args:
        paths: pictures, folders, shows and models to open; the last model is the first network.
        network: the network to start with, by name or path; else that of last time.
        camera: the number of a camera, a film file or the address of a stream, to be started by
            its key; None for that of last time.
        present: whether the last show among `paths` is presented, once it is rehearsed.
        said: what `Session.open_network` takes of that network.
    """
    shows = [path for path in paths if is_show(path)]
    models = [path for path in paths if is_model(path)]
    if network is None and models:
        network = str(models[-1].absolute())
    crash_log.install()
    application = make_application()
    sys.setswitchinterval(SWITCH_SECONDS)
    with quiet_libraries():  # Qt has said what it had to say, TensorFlow is still to come
        window = make_window(application)
        session = window.session
        interrupts = Interrupts(window.close, window)
        window.show()

        def start() -> None:
            window.offer_crash_log()
            session.start(network, **said)
            if camera is not None:
                window.inputs.camera.choose_named(camera)
            window.inputs.open_paths([path for path in paths if path not in (*models, *shows)])
            if shows:  # its own network comes after that of last time
                window.show_menu.open_once_ready(shows[-1], present=present)
            else:
                window.show_menu.offer_unsaved()

        def build() -> None:
            if window.is_built:
                idle.stop()
            elif not session.busy and session.compute.is_idle():
                window.build_next()

        QTimer.singleShot(0, window, start)  # once it is painted
        idle = QTimer(window, interval=50)  # the first picture comes first
        idle.timeout.connect(build)
        idle.start()
        code = application.exec()
    if not session.compute.stop(timeout=3):
        leave(code)
    interrupts.end()
    crash_log.uninstall()
    delete(window)
    return code


def make_window(application: QApplication) -> MainWindow:
    """A window with everything behind it, not yet on show."""
    store = Store()
    theme = Theme(application, store)
    session = Session(Compute(), store)
    session.compute.submit(Job(once(preload), cancellable=False))  # beside the building
    session.changed.connect(lambda change: collect_all_soon() if Change.NETWORK in change else None)
    return MainWindow(session, theme)


def leave(code: int) -> None:
    """End the process where a long calculation cannot be interrupted: all files are written."""
    if sys.stdout is not None:  # a program without a terminal has none on Windows
        sys.stdout.flush()
    os._exit(code)


def delete(window: QWidget) -> None:
    """Free a window that is closed, with all that is in it, before Python itself is taken down."""
    window.deleteLater()
    QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)


def make_application() -> QApplication:
    """The application object, with its names, its icon and its collector of garbage.

    The one there is, if there is one.
    """
    from visualizer.gui.core.theme import app_icon

    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("convnet-visualizer")
    application.setApplicationDisplayName("Convnet Visualizer")
    QGuiApplication.setDesktopFileName("convnet-visualizer")
    application.setWindowIcon(app_icon(resource("icons/app.svg")))
    if application.findChild(GarbageCollector) is None:
        GarbageCollector(application)
    return application
