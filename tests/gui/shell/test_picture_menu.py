"""Any picture in the window can be saved, copied and kept, with the mouse and by key."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from visualizer.engine.specimen import open_specimen
from visualizer.gui.widgets.image_view import image_of
from visualizer.gui.widgets.shown_picture import pixels_of


def ask(desk, widget, by="mouse", point=None):
    """Ask for the context menu of a widget, as Qt does; None if there is none."""
    point = point or widget.rect().center()
    reason = QContextMenuEvent.Reason
    if by == "keys":
        widget.setFocus()
    kind = reason.Keyboard if by == "keys" else reason.Mouse
    QApplication.sendEvent(widget, QContextMenuEvent(kind, point, widget.mapToGlobal(point)))
    menus = [menu for menu in desk.window.findChildren(QMenu) if menu.isVisible()]
    return menus[0] if menus else None


def choose(menu, words):
    (action,) = [each for each in menu.actions() if each.text().startswith(words)]
    action.trigger()
    menu.close()


@pytest.fixture
def layers(desk, settle):
    desk.window.resize(1280, 800)
    settle(desk.compute)
    return desk.window.workspace


@pytest.mark.parametrize("by", ["mouse", "keys"])
def test_the_units_picture_goes_into_the_tray_with_its_map(desk, layers, settle, by):
    panel = layers.unit_panel
    before = desk.session.specimens
    choose(ask(desk, panel.view, by), "Put into the tray")
    settle(desk.compute)
    (kept,) = [each for each in desk.session.specimens if each not in before]
    assert kept.title == "red · The unit's map over the picture"
    assert kept.picture.shape == (24, 24, 3)
    plain = pixels_of(panel.view.image)
    assert np.abs(np.rint(kept.picture * 255) - plain).max() > 10  # the map is on it
    assert kept.provenance.network == "plain"
    assert kept.provenance.parents == (desk.session.specimen.id,)


@pytest.mark.parametrize("scale", [1, 3])
def test_the_filter_is_saved_as_large_as_chosen(desk, layers, settle, tmp_path, scale):
    desk.window.exporter.set_scale(scale)
    choose(ask(desk, layers.unit_panel.filter), "Save picture")
    dialog = desk.window.findChild(QFileDialog)
    file = tmp_path / "filter.png"
    dialog.fileSelected.emit(str(file))
    dialog.close()
    settle(desk.compute)
    with Image.open(file) as written:
        assert written.size == (3 * scale, 3 * scale)
    assert open_specimen(file).provenance.network == "plain"


def test_the_sheet_of_a_comparison_and_a_thumbnail_have_the_menu_too(desk, layers, settle):
    green = desk.session.specimens[1]
    desk.session.compare_with(green.id)
    settle(desk.compute)
    for maps, words in ((layers.compare.second, "B"), (layers.compare.difference, "change")):
        shown = maps.grid.picture_at()
        assert "conv1" in shown.title
        assert words in shown.title
        menu = ask(desk, maps.grid.viewport())
        menu.close()
    strip = layers.strip
    place = strip.thumbnail_rect(2).center().toPoint()
    assert strip.picture_at(place).title == "pool1 thumbnail"
    menu = ask(desk, strip.viewport(), point=place)
    choose(menu, "Copy")
    assert QGuiApplication.clipboard().image().size() == strip.picture_at(place).image.size()


def test_what_is_no_picture_has_no_such_menu(desk, layers, settle):
    assert ask(desk, desk.window.jobs) is None
    assert ask(desk, layers.header.title) is None
    desk.session.select_stage("output")
    settle(desk.compute)
    assert ask(desk, layers.maps.bars.viewport()) is None


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_the_pixels_of_an_image_are_its_own_whatever_its_width(height, width, seed):
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    assert (pixels_of(image_of(picture)) == picture).all()
