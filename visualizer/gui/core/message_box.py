"""A sentence in a window of its own, for a program that was started without a terminal."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox


def show_message(text: str) -> None:
    """Show a sentence until it is closed; an application is made where there is none yet."""
    application = QApplication.instance() or QApplication(["visualizer"])
    box = QMessageBox(QMessageBox.Icon.Warning, "Convnet Visualizer", text)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.exec()
    del application
