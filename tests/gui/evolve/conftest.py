"""Someone in front of the Evolve workspace, with a small network."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QFileDialog

from tests.gui.user import User
from visualizer.engine.evolution.fooling import EvolveSettings
from visualizer.gui.evolve.workspace import EvolveWorkspace

QUICK = EvolveSettings(population=20, random_starts=40, seed=3)


class Breeder(User):
    """Someone in front of the workspace."""

    def __init__(self, qtbot, session, settings=QUICK):
        super().__init__(qtbot, session, EvolveWorkspace(session))
        self.wall = self.workspace.wall_page
        self.controls = self.workspace.controls
        self.champion = self.workspace.champion_page
        self.breeding = self.workspace.breeding_page
        self.controls.settings.set_settings(settings)
        self.settle()

    @property
    def run(self):
        return self.workspace.run

    def evolve(self, generations):
        """Start, and pause after so many generations at least."""
        if self.run.state != "paused":
            self.wall.transport.start_button.click()
            if self.wall.anew_button.isVisible():  # in place of the one of last time
                self.wall.anew_button.click()
        else:
            self.wall.transport.go_button.click()
        self.until(lambda: self.run.frame is not None and self.run.frame.step >= generations)
        self.wall.transport.go_button.click()
        self.settle()

    def state(self):
        """What an archive is, to compare."""
        archive = self.run.evolving.evolution.archive
        return archive.scores.tolist(), archive.champions.tolist(), archive.evaluations

    def save_as(self, button, path):
        """Press a button that asks for a file, and name one."""
        button.click()
        self.settle()
        (dialog,) = self.workspace.findChildren(QFileDialog)
        kind = next(each for each in dialog.nameFilters() if f"*{path.suffix})" in each)
        dialog.selectNameFilter(kind)
        dialog.filterSelected.emit(kind)
        assert f".{dialog.defaultSuffix()}" == path.suffix
        dialog.fileSelected.emit(str(path))
        dialog.close()
        self.settle()

    def click(self, area, place):
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        at = area.rect_of(place).center().toPoint()
        QTest.mouseClick(area.viewport(), Qt.MouseButton.LeftButton, pos=at)
        self.settle()


@pytest.fixture
def kept(plain, monkeypatch):
    """The small network has a fingerprint, so that what is evolved for it is kept."""
    monkeypatch.setattr(plain, "sha256", "ab" * 32)


@pytest.fixture
def often(monkeypatch):
    """The wall is drawn after every generation."""
    monkeypatch.setattr("visualizer.gui.evolve.evolving.DRAW_SECONDS", 0)


@pytest.fixture
def user(qtbot, open_session, often):
    return Breeder(qtbot, open_session)
