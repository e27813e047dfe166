"""Puts the window together and starts it; `run` returns when it is closed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer
from PySide6.QtWidgets import QApplication, QSplashScreen, QWidget

from visualizer.engine.policy import policy
from visualizer.engine.preload import preload
from visualizer.engine.quiet import quiet_libraries
from visualizer.engine.shows.bundled import is_show
from visualizer.gui.core import crash_log
from visualizer.gui.core.application import make_application
from visualizer.gui.core.compute import Compute, Job, once
from visualizer.gui.core.first_instance import FirstInstance
from visualizer.gui.core.garbage import collect_all_soon
from visualizer.gui.core.interrupts import Interrupts
from visualizer.gui.core.session import Change, Session
from visualizer.gui.core.stopwatch import note
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
    first: FirstInstance | None = None,
    splash: QSplashScreen | None = None,
    camera: str | None = None,
    present: bool = False,
    **said: Any,
) -> int:
    """Open the window and return its exit code once it is closed.

    Args:
        paths: pictures, folders, shows and models to open; the last model is the first network.
        network: the network to start with, by name or path; else that of last time.
        first: what later starts hand their files to.
        splash: what is on the screen until the window is.
        camera: the number of a camera, a film file or the address of a stream, to be started by
            its key; None for that of last time.
        present: whether the last show among `paths` is presented, once it is rehearsed.
        said: what `Session.open_network` takes of that network.
    """
    crash_log.install()
    application = make_application()
    sys.setswitchinterval(SWITCH_SECONDS)
    with quiet_libraries():  # Qt has said what it had to say, TensorFlow is still to come
        window = make_window(application)
        session = window.session
        interrupts = Interrupts(window.close, window)
        window.show()
        if splash is not None:
            splash.finish(window)
        if first is not None:
            first.opened.connect(partial(bring_to_front, window))
            application.installEventFilter(first)

        def start() -> None:
            note("window")
            note_first_maps(window)
            begin(window, paths, network, camera, present, said)

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


def begin(
    window: MainWindow,
    paths: Sequence[Path],
    network: str | None,
    camera: str | None,
    present: bool,
    said: dict[str, Any],
) -> None:
    """Open what the window was started with; see `run`."""
    shows = [path for path in paths if is_show(path)]
    models = [path for path in paths if is_model(path)]
    if network is None and models:
        network = str(models[-1].absolute())
    window.offer_crash_log()
    if problem := policy().problem:
        window.session.say(problem, "warning")
    window.session.start(network, **said)
    if camera is not None:
        window.inputs.camera.choose_named(camera)
    window.inputs.open_paths([path for path in paths if path not in (*models, *shows)])
    if shows:  # its own network comes after that of last time
        window.show_menu.open_once_ready(shows[-1], present=present)
    else:
        window.show_menu.offer_unsaved()


def make_window(application: QApplication) -> MainWindow:
    """A window with everything behind it, not yet on show."""
    store = Store()
    theme = Theme(application, store)
    session = Session(Compute(), store)
    session.compute.submit(Job(once(preload), cancellable=False))  # beside the building
    window = MainWindow(session, theme)

    def on_change(change: Change) -> None:
        if Change.NETWORK in change and not window.shows.count:  # a show keeps its networks
            collect_all_soon()

    session.changed.connect(on_change)
    return window


def note_first_maps(window: MainWindow) -> None:
    """Print when the first activations are on show, where that is wanted."""
    session = window.session

    def look(change: Change) -> None:
        if change & Change.ACTIVATIONS and session.activations is not None:
            session.changed.disconnect(look)
            QTimer.singleShot(0, window, partial(note, "first maps"))

    session.changed.connect(look)


def bring_to_front(window: MainWindow, paths: Sequence[Path]) -> None:
    """Show the window above all others, and open what another start was given."""
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()
    window.inputs.open_paths(paths)


def leave(code: int) -> None:
    """End the process where a long calculation cannot be interrupted: all files are written."""
    if sys.stdout is not None:  # a program without a terminal has none on Windows
        sys.stdout.flush()
    os._exit(code)


def delete(window: QWidget) -> None:
    """Free a window that is closed, with all that is in it, before Python itself is taken down."""
    window.deleteLater()
    QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)
