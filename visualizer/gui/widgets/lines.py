"""Lines as thick as the letters beside them ask for."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

LETTER = 15
"""Pixels that letters of the usual size are high."""


def thick(widget: QWidget, pixels: float) -> float:
    """The width of a line that has so many pixels beside letters of the usual size, or more."""
    return pixels * max(1.0, widget.fontMetrics().height() / LETTER)
