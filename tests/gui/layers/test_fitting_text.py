"""Numbers are shortened or made smaller where there is no room, and never cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QFont, QFontMetrics, QFontMetricsF

from visualizer.gui.layers.fitting_text import (
    SMALLEST_POINTS,
    fitting,
    fitting_font,
    fitting_number,
)


@pytest.fixture
def font(qapp):
    return QFont()


def test_a_number_keeps_as_many_digits_as_fit(font):
    metrics = QFontMetrics(font)
    wide = metrics.horizontalAdvance("0.0123")
    assert fitting_number(0.012345, metrics, wide) == "0.0123"
    assert fitting_number(0.012345, metrics, wide - 1) == "0.012"
    assert fitting_number(0.012345, metrics, 1) == "0.01"


def test_the_first_way_to_write_that_fits_is_taken(font):
    metrics = QFontMetrics(font)
    room = metrics.horizontalAdvance("0.62")
    assert fitting(("≠ 0.62", "0.62", ".6"), metrics, room) == "0.62"


@pytest.mark.usefixtures("qapp")
@given(st.text("0123456789×.", min_size=1, max_size=14), st.integers(40, 200))
def test_a_smaller_font_fits_any_number(text, width):
    font = fitting_font(QFont(), text, width)
    fits = QFontMetricsF(font).horizontalAdvance(text) <= width
    assert fits or font.pointSizeF() == SMALLEST_POINTS
    if QFontMetricsF(QFont()).horizontalAdvance(text) <= width:
        assert font == QFont()
