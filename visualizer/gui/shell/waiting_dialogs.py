"""Dialogs that come up while the window itself is the audience's screen: they wait until after."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog


class WaitingDialogs(QObject):
    """Holds back dialogs before they are seen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: list[QDialog] = []

    def hold(self, dialog: QDialog) -> None:
        """Hold a dialog back that is about to be shown: Qt sends the event before it paints."""
        dialog.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        self._waiting.append(dialog)
        QTimer.singleShot(0, dialog, lambda: self._put_away(dialog))

    def _put_away(self, dialog: QDialog) -> None:
        dialog.setVisible(False)  # or it would keep the keys
        dialog.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, False)

    def show_all(self) -> None:
        """Show those that have waited."""
        waiting, self._waiting = self._waiting, []
        for dialog in waiting:
            if not dialog.isVisible():
                dialog.open()

    def drop_all(self) -> bool:
        """Close those that wait; whether there were any."""
        waiting, self._waiting = self._waiting, []
        for dialog in waiting:
            dialog.reject()
        return bool(waiting)


def open_dialogs() -> list[QDialog]:
    """Every dialog that is on the screen."""
    found = [each for each in QApplication.topLevelWidgets() if isinstance(each, QDialog)]
    return [each for each in found if each.isVisible()]
