"""Finding a class by what somebody types: a name, a part of it, or nearly it."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

NEAR = 0.7
"""How alike two words must be to be taken for each other (1: the same)."""
SHORTEST = 3
"""Letters: words of fewer are alike by chance."""


def plain(name: str) -> str:
    """A name as it is compared: small letters, single spaces, no underscores."""
    return " ".join(name.replace("_", " ").lower().split())


def matching(typed: str, names: Sequence[str]) -> list[int]:
    """The places of the names that contain what was typed.

    The name itself comes first, then names that begin so, then names of which a word begins so;
    within these the order of `names` stays.
    """
    wanted = plain(typed)
    if not wanted:
        return []

    def rank(name: str) -> int:
        if name == wanted:
            return 0
        return 1 if name.startswith(wanted) else 2 if f" {wanted}" in name else 3

    ranked = [(rank(name), place) for place, name in enumerate(map(plain, names)) if wanted in name]
    return [place for _, place in sorted(ranked)]


def near(typed: str, names: Sequence[str], most: int = 3) -> list[int]:
    """The places of names that are nearly what was typed, the most alike first.

    A name is as near as the nearest of it and its words: "retreiver" is near "golden retriever".
    """
    wanted = plain(typed)
    if len(wanted) < SHORTEST:
        return []
    places: dict[str, list[int]] = {}
    for place, name in enumerate(map(plain, names)):
        for form in {name, *name.split()}:
            if len(form) >= SHORTEST:
                places.setdefault(form, []).append(place)
    found: list[int] = []
    for form in get_close_matches(wanted, places, n=2 * most, cutoff=NEAR):
        whole_first = sorted(places[form], key=lambda place: plain(names[place]) != form)
        found += [place for place in whole_first if place not in found]
    return found[:most]
