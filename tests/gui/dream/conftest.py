"""Someone in front of the Dream workspace, with a small network and two pictures."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtTest import QTest

from visualizer.engine.ascent.deep_dream import DreamSettings
from visualizer.engine.objective import Target
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.dream.workspace import DreamWorkspace

QUICK = DreamSettings(side=48, steps=3, octaves=2, jitter=2)
DREAM, STIMULUS, WALL, STYLE = range(4)
PATIENCE = 120_000
"""Milliseconds: a test machine may have other things to do."""


class User:
    """Someone in front of the workspace, with a small network and two pictures."""

    def __init__(self, qtbot, session, settle):
        self.qtbot, self.session, self._settle = qtbot, session, settle
        self.workspace = DreamWorkspace(session)
        self.side = self.workspace.side_panel()
        for widget, size in ((self.workspace, (900, 700)), (self.side, (340, 700))):
            qtbot.addWidget(widget)
            widget.resize(*size)
            widget.show()
        rng = np.random.default_rng(1)
        grain = rng.uniform(0.2, 0.8, (36, 48, 3)).astype(np.float32)
        waves = np.tile(np.linspace(0, 1, 40, dtype=np.float32)[:, None, None], (1, 40, 3))
        self.grain = Specimen(grain, "Grain", Provenance("sample grain"))
        self.waves = Specimen(waves, "Waves", Provenance("sample waves"))

    def open(self, name="plain"):
        self.session.open_network(name)
        self.session.add(self.waves)
        self.session.add(self.grain)
        self.settle()

    def settle(self):
        self._settle(self.session.compute, timeout=PATIENCE)

    def page(self, index):
        self.workspace.choose_page(index)
        self.qtbot.waitUntil(lambda: not self._waiting(), timeout=PATIENCE)
        self.settle()
        return self.workspace.page

    def _waiting(self):
        rest = getattr(self.workspace.page, "_rest", None)
        return rest is not None and rest.isActive()

    def rest(self):
        """Wait for what begins a moment after a choice, and for what comes of it."""
        self.qtbot.waitUntil(lambda: not self._waiting(), timeout=PATIENCE)
        self.settle()

    def press(self, key):
        QTest.keyClick(self.workspace, key)


@pytest.fixture
def newcomer(qtbot, session, settle, catalogue):
    return User(qtbot, session, settle)


@pytest.fixture
def user(newcomer):
    newcomer.open()
    return newcomer


@pytest.fixture
def dreamer(user):
    page = user.page(DREAM)
    page.form.set_settings(QUICK)
    page.targets.set_targets([Target("conv2")])
    return user
