"""The application object that every window of the program stands on."""

from __future__ import annotations

import sys

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from visualizer.engine.resources import resource
from visualizer.gui.core.garbage import GarbageCollector
from visualizer.gui.core.theme import app_icon

TITLE = "Convnet Visualizer"


def make_application() -> QApplication:
    """The application object, with its names, its icon and its collector of garbage.

    The one there is, if there is one.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("convnet-visualizer")
    application.setApplicationDisplayName(TITLE)
    QGuiApplication.setDesktopFileName("convnet-visualizer")
    application.setWindowIcon(app_icon(resource("icons/app.svg")))
    if application.findChild(GarbageCollector) is None:
        GarbageCollector(application)
    return application
