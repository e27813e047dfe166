"""The card of a network as a page: what it is, where it came from, and its stages in numbers."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from visualizer.gui.networks.custom_scaling import scaling_in_words
from visualizer.gui.shell.help_dialogs import table

if TYPE_CHECKING:
    from visualizer.engine.network import Network

TOLD = {
    *("name", "title", "input", "classes", "parameters", "sha256", "labels", "preprocessing"),
    *("candidates", "guessed", "trusted"),
}
"""Keys of the card that the page words itself or leaves out."""
SHARES = {"top1", "top5", "calibration_error"}
"""Values that are shares of one."""


def card_page(network: Network) -> str:
    """The page as HTML."""
    card: dict[str, Any] = dict(network.card or {})
    guessed = " (a guess: File, How pixels go in…)" if card.get("guessed") else ""
    rows = [
        ("Sees", f"{network.size[1]} × {network.size[0]} pixels, {_colours(network.channels)}"),
        ("Takes pixels as", scaling_in_words(network.preprocessing) + guessed),
        ("Tells apart", _classes(network)),
        ("Stages", " → ".join(stage.name for stage in network.stages)),
        ("Parameters", f"{sum(stage.parameters for stage in network.stages):,}"),
        ("Multiply-adds", f"{sum(stage.multiply_adds for stage in network.stages):,} a picture"),
    ]
    for name, value in card.items():
        if name not in TOLD and value not in ("", None, [], ()):
            rows.append((_name(name).capitalize(), _words(name, value)))
    if card.get("trusted"):
        rows.append(("Trusted", "it may run code of its own on this computer"))
    rows.append(("SHA-256", network.sha256 or "none"))
    own = not card or "guessed" in card
    without = "<p>This file came without a card; the numbers are its own.</p>" if own else ""
    return f"<h2>{escape(network.title)}</h2>{without}" + table(rows)


def _colours(channels: int) -> str:
    if channels == 1:
        return "in shades of grey"
    return "in colour" if channels == 3 else "in colour and transparency (always opaque here)"


def _classes(network: Network) -> str:
    if network.classes:
        return f"{len(network.classes):,} classes"
    return f"{network.stages[-1].units:,} classes, whose names are not known"


def _name(key: str) -> str:
    """The name of a value of a card in words: "top1" is "top-1"."""
    return re.sub(r"^top(?=\d)", "top-", str(key)).replace("_", " ")


def _words(name: str, value: Any) -> str:
    """A value of a card as people read it."""
    if isinstance(value, dict):
        return ", ".join(f"{_name(key)} {_words(key, item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_words(name, item) for item in value)
    if name in SHARES and isinstance(value, float):
        return f"{100 * value:.1f}%"
    counted = isinstance(value, int) and not isinstance(value, bool) and name != "seed"
    return f"{value:,}" if counted else str(value)
