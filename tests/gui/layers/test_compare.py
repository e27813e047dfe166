from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from visualizer.engine.activations import Activations
from visualizer.gui.layers.compare_view import CompareView
from visualizer.gui.layers.stage_rendering import StageRequest, compare, stage_views

NAMES = ["ant", "bee", "cat", "dog"]


def activations(seed: int, scale: float = 1.0) -> Activations:
    rng = np.random.default_rng(seed)
    maps = {
        "data": rng.random((16, 16, 3), np.float32),
        "conv": np.maximum(rng.normal(size=(8, 8, 12)), 0).astype(np.float32) * scale,
        "output": rng.dirichlet(np.ones(4)).astype(np.float32),
    }
    return Activations(maps["data"], maps, maps["output"], 0.0)


@pytest.fixture
def view(qtbot):
    view = CompareView()
    qtbot.addWidget(view)
    view.resize(1000, 600)
    view.set_titles("Coffee", "Cat")
    view.show()
    return view


def show(view, a, b, stage="conv", **how):
    request = StageRequest(stage, 0, **how)
    first, second = stage_views([a, b], request)
    made = compare(a, b, second, request)
    names = NAMES.__getitem__ if stage == "output" else None
    view.show_comparison(stage, first, made, names, stage == "output")
    return made


def middle_colour(maps, unit, at=(0.5, 0.5)):
    area = maps.area
    rect = area.rect_of(unit)
    point = QPoint(int(rect.left() + at[0] * rect.width()), int(rect.top() + at[1] * rect.height()))
    return QColor(area.viewport().grab().toImage().pixel(point))


def test_the_titles_name_both_and_the_difference(view):
    assert [label.text() for label in view.titles] == [
        "A · Coffee",
        "B · Cat",
        "B − A: what changes",
    ]


def test_the_same_picture_twice_has_no_difference(view):
    a = activations(1)
    show(view, a, a)
    assert set(view.curve.points.values()) == {0.0}
    zero = middle_colour(view.difference, 0)
    for unit in range(12):
        assert middle_colour(view.difference, unit) == zero
        assert middle_colour(view.first, unit) == middle_colour(view.second, unit)


def test_both_share_one_scale(view):
    a = activations(1)
    twice = activations(1, scale=2.0)
    show(view, a, twice)
    brightest = int(np.argmax(a.strength("conv")))
    row, column = np.unravel_index(a.maps["conv"][..., brightest].argmax(), (8, 8))
    # A tile has a gap of 1 in 17 at its end.
    at = ((column + 0.5) / 8 * 16 / 17, (row + 0.5) / 8 * 16 / 17)
    first = middle_colour(view.first, brightest, at).lightness()
    second = middle_colour(view.second, brightest, at).lightness()
    assert second > first


@pytest.mark.parametrize("scaling", ["shared", "channel"])
def test_up_and_down_changes_have_different_colours(view, scaling):
    maps = np.ones((4, 4, 2), np.float32)
    a = Activations(maps, {"data": maps}, np.ones(1), 0.0)
    changed = maps.copy()
    changed[..., 0] += 1
    changed[..., 1] -= 1
    b = Activations(maps, {"data": changed}, np.ones(1), 0.0)
    show(view, a, b, "data", scaling=scaling)
    more, less = (middle_colour(view.difference, unit) for unit in (0, 1))
    assert more.red() > more.blue()
    assert less.blue() > less.red()


def test_a_unit_chosen_in_one_is_chosen_in_all(qtbot, view):
    show(view, activations(1), activations(2))
    with qtbot.waitSignal(view.selected) as told:
        at = view.second.grid.rect_of(7).center().toPoint()
        qtbot.mouseClick(view.second.grid.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert told.args == [7]
    assert [maps.area.unit for maps in view.maps] == [7, 7, 7]


def test_all_three_stand_in_the_order_of_the_first(view):
    show(view, activations(1), activations(2))
    view.sort_by("strength")
    orders = [list(maps.area.order) for maps in view.maps]
    strength = activations(1).strength("conv")
    assert orders[0] == list(np.argsort(-strength, kind="stable"))
    assert orders[0] == orders[1] == orders[2]


def test_all_three_scroll_and_zoom_together(view):
    show(view, activations(1), activations(2))
    view.difference.grid.set_zoom(5.0)
    assert [maps.grid.zoom for maps in view.maps] == [5.0] * 3
    view.first.grid.verticalScrollBar().setValue(40)
    assert [maps.grid.verticalScrollBar().value() for maps in view.maps] == [40] * 3


def test_a_dense_stage_shows_signed_changes_in_percent(view):
    a, b = activations(1), activations(2)
    made = show(view, a, b, "output")
    assert view.difference.area is view.difference.bars
    assert made.difference.strength == pytest.approx(b.maps["output"] - a.maps["output"])
    assert view.difference.bars.text_of(-0.25) == "-25.0%"


def test_the_curve_tells_how_far_apart_each_stage_is(view):
    a, b = activations(1), activations(2)
    show(view, a, b)
    assert list(view.curve.points) == ["data", "conv", "output"]
    for stage, value in view.curve.points.items():
        x, y = a.maps[stage], b.maps[stage]
        apart = 2 * np.linalg.norm(x - y) / (np.linalg.norm(x) + np.linalg.norm(y))
        assert value == pytest.approx(apart, rel=1e-4)


def test_a_click_on_the_curve_goes_to_that_stage(qtbot, view):
    show(view, activations(1), activations(2))
    view.curve.resize(400, 100)
    conv = view.curve.place_of(1.2).toPoint()
    with qtbot.waitSignal(view.stage_selected) as told:
        QTest.mouseClick(view.curve.viewport(), Qt.MouseButton.LeftButton, pos=conv)
    assert told.args == ["conv"]
    assert view.curve.stage_at(99.0) is None
    assert b"\r\nconv," in view.curve.csv()


class TestRendering:
    @staticmethod
    def tiles(maps, *how):
        seen = Activations(maps[..., :3], {"data": maps}, np.ones(1), 0.0)
        return stage_views([seen], StageRequest("data", 0, *how))[0].atlas

    def test_each_channel_can_have_its_own_scale(self):
        maps = np.ones((4, 4, 2), np.float32)
        maps[..., 1] = 0.01
        shared = self.tiles(maps, "shared").tiles[:, 0, 0]
        own = self.tiles(maps, "channel").tiles[:, 0, 0]
        assert shared[0] != shared[1]
        assert own[0] == own[1]

    def test_values_below_zero_get_the_signed_colours(self):
        maps = np.ones((4, 4, 2), np.float32)
        maps[..., 1] = -1
        positive, negative = self.tiles(maps).tiles[:, 0, 0]
        red, blue = int(positive) >> 16 & 255, int(negative) & 255
        assert red > (int(positive) & 255)
        assert blue > (int(negative) >> 16 & 255)

    def test_large_maps_are_shrunk_to_the_size_asked_for(self):
        maps = np.zeros((200, 100, 6), np.float32)
        maps[:100] = 1
        atlas = self.tiles(maps, "shared", "inferno", 64)
        assert (atlas.height, atlas.width) == (64, 32)
        assert atlas.tiles[5, 10, 10] != atlas.tiles[5, 50, 10]

    @pytest.mark.parametrize("colour_map", ["inferno", "viridis", "grey", "signed"])
    def test_silent_stages_render(self, colour_map):
        tiles = self.tiles(np.zeros((4, 4, 5), np.float32), "channel", colour_map).tiles
        assert len(np.unique(tiles[:, :-1, :-1])) == 1
