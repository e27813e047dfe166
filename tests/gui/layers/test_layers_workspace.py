from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from tests.gui.user import User
from tests.live import film
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.core.requests import Latest
from visualizer.gui.layers.stage_header import StageHeader, stage_words
from visualizer.gui.layers.workspace import LayersWorkspace
from visualizer.gui.shell.workspaces import WORKSPACES


class Inspector(User):
    """Someone in front of the workspace, with two pictures."""

    sizes = (1000, 600), (320, 700)

    def __init__(self, qtbot, session, photo):
        super().__init__(qtbot, session, LayersWorkspace(session))
        self.photo = Specimen(photo, "Waves", Provenance("sample"))
        self.dark = Specimen(photo * 0.2, "Dusk", Provenance("sample"))
        self.pictures = self.dark, self.photo

    @property
    def keyboard(self):
        return self.workspace.maps.area

    def stage(self, name):
        self.session.select_stage(name)
        self.settle()

    @property
    def network(self):
        return self.session.network

    @property
    def panel(self):
        return self.workspace.unit_panel

    @property
    def header(self):
        return self.workspace.header

    @property
    def area(self):
        return self.workspace.maps.area


@pytest.fixture
def newcomer(qtbot, session, catalogue, photo):
    """Before anything is open."""
    return Inspector(qtbot, session, photo)


@pytest.fixture
def user(newcomer):
    """With network and pictures."""
    return newcomer.open()


def test_before_a_network_there_are_hints_and_nothing_breaks(newcomer):
    workspace = newcomer.workspace
    assert workspace.strip.stages == ()
    assert workspace.table_for_export() is None
    assert "network" in workspace.explanation().body
    workspace.step_unit(1)
    workspace.step_stage(1)
    workspace.toggle()
    workspace.stop()
    assert not workspace.grab().isNull()


def test_every_stage_stands_in_the_strip_with_a_picture(user):
    strip = user.workspace.strip
    assert strip.stages == ("data", "conv1", "pool1", "conv2", "output")
    assert set(strip._thumbnails) == set(strip.stages)
    assert strip.stage == user.session.stage == "conv1"


def test_the_strongest_unit_is_chosen_first(user):
    strongest = int(np.argmax(user.session.activations.strength("conv1")))
    assert user.session.unit == strongest
    assert user.panel.title.text() == f"conv1 · unit {strongest}"
    assert user.panel.subtitle.text() == "the strongest of 4 units here"


def test_the_header_says_what_the_stage_is(user):
    user.stage("conv2")
    assert user.header.title.text() == "conv2"
    assert user.header.words.text() == "6 channels · 3×3 filters · stride 1 · sees 13×13 pixels"
    user.stage("pool1")
    assert user.header.words.text() == "4 channels · 2×2 windows · stride 2 · sees 5×5 pixels"
    user.stage("output")
    assert user.header.words.text() == "5 units · sees the whole picture"


def test_stages_of_other_networks_have_words(residual):
    words = [stage_words(stage, residual.size) for stage in residual.stages]
    assert words[0] == "3 channels · 20×20 pixels"
    assert all(words)


def test_all_maps_are_on_the_screen_at_every_stage(user):
    for name in user.workspace.strip.stages:
        user.stage(name)
        assert user.area.units == user.network.stage(name).units
        assert (user.area is user.workspace.maps.bars) == (name == "output")


def test_the_map_over_the_picture_is_the_units_own(user):
    user.stage("conv2")
    values = user.session.activations.maps["conv2"][..., user.session.unit]
    row, column = np.unravel_index(values.argmax(), values.shape)
    assert user.panel.place.text() == f"Strongest: {values.max():.4g} at row {row}, column {column}"


def test_up_and_down_walk_the_units_in_the_order_shown(user):
    user.stage("conv2")
    user.press(Qt.Key.Key_Home)
    order = list(user.area.order)
    assert user.session.unit == order[0]
    user.press(Qt.Key.Key_Down, Qt.Key.Key_Down)
    assert user.session.unit == order[2]
    assert user.panel.title.text() == f"conv2 · unit {order[2]}"
    user.press(Qt.Key.Key_End)
    assert user.session.unit == order[-1]


