"""Rules of the house that no linter knows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import visualizer

OUT = Path(__file__).parents[1]


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
        [sys.executable, "-c", script, module],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def test_every_technique_is_registered_without_keras():
    script = (
        "import sys; from visualizer.engine.technique import techniques;"
        "assert 'layers' in techniques(); assert 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_shell_scripts_are_plain_sh():
    for script in [*OUT.glob("packaging/*.sh"), OUT / ".ci" / "run"]:
        assert script.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
        subprocess.run(["sh", "-n", script], check=True, timeout=10)


def test_the_citation_names_this_version():
    citation = (OUT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {visualizer.__version__}\n" in citation


def test_links_between_the_documents_lead_somewhere():
    for page in [*OUT.glob("*.md"), *OUT.glob("docs/**/*.md"), *OUT.glob("packaging/*.md")]:
        for link in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in link:
                assert (page.parent / link).exists(), f"{page.name}: {link}"
