from dataclasses import replace

import pytest

from visualizer.models import catalog


@pytest.fixture
def desk(desk, monkeypatch):
    """A window whose networks are those of the catalogue."""
    row = catalog.entries()[0]
    entries = tuple(replace(row, name=name, title=name) for name in ("plain", "residual"))
    monkeypatch.setattr(catalog, "entries", lambda: entries)
    return desk
