"""A user of the Map workspace, and a folder of two classes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.gui.user import User
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.map.workspace import MapWorkspace


class MapUser(User):
    """Looks at a map of coloured squares."""

    def __init__(self, qtbot, session, pictures):
        self.pictures = pictures
        super().__init__(qtbot, session, MapWorkspace(session))

    @property
    def view(self):
        """The map."""
        return self.workspace.view

    def click_picture(self, place):
        """Click a picture of the map."""
        from PySide6.QtCore import QPoint, Qt

        x, y = self.view.on_screen(self.view.xy)[place].round().astype(int)
        viewport = self.view.viewport()
        self.qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(int(x), int(y)))
        self.settle()

    def show_folder(self, folder):
        """Map a folder, and wait until all of its stages are mapped."""
        self.workspace.show_folder(folder)
        self.settle()
        assert self.workspace.whole


def square(channel, seed):
    """A picture in which one of the colours prevails."""
    pixels = np.random.default_rng(seed).uniform(0, 0.25, (24, 24, 3)).astype(np.float32)
    pixels[..., channel] += 0.6
    return pixels


@pytest.fixture
def user(qtbot, session, catalogue, plain, tmp_path, monkeypatch):
    """A user who has opened a network and four pictures, and looks at the map of the tray."""
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))
    catalogue[plain.name] = plain
    pictures = [
        Specimen(square(channel, seed), name, Provenance("test"))
        for seed, (name, channel) in enumerate([("red", 0), ("rose", 0), ("blue", 2), ("sky", 2)])
    ]
    return MapUser(qtbot, session, pictures).open(plain.name)


@pytest.fixture
def folder(tmp_path):
    """A folder of a class each for red and blue squares, one of which is among the wrong ones."""
    folder = tmp_path / "squares"
    for name, channel in (("blue", 2), ("red", 0)):
        (folder / name).mkdir(parents=True)
        for number in range(12):
            pixels = square(channel, number + 100 * channel)
            if (name, number) == ("red", 7):
                pixels = pixels[..., ::-1]
            Image.fromarray((pixels * 255).astype(np.uint8)).save(folder / name / f"{number}.png")
    return folder
