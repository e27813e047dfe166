"""Which techniques have a page of their own in the window; the workspace More shows the others."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points

from visualizer.engine.technique import ENTRY_POINTS, HOMES, Technique

OWN_PAGES: Mapping[str, frozenset[str] | None] = {
    "visualizer.engine.layers": None,
    "visualizer.engine.adversarial": None,
    "visualizer.engine.ascent": frozenset(
        ("dream", "stimulus", "regularised", "wall", "style", "zoom")
    ),
    "visualizer.engine.attribution": None,
    "visualizer.engine.evolution": None,
}
"""By module or package, the names of the techniques with a page; None for all that are there."""


def has_own_page(technique: Technique) -> bool:
    """Whether a workspace other than More shows it."""
    module = f"{technique.function.__module__}."
    for home, names in OWN_PAGES.items():
        if module.startswith(f"{home}."):
            return names is None or technique.name in names
    return False


def others_expected() -> bool:
    """Whether there may be techniques without a page; imports none of their code."""
    return bool(entry_points(group=ENTRY_POINTS)) or not OWN_PAGES.keys() >= set(HOMES)
