"""A second start hands its files to the first, which comes to the front; one window a user."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtNetwork import QLocalSocket

from tests.gui.waiting import wait_until
from visualizer.gui.core import first_instance
from visualizer.gui.core.first_instance import FirstInstance


@pytest.fixture
def folder():
    """A folder for sockets, whose names have to be short."""
    with TemporaryDirectory(prefix="vz") as folder:
        yield Path(folder)


@pytest.fixture
def start(qapp, folder, tmp_path, monkeypatch):
    """A start of the program of one user; what it is handed is in `taken`."""
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.delenv(first_instance.TOKEN, raising=False)
    starts = []

    def start():
        instance = FirstInstance()
        instance.taken = []
        instance.opened.connect(instance.taken.append)
        starts.append(instance)
        return instance

    yield start
    for instance in starts:
        instance.close()


def hand_over(*paths):
    """Whether a start in another process hands its files over."""
    code = (
        "import sys; from pathlib import Path;"
        "from visualizer.gui.core.first_instance import FirstInstance;"
        "sys.exit(not FirstInstance().hand_over([Path(p) for p in sys.argv[1:]]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, *map(str, paths)])
    wait_until(lambda: process.poll() is not None)
    return process.returncode == 0


def test_the_first_start_has_nobody_to_hand_over_to(start):
    assert not start().hand_over([Path("cup.png")])


def test_files_of_a_second_start_arrive_at_the_first(start, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = start()
    assert first.claim()
    assert hand_over("cup.png", tmp_path / "ä b.keras")
    assert first.taken == [[tmp_path / "cup.png", tmp_path / "ä b.keras"]]
    assert hand_over()
    assert first.taken[1:] == [[]]
    assert not start().claim()


def test_the_next_start_is_first_once_the_first_has_ended(start):
    first, second = start(), start()
    assert first.claim()
    first.close()
    assert not second.hand_over([])
    assert second.claim()


def test_what_a_killed_process_leaves_behind_stops_nobody(start, folder):
    code = (
        "import os; from visualizer.gui.core.first_instance import FirstInstance;"
        "first = FirstInstance(); assert first.claim(); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert list(folder.glob("*.socket"))
    instance = start()
    assert not instance.hand_over([])
    assert instance.claim()
    assert hand_over()


def test_users_with_other_folders_or_screens_have_windows_of_their_own(start, monkeypatch):
    assert start().claim()
    with monkeypatch.context() as patch:
        patch.setenv("VISUALIZER_HOME", "/elsewhere")
        assert start().claim()
    with monkeypatch.context() as patch:
        patch.setenv("DISPLAY", ":77")
        assert start().claim()


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"[]\n",
        b'{"paths": ["a"]}\n',
        b'{"paths": [1], "token": ""}\n',
        b'{"paths": ["a\\u0000b"], "token": ""}\n',
        b'{"paths": "abc", "token": ""}\n',
        b"[" * 100_000 + b"\n",
        b"x" * 1_200_000,
    ],
)
def test_what_is_no_message_is_not_taken(start, line):
    first = start()
    assert first.claim()
    socket = QLocalSocket()
    socket.connectToServer(first._name)
    assert socket.waitForConnected(1000)
    socket.write(line)
    wait_until(lambda: socket.state() is QLocalSocket.LocalSocketState.UnconnectedState)
    assert first.taken == []


def test_where_nobody_may_write_every_start_has_a_window(start, monkeypatch, tmp_path):
    monkeypatch.setattr(first_instance, "_folder", lambda: tmp_path / "nowhere")
    instance = start()
    assert not instance.hand_over([])
    assert not instance.claim()


def test_a_user_without_a_name_can_start(start, monkeypatch):
    def nobody():
        raise OSError("no such user")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert start().claim()


def test_the_token_that_brings_a_window_to_the_front_goes_along(start, monkeypatch):
    first = start()
    assert first.claim()
    message = json.dumps({"paths": [], "token": "wanted"}).encode() + b"\n"
    socket = QLocalSocket()
    socket.connectToServer(first._name)
    socket.write(message)
    wait_until(lambda: first.taken)
    assert os.environ[first_instance.TOKEN] == "wanted"


def test_a_file_that_macos_hands_over_is_opened(start, qapp, tmp_path):
    instance = start()
    qapp.installEventFilter(instance)
    QCoreApplication.sendEvent(qapp, QFileOpenEvent(QUrl.fromLocalFile(str(tmp_path / "a.keras"))))
    qapp.removeEventFilter(instance)
    assert instance.taken == [[tmp_path / "a.keras"]]
    assert not instance.eventFilter(qapp, QEvent(QEvent.Type.User))
