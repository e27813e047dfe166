"""The keys of Explain in the window: they work wherever the user has clicked before."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QAbstractSpinBox, QListWidget, QSlider

from tests.gui.keys import controls_of, keys_that_fail
from visualizer.gui.shell.workspaces import WORKSPACES


@pytest.fixture
def explaining(desk, settle):
    """The window with Explain on show."""
    desk.window.choose_workspace(WORKSPACES.index("explain"))
    settle(desk.compute)
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
