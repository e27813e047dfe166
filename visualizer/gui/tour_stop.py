"""Something that the tour and the screenshots show of a workspace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from visualizer.engine.errors import UserError

Wait = Callable[[Callable[[], bool] | None], None]
"""Lets the window work until something is true, or until nothing is left to do."""


class TourError(UserError):
    """The window did not get so far as to be shown."""


@dataclass(frozen=True)
class Stop:
    """Something to look at.

    Attributes:
        name: of its picture, such as "dream-wall".
        title: what it is.
        text: a sentence or two on what is to be seen.
        go: gets there in the workspace, which is on show, and waits until it can be looked at.
    """

    name: str
    title: str
    text: str
    go: Callable[[Wait], None]
