"""`visualizer FILE...`: what is named on the command line is opened as if it were dropped."""

import os
import subprocess
import sys

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from visualizer.cli import main
from visualizer.gui import app
from visualizer.gui.core.session import Session
from visualizer.gui.pictures.inputs import Inputs
from visualizer.gui.shell.workspaces import WORKSPACES


@pytest.fixture
def opened(qapp, tmp_path, monkeypatch):
    """What the session starts with and what it is given to open, of a window that closes soon."""
    seen = {}
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))

    def start(_session, network=None, **said):
        seen.update(network=network, said=said)

    def open_paths(_inputs, paths):
        seen["paths"] = list(paths)

    def run_briefly(*_):
        for _ in range(500):
            QTest.qWait(10)
            if "paths" in seen:
                break
        for window in QApplication.topLevelWidgets():
            window.close()
        return 0

    monkeypatch.setattr(Session, "start", start)
    monkeypatch.setattr(Inputs, "open_paths", open_paths)
    monkeypatch.setattr(QApplication, "exec", run_briefly)
    before = qapp.styleSheet(), qapp.palette(), qapp.font()
    yield seen
    qapp.setStyleSheet(before[0])
    qapp.setPalette(before[1])
    qapp.setFont(before[2])


def test_the_whole_window_stands_before_keras_is_read(tmp_path):
    code = (
        "import os, sys; from PySide6.QtWidgets import QApplication;"
        "from visualizer.gui.app import make_window;"
        "window = make_window(QApplication([])); window.show(); titles = len(window.workspaces);"
        "print(titles, [name for name in ('keras', 'tensorflow') if name in sys.modules],"
        " flush=True); os._exit(0)"
    )
    environment = {**os.environ, "VISUALIZER_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split(maxsplit=1) == [str(len(WORKSPACES)), "[]\n"]


def test_pictures_folders_and_models_are_told_apart(opened, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pets.keras").write_bytes(b"PK")
    (tmp_path / "photo.png").write_bytes(b"png")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(b"png")
    words = ["photo.png", "pets.keras", "photos", "--trust", "--scaling", "-1..1"]
    assert main(words) == 0
    assert opened["network"] == str(tmp_path / "pets.keras")
    assert opened["said"] == {"trust": True, "scaling": "-1..1"}
    assert [str(path) for path in opened["paths"]] == ["photo.png", "photos"]


def test_a_saved_model_is_a_folder_that_is_a_model(opened, tmp_path):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").write_bytes(b"\x08\x01")
    assert main([str(tmp_path / "saved")]) == 0
    assert opened["network"] == str(tmp_path / "saved")
    assert opened["paths"] == []


def test_a_network_that_is_named_comes_before_a_model_among_the_files(opened, tmp_path):
    (tmp_path / "pets.keras").write_bytes(b"PK")
    assert main([str(tmp_path / "pets.keras"), "--network", "lenet"]) == 0
    assert opened["network"] == "lenet"
    assert opened["paths"] == []


def test_a_program_without_a_terminal_ends_at_once_too(monkeypatch):
    codes = []
    monkeypatch.setattr(os, "_exit", codes.append)
    monkeypatch.setattr(sys, "stdout", None)
    app.leave(3)
    assert codes == [3]


def test_what_libraries_say_while_the_window_is_built_is_kept_to_ourselves(
    opened, monkeypatch, capfd
):
    said = []
    monkeypatch.setattr(app, "preload", lambda: said.append(os.write(2, b"oneDNN is on\n")))
    assert main(["--network", "lenet"]) == 0
    assert said
    assert "oneDNN" not in capfd.readouterr().err
