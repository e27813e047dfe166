"""The base of what a lesson shows: draws a run, and lets the mouse change it."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from visualizer.gui.workspace import Action, SessionView

if TYPE_CHECKING:
    from visualizer.engine.lessons.run import LessonRun
    from visualizer.gui.core.session import Session

AT_ONCE = math.inf
"""A speed: as many steps a second as there is time for."""


class LessonView(SessionView):
    """The view of one lesson. It computes nothing: what takes time is in the lesson's `details`.

    A subclass is `<Name>View` in the module of the lesson's name.
    """

    edited = Signal(object, bool)
    """Another state, made by hand; and whether it goes on with the change before, as in a drag."""
    chosen = Signal(object)
    """Other settings."""
    refused = Signal(str)
    """A sentence to the user: why something cannot be done."""

    speed: float = 4
    """Steps a second of a lesson that was just opened."""
    tour_steps: int = 6
    """Steps that are taken before its picture in the tour."""
    hidden: Collection[str] = ()
    """Settings without a row in the form at the side: the view has controls for them."""

    def __init__(self, session: Session, run: LessonRun[Any, Any]) -> None:
        super().__init__(session)
        self.run = run

    def draw(self) -> None:
        """Draw the run as it is now: at once, after every step and change."""
        raise NotImplementedError

    def draw_details(self, details: Any) -> None:
        """Draw the lesson's `details`; while the run is changed quickly, those of a moment ago."""

    def controls(self) -> Sequence[QWidget]:
        """Controls of its own for the side column, above the settings."""
        return ()

    def own_actions(self) -> Sequence[Action]:
        """What it can do besides, with keys."""
        return ()
