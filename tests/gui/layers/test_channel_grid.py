from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QToolTip

from visualizer.gui.layers.dense_bars import DenseBars
from visualizer.gui.widgets.channel_grid import Atlas, ChannelGrid, largest_cell
from visualizer.gui.widgets.unit_area import order_of

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def plain_maps(colours, side=8) -> Atlas:
    """One map of a single colour a unit."""
    pictures = np.zeros((len(colours), side, side, 3), np.uint8)
    pictures[:] = np.array(colours, np.uint8)[:, None, None]
    return Atlas.of(pictures)


def show(qtbot, widget, width=600, height=400):
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    return widget


@pytest.fixture
def grid(qtbot):
    """Three channels: red is weakest, blue strongest."""
    grid = show(qtbot, ChannelGrid("nothing here"))
    grid.set_atlas(plain_maps([RED, GREEN, BLUE]), np.array([1.0, 2.0, 3.0]))
    return grid


def colour_of(grid, unit):
    """What the eye sees in the middle of a unit's cell."""
    middle = grid.rect_of(unit).center().toPoint()
    return QColor(grid.viewport().grab().toImage().pixel(middle)).getRgb()[:3]


def middle_of(area, unit) -> QPoint:
    return area.rect_of(unit).center().toPoint()


def wheel(area, delta, modifiers):
    at = QPointF(area.viewport().rect().center())
    event = QWheelEvent(
        at,
        area.viewport().mapToGlobal(at),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    area.wheelEvent(event)


class TestMaps:
    def test_every_channel_is_painted_in_its_own_cell(self, grid):
        assert [colour_of(grid, unit) for unit in range(3)] == [RED, GREEN, BLUE]

    def test_sorted_by_activation_the_strongest_stands_first(self, grid):
        grid.sort_by("strength")
        assert list(grid.order) == [2, 1, 0]
        assert grid.rect_of(2).left() < grid.rect_of(1).left() < grid.rect_of(0).left()
        assert [colour_of(grid, unit) for unit in range(3)] == [RED, GREEN, BLUE]

    def test_the_chosen_cell_is_outlined_in_the_accent_colour(self, grid):
        grid.set_unit(1)
        accent = grid.palette().highlight().color().getRgb()[:3]
        corner = grid.rect_of(1).topLeft().toPoint() + QPoint(1, 1)
        seen = QColor(grid.viewport().grab().toImage().pixel(corner)).getRgb()[:3]
        assert seen == accent

    def test_live_maps_may_change_without_shuffling_the_units(self, grid):
        grid.sort_by("strength")
        grid.set_atlas(plain_maps([RED, GREEN, BLUE]), np.array([9.0, 2.0, 3.0]), resort=False)
        assert list(grid.order) == [2, 1, 0]

    def test_without_maps_there_is_the_hint(self, qtbot):
        empty = show(qtbot, ChannelGrid("nothing here"))
        blank = empty.viewport().grab().toImage()
        empty.set_hint("")
        assert empty.viewport().grab().toImage() != blank

    def test_tiles_own_their_pixels(self):
        pictures = np.full((2, 4, 4, 3), 200, np.uint8)
        atlas = Atlas.of(pictures)
        image = atlas.arranged(np.array([1, 0]), 2)
        before = image.copy()
        pictures[:] = 0
        assert image == before
        with pytest.raises(ValueError, match="read-only"):
            atlas.tiles[0, 0, 0] = 1

    def test_tall_maps_keep_their_shape(self, qtbot):
        grid = show(qtbot, ChannelGrid())
        grid.set_atlas(Atlas.of(np.zeros((6, 40, 20, 3), np.uint8)), np.zeros(6))
        cell = grid.cell_size()
        assert cell.height() / cell.width() == pytest.approx(2, rel=0.15)


class TestChoosing:
    def test_a_click_chooses(self, qtbot, grid):
        with qtbot.waitSignal(grid.selected) as chosen:
            qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=middle_of(grid, 2))
        assert chosen.args == [2]
        assert grid.unit == 2

    def test_beside_the_cells_a_click_chooses_nothing(self, qtbot, grid):
        corner = QPoint(grid.viewport().width() - 1, grid.viewport().height() - 1)
        assert grid.unit_at(QPointF(corner)) is None
        qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=corner)
        assert grid.unit is None

    @pytest.mark.parametrize(
        ("keys", "unit"),
        [
            ([Qt.Key.Key_Down], 0),
            ([Qt.Key.Key_Down, Qt.Key.Key_Down], 1),
            ([Qt.Key.Key_End], 2),
            ([Qt.Key.Key_End, Qt.Key.Key_Up], 1),
            ([Qt.Key.Key_End, Qt.Key.Key_Down], 2),
            ([Qt.Key.Key_End, Qt.Key.Key_Home], 0),
            ([Qt.Key.Key_Up], 0),
        ],
    )
    def test_keys_walk_and_stop_at_the_ends(self, qtbot, grid, keys, unit):
        for key in keys:
            qtbot.keyClick(grid, key)
        assert grid.unit == unit

    def test_keys_walk_in_the_order_shown(self, qtbot, grid):
        grid.sort_by("strength")
        qtbot.keyClick(grid, Qt.Key.Key_Home)
        assert grid.unit == 2
        qtbot.keyClick(grid, Qt.Key.Key_Down)
        assert grid.unit == 1

    def test_the_tooltip_tells_unit_and_value(self, qtbot, grid):
        grid.describe = lambda unit: f"unit {unit} says {grid._strength[unit]:.1f}"
        qtbot.mouseMove(grid.viewport(), middle_of(grid, 1))
        qtbot.waitUntil(QToolTip.isVisible)
        assert QToolTip.text() == "unit 1 says 2.0"

    def test_fewer_units_forget_a_choice_that_is_gone(self, grid):
        grid.set_unit(2)
        grid.set_atlas(plain_maps([RED]), np.array([1.0]))
        assert grid.unit is None


