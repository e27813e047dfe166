"""A picture as a widget shows it, to be saved, copied or kept from there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True)
class ShownPicture:
    """A title, and the pixels at the resolution at which they were computed."""

    title: str
    image: QImage


def picture_of(widget: QWidget | None, at: QPoint | None) -> ShownPicture | None:
    """Ask a widget, and those around it, for the picture at a point of the screen.

    A widget that shows pictures has a method `picture_at(point)` that takes a point of its own, or
    None for the one that is chosen in it.
    """
    while widget is not None and not widget.isWindow():
        ask = getattr(widget, "picture_at", None)
        if ask is not None:
            return ask(None if at is None else widget.mapFromGlobal(at))
        widget = widget.parentWidget()
    return None


def pixels_of(image: QImage) -> np.ndarray:
    """The pixels of an image: uint8, H x W x 3, a new array."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()
