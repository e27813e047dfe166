"""Controls that leave the keys of a workspace alone when they are clicked."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QScrollBar,
    QWidget,
)

NUMBER = "0123456789.,+-"
"""What a field for a number keeps for itself of the keys that write something."""


def tab_focus(*parts: QWidget) -> None:
    """Let what is in these parts have the focus by Tab only, as long as nobody types into it.

    So a click on a button, check box, slider or list does not take the arrow keys away. A field for
    a number has the focus when it is clicked, but lets pass what is no part of a number.
    """
    for part in parts:
        for widget in (part, *part.findChildren(QWidget)):
            if isinstance(widget, QAbstractSpinBox):
                if widget.findChild(_IgnoredKeysFilter) is None:
                    widget.installEventFilter(_IgnoredKeysFilter(widget))
            elif _is_fixed(widget) and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
                widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)


def _is_fixed(widget: QWidget) -> bool:
    """Whether it is set without typing; scroll bars belong to what they scroll."""
    if isinstance(widget, QComboBox):
        return not widget.isEditable()
    fixed = isinstance(widget, QAbstractButton | QAbstractSlider)
    return fixed and not isinstance(widget, QScrollBar)


class _IgnoredKeysFilter(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            if plain and event.text().isprintable() and event.text() not in NUMBER:
                event.ignore()
                return True
        return super().eventFilter(watched, event)
