"""Controls that a speaker needs and an audience does not."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

MARK = "backstage"
BARS = "scroll bars"
"""Under which an area remembers when it shows its scroll bars."""


def backstage(*widgets: QWidget) -> None:
    """Mark widgets to be left out while their part of the window is presented.

    Only widgets that nobody else shows or hides.
    """
    for widget in widgets:
        widget.setProperty(MARK, True)


def leave_out(part: QWidget, presented: bool) -> None:
    """Hide what is marked in a part of the window and every scroll bar, or show them again."""
    for widget in part.findChildren(QWidget):
        if widget.property(MARK):
            widget.setVisible(not presented)
    for area in part.findChildren(QAbstractScrollArea):
        leave_out_bars(area, presented)


def leave_out_bars(area: QAbstractScrollArea, presented: bool) -> None:
    """Hide the scroll bars of one area, or show them again as before."""
    kept = area.property(BARS)
    if presented and kept is None:
        policies = area.horizontalScrollBarPolicy(), area.verticalScrollBarPolicy()
        area.setProperty(BARS, policies)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    elif not presented and kept is not None:
        area.setProperty(BARS, None)
        area.setHorizontalScrollBarPolicy(kept[0])
        area.setVerticalScrollBarPolicy(kept[1])
