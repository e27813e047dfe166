"""Opening a network, as a job."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

from visualizer.models import catalog
from visualizer.models.safety import CodeRefusedError


def opening(name: str, said: dict[str, Any]) -> Generator[Any, None, tuple[str, Any]]:
    """Open a network, for the compute thread; `said` is what `catalog.opening` takes of it.

    Returns:
        The name, and the network or the refusal of the code in its file.
    """
    try:
        return name, (yield from catalog.opening(name, **said))
    except CodeRefusedError as refusal:
        return name, refusal


def title_of(name: str) -> str:
    """What to call a network before it is open: its title in the catalogue, or its file's name."""
    return next((e.title for e in catalog.entries() if e.name == name), Path(name).name)
