"""The keys of Explain in the window: they work wherever the user has clicked before."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QListWidget, QSlider

from tests.gui.keys import controls_of, keys_that_fail, press
from visualizer.gui.shell.workspaces import WORKSPACES


@pytest.fixture
def explaining(desk, settle):
    """The window with Explain on show."""
    desk.window.choose_workspace(WORKSPACES.index("explain"))
    settle(desk.compute)
    desk.window.activateWindow()
    assert QTest.qWaitForWindowActive(desk.window)
    return desk


@pytest.mark.parametrize("method", ["occlusion", "integrated-gradients"])
def test_every_key_works_after_a_click_on_each_control(explaining, monkeypatch, method):
    workspace = explaining.window.workspace
    workspace.controls.choose(method)
    kinds = {type(control) for control in controls_of(workspace)}
    assert {QListWidget, QSlider} <= kinds
    assert any(issubclass(kind, QAbstractSpinBox) for kind in kinds)
    assert keys_that_fail(explaining.window, monkeypatch) == []


def test_every_key_works_on_the_page_of_the_sanity_check(explaining, monkeypatch, settle):
    explaining.window.workspace.header.sanity.click()
    settle(explaining.compute)
    assert keys_that_fail(explaining.window, monkeypatch) == []


def test_all_keys_of_the_workspace_are_told(explaining):
    workspace = explaining.window.workspace
    told = dict(workspace.own_keys())
    assert set(told) == {*"TUPV[]Y1234567", "Return"}
    assert all(told.values())
    tips = "\n".join(
        widget.toolTip()
        for widget in (
            workspace.controls.target,
            workspace.header.view,
            workspace.header.opacity,
            workspace.header.sanity,
            workspace.controls.to_tray,
            workspace.controls.list,
        )
    )
    for key in ("(T)", "(U)", "(P)", "(V)", "[ and ]", "(Y)", "(Return)", "1 to 7"):
        assert key in tips


def test_a_class_is_found_by_typing_and_explained(explaining, settle):
    window, session = explaining.window, explaining.session
    workspace, target = window.workspace, window.workspace.controls.target
    before = workspace.results["saliency"].frame.heat
    last = session.network.top(session.activations.probabilities, 5)[-1]
    press(window, "T")
    assert target.hasFocus()
    QTest.keyClicks(target, last.label[:2])
    assert target.currentText() == last.label[:2]  # what stood there is replaced
    QTest.keyClick(target, Qt.Key.Key_Return)
    settle(explaining.compute)
    assert not target.hasFocus()
    assert workspace.header.title.text() == f"Why {last.label}?"
    assert workspace.subject() == last.index
    assert not np.array_equal(workspace.results["saliency"].frame.heat, before)


def test_escape_leaves_the_class_as_it_was(explaining, settle):
    window = explaining.window
    target = window.workspace.controls.target
    press(window, "T")
    assert target.hasFocus()
    QTest.keyClicks(target, "do")
    QTest.keyClick(target, Qt.Key.Key_Escape)
    settle(explaining.compute)
    assert not target.hasFocus()
    assert target.currentText() == "the network's answer"
    assert target.target == ""
