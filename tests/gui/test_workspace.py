"""The workspace that docs/adding-a-workspace.md builds."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.plugins import install, of_the_guide, python_in

MODULE = "snow_for_a_workspace"


@pytest.fixture
def snow(qtbot, tmp_path, monkeypatch, open_session):
    packages = tmp_path / "packages"
    packages.mkdir()
    install(packages, monkeypatch, MODULE, of_the_guide()[0])
    namespace = {"__name__": "guide"}
    (code,) = python_in("adding-a-workspace.md")
    exec(code, namespace)
    workspace = namespace["SnowWorkspace"](open_session)
    qtbot.addWidget(workspace)
    yield workspace
    sys.modules.pop(MODULE, None)


def test_it_says_what_is_missing_then_what_it_found(snow, plate, settle):
    session = snow.session
    snow.show()
    assert snow.words.text() == snow.missing() != ""
    session.add(plate("Red"))
    settle(session.compute)
    assert snow.words.text().endswith("%")


def test_it_rests_while_it_is_hidden_and_its_key_asks_again(snow, plate, settle, qtbot):
    session = snow.session
    session.add(plate("Red"))
    settle(session.compute)
    assert not snow.asking.running
    assert snow.words.text() == ""
    snow.show()
    snow.activateWindow()
    qtbot.waitUntil(snow.isActiveWindow)
    settle(session.compute)
    snow.words.clear()
    QTest.keyClick(snow, Qt.Key.Key_N)
    settle(session.compute)
    assert snow.words.text().endswith("%")
    assert snow.own_keys() == [("N", "Ask again")]
