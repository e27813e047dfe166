"""Controls that a speaker needs and an audience does not."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

MARK = "backstage"


def backstage(*widgets: QWidget) -> None:
    """Mark widgets to be left out while their part of the window is presented.

    Only widgets that nobody else shows or hides.
    """
    for widget in widgets:
        widget.setProperty(MARK, True)


def leave_out(part: QWidget, presented: bool) -> None:
    """Hide what is marked in a part of the window, or show it again."""
    for widget in part.findChildren(QWidget):
        if widget.property(MARK):
            widget.setVisible(not presented)
