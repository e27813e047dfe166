"""Packages with techniques, as pip would install them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from visualizer.engine import technique as registry

DOCS = Path(__file__).parents[1] / "docs"


def of_the_guide() -> tuple[str, str, str]:
    """The Python code of the guide: its module, its row of the tests, its use."""
    module, row, use = python_in("adding-a-technique.md")
    return module, row, use


def python_in(document: str) -> list[str]:
    """The pieces of Python in a document of docs/."""
    return re.findall(r"```python\n(.*?)```", (DOCS / document).read_text(encoding="utf-8"), re.S)


def install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: str, entry: str = ""
) -> None:
    """Install the package `visualizer-<name>` with one module of that name.

    Args:
        folder: an empty one, to be a folder of packages.
        monkeypatch: undoes it.
        name: of the module.
        code: the module's.
        entry: what its entry point names; the module unless told.
    """
    registry.techniques()  # ours are known before
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    about = folder / f"visualizer_{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: visualizer-{name}\nVersion: 1.0\n", encoding="utf-8"
    )
    (about / "entry_points.txt").write_text(
        f"[{registry.ENTRY_POINTS}]\n{name} = {entry or name}\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))
    monkeypatch.setattr(registry, "_plugins", {})
    monkeypatch.setattr(registry, "_entry_points", registry._entry_points.__wrapped__)
