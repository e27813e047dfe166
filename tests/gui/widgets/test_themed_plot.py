"""The plot: it follows the theme, its words never collide, and its files hold its numbers."""

import csv
import io
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from visualizer.gui.core.theme import DARK, LIGHT, palette
from visualizer.gui.widgets.themed_plot import Axis, Curve, ThemedPlot, spread

X = np.arange(5.0)
NAMES = ("espresso", "orange", "a class with a name that is far too long for the plot", "cup")


@pytest.fixture
def plot(qtbot):
    plot = ThemedPlot("Loss", Axis("step", shown=True), Axis("loss"))
    qtbot.addWidget(plot)
    plot.resize(420, 260)
    plot.show_curves([Curve(name, X, X * (0.5 + place / 50)) for place, name in enumerate(NAMES)])
    plot.show()
    return plot


def ground(plot):
    """The colour of the plot's upper left corner, as #rrggbb."""
    return plot.grab().toImage().pixelColor(2, 2).name()


def test_it_follows_light_and_dark(plot):
    plot.setPalette(palette(DARK))
    assert ground(plot) == DARK.panel
    dark = [plot.colour(place).lightness() for place in range(4)]
    plot.setPalette(palette(LIGHT))
    assert ground(plot) == LIGHT.panel
    light = [plot.colour(place).lightness() for place in range(4)]
    assert all(on_dark > on_light for on_dark, on_light in zip(dark, light, strict=True))


@pytest.mark.parametrize("size", [(420, 260), (240, 110)])
def test_the_names_stand_beside_the_curves_and_never_on_each_other(plot, size):
    plot.resize(*size)
    area, boxes = plot._area(), plot.label_boxes()
    assert boxes
    for place, box in enumerate(boxes):
        assert box.left() > area.right()  # where no curve is
        assert box.right() <= plot.width()
        assert box.top() >= 0
        assert box.bottom() <= plot.height()
        assert not any(box.intersects(other) for other in boxes[:place])
    highest_last = [box.top() for box in boxes]
    assert highest_last == sorted(highest_last, reverse=True)  # in the order of the curves' ends


def test_the_words_of_marks_at_one_place_stand_side_by_side(plot):
    first, second = plot.add_mark(), plot.add_mark(movable=True)
    first.show_at(2, "flips at 2")
    second.show_at(2, "ε = 2")
    (_, a), (_, b) = plot.head_boxes()
    assert not a.intersects(b)
    assert max(a.bottom(), b.bottom()) <= plot._area().top() + 1
    second.show_at(None)
    assert [mark for mark, _ in plot.head_boxes()] == [first]
    assert second.place is None


def test_a_movable_mark_comes_to_the_mouse_and_says_so(plot):
    mark = plot.add_mark(movable=True, bounds=(0, 3))
    mark.show_at(0)
    told = []
    plot.picked.connect(told.append)
    QTest.mousePress(plot.viewport(), Qt.MouseButton.LeftButton, pos=plot.place_of(2).toPoint())
    assert told == [pytest.approx(2, abs=0.05)]
    assert mark.place == pytest.approx(2, abs=0.05)


def test_its_numbers_come_out_as_csv(plot):
    plot.show_curves([Curve("a", X[:3], X[:3] ** 2), Curve("b", X[1:4], -X[1:4])])
    rows = list(csv.reader(io.StringIO(plot.csv().decode())))
    assert rows[0] == ["step", "a", "b"]
    read = [[float(cell) if cell else None for cell in row] for row in rows[1:]]
    assert read == [[0, 0, None], [1, 1, -1], [2, 4, -2], [3, None, -3]]


def test_it_comes_out_as_a_picture_and_as_a_drawing_with_text(plot):
    image = QImage.fromData(plot.png(2))
    assert (image.width(), image.height()) == (840, 520)
    drawing = plot.svg().decode()
    assert "espresso" in drawing
    assert "<image" not in drawing  # lines, no pixels
    assert drawing.count("<polyline") + drawing.count("<path") >= len(NAMES)


def test_a_file_that_cannot_be_written_is_said(plot, tmp_path):
    from PySide6.QtWidgets import QMessageBox

    plot._write(str(tmp_path / "curve.csv"), plot.csv)
    assert (tmp_path / "curve.csv").read_bytes() == plot.csv()
    plot._write(str(tmp_path / "none" / "curve.csv"), plot.csv)
    box = plot.findChild(QMessageBox)
    assert "there is no folder" in box.text()
    box.close()


def test_without_curves_it_says_what_will_be_there(qtbot):
    plot = ThemedPlot("Loss", Axis("step"), Axis("loss"), hint="It appears while it runs.")
    qtbot.addWidget(plot)
    plot.resize(300, 150)
    empty = plot.grab().toImage()
    assert not plot.getPlotItem().isVisible()
    plot.show_curves([Curve("loss", X, X)])
    assert plot.getPlotItem().isVisible()
    assert plot.grab().toImage() != empty
    plot.show_curves([])
    assert plot.grab().toImage() == empty


def test_a_logarithmic_axis_counts_in_powers(qtbot):
    plot = ThemedPlot("Loss", Axis("step", log=True), Axis("loss", log=True))
    qtbot.addWidget(plot)
    plot.resize(400, 200)
    steps = np.array([1.0, 10, 100, 1000])
    plot.set_ranges(x=(1, 1000))
    plot.show_curves([Curve("loss", steps, 1 / steps)])
    places = [plot.place_of(step).x() for step in steps]
    assert np.diff(places) == pytest.approx(np.diff(places)[0], abs=1e-6)
    mark = plot.add_mark()
    mark.show_at(100, "here")
    assert mark.place == pytest.approx(100)


def test_it_can_be_reached_and_told_and_leaves_the_keys_to_the_window(qtbot):
    seen = []

    class Window(QWidget):
        def keyPressEvent(self, event):
            seen.append(event.key())

    window = Window()
    qtbot.addWidget(window)
    plot = ThemedPlot("Loss", Axis("step"), Axis("loss"), window)
    plot.show_curves([Curve("espresso", X, X / 2)])
    assert plot.accessibleName() == "Loss"
    assert "espresso 2" in plot.accessibleDescription()
    assert plot.focusPolicy() & Qt.FocusPolicy.TabFocus
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Home):
        QTest.keyClick(plot, key)
    assert seen == [Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Home]


SPANS = st.lists(st.tuples(st.floats(-50, 250), st.floats(1, 30)), max_size=8)


@given(SPANS)
def test_spread_keeps_intervals_apart_within_the_bounds_and_in_order(spans):
    starts, sizes = [start for start, _ in spans], [size for _, size in spans]
    found = spread(starts, sizes, 0, 240)
    placed = sorted(zip(found, sizes, strict=True))
    for (start, size), (following, _) in pairwise(placed):
        assert start + size <= following + 1e-6
    assert all(-1e-6 <= start <= 240 - size + 1e-6 for start, size in placed)
    fits = all(
        a + s <= b or b + t <= a for place, (a, s) in enumerate(spans) for b, t in spans[:place]
    ) and all(0 <= start <= 240 - size for start, size in spans)
    if fits:
        assert found == pytest.approx(starts)
