"""The start: one window a user, and something on the screen until it stands."""

import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplashScreen

from tests.gui.waiting import wait_until
from visualizer.gui import app, launch
from visualizer.gui.core.first_instance import FirstInstance


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def opened(monkeypatch):
    """What `app.run` is given, and whether a splash was on the screen."""
    seen = []

    def run(paths, *, splash, first, **said):
        seen.append((list(paths), splash.isVisible(), first.is_first, said))
        return 0

    monkeypatch.setattr(app, "run", run)
    return seen


def test_a_start_shows_the_first_picture_until_the_window_stands(qapp, home, opened, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        QSplashScreen, "showEvent", lambda self, _: drawn.append(self.pixmap().toImage())
    )
    assert launch.run([home / "a.png"]) == 0
    assert opened == [([home / "a.png"], True, True, {"network": None, "camera": None})]
    (picture,) = drawn
    width, height = picture.width(), picture.height()
    colours = {
        picture.pixelColor(x * width // 10, y * height // 20).name()
        for x in range(1, 9)
        for y in range(1, 9)
    }
    assert len(colours) > 30, "no photo"
    assert not [w for w in qapp.topLevelWidgets() if isinstance(w, QSplashScreen) and w.isVisible()]


def test_a_second_start_opens_its_file_in_the_first_window(qapp, home, opened):
    taken = []
    first = FirstInstance()
    first.opened.connect(taken.append)
    assert first.claim()
    photo = home / "photo.png"
    photo.write_bytes(b"png")
    command = [sys.executable, "-m", "visualizer", str(photo)]
    second = subprocess.Popen(command, stderr=subprocess.PIPE)
    wait_until(lambda: second.poll() is not None)
    assert second.communicate() == (None, b"")
    assert second.returncode == 0
    assert taken == [[photo]]
    # One that asks for more than files is not for the first window.
    assert launch.run([], network="lenet") == 0
    assert opened[-1][2:] == (False, {"network": "lenet", "camera": None})
    first.close()


def test_the_first_window_comes_to_the_front_with_the_file(desk, plate, settle, tmp_path):
    desk.window.showMinimized()
    picture = plate("blue", (0.1, 0.2, 0.9)).save(tmp_path / "blue.png")
    app.bring_to_front(desk.window, [picture])
    settle(desk.compute)
    assert not desk.window.windowState() & Qt.WindowState.WindowMinimized
    assert desk.window.isVisible()
    assert desk.session.specimen.title == "blue"


@pytest.mark.parametrize("home", ["/proc/nowhere", "/dev/null"])
def test_a_home_that_cannot_be_written_to_stops_nothing(
    make_desk, plate, settle, home, monkeypatch
):
    monkeypatch.setenv("VISUALIZER_HOME", home)
    desk = make_desk()
    desk.session.open_network("plain")
    desk.session.add(plate("red"))
    settle(desk.compute)
    assert desk.session.activations is not None
    (sentence,) = desk.window.notices.texts()
    assert "“red” is in the tray but cannot be kept for the next start" in sentence
    desk.close()
