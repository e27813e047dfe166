"""The workspaces, in the order of the rail and of Ctrl+1...6; a new one is a file and a word.

`layers` is the class `LayersWorkspace` in `layers.py`, with the icon `layers`. Their code is read
when they are built, so that the window does not wait for those that are not on show.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visualizer.gui.session import Session
    from visualizer.gui.workspaces.base import Workspace

WORKSPACES = ("layers", "dream", "explain", "attack")


def build(name: str, session: Session) -> Workspace:
    """Return a new workspace around a session."""
    module = import_module(f"visualizer.gui.workspaces.{name}")
    return getattr(module, f"{title_of(name)}Workspace")(session)


def title_of(name: str) -> str:
    """What the rail calls a workspace: Layers for `layers`."""
    return name.capitalize()
