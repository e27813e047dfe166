"""The tour shows every workspace as somebody who works with it would see it."""

from __future__ import annotations

import numpy as np
import pytest

from visualizer.engine.ascent.deep_dream import DreamSettings
from visualizer.engine.ascent.feature_wall import WallSettings
from visualizer.engine.ascent.optimal_stimulus import StimulusSettings
from visualizer.engine.ascent.style import StyleSettings
from visualizer.engine.evolution.fooling import EvolveSettings
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.shell.workspaces import WORKSPACES, entry

QUICK = {
    "dream": DreamSettings(side=48, steps=2, octaves=1, jitter=2),
    "stimulus": StimulusSettings(steps=2, shift=1),
    "wall": WallSettings(steps=2),
    "style": StyleSettings(steps=2, side=32),
}


@pytest.fixture
def desk(session, settle, catalogue):
    """A session with a network and two pictures."""
    session.open_network("plain")
    rng = np.random.default_rng(0)
    for title in ("One", "Two"):
        picture = rng.uniform(0, 1, (30, 40, 3)).astype(np.float32)
        session.add(Specimen(picture, title, Provenance("sample")))
    settle(session.compute)
    return session


@pytest.fixture
def wait(qtbot, desk, settle):
    def wait(until=None):
        if until is not None:
            qtbot.waitUntil(until, timeout=60_000)
        else:
            settle(desk.compute, timeout=60_000)

    return wait


def test_each_workspace_says_in_a_sentence_what_is_to_be_seen(qtbot, desk):
    names = []
    for name in WORKSPACES:
        workspace = entry(name).build(desk)
        qtbot.addWidget(workspace)
        workspace.show()
        for stop in entry(name).stops(workspace):
            assert stop.text.endswith(".")
            assert len(stop.text) > 30
            names.append(stop.name)
    assert len(set(names)) == len(names)
    assert {"layers-conv1", "dream", "dream-wall-conv2", "explain", "attack", "evolve"} < set(names)


def test_the_stops_of_the_dream_show_what_has_been_dreamt(qtbot, desk, wait):
    workspace = entry("dream").build(desk)
    qtbot.addWidget(workspace)
    workspace.resize(900, 700)
    workspace.show()
    dream, stimulus, wall, style = workspace.pages
    dream.form.set_settings(QUICK["dream"])
    stimulus.forms["stimulus"].set_settings(QUICK["stimulus"])
    wall.form.set_settings(QUICK["wall"])
    style.form.set_settings(QUICK["style"])
    seen = {}
    for stop in entry("dream").stops(workspace):
        stop.go(wait)
        wait()
        page = workspace.page
        seen[stop.name] = page.title
        if page is wall:
            assert any(tile.done for tile in page.tiles.values())
        else:
            assert page.run.state == "done"
            assert len(page.run.values("objective")) >= 2
    assert seen == {
        "dream": "Dream",
        "dream-noise": "Dream",
        "dream-stimulus": "Stimulus",
        "dream-wall-conv1": "Wall",
        "dream-wall-conv2": "Wall",
        "dream-hierarchy": "Wall",
        "dream-style": "Style",
    }


def test_the_other_stops_can_be_gone_to(qtbot, desk, wait):
    for name in ("layers", "explain", "attack"):
        workspace = entry(name).build(desk)
        qtbot.addWidget(workspace)
        workspace.resize(900, 700)
        workspace.show()
        for stop in entry(name).stops(workspace):
            desk.compare_with(None)
            stop.go(wait)
            wait()
            if stop.name == "layers-conv2":
                assert desk.stage == "conv2"
            elif stop.name == "compare":
                assert desk.compared is not None
            elif stop.name.startswith("explain"):
                sanity = stop.name == "explain-sanity"
                assert workspace.header.sanity.isChecked() == sanity
                assert workspace.sanity.table.cells if sanity else workspace.results
        workspace.hide()


def test_the_stops_of_evolve_show_what_was_bred(qtbot, desk, wait, monkeypatch):
    from visualizer.gui.evolve import tour

    monkeypatch.setattr(tour, "MEANWHILE", 0)
    workspace = entry("evolve").build(desk)
    qtbot.addWidget(workspace)
    workspace.controls.settings.set_settings(EvolveSettings(population=20, random_starts=20))
    workspace.resize(900, 700)
    workspace.show()
    for stop in entry("evolve").stops(workspace):
        stop.go(wait)
        wait()
        page = workspace.pages.currentWidget()
        if stop.name == "evolve":
            assert all(tile.image is not None for tile in page.wall.tiles)
        elif stop.name == "evolve-breeding":
            assert len(page.chosen) == 2
        else:
            assert page.tree.tiles
            assert page.graph.isVisible() == (stop.name == "evolve-formula")
            assert page.photos.isVisible() == (stop.name == "evolve-photos")
            assert (page.inside is not None) == (stop.name == "evolve-photos")
