"""Someone in front of the Dream workspace, with a small network and two pictures."""

from __future__ import annotations

import numpy as np
import pytest

from tests.gui.user import User
from visualizer.engine.ascent.deep_dream import DreamSettings
from visualizer.engine.objective import Target
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.dream.workspace import DreamWorkspace

QUICK = DreamSettings(side=48, steps=3, octaves=2, jitter=2)
DREAM, STIMULUS, WALL, STYLE = range(4)


class Dreamer(User):
    """Someone in front of the workspace, with two pictures."""

    sizes = (900, 700), (340, 700)

    def __init__(self, qtbot, session):
        super().__init__(qtbot, session, DreamWorkspace(session))
        rng = np.random.default_rng(1)
        grain = rng.uniform(0.2, 0.8, (36, 48, 3)).astype(np.float32)
        waves = np.tile(np.linspace(0, 1, 40, dtype=np.float32)[:, None, None], (1, 40, 3))
        self.grain = Specimen(grain, "Grain", Provenance("sample grain"))
        self.waves = Specimen(waves, "Waves", Provenance("sample waves"))
        self.pictures = self.waves, self.grain

    def page(self, index):
        self.workspace.choose_page(index)
        self.settle()
        return self.workspace.page


@pytest.fixture
def newcomer(qtbot, session, catalogue):
    return Dreamer(qtbot, session)


@pytest.fixture
def user(newcomer):
    return newcomer.open()


@pytest.fixture
def dreamer(user):
    page = user.page(DREAM)
    page.form.set_settings(QUICK)
    page.targets.set_targets([Target("conv2")])
    return user
