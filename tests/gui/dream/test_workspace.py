"""The Dream workspace before and between its pages."""

from __future__ import annotations

import numpy as np
import shiboken6

from tests.gui.dream.conftest import PATIENCE
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.main_window import MainWindow
from visualizer.gui.theme import Theme


def test_before_a_network_there_are_hints_and_nothing_breaks(newcomer):
    for index in range(4):
        newcomer.workspace.choose_page(index)
        page = newcomer.workspace.page
        assert newcomer.workspace.explanation().body
        for press in (page.toggle, page.stop, lambda p=page: p.step_stage(1)):
            press()
        page.step_unit(1)
        assert not newcomer.workspace.grab().isNull()
    assert newcomer.session.compute.is_idle()


def test_any_unit_of_the_layers_is_shown_what_it_wants(qapp, session, settle, catalogue):
    style, palette, font = qapp.styleSheet(), qapp.palette(), qapp.font()
    window = MainWindow(session, Theme(qapp, session.store))
    window.show()
    try:
        session.open_network("plain")
        session.add(Specimen(np.full((30, 30, 3), 0.4, np.float32), "Grey", Provenance("sample")))
        settle(session.compute, timeout=PATIENCE)
        layers, dream = window.workspaces[:2]
        assert window.workspace is layers
        session.select_stage("conv2")
        session.select_unit(4)
        layers.unit_panel.stimulus.click()
        assert window.workspace is dream
        assert dream.page.title == "Stimulus"
        assert "conv2, unit 4" in dream.page.question.text()
        dream.page.stop()
        window.choose_workspace(0)
        window.actions_.stimulus.trigger()
        assert window.workspace is dream
        settle(session.compute, timeout=PATIENCE)
    finally:
        window.close()
        session.compute.cancel_all()
        settle(session.compute, timeout=PATIENCE)
        shiboken6.delete(window)
        qapp.setStyleSheet(style)
        qapp.setPalette(palette)
        qapp.setFont(font)
