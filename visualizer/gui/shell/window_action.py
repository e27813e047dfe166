"""Something the window can do, as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class WindowAction:
    """Something the window can do. Its menu entry, key, tooltip and help come from here.

    Attributes:
        id: its name in code.
        words: as in a menu, with `&` before the letter to press; a function where they change.
        does: what is called.
        key: as Qt writes it, such as "Ctrl++ or Ctrl+="; "" for none.
        tip: of its button, where the words are too short.
        possible: whether it can be done now; None for always.
        ticked: whether it is on; None for what is just done.
        choice: exactly one of the actions with the same choice is ticked.
    """

    id: str
    words: str | Callable[[], str]
    does: Callable[[], object]
    key: str = ""
    tip: str = ""
    possible: Callable[[], bool] | None = None
    ticked: Callable[[], bool] | None = None
    choice: str = ""

    @property
    def text(self) -> str:
        """The present text."""
        return self.words() if callable(self.words) else self.words
