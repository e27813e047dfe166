"""Where an activation map lies on the picture, and which of its units is under a point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

if TYPE_CHECKING:
    from visualizer.engine.receptive_field import ReceptiveField


def map_region(field: ReceptiveField, shape: tuple[int, ...]) -> QRectF:
    """Where a map lies on the picture, in pixels: each unit around the centre of what it sees."""
    (down, right), (top, left) = field.stride, field.start
    return QRectF(left + 0.5 - right / 2, top + 0.5 - down / 2, right * shape[1], down * shape[0])


def unit_under(point: QPointF, region: QRectF, shape: tuple[int, ...]) -> tuple[int, int]:
    """The (row, column) of the map nearest to a pixel of the picture."""
    row = int((point.y() - region.top()) * shape[0] // region.height())
    column = int((point.x() - region.left()) * shape[1] // region.width())
    return min(max(row, 0), shape[0] - 1), min(max(column, 0), shape[1] - 1)