@pytest.mark.parametrize("width", [540, 620, 1000])
def test_the_choices_of_the_header_are_whole_at_any_width(qtbot, plain, width):
    header = StageHeader()
    qtbot.addWidget(header)
    header.show_stage(plain.stage("conv2"), plain.size, kernels=True)
    header.title.setText("block4c_depthwise")
    header.resize(width, header.sizeHint().height())
    header.show()
    choices = (header.order, header.scaling, header.colour_map, header.kernels)
    assert all(each.width() >= each.sizeHint().width() for each in choices)
    assert header.title.width() >= header.title.sizeHint().width()
    assert all(header.choices.rect().contains(each.geometry()) for each in choices)
    shown = (header.title, header.words, header.choices)
    for place, one in enumerate(shown):
        assert not any(one.geometry().intersects(other.geometry()) for other in shown[:place])


def test_the_windows_keys_do_the_same(user):
    user.stage("conv2")
    order = list(user.area.order)
    user.workspace.first_unit()
    user.workspace.step_unit(1)
    assert user.session.unit == order[1]
    user.workspace.last_unit()
    assert user.session.unit == order[-1]


def test_a_stage_remembers_its_unit(user):
    user.stage("conv2")
    user.press(Qt.Key.Key_End)
    chosen = user.session.unit
    user.stage("pool1")
    user.stage("conv2")
    assert user.session.unit == chosen


def test_a_click_on_a_cell_chooses_the_unit(user):
    user.stage("conv2")
    at = user.area.rect_of(5).center().toPoint()
    user.qtbot.mouseClick(user.area.viewport(), Qt.MouseButton.LeftButton, pos=at)
    user.settle()
    assert user.session.unit == 5
    assert user.panel.title.text() == "conv2 · unit 5"


def test_space_plays_through_the_network(user):
    user.workspace.strip._timer.setInterval(5)
    user.stage("data")
    user.workspace.toggle()
    user.qtbot.waitUntil(lambda: not user.workspace.strip.playing)
    assert user.session.stage == "output"


def test_s_sorts_and_the_choice_is_remembered(user, session):
    user.stage("conv2")
    assert list(user.area.order) != list(range(6))
    user.press(Qt.Key.Key_S)
    assert list(user.area.order) == list(range(6))
    again = LayersWorkspace(session)
    user.qtbot.addWidget(again)
    assert again.header.chosen["order"] == "channel"


def test_scale_and_colour_map_change_what_is_seen(user):
    user.stage("conv2")
    shown = user.area.viewport().grab().toImage()
    user.press(Qt.Key.Key_M)
    other_colours = user.area.viewport().grab().toImage()
    assert other_colours != shown
    user.press(Qt.Key.Key_D)
    assert user.area.viewport().grab().toImage() != other_colours


class TestOneRequest:
    """What is asked of the compute thread, by its Latest."""

    @pytest.fixture
    def asked(self, user, monkeypatch):
        asked, ask = [], Latest.ask

        def count(latest, *arguments, **options):
            asked.append(latest)
            ask(latest, *arguments, **options)

        monkeypatch.setattr(Latest, "ask", count)
        return asked

    def test_one_right_key_asks_once_for_a_stage(self, user, asked):
        workspace = user.workspace
        workspace.step_stage(1)
        user.settle()
        assert user.session.stage == "pool1"
        assert asked.count(workspace.rendering) == 1
        assert asked.count(workspace.ranking) == 1
        user.session.compare_with(user.dark.id)
        user.settle()
        asked.clear()
        workspace.step_stage(1)
        user.settle()
        assert asked.count(workspace.rendering) == 1

    def test_nothing_is_asked_while_hidden_and_once_when_shown(self, user, asked):
        workspace = user.workspace
        workspace.hide()
        user.side.hide()
        user.stage("conv2")
        user.session.select(user.dark.id)
        user.session.step_unit(1)
        user.settle()
        assert not [each for each in asked if each.parent() is not user.session]
        asked.clear()
        workspace.show()
        user.settle()
        assert sorted(map(asked.count, (workspace.rendering, workspace.ranking))) == [1, 1]
        assert workspace.strip.stage == workspace.header.title.text() == "conv2"
        assert user.panel.title.text() == f"conv2 · unit {user.session.unit}"

    def test_another_unit_renders_no_maps_again(self, user):
        user.stage("conv2")
        atlas = user.area.atlas
        user.press(Qt.Key.Key_Down)
        assert user.area.atlas is atlas
        assert user.panel.title.text() == f"conv2 · unit {user.session.unit}"

    def test_walking_by_hand_stops_at_the_ends_and_ends_playing(self, user):
        user.stage("data")
        user.workspace.toggle()
        for by, name in ((-1, "data"), (1, "conv1"), (10, "output"), (1, "output"), (-1, "conv2")):
            user.workspace.step_stage(by)
            assert user.workspace.strip.stage == user.session.stage == name
            assert not user.workspace.strip.playing

    def test_playing_stops_when_the_workspace_is_left(self, user):
        user.stage("data")
        user.workspace.toggle()
        user.workspace.hide()
        assert not user.workspace.strip.playing


