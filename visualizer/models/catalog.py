"""The networks that have a name, and the one door through which any network is opened.

Reading this list is quick and needs no Keras; opening a network imports it.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from visualizer.engine.errors import UserError
from visualizer.models import bundled

if TYPE_CHECKING:
    from visualizer.engine.network import Network

Where = Literal["bundled", "offline", "download"]


class UnknownNetworkError(UserError):
    """A name that is neither in the catalogue nor a file."""


@dataclass(frozen=True)
class Entry:
    """One row of the catalogue.

    Attributes:
        name: what to call it on the command line.
        title: what to call it in the window.
        data: what it was trained on.
        input: (height, width, channels).
        classes: how many it tells apart.
        parameters: trained numbers, or None if nobody wrote it down.
        megabytes: size of the file to load, in 10^6 bytes.
        top1: share of validation pictures it names right, 0-1, or None.
        licence: of the weights.
        source: who trained it; paper or page.
        where: "bundled" with the program, "offline" in a package it depends on, or to "download".
        available: whether its file is on this computer now.
    """

    name: str
    title: str
    data: str
    input: tuple[int, int, int]
    classes: int
    parameters: int | None
    megabytes: float
    top1: float | None
    licence: str
    source: str
    where: Where
    available: bool


def entries() -> tuple[Entry, ...]:
    """Return the catalogue: bundled networks, those in packages, those to download."""
    return tuple(_bundled_entries())


def open_network(name_or_path: str | Path, *, trust: bool = False) -> Network:
    """Open a network of the catalogue by name, or any Keras model by path.

    Imports Keras: call it on the compute thread.

    Args:
        name_or_path: a name of `entries()`, or the path of a file or SavedModel folder.
        trust: let a file bring its own code (Lambda layers, custom objects).

    Raises:
        UserError: one sentence on why it does not open and what to do.
    """
    name = str(name_or_path)
    if name in bundled.names() or name in bundled.FIRST:
        return bundled.load(name)
    path = Path(name_or_path)
    if path.exists():
        from visualizer.models import loader

        return loader.open_file(path, trust=trust)
    raise UnknownNetworkError(_unknown(name))


def _unknown(name: str) -> str:
    known = [entry.name for entry in entries()]
    if "/" in name or "\\" in name or Path(name).suffix:
        return f"There is no file {name}; check the path, or name one of {', '.join(known)}."
    close = get_close_matches(name.lower(), known, n=1)
    hint = f"did you mean {close[0]!r}? The catalogue has" if close else "name a file, or one of"
    return f"There is no network called {name!r}; {hint} {', '.join(known)}."


def _bundled_entries() -> list[Entry]:
    found = []
    for name in bundled.names():
        try:
            network = bundled.read(name)
            found.append(_from_card(network))
        except (UserError, AttributeError, TypeError, ValueError):
            continue  # a damaged card says so when its network is opened
    return found


def _from_card(network: bundled.Bundled) -> Entry:
    card, there = network.card, network.weights.is_file()
    accuracy = card.get("accuracy") or {}
    height, width, channels = card["input"]
    return Entry(
        name=network.name,
        title=card["title"],
        data=card.get("data", ""),
        input=(height, width, channels),
        classes=int(card["classes"]),
        parameters=card.get("parameters"),
        megabytes=network.weights.stat().st_size / 1e6 if there else 0.0,
        top1=accuracy.get("top1"),
        licence=card.get("licence", ""),
        source=card.get("source", ""),
        where="bundled",
        available=there,
    )
