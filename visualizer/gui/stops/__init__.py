"""What is to be seen of each workspace: the stops of the tour and of the screenshots.

The stops of the workspace `dream` are what `stops` in `dream.py` returns; a workspace without such
a file has one stop, itself as it opens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visualizer.gui.workspaces.base import Workspace

Wait = Callable[[Callable[[], bool] | None], None]
"""Lets the window work until something is true, or until nothing is left to do."""


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


def stops_of(name: str, workspace: Workspace) -> Sequence[Stop]:
    """The stops of the workspace of a name; its network is open and a picture is chosen."""
    module = f"{__name__}.{name}"
    if find_spec(module) is None:
        text = f"The workspace {workspace.title}."
        return [Stop(name, workspace.title, text, lambda wait: wait(None))]
    return import_module(module).stops(workspace)