def test_the_output_names_its_classes(user):
    user.stage("output")
    best = int(np.argmax(user.session.activations.probabilities))
    assert user.panel.title.text() == f"output · {user.network.label(best)}"
    assert user.workspace.explanation().title


def test_the_filter_of_conv1_is_a_picture_and_that_of_conv2_is_not(user):
    assert user.panel.filter.isVisible()
    user.stage("conv2")
    assert not user.panel.filter.isVisible()
    assert "3×3×4" in user.panel.numbers.text()


class TestTopPatches:
    @staticmethod
    def ranked(user, network):
        """The words under the patches of the tray for the chosen unit."""
        from visualizer.engine.activations import activations

        session = user.session
        values = [
            float(activations(network, each.picture).strength(session.stage)[session.unit])
            for each in session.specimens
        ]
        return [f"{value:.3g}" for value in sorted(values, reverse=True) if value > 0]

    def test_the_tray_is_ranked_by_the_unit(self, user):
        user.stage("conv2")
        shown = [button.text() for button in user.workspace.top_patches.buttons]
        assert shown == self.ranked(user, user.network)

    def test_other_outputs_of_one_file_are_told_apart(self, user, residual, monkeypatch):
        for network in (user.network, residual):
            monkeypatch.setattr(network, "sha256", "1" * 64)
        user.stage("conv2")
        user.open("residual")
        for stage in ("stem", "output"):
            user.stage(stage)
            shown = [button.text() for button in user.workspace.top_patches.buttons]
            assert shown == self.ranked(user, residual)

    def test_a_click_chooses_that_picture(self, user):
        buttons = user.workspace.top_patches.buttons
        dusk = next(b for b in buttons if b.property("specimen") == user.dark.id)
        user.qtbot.mouseClick(dusk, Qt.MouseButton.LeftButton)
        assert user.session.specimen is user.dark

    def test_pixels_are_not_ranked(self, user):
        user.stage("data")
        assert user.workspace.top_patches.buttons == []
        assert "pixels themselves" in user.workspace.top_patches.hint


class TestCompare:
    def test_the_menu_offers_the_other_pictures(self, user):
        menu = user.workspace.compare_button.menu()
        menu.aboutToShow.emit()
        assert [action.text() for action in menu.actions()] == ["Nothing", "Dusk"]
        menu.actions()[1].trigger()
        user.settle()
        assert user.session.compared is user.dark
        assert user.workspace.compare.isVisible()
        assert list(user.workspace.compare.curve.points) == list(user.workspace.strip.stages)

    def test_the_strip_marks_how_far_apart_they_are(self, user):
        user.session.compare_with(user.dark.id)
        user.settle()
        marks = user.workspace.strip._divergence
        assert marks["data"] == pytest.approx(2 * 0.8 / 1.2, rel=0.01)
        user.workspace.stop()
        assert user.session.compared is None
        assert user.workspace.strip._divergence is None
        assert user.workspace.maps.isVisible()

    def test_walking_goes_on_while_comparing(self, user):
        user.session.compare_with(user.dark.id)
        user.settle()
        for name in ("conv2", "output"):
            user.stage(name)
            assert user.workspace.compare.first.area.units == user.network.stage(name).units
        user.workspace.first_unit()
        assert user.session.unit == user.workspace.compare.first.area.order[0]


