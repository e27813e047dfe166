from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent

from visualizer.gui.layers import stage_strip
from visualizer.gui.layers.stage_strip import StageStrip, StripItem

CHAIN = [
    StripItem("data", (64, 64, 3)),
    StripItem("conv1", (32, 32, 8), ("data",)),
    StripItem("pool1", (16, 16, 8), ("conv1",)),
    StripItem("output", (10,), ("pool1",)),
]


def block(colour) -> QImage:
    image = QImage(16, 16, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    return image


@pytest.fixture
def strip(qtbot):
    strip = StageStrip("no network yet")
    qtbot.addWidget(strip)
    strip.resize(700, strip.sizeHint().height())
    strip.set_stages(CHAIN)
    strip.resize(700, strip.sizeHint().height())
    strip.show()
    return strip


def chosen(strip):
    """Everything the strip tells from now on."""
    told = []
    strip.selected.connect(told.append)
    return told


def pixel(strip, point) -> str:
    return QColor(strip.viewport().grab().toImage().pixel(point)).name()


def test_a_thumbnail_is_shown_for_each_stage(strip):
    strip.set_thumbnails({"data": block("#aa0000"), "pool1": block("#00aa00")})
    assert pixel(strip, strip.thumbnail_rect(0).center().toPoint()) == "#aa0000"
    assert pixel(strip, strip.thumbnail_rect(2).center().toPoint()) == "#00aa00"


def test_the_shape_is_written_below_the_name():
    assert [item.shape_text for item in CHAIN] == ["64×64×3", "32×32×8", "16×16×8", "10"]


def test_a_click_chooses_a_stage_and_outlines_it(qtbot, strip):
    told = chosen(strip)
    middle = strip.rect_of(1).center().toPoint()
    qtbot.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert told == ["conv1"]
    assert strip.stage == "conv1"
    accent = strip.palette().highlight().color().name()
    image = strip.viewport().grab().toImage()
    row = int(strip.thumbnail_rect(1).center().y())
    left = int(strip.rect_of(1).left())
    assert accent in {QColor(image.pixel(x, row)).name() for x in range(left, left + 5)}


def test_marking_a_stage_tells_nobody(strip):
    told = chosen(strip)
    strip.set_stage("pool1")
    assert told == []


def test_play_walks_to_the_output_and_stops(qtbot, strip):
    strip._timer.setInterval(10)
    told, playing = chosen(strip), []
    strip.playing_changed.connect(playing.append)
    strip.play()
    qtbot.waitUntil(lambda: not strip.playing)
    assert told == ["data", "conv1", "pool1", "output"]
    assert playing == [True, False]


def test_play_goes_on_from_where_one_is_and_a_click_stops_it(qtbot, strip):
    strip.set_stage("conv1")
    strip.play()
    assert strip.playing
    middle = strip.rect_of(2).center().toPoint()
    qtbot.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert not strip.playing
    assert strip.stage == "pool1"


def test_a_new_network_ends_playing_and_forgets_the_pictures(strip):
    strip.set_thumbnails({"data": block("#aa0000")})
    strip.play()
    strip.set_stages(CHAIN[:2])
    assert not strip.playing
    assert strip.stage is None
    assert pixel(strip, strip.thumbnail_rect(0).center().toPoint()) != "#aa0000"


class TestLargeNetworks:
    @pytest.fixture
    def long(self, qtbot, strip):
        names = ["data", *(f"block{i}" for i in range(118)), "output"]
        items = [StripItem(n, (7, 7, 8), (names[i - 1],) if i else ()) for i, n in enumerate(names)]
        strip.set_stages(items)
        return strip

    def test_120_stages_scroll_and_the_chosen_one_is_in_sight(self, long):
        assert long.horizontalScrollBar().maximum() > 0
        for name in ("block60", "output", "data"):
            long.set_stage(name)
            place = long.stages.index(name)
            assert long.viewport().rect().contains(long.thumbnail_rect(place).toRect())

    def test_only_those_in_sight_are_painted(self, long):
        assert len(long._visible()) < 20

    def test_the_wheel_scrolls_sideways(self, long):
        at = QPointF(50, 50)
        long.wheelEvent(
            QWheelEvent(
                at,
                at,
                QPoint(),
                QPoint(0, -120),
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            )
        )
        assert long.horizontalScrollBar().value() > 0


class TestBranches:
    RESIDUAL = (
        StripItem("data", (8, 8, 3)),
        StripItem("stem", (8, 8, 4), ("data",)),
        StripItem("conv", (8, 8, 4), ("stem",)),
        StripItem("sum", (8, 8, 4), ("conv", "stem")),
        StripItem("side", (8, 8, 4), ("data",)),
    )

    def test_an_arc_above_shows_what_is_fed_from_further_back(self, strip):
        strip.set_stages(self.RESIDUAL)
        strip.resize(700, strip.sizeHint().height())
        image = strip.viewport().grab().toImage()
        ground = image.pixel(1, image.height() - 2)
        top = range(int(strip.thumbnail_rect(0).top()) - 1)

        def line_above(place):
            x = int(strip.thumbnail_rect(place).center().x())
            return any(image.pixel(x, y) != ground for y in top)

        assert line_above(2), "stem -> sum passes above conv"
        assert strip._far_inputs(3) == [1]
        assert strip._far_inputs(4) == [0]

    def test_a_straight_arrow_stands_only_where_the_stage_before_feeds(self, strip):
        strip.set_stages(self.RESIDUAL)
        assert [strip._fed_by_previous(i) for i in range(5)] == [False, True, True, True, False]

    def test_a_chain_has_no_arcs_and_needs_no_room_for_them(self, strip):
        chain = strip.sizeHint().height()
        strip.set_stages(self.RESIDUAL)
        assert strip.sizeHint().height() > chain


class TestDivergence:
    def test_marks_need_room_and_go_away(self, strip):
        before = strip.sizeHint().height()
        strip.set_divergence({"conv1": 1.0})
        assert strip.sizeHint().height() > before
        strip.set_divergence(None)
        assert strip.sizeHint().height() == before

    def test_the_mark_is_as_long_as_the_divergence(self, strip):
        strip.set_divergence({"data": 0.5, "conv1": 2.0})
        strip.resize(700, strip.sizeHint().height())
        image = strip.viewport().grab().toImage()
        accent = strip.palette().highlight().color().rgb()

        def length(place):
            rect = strip.rect_of(place).toAlignedRect().intersected(image.rect())
            return max(
                sum(image.pixel(x, y) == accent for x in range(rect.left(), rect.right()))
                for y in range(rect.top(), rect.bottom())
            )

        assert length(0) == pytest.approx(length(1) / 4, abs=2)
        assert length(2) == 0


def test_without_stages_there_is_the_hint(qtbot):
    empty = StageStrip("no network yet")
    qtbot.addWidget(empty)
    empty.resize(400, 100)
    empty.show()
    with_hint = empty.viewport().grab().toImage()
    empty._hint = ""
    assert empty.viewport().grab().toImage() != with_hint
    empty.play()
    assert not empty.playing


def test_playing_stays_long_enough_to_look():
    assert 800 <= stage_strip.PLAY_MILLISECONDS <= 2000


class TestMany:
    """A network of more stages than there is room for."""

    @pytest.fixture
    def long(self, qtbot):
        strip = StageStrip()
        qtbot.addWidget(strip)
        strip.set_stages([StripItem(f"block{i}_conv", (112, 112, 1024)) for i in range(60)])
        strip.resize(600, strip.sizeHint().height())
        strip.show()
        return strip

    def in_sight(self, strip):
        rect = strip.thumbnail_rect(strip.stages.index(strip.stage))
        return rect.left() >= 0 and rect.right() <= strip.viewport().width()

    @pytest.mark.parametrize("width", [300, 900, 1500])
    def test_after_another_layout_the_chosen_stage_is_in_sight(self, long, width):
        long.set_stage("block40_conv")
        assert self.in_sight(long)
        long.resize(width, long.height())
        assert self.in_sight(long)
        font = long.font()
        font.setPointSizeF(1.5 * font.pointSizeF())
        long.setFont(font)
        assert self.in_sight(long)

    def test_shapes_and_divergences_are_painted_whole(self, long, monkeypatch):
        painted = []
        paint = stage_strip._paint_whole

        def record(painter, font, rect, text, colour):
            paint(painter, font, rect, text, colour)
            painted.append((text, painter.fontMetrics().horizontalAdvance(text), rect.width()))

        monkeypatch.setattr(stage_strip, "_paint_whole", record)
        long.set_divergence(dict.fromkeys(long.stages, 0.62))
        long.grab()
        assert {text for text, _, _ in painted} == {"112×112×1024", "≠ 0.62"}
        assert all(needed <= room + 2 for _, needed, room in painted)
