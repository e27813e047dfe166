"""What a terminal sees: help at once, no chatter, letters on any console."""

import os
import subprocess
import sys

import visualizer as package


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