class TestExport:
    def test_the_table_has_a_row_a_unit(self, user):
        user.stage("conv2")
        header, rows = user.workspace.table_for_export()
        maps = user.session.activations.maps["conv2"]
        assert len(rows) == 6
        assert all(len(row) == len(header) for row in rows)
        for row in rows:
            values = maps[..., row[0]]
            where = np.unravel_index(values.argmax(), values.shape)
            assert row[1:] == [
                pytest.approx(values.max()),
                pytest.approx(values.mean()),
                pytest.approx((values == 0).mean()),
                *where,
            ]

    def test_the_output_is_told_with_its_classes(self, user):
        user.stage("output")
        header, rows = user.workspace.table_for_export()
        assert header[1] == "class"
        assert [row[1] for row in rows] == ["ant", "bee", "cat", "dog", "elk"]


def test_another_picture_changes_everything_shown(user):
    before = user.workspace.strip._thumbnails
    shown = user.area.viewport().grab().toImage()
    user.session.select(user.dark.id)
    user.settle()
    assert user.workspace.strip._thumbnails is not before
    assert user.panel.view.image is not None
    assert user.area.viewport().grab().toImage() != shown


def test_another_network_starts_over(user, residual):
    user.stage("conv2")
    user.open("residual")
    assert user.workspace.strip.stages == tuple(stage.name for stage in residual.stages)
    for stage in residual.stages:
        user.stage(stage.name)
        assert user.area.units == stage.units
    assert user.session.sentences == []


def test_the_explanation_follows_stage_and_unit(user):
    told = []
    user.workspace.explanation_changed.connect(lambda: told.append(user.workspace.explanation()))
    user.stage("conv2")
    user.press(Qt.Key.Key_Down)
    assert "conv2" in told[0].title
    assert told[-1].title.endswith(f"unit {user.session.unit}")
    assert dict(told[-1].facts)


class TestFilters:
    def test_f_shows_the_filters_of_a_stage_that_reads_colours(self, user):
        maps = user.area.grab().toImage()
        user.press(Qt.Key.Key_F)
        atlas = user.area.atlas
        assert (atlas.width, atlas.height, len(atlas.tiles)) == (3, 3, 4)
        assert user.area.grab().toImage() != maps
        assert user.header.kernels.isChecked()
        user.press(Qt.Key.Key_F)
        assert user.area.grab().toImage() == maps

    def test_the_chosen_filter_is_that_of_the_unit_panel(self, user):
        user.press(Qt.Key.Key_F, Qt.Key.Key_Home)
        shown = user.panel.filter.image
        tile = user.area.atlas.tiles[user.session.unit]
        times = (tile.shape[0] - 1) // 3
        seen = [[shown.pixel(x, y) for x in range(3)] for y in range(3)]
        assert (tile[: 3 * times : times, : 3 * times : times] == seen).all()

    def test_stages_whose_filters_are_no_pictures_show_their_maps(self, user):
        user.press(Qt.Key.Key_F)
        user.stage("conv2")
        assert user.header.kernels.isHidden()
        assert (user.area.atlas.width, len(user.area.atlas.tiles)) == (5, 6)
        user.press(Qt.Key.Key_F)  # nothing here to change
        user.stage("conv1")
        assert user.area.atlas.width == 3


def test_another_picture_is_named_over_the_comparison(user):
    user.session.compare_with(user.dark.id)
    user.settle()
    third = Specimen(user.photo.picture[::-1].copy(), "Upside down", Provenance("sample"))
    user.session.add(third)
    user.settle()
    titles = [title.text() for title in user.workspace.compare.titles]
    assert titles[:2] == ["A · Upside down", "B · Dusk"]


def test_the_output_keeps_the_answer_in_view_when_the_picture_changes(user, monkeypatch):
    from visualizer.engine import activations as forward

    through = forward.activations

    def answering_by_brightness(network, picture, mode):
        seen = through(network, picture, mode)
        answer = np.full(5, 0.01, np.float32)
        answer[4 if picture.mean() > 0.3 else 0] = 0.96
        return replace(seen, maps={**seen.maps, "output": answer}, probabilities=answer)

    monkeypatch.setattr(forward, "activations", answering_by_brightness)
    user.workspace.resize(500, 420)
    user.workspace.header.choose({"order": "channel"})
    user.stage("output")
    user.session.select_unit(2)  # this one is looked at, not the answer
    user.workspace.maps.bars.set_zoom(8)
    for specimen, answer in ((user.dark, 0), (user.photo, 4), (user.dark, 0)):
        user.session.select(specimen.id)
        user.settle()
        rect = user.area.rect_of(answer)
        assert rect.top() >= 0
        assert rect.bottom() <= user.area.viewport().height()
        assert user.session.unit == 2


