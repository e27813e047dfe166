"""The portrait of a network: its stages as columns, as high as their maps."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPalette

from visualizer.models.portraits import Block, Portrait

LISTED = 0.5
"""The height of a list of 4,096 numbers beside the picture's."""
QUIET = {"pooling", "add", "concatenate", "activation", "normalisation", "other"}


def paint_portrait(painter: QPainter, place: QRectF, portrait: Portrait, palette: QPalette) -> None:
    """Draw a network into a place, small as it may be.

    Heights are logarithms of sides; branches share a column. What has weights is in the accent
    colour, the deeper the more units it has.
    """
    if not portrait:
        return
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    step = place.width() / len(portrait)
    gap = min(0.25 * step, 2.0) if step > 2 else 0.0
    largest = max(block.side for column in portrait for block in column)
    for index, column in enumerate(portrait):
        tall = max(_height(block, largest) for block in column) * place.height()
        part = tall / len(column)
        top = place.center().y() - tall / 2
        for number, block in enumerate(column):
            painter.setBrush(_colour(block, palette))
            line = min(1.0, part / 4) if number else 0.0
            box = QRectF(place.left() + index * step, top + number * part + line, step - gap, part)
            painter.drawRect(box.adjusted(0, 0, 0, -line))
    painter.restore()


def _height(block: Block, largest: int) -> float:
    """Share of the height of the picture."""
    if block.side > 1:
        return 0.16 + 0.84 * math.log2(block.side) / math.log2(max(largest, 2))
    return max(0.16, LISTED * math.log2(max(block.units, 2)) / 12)


def _colour(block: Block, palette: QPalette) -> QColor:
    if block.kind == "input":
        return palette.color(QPalette.ColorRole.Text)
    if block.kind in QUIET:
        return palette.color(QPalette.ColorRole.PlaceholderText)
    colour = QColor(palette.color(QPalette.ColorRole.Accent))
    colour.setAlphaF(min(1.0, 0.35 + 0.65 * math.log2(max(block.units, 2)) / 11))
    return colour
