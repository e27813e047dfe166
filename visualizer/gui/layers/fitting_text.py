"""Texts that fit into a width: numbers are shortened, never cut."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QFont, QFontMetrics, QFontMetricsF

SMALLEST_POINTS = 3.0


def fitting_number(value: float, metrics: QFontMetrics, width: float) -> str:
    """A number with three significant digits, or as many as fit into `width` pixels."""
    written = [f"{value:.{digits}g}" for digits in (3, 2, 1)]
    return fitting(written, metrics, width)


def fitting(written: Sequence[str], metrics: QFontMetrics, width: float) -> str:
    """The first of several ways to write something that fits; the last one if none does."""
    fits = (each for each in written if metrics.horizontalAdvance(each) <= width)
    return next(fits, written[-1])


def fitting_font(font: QFont, text: str, width: float) -> QFont:
    """The font, or a smaller one in which the text fits into `width` pixels."""
    needed = QFontMetricsF(font).horizontalAdvance(text)
    while needed > width and font.pointSizeF() > SMALLEST_POINTS:
        font = QFont(font)
        # Letters do not shrink evenly: a little more than needed, and look again.
        font.setPointSizeF(max(SMALLEST_POINTS, 0.97 * font.pointSizeF() * width / needed))
        needed = QFontMetricsF(font).horizontalAdvance(text)
    return font
