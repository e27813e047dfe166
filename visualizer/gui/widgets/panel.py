"""Panels, headings and notes: the frames and labels that all parts of the window share."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget


def panel(*content: QWidget, title: str = "", stretch: QWidget | None = None) -> QFrame:
    """A frame on the ground of a panel, with widgets below each other.

    Args:
        content: what stands in it.
        title: a heading on top of it.
        stretch: the widget of `content` that takes the room that is left.
    """
    frame = QFrame()
    frame.setProperty("role", "panel")
    edge = frame.fontMetrics().height() // 2
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(edge, edge, edge, edge)
    if title:
        layout.addWidget(heading(title))
    for widget in content:
        layout.addWidget(widget, 1 if widget is stretch else 0)
    return frame


def heading(text: str) -> QLabel:
    """A small heading; where the room is narrow it is cut, and does not push the room wider."""
    label = QLabel(text)
    label.setProperty("role", "heading")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return label


def section(text: str) -> QLabel:
    """A heading over controls."""
    label = QLabel(text)
    label.setProperty("role", "accent")
    return label


def note(text: str, role: str = "muted") -> QLabel:
    """Words in the background, which wrap; `role` is one of resources/theme/window.qss."""
    label = QLabel(text)
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
