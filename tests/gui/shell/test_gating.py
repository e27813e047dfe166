"""A workspace computes only while it is shown: one table for all of them."""

from __future__ import annotations

import gc
import sys
import weakref

import pytest
from PySide6.QtCore import QObject

from tests.live import film
from visualizer.gui.core.compute import Compute
from visualizer.gui.shell.workspaces import WORKSPACES


@pytest.mark.parametrize("shown", WORKSPACES[:2])
def test_hidden_workspaces_ask_for_nothing_while_a_camera_runs(
    desk, qtbot, monkeypatch, settle, shown
):
    window, session = desk.window, desk.session
    rooms = {id(each): name for name, each in zip(WORKSPACES, window.workspaces, strict=True)}
    rooms |= {
        id(each.side_panel()): name
        for name, each in zip(WORKSPACES, window.workspaces, strict=True)
    }
    # With a fingerprint there is always something to ask: is there an evolution of last time?
    monkeypatch.setattr(session.network, "sha256", "ab" * 32)
    session.network.weights_changed()  # nothing is found that was kept
    window.choose_workspace(WORKSPACES.index(shown))
    settle(desk.compute)
    asked: list[str] = []
    submit = Compute.submit

    def record(compute, job):
        asked.append(owner_of(rooms))
        return submit(compute, job)

    monkeypatch.setattr(Compute, "submit", record)
    frames: list[object] = []
    session.changed.connect(frames.append)
    session.start_live(film)
    qtbot.waitUntil(lambda: len(frames) > 20)
    session.select_stage("conv2")
    session.step_unit(1)
    session.compare_with(session.specimens[1].id)
    qtbot.waitUntil(lambda: len(frames) > 40)
    session.stop_live()
    session.step_specimen(1)
    settle(desk.compute)
    assert set(asked) <= {shown, ""}
    for hidden in WORKSPACES:
        if hidden != shown:
            asked.clear()
            window.choose_workspace(WORKSPACES.index(hidden))
            assert hidden in asked or not window.workspace.needs_network
            settle(desk.compute)


def test_hidden_workspaces_keep_nothing_of_a_network_that_was_closed(
    desk, catalogue, explore, settle
):
    from keras import Sequential, layers

    window, session = desk.window, desk.session
    convolution = layers.Conv2D(4, 3, 2, activation="relu", name="conv1")
    dense = layers.Dense(3, activation="softmax", name="scores")
    network = [layers.Input((16, 16, 3)), convolution, layers.Flatten(), dense]
    catalogue["passing"] = explore(Sequential(network))
    del network, convolution, dense
    session.open_network("passing")
    settle(desk.compute)
    for index in (*range(1, len(WORKSPACES)), 0):  # each of them is hidden again
        window.choose_workspace(index)
        settle(desk.compute)
    window.choose_workspace(1)
    settle(desk.compute)
    passing = weakref.ref(catalogue.pop("passing"))
    assert session.network is passing()
    session.open_network("plain")
    settle(desk.compute)
    gc.collect()
    assert passing() is None


def owner_of(rooms: dict[int, str]) -> str:
    """The workspace whose object asks: the innermost on the call stack that belongs to one."""
    frame = sys._getframe(2)
    while frame is not None:
        owner = frame.f_locals.get("self")
        while isinstance(owner, QObject):
            if id(owner) in rooms:
                return rooms[id(owner)]
            owner = owner.parent()
        frame = frame.f_back
    return ""
