"""Rules of the house that no linter knows."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
PARTS = ("visualizer", "packaging", "pretrained")
SOURCES = sorted(path for part in (*PARTS, "tests") for path in (CHECKOUT / part).rglob("*.py"))


@pytest.mark.parametrize(
    "module",
    [
        "visualizer.cli.app",
        "visualizer.engine.technique",
        "visualizer.engine.specimen",
        "visualizer.engine.pictures",
        "visualizer.engine.rendering",
        "visualizer.engine.backend",
        "visualizer.models.catalog",
        "visualizer.models.labels",
        "visualizer.gui.app",
    ],
)
def test_the_window_stands_before_keras_is_read(module):
    script = (
        f"import sys, {module};"
        "heavy = {'keras', 'tensorflow', 'jax', 'torch', 'sklearn'} & set(sys.modules);"
        "qt = {'PySide6'} & set(sys.modules) if '.gui' not in sys.argv[1] else set();"
        "sys.exit(', '.join(heavy | qt) or 0)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, module], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr


def test_every_technique_is_registered_without_keras():
    script = (
        "import sys; from visualizer.engine.technique import techniques;"
        "assert 'layers' in techniques(); assert 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_files_stay_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_shell_scripts_are_plain_sh():
    for script in [*CHECKOUT.glob("packaging/*.sh"), CHECKOUT / ".ci" / "run"]:
        assert script.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
        subprocess.run(["sh", "-n", script], check=True, timeout=10)
