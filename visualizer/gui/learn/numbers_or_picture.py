"""Numbers in cells, or a grey picture of them where they are too many."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QStackedLayout, QWidget

from visualizer.gui.learn.number_grid import NumberGrid
from visualizer.gui.widgets.image_view import ImageView

SMALL = 20
"""A picture or result with more rows or columns is shown as a picture, not in numbers."""


class NumbersOrPicture(QWidget):
    """A grid of numbers, or a picture where there are too many.

    Args:
        name: what it shows.
        editable: whether the numbers can be changed.
    """

    def __init__(self, name: str, editable: bool = False) -> None:
        super().__init__()
        self.grid, self.image = NumberGrid(name, editable), ImageView()
        self.image.setAccessibleName(name)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self.image)

    def show_numbers(
        self,
        values: np.ndarray,
        window: tuple[int, int, int, int] | None,
        rim: int = 0,
        as_picture: bool = False,
    ) -> None:
        """Show H x W values, with a window of (row, column, rows, columns) framed."""
        self._stack.setCurrentIndex(int(as_picture))
        if not as_picture:
            self.grid.show_numbers(values, window, rim=rim)
            return
        self.image.set_picture(grey_pixels(values) if values.size else None, smooth=False)
        box = None if window is None else QRectF(window[1], window[0], window[3], window[2])
        self.image.set_box(box)


def grey_pixels(values: np.ndarray) -> np.ndarray:
    """Return numbers (H x W) as a grey picture, uint8, H x W x 3, read-only.

    What is in [0, 1] stays as it is; otherwise the least is black and the largest white.
    """
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    levels = np.clip((values - low) / ((high - low) or 1) * 255, 0, 255).astype(np.uint8)
    pixels = np.repeat(levels[..., None], 3, axis=2)
    pixels.setflags(write=False)
    return pixels
