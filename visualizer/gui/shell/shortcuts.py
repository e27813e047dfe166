"""The single keys of a part of the window, in the words of the tooltips that name them."""

from __future__ import annotations

import re

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

TOLD = re.compile(r"^(?P<words>.+?)\s*\((?P<keys>[^()]{1,12})\)$")
"""A line of a tooltip that ends in its key, such as "Colour map (M)" or "Play (Space or P)"."""


def keys_of(*parts: QWidget | None) -> list[tuple[str, str]]:
    """Every shortcut in these parts, and what its tooltip says it does; "" where none tells."""
    told: dict[str, str] = {}
    found: list[str] = []
    for part in filter(None, parts):
        for widget in (part, *part.findChildren(QWidget)):
            for line in widget.toolTip().splitlines():
                if match := TOLD.match(line):
                    for key in _each(match["keys"]):
                        told.setdefault(_native(key), match["words"])
        found += [_native(shortcut.key()) for shortcut in part.findChildren(QShortcut)]
    return [(key, told.get(key, "")) for key in dict.fromkeys(found)]


def _each(keys: str) -> list[str]:
    """The keys in "Space or P", "[ and ]" and "1 to 7"."""
    if match := re.fullmatch(r"(\d) to (\d)", keys):
        return [str(number) for number in range(int(match[1]), int(match[2]) + 1)]
    return re.split(r",\s*|\s+(?:or|and)\s+", keys)


def _native(key: str | QKeySequence) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
