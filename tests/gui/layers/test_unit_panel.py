from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor

from visualizer.engine.receptive_field import ReceptiveField
from visualizer.engine.unit_statistics import unit_statistics
from visualizer.gui.layers.top_patches import ShownPatch, TopPatches
from visualizer.gui.layers.unit_panel import (
    UnitPanel,
    UnitView,
    map_region,
    unit_under,
)
from visualizer.gui.widgets.image_view import ImageView, image_of

FIELD = ReceptiveField(size=(11, 11), stride=(4, 4), start=(5, 5))
"""conv1 of AlexNet: 11 x 11, stride 4, no padding, on 135 x 135 pixels."""


def unit_view(values=None, field=FIELD, kernel=None, kernel_shape=(), side=135):
    picture = image_of(np.full((side, side, 3), 0.25, np.float32))
    maps = np.array([2.0]) if values is None else values[..., None]
    view = UnitView("conv1 · unit 0", picture, unit_statistics(maps, 0), kernel, kernel_shape)
    if values is None:
        return view
    unit_map = image_of(np.uint8(values / values.max() * 255))
    return replace(view, values=values, unit_map=unit_map, field=field)


@pytest.fixture
def values():
    """A map of 32 x 32 that is brightest at row 3, column 20."""
    values = np.zeros((32, 32), np.float32)
    values[3, 20] = 8.0
    values[10, 4] = 2.5
    return values


@pytest.fixture
def panel(qtbot):
    panel = UnitPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 800)
    panel.show()
    return panel


def test_a_silent_unit_is_strongest_nowhere(panel):
    panel.show_unit(unit_view(np.ones((4, 4), np.float32)))
    assert panel.view.box is not None
    silent = unit_statistics(np.zeros((4, 4, 1), np.float32), 0)
    panel.show_unit(replace(unit_view(np.ones((4, 4), np.float32)), statistics=silent))
    assert panel.subtitle.text() == "silent on this picture"
    assert panel.place.text() == "Nothing in this picture excites it."
    assert panel.view.box is None


def over(panel, row, column) -> QPoint:
    """Where a unit of the map is on the screen."""
    y, x = (start + 0.5 + i * 4 for start, i in ((5, row), (5, column)))
    return panel.view.to_widget(QRectF(x, y, 0, 0)).topLeft().toPoint()