class TestKeys:
    """The keys of the tooltips, wherever the focus is after a click."""

    @pytest.fixture
    def window(self, user, qtbot):
        window = QWidget()
        row = QHBoxLayout(window)
        row.addWidget(user.workspace)
        row.addWidget(user.side)
        with qtbot.waitExposed(window):
            window.show()
        window.activateWindow()
        user.workspace.setFocus()
        user.settle()
        yield window
        for part in (user.workspace, user.side):
            part.setParent(None)
        window.deleteLater()

    def controls(self, user):
        header, panel = user.workspace.header, user.panel
        combos = (header.order, header.scaling, header.colour_map)
        return [*combos, header.kernels, panel.opacity, user.area.viewport(), user.workspace.strip]

    def test_they_work_after_a_click_on_each_control(self, user, window, qtbot):
        header = user.workspace.header
        for control in self.controls(user):
            qtbot.mouseClick(control, Qt.MouseButton.LeftButton)
            if isinstance(control, QComboBox):
                control.hidePopup()
                window.activateWindow()  # a screen without a window manager does not
                qtbot.waitUntil(window.isActiveWindow)
            before = header.chosen
            qtbot.keyClick(window.windowHandle(), Qt.Key.Key_M)
            qtbot.keyClick(window.windowHandle(), Qt.Key.Key_D)
            qtbot.keyClick(window.windowHandle(), Qt.Key.Key_S)
            assert all(header.chosen[name] != before[name] for name in before), control
            zoom = user.area.zoom
            qtbot.keyClick(window.windowHandle(), Qt.Key.Key_Plus)
            assert user.area.zoom > zoom, control
            qtbot.keyClick(window.windowHandle(), Qt.Key.Key_0)
            assert user.area.zoom == 1
            user.settle()

    def test_tooltips_tell_the_keys(self, user):
        told = {action.text(): action.shortcut().toString() for action in user.workspace.actions()}
        assert told["Next colour map"] == "M"
        assert user.workspace.header.colour_map.toolTip() == "Next colour map (M)"
        assert ("C", "Compare with another picture") in (user.workspace.own_keys())


def test_the_legend_tells_the_numbers_of_the_colours(user):
    user.stage("conv2")
    legend = user.workspace.legend
    assert legend.isVisible()
    assert legend.low == "0"
    maps = user.session.activations.maps["conv2"]
    number, _, more = legend.high.partition(" ")
    assert 0 < float(number) < maps.max()
    assert more == "and more"
    user.press(Qt.Key.Key_D)
    assert "each channel" in legend.high
    user.stage("output")
    assert not legend.isVisible()


def test_beside_a_camera_the_compared_picture_is_the_tray_s(desk, settle, qtbot):
    session, layers = desk.session, desk.window.workspace
    session.compare_with(session.specimens[1].id)
    settle(desk.compute)
    session.start_live(lambda: film(title="Test picture"))
    qtbot.waitUntil(lambda: layers.compare.titles[0].text() == "A · Test picture")
    session.stop_live()
    settle(desk.compute)
    assert layers.compare.titles[0].text() == f"A · {session.specimen.title}"


def test_through_the_layers_goes_to_both_pictures_at_the_stage(desk, settle):
    window, session = desk.window, desk.session
    session.select_stage("conv2")
    window.choose_workspace(WORKSPACES.index("attack"))
    settle(desk.compute)
    session.compare_with(session.specimens[1].id)
    window.workspace.workspace_wanted.emit("layers")
    settle(desk.compute)
    layers = window.workspace
    assert isinstance(layers, LayersWorkspace)
    assert layers.compare.isVisible()
    assert layers.strip.stage == layers.header.title.text() == "conv2"
    assert layers.compare.second.area.units == 6
    assert [title.text() for title in layers.compare.titles[:2]] == [
        f"A · {session.specimen.title}",
        f"B · {session.specimens[1].title}",
    ]
