"""How the maps of a stage are shown: chosen in Layers, remembered, and the same in exports."""

from __future__ import annotations

from collections.abc import Mapping

from visualizer.engine.layers import LayersSettings
from visualizer.engine.technique import describe
from visualizer.gui.core.store import Store

FIRST = LayersSettings(order="strength")
"""Before anything was chosen."""
CHOSEN = ("order", "scaling", "colour_map")
"""The settings that are chosen in the window."""


def stage_look(store: Store) -> LayersSettings:
    """What was chosen last."""
    look = FIRST
    for field in describe(LayersSettings):
        value = store.text(_key(field.name)) if field.name in CHOSEN else ""
        if field.choices and value in field.choices:
            look = LayersSettings.from_dict({**look.to_dict(), field.name: value})
    return look


def remember_look(store: Store, chosen: Mapping[str, str]) -> None:
    """Remember what was chosen, by the names in `CHOSEN`."""
    for name, value in chosen.items():
        store.remember(_key(name), value)


def _key(name: str) -> str:
    return f"layers {name.replace('_', ' ')}"
