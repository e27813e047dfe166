"""One click, or one key, on any unit or class of the window shows what it most wants to see."""

from __future__ import annotations

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from tests.gui.waiting import PATIENCE
from visualizer.engine.ascent.optimal_stimulus import StimulusSettings
from visualizer.engine.ascent.stimulus_cache import StimulusCache
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.core.theme import Theme
from visualizer.gui.shell.main_window import MainWindow
from visualizer.gui.shell.workspaces import WORKSPACES

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qapp, session, settle, catalogue):
    """The whole window with a small network and a picture."""
    style, palette, font = qapp.styleSheet(), qapp.palette(), qapp.font()
    window = MainWindow(session, Theme(qapp, session.store))
    window.resize(1280, 800)
    window.show()
    session.open_network("plain")
    session.add(Specimen(np.full((30, 30, 3), 0.4, np.float32), "Grey", Provenance("sample")))
    settle(session.compute, timeout=PATIENCE)
    yield window
    window.close()
    session.compute.cancel_all()
    settle(session.compute, timeout=PATIENCE)
    shiboken6.delete(window)
    qapp.setStyleSheet(style)
    qapp.setPalette(palette)
    qapp.setFont(font)


def asked(window):
    """The question of the Stimulus page, which must be on show; then back to Layers."""
    dream = window.workspace
    assert dream.title == "Dream"
    assert dream.page.title == "Stimulus"
    dream.page.stop()
    window.choose_workspace(0)
    return dream.page.question.text()


def test_the_unit_of_the_panel(window):
    window.session.select_stage("conv2")
    window.session.select_unit(4)
    window.workspace.unit_panel.stimulus.click()
    assert "conv2, unit 4" in asked(window)
    window.actions_["stimulus"].trigger()
    assert "conv2, unit 4" in asked(window)


def test_a_channel_of_the_mosaic(window, settle):
    session, area = window.session, window.workspace.maps.area
    session.select_stage("conv2")
    settle(session.compute, timeout=PATIENCE)
    area = window.workspace.maps.area
    place = area.rect_of(3).center().toPoint()
    QTest.mouseDClick(area.viewport(), LEFT, pos=place)
    assert "conv2, unit 3" in asked(window)
    area.setFocus()
    QTest.keyClick(area, Qt.Key.Key_Down)
    unit = session.unit
    QTest.keyClick(area, Qt.Key.Key_Return)
    assert f"conv2, unit {unit}" in asked(window)


def test_a_class_of_the_answer(window):
    bars = window.predictions.bars
    second = bars.answers[1]
    QTest.mouseDClick(bars, LEFT, pos=QPoint(40, round(1.5 * bars.row_height())))
    assert second.label in asked(window)
    assert (window.session.stage, window.session.unit) == ("output", second.index)
    bars.setFocus()
    for _ in range(9):
        QTest.keyClick(bars, Qt.Key.Key_Down)
    QTest.keyClick(bars, Qt.Key.Key_Up)
    fourth = bars.answers[3]
    QTest.keyClick(bars, Qt.Key.Key_Return)
    assert fourth.label in asked(window)


def test_a_stimulus_that_is_kept_stands_beside_its_unit(window, settle):
    session, kept = window.session, window.workspace.stimulus
    session.network.sha256, before = "ab" * 32, session.network.sha256
    try:
        red = np.zeros((24, 24, 3), np.uint8)
        red[..., 0] = 255
        StimulusCache.of(session.network).keep(red, StimulusSettings(target="conv2:2"))
        session.select_stage("conv2")
        session.select_unit(2)
        settle(session.compute, timeout=PATIENCE)
        assert kept.view.isVisible()
        assert kept.view.image.pixelColor(12, 12).red() == 255
        QTest.mouseClick(kept.view, LEFT)
        assert "conv2, unit 2" in asked(window)
        session.select_unit(3)
        settle(session.compute, timeout=PATIENCE)
        assert not kept.view.isVisible()
    finally:
        session.network.sha256 = before


def test_what_is_explained(window, settle):
    session = window.session
    window.choose_workspace(WORKSPACES.index("explain"))
    explain = window.workspace
    best = session.network.label(int(session.activations.probabilities.argmax()))
    explain.controls.stimulus.click()
    assert best in asked(window)
    window.choose_workspace(WORKSPACES.index("explain"))
    explain.controls.target.set_target("3")
    window.actions_["stimulus"].trigger()
    assert session.network.label(3) in asked(window)
    session.select_stage("conv2")
    session.select_unit(5)
    window.choose_workspace(WORKSPACES.index("explain"))
    explain.controls.target.toggle_unit()
    window.actions_["stimulus"].trigger()
    assert "conv2, unit 5" in asked(window)


def test_a_class_that_is_hard_to_reach(window, settle):
    session = window.session
    window.choose_workspace(WORKSPACES.index("attack"))
    attack = window.workspace
    grid = attack.panel.grid
    grid.show_epsilons(np.full(5, 0.01), session.network.label)
    grid.resize(200, 60)
    grid.show()
    spot = next(QPoint(x, 4) for x in range(200) if grid.index_at(QPointF(x, 4)) == 4)
    QTest.mouseDClick(grid, LEFT, pos=spot)
    assert session.network.label(4) in asked(window)
    window.choose_workspace(WORKSPACES.index("attack"))
    attack.panel.dial.setFocus()
    attack.panel.target.set_target("#2")
    window.actions_["stimulus"].trigger()
    assert session.network.label(2) in asked(window)
    session.compute.cancel_all()
    settle(session.compute, timeout=PATIENCE)
