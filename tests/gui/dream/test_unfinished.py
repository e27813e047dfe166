"""What was dreamt for long is not lost."""

from __future__ import annotations

import numpy as np

from visualizer.engine.specimen import open_specimen
from visualizer.gui.core.session import Session
from visualizer.gui.core.store import StoreError
from visualizer.gui.dream.workspace import DreamWorkspace
from visualizer.gui.runs import history as history_module


def end(workspace):
    """The program of this workspace is gone, and holds nothing any more."""
    workspace.crash_copy._lock.unlock()


def kept(dreamer, monkeypatch):
    """The file of a dream that took so long that it was kept on disk."""
    monkeypatch.setattr(history_module, "AUTOSAVE_SECONDS", 0.0)
    dreamer.workspace.page.start()
    dreamer.settle()
    return dreamer.workspace.crash_copy.file("dream")


def test_a_long_dream_is_on_disk_and_comes_back_after_a_crash(dreamer, monkeypatch):
    page, session, file = dreamer.workspace.page, dreamer.session, kept(dreamer, monkeypatch)
    saved = open_specimen(file)
    np.testing.assert_allclose(saved.picture * 255, page.run.frame.picture, atol=0.01)
    assert saved.provenance.technique == "dream"

    beside = Session(session.compute, session.store)  # a second window takes nothing away
    other = DreamWorkspace(beside)
    dreamer.settle()
    assert beside.specimens == ()
    other.deleteLater()
    assert file.exists()

    end(dreamer.workspace)
    again = Session(session.compute, session.store)  # the next start of the program
    next_start = DreamWorkspace(again)
    dreamer.settle()
    next_start.deleteLater()
    assert [each.id for each in again.specimens] == [saved.id]
    assert not file.exists()


def test_what_is_in_the_tray_is_not_kept_twice(dreamer):
    page = dreamer.workspace.page
    page.start()
    dreamer.settle()
    file = dreamer.workspace.crash_copy.file("dream")
    assert file.exists()
    page.run_view.transport.tray_button.click()
    dreamer.settle()
    assert not file.exists()


def test_what_the_tray_cannot_write_stays_where_it_is(dreamer, monkeypatch):
    page, session, file = dreamer.workspace.page, dreamer.session, kept(dreamer, monkeypatch)

    def full(specimen):
        raise StoreError("The disk is full.")

    monkeypatch.setattr(session.store, "keep", full)
    page.run_view.transport.tray_button.click()
    dreamer.settle()
    assert file.exists()
    end(dreamer.workspace)
    again = Session(session.compute, session.store)
    next_start = DreamWorkspace(again)
    dreamer.settle()
    next_start.deleteLater()
    assert len(again.specimens) == 1
    assert file.exists()


def test_another_network_while_a_dream_is_saved_loses_nothing(dreamer, monkeypatch):
    monkeypatch.setattr(history_module, "AUTOSAVE_SECONDS", 0.0)
    page, session = dreamer.workspace.page, dreamer.session
    page.run_view.transport.endless.click()
    page.start()
    dreamer.qtbot.waitUntil(lambda: bool(page.run.values("objective")), timeout=60_000)
    session.open_network("residual")
    dreamer.settle()
    assert session.network.name == "residual"
    assert page.run.state == "empty"
    assert [text for text, level in session.sentences if level == "error"] == []
    assert session.specimens[-1].provenance.network == "plain"  # the dream is in the tray
