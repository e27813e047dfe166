"""What a terminal sees: help at once, no chatter, letters on any console."""

import os
import subprocess
import sys
from pathlib import Path

import visualizer as package
from visualizer.cli import app


def start(*arguments, **environment):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "ABSL", "GLOG"))}
    return subprocess.run(
        [sys.executable, "-m", "visualizer", *map(str, arguments)],
        capture_output=True,
        timeout=120,
        env=clean | environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_help_reads_neither_keras_nor_qt():
    script = (
        "import sys; from visualizer.cli import main; status = main(['--help']);"
        "heavy = {'keras', 'tensorflow', 'PySide6', 'skimage', 'scipy'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else status)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    for word in (b"classify", b"layers", b"networks", b"tour", b"--version"):
        assert word in ended.stdout


def test_version():
    ended = start("--version")
    assert ended.stdout.decode().strip() == package.__version__


def test_libraries_keep_quiet_and_a_pipe_of_another_encoding_holds(coffee):
    ended = start("classify", coffee, "--network", "lenet", PYTHONIOENCODING="ascii")
    assert ended.returncode == 0
    assert ended.stderr == b""
    assert b"%" in ended.stdout


def test_the_window_opens_without_reading_the_commands(monkeypatch, tmp_path):
    read = []
    monkeypatch.chdir(tmp_path)
    Path("photo.png").write_bytes(b"png")
    Path("attack").mkdir()
    build = app.build
    monkeypatch.setattr(app, "build", lambda: read.append(0) or build())
    monkeypatch.setattr(app, "_run", lambda *_: 0)
    for words in ([], ["--network", "lenet"], ["photo.png", "--network", "lenet"]):
        assert app.run(words) == 0
        assert read == [], words
    for words in (["attack"], ["--help"], ["photo.png", "--help"], ["--version"], ["nowhere.png"]):
        app.run(words)
        assert read, words
        read.clear()
