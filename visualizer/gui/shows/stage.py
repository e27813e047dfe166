"""What a show needs of the window: the workspace on show, and how to get to another."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from PySide6.QtGui import QImage

from visualizer.gui.workspace import Movement, Workspace


class Stage(Protocol):
    """The part of the window that scenes are taken of, and stand on."""

    @property
    def workspace(self) -> Workspace:
        """The workspace on show."""

    @property
    def workspace_name(self) -> str:
        """Its name."""

    def movements_of(self, name: str) -> Mapping[str, Movement]:
        """What can move in a workspace; nothing where there is no such."""

    def open_workspace(self, name: str) -> bool:
        """Open a workspace by its name; False where there is no such."""

    def curtain(self) -> AbstractContextManager[None]:
        """Hide the workspaces meanwhile: what changes is followed once, when they are back."""

    def stage_image(self, width: int) -> QImage:
        """What an audience sees now, so many pixels wide."""