class TestManyChannels:
    @pytest.fixture
    def many(self, qtbot):
        grid = show(qtbot, ChannelGrid())
        count = 4096
        grid.set_atlas(Atlas.of(np.zeros((count, 7, 7, 3), np.uint8)), np.arange(count) * 1.0)
        return grid

    def test_it_scrolls_to_the_last(self, qtbot, many):
        qtbot.keyClick(many, Qt.Key.Key_End)
        assert many.unit == 4095
        assert many.viewport().rect().contains(middle_of(many, 4095))
        assert not many.viewport().rect().contains(middle_of(many, 0))

    def test_only_what_is_in_sight_is_drawn(self, many):
        seen = many.visible_units()
        assert 0 in seen
        assert len(seen) < 400

    def test_ctrl_and_wheel_zoom_and_the_wheel_alone_scrolls(self, many):
        before = many.cell_size().width()
        wheel(many, 120, Qt.KeyboardModifier.ControlModifier)
        assert many.cell_size().width() > before
        assert many.verticalScrollBar().value() == 0
        wheel(many, -120, Qt.KeyboardModifier.NoModifier)
        assert many.verticalScrollBar().value() > 0

    def test_plus_minus_and_0_zoom(self, qtbot, many):
        before = many.cell_size()
        qtbot.keyClick(many, Qt.Key.Key_Plus)
        assert many.cell_size().width() > before.width()
        qtbot.keyClick(many, Qt.Key.Key_Minus)
        qtbot.keyClick(many, Qt.Key.Key_Minus)
        assert many.cell_size().width() < before.width()
        qtbot.keyClick(many, Qt.Key.Key_0)
        assert many.cell_size() == before

    def test_zooming_keeps_the_chosen_unit_in_sight(self, many):
        many.set_unit(3000)
        for zoom in (0.3, 4.0, 16.0, 1.0):
            many.set_zoom(zoom)
            assert many.viewport().rect().contains(middle_of(many, 3000))


class TestBars:
    @pytest.fixture
    def named(self, qtbot):
        bars = show(qtbot, DenseBars())
        names = ["ant", "bee", "cat"]
        bars.set_values(np.array([0.1, 0.7, 0.2]), names.__getitem__, percent=True)
        return bars

    def filled(self, bars, unit):
        """How many pixels of a unit's cell have the accent colour."""
        image = bars.viewport().grab().toImage()
        rect = bars.rect_of(unit).toAlignedRect().intersected(image.rect())
        accent = bars.palette().highlight().color().rgb()
        return sum(
            image.pixel(x, y) == accent
            for x in range(rect.left(), rect.right() + 1)
            for y in range(rect.top(), rect.bottom() + 1)
        )

    def test_the_bars_are_as_long_as_their_values(self, named):
        ant, bee, cat = (self.filled(named, unit) for unit in range(3))
        assert bee == pytest.approx(7 * ant, rel=0.1)
        assert cat == pytest.approx(2 * ant, rel=0.1)

    def test_probabilities_are_written_as_percent(self, named):
        assert named.text_of(0.7) == "70.0%"

    def test_it_sorts_and_walks_like_the_grid(self, qtbot, named):
        named.sort_by("strength")
        qtbot.keyClick(named, Qt.Key.Key_Home)
        assert named.unit == 1
        qtbot.keyClick(named, Qt.Key.Key_Down)
        assert named.unit == 2

    def test_a_thousand_nameless_units_fit_without_scrolling(self, qtbot):
        bars = show(qtbot, DenseBars(), 800, 400)
        bars.set_values(np.linspace(0, 1, 1024))
        assert bars.verticalScrollBar().maximum() < bars.cell_size().height()
        assert self.filled(bars, 1000) > self.filled(bars, 300) > self.filled(bars, 0)

    def test_negative_values_hang_below_the_line(self, qtbot):
        bars = show(qtbot, DenseBars(), 200, 200)
        bars.set_values(np.array([1.0, -1.0]))
        image = bars.viewport().grab().toImage()
        up, down = bars.rect_of(0), bars.rect_of(1)
        ground = bars.palette().base().color().rgb()
        quarter = up.height() / 4
        assert image.pixel(int(up.center().x()), int(up.top() + quarter)) != ground
        assert image.pixel(int(up.center().x()), int(up.bottom() - quarter)) == ground
        assert image.pixel(int(down.center().x()), int(down.top() + quarter)) == ground
        assert image.pixel(int(down.center().x()), int(down.bottom() - quarter)) != ground


@settings(deadline=None)
@given(arrays(np.float32, st.integers(0, 60)))
@example(np.array([np.nan, np.finfo(np.float32).max, np.inf, -np.inf], np.float32))
def test_sorting_is_a_permutation_from_strong_to_weak(strength):
    order = order_of(strength, "strength")
    assert sorted(order) == list(range(len(strength)))
    numbers = strength[order]
    numbers = numbers[~np.isnan(numbers)]
    assert (numbers[:-1] >= numbers[1:]).all()


def test_an_unknown_order_names_those_there_are():
    with pytest.raises(ValueError, match="channel, strength"):
        order_of(np.zeros(3), "name")


@settings(deadline=None)
@given(st.integers(50, 2000), st.integers(50, 2000), st.integers(1, 4000), st.floats(0.25, 4.0))
def test_cells_of_the_fitting_size_do_fit(width, height, count, aspect):
    cell = largest_cell(width, height, count, aspect)
    columns = max(1, width // cell)
    rows = -(-count // columns)
    if cell > 1:
        assert rows * int(cell * aspect) <= height
