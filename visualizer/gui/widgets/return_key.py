"""Text fields that keep Return for themselves where a workspace has a shortcut on it."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class _ReturnFilter(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            if event.key() in RETURN:
                event.accept()
                return True
        return super().eventFilter(watched, event)


def keep_return(field: QWidget | None) -> None:
    """Let Return typed into this field end the typing, not set off a shortcut of the window."""
    if field is not None:
        field.installEventFilter(_ReturnFilter(field))