class TestPanel:
    def test_it_starts_with_a_hint(self, panel):
        assert "once a network and a picture are open" in panel.subtitle.text()
        assert panel.view.image is None

    def test_it_tells_where_the_unit_is_strongest(self, panel, values):
        panel.show_unit(unit_view(values))
        assert panel.title.text() == "conv1 · unit 0"
        assert panel.place.text() == "Strongest: 8 at row 3, column 20"
        assert "100% zeros" in panel.numbers.text()
        assert panel.view.box == QRectF(80, 12, 11, 11)
        assert panel.view.caption == "receptive field 11×11"

    def test_the_mouse_asks_what_another_place_sees(self, qtbot, panel, values):
        panel.show_unit(unit_view(values))
        qtbot.mouseMove(panel.view, over(panel, 10, 4))
        qtbot.waitUntil(lambda: panel.place.text().startswith("Here"))
        assert panel.place.text() == "Here: 2.5 at row 10, column 4"
        assert panel.view.box == QRectF(16, 40, 11, 11)

    @pytest.mark.parametrize("by", ["mouse", "keys"])
    def test_the_next_picture_of_a_camera_keeps_the_place_pointed_at(
        self, qtbot, panel, values, by
    ):
        panel.show_unit(unit_view(values))
        if by == "mouse":
            qtbot.mouseMove(panel.view, over(panel, 12, 6))
        else:
            qtbot.keyClick(panel.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
        qtbot.waitUntil(lambda: panel.place.text().startswith("Here"))
        box, words = panel.view.box, panel.place.text()
        panel.show_unit(unit_view(values * 0 + 1))
        assert panel.view.box == box
        assert panel.place.text() == words.replace(words.split()[1], "1")

    def test_pointing_by_keys_ends_when_the_focus_goes(self, qtbot, panel, values):
        panel.show_unit(unit_view(values))
        panel.activateWindow()
        panel.view.setFocus()
        qtbot.keyClick(panel.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
        assert panel.place.text().startswith("Here")
        panel.opacity.setFocus()
        assert panel.place.text().startswith("Strongest")

    def test_shift_and_arrows_point_unit_by_unit(self, qtbot, panel, values):
        panel.show_unit(unit_view(values))
        qtbot.keyClick(panel.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
        first = panel.view.box
        qtbot.keyClick(panel.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
        assert panel.view.box.left() == first.left() + 4
        assert panel.view.box.top() == first.top()

    def test_the_slider_fades_the_map(self, qtbot, panel, values):
        panel.show_unit(unit_view(np.ones_like(values)))
        middle = panel.view.rect().center()

        def brightness(percent):
            panel.opacity.setValue(percent)
            return QColor(panel.view.grab().toImage().pixel(middle)).red()

        assert brightness(0) == 64
        assert 140 < brightness(50) < 180
        assert brightness(100) == 255

    def test_keys_move_the_slider(self, qtbot, panel, values):
        panel.show_unit(unit_view(values))
        before = panel.opacity.value()
        qtbot.keyClick(panel.opacity, Qt.Key.Key_Left)
        assert panel.opacity.value() == before - 1

    def test_a_colour_filter_is_shown_as_a_picture(self, panel, values):
        red = np.full((11, 11, 3), 128, np.uint8)
        red[..., 0] = 255
        panel.show_unit(unit_view(values, kernel=red, kernel_shape=red.shape))
        assert panel.filter.isVisible()
        centre = panel.filter.rect().center()
        seen = QColor(panel.filter.grab().toImage().pixel(centre)).getRgb()[:3]
        assert seen == (255, 128, 128)
        assert "filter 11×11×3" in panel.numbers.text()

    def test_a_deep_filter_is_told_but_not_drawn(self, panel, values):
        panel.show_unit(unit_view(values, kernel_shape=(5, 5, 64)))
        assert not panel.filter.isVisible()
        assert "filter 5×5×64" in panel.numbers.text()

    def test_a_dense_unit_has_no_map(self, panel):
        panel.show_unit(unit_view())
        assert not panel.opacity_row.isVisible()
        assert panel.view.box is None
        assert "whole picture" in panel.place.text()

    def test_the_hint_comes_back(self, panel, values):
        panel.show_unit(unit_view(values))
        panel.show_unit(None)
        assert panel.view.image is None
        assert panel.view.box is None


class TestGeometry:
    def test_the_map_lies_where_its_units_see(self):
        region = map_region(FIELD, (32, 32))
        assert region == QRectF(3.5, 3.5, 128, 128)
        assert unit_under(QPointF(5.5, 5.5), region, (32, 32)) == (0, 0)

    @settings(deadline=None)
    @given(
        st.integers(0, 31), st.integers(0, 31), st.sampled_from([1, 2, 4, 8]), st.integers(-20, 20)
    )
    def test_a_units_centre_leads_back_to_it(self, row, column, stride, start):
        field = ReceptiveField(size=(7, 7), stride=(stride, stride), start=(start, start + 0.5))
        region = map_region(field, (32, 32))
        top, left, bottom, right = field.box(row, column)
        y, x = field.start[0] + 0.5 + row * stride, field.start[1] + 0.5 + column * stride
        assert top <= y <= bottom
        assert left <= x <= right
        assert unit_under(QPointF(x, y), region, (32, 32)) == (row, column)

    @settings(deadline=None)
    @given(st.floats(-1e4, 1e4, allow_nan=False), st.floats(-1e4, 1e4, allow_nan=False))
    def test_any_pixel_leads_to_a_unit_of_the_map(self, x, y):
        row, column = unit_under(QPointF(x, y), map_region(FIELD, (32, 16)), (32, 16))
        assert 0 <= row < 32
        assert 0 <= column < 16


class TestImageView:
    @pytest.fixture
    def view(self, qtbot):
        view = ImageView()
        qtbot.addWidget(view)
        view.resize(200, 100)
        picture = np.zeros((10, 10, 3), np.uint8)
        picture[:, 5:] = 255
        view.set_picture(picture, smooth=False)
        view.show()
        return view

    def test_the_picture_is_fitted_and_centred(self, view):
        assert view.picture_rect() == QRectF(50, 0, 100, 100)
        assert view.to_picture(QPointF(50, 0)) == QPointF(0, 0)
        assert view.to_picture(QPointF(150, 100)) == QPointF(10, 10)

    def test_maps_stay_crisp(self, view):
        image = view.grab().toImage()
        row = {QColor(image.pixel(x, 50)).red() for x in range(51, 149)}
        assert row == {0, 255}

    def test_ctrl_plus_wheel_zooms_about_the_mouse(self, qtbot, view):
        at = QPointF(120, 30)
        before = view.to_picture(at)
        view.set_zoom(3.0, at)
        after = view.to_picture(at)
        assert view.zoom == 3.0
        assert (after - before).manhattanLength() < 0.01

    def test_keys_zoom_and_0_fits(self, qtbot, view):
        qtbot.keyClick(view, Qt.Key.Key_Plus)
        assert view.zoom > 1
        qtbot.keyClick(view, Qt.Key.Key_0)
        assert view.zoom == 1
        assert view.picture_rect() == QRectF(50, 0, 100, 100)

    def test_the_array_may_change_afterwards(self, view):
        picture = np.full((4, 4, 3), 10, np.uint8)
        image = image_of(picture)
        picture[:] = 99
        assert QColor(image.pixel(1, 1)).red() == 10

    def test_leaving_points_at_nothing(self, qtbot, view):
        told = []
        view.pointed.connect(told.append)
        qtbot.mouseMove(view, QPoint(100, 50))
        qtbot.waitUntil(lambda: told == [view.to_picture(QPointF(100, 50))])
        qtbot.mouseMove(view, QPoint(10, 50))
        qtbot.waitUntil(lambda: told[-1] is None)

    @settings(deadline=None)
    @given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=9)))
    def test_any_numbers_become_a_picture(self, values):
        image = image_of(values)
        assert (image.height(), image.width()) == values.shape

    @pytest.mark.parametrize("shape", [(3,), (0, 4, 3), (4, 4, 2), (2, 2, 2, 2)])
    def test_other_shapes_are_refused_with_a_sentence(self, shape):
        with pytest.raises(ValueError, match="H x W x 3"):
            image_of(np.zeros(shape, np.float32))


class TestPatches:
    @pytest.fixture
    def patches(self, qtbot):
        patches = TopPatches()
        qtbot.addWidget(patches)
        patches.show()
        return patches

    def make(self, count):
        image = image_of(np.full((11, 11, 3), 90, np.uint8))
        return tuple(ShownPatch(f"id{i}", f"photo {i}", 9.0 - i, image) for i in range(count))

    def test_an_empty_tray_gets_a_hint(self, patches):
        assert "appear here" in patches.hint
        assert patches.buttons == []

    def test_patches_tell_their_value_and_name(self, patches):
        patches.set_patches(self.make(3))
        assert [button.text() for button in patches.buttons] == ["9", "8", "7"]
        assert "photo 0" in patches.buttons[0].toolTip()
        assert patches.hint == ""

    def test_a_click_chooses_the_specimen(self, qtbot, patches):
        patches.set_patches(self.make(2))
        with qtbot.waitSignal(patches.chosen) as told:
            qtbot.mouseClick(patches.buttons[1], Qt.MouseButton.LeftButton)
        assert told.args == ["id1"]

    def test_the_keyboard_chooses_too(self, qtbot, patches):
        patches.set_patches(self.make(2))
        with qtbot.waitSignal(patches.chosen) as told:
            qtbot.keyClick(patches.buttons[0], Qt.Key.Key_Space)
        assert told.args == ["id0"]

    def test_when_nothing_excites_the_unit_it_says_so(self, patches):
        patches.set_patches(self.make(2))
        patches.set_patches(())
        assert patches.buttons == []
        assert patches.hint == "Nothing in the tray excites this unit."
