"""The contents of the course, and every lesson after a few steps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from visualizer.engine.lessons.course import COURSE
from visualizer.gui.tour_stop import Stop, Wait

if TYPE_CHECKING:
    from visualizer.gui.workspace import Workspace


def stops(workspace: Workspace) -> Sequence[Stop]:
    """The contents, and a stop a lesson."""
    contents = Stop(
        "learn",
        "The lessons",
        "Every idea behind the network in this window as a page that can be touched.",
        partial(_contents, workspace),
    )
    lessons = [
        Stop(f"learn-{each.name}", each.title, each.summary, partial(_open, workspace, each.name))
        for each in COURSE
    ]
    return [contents, *lessons]


def _contents(workspace: Any, wait: Wait) -> None:
    workspace.show_contents()
    wait(None)


def _open(workspace: Any, name: str, wait: Wait) -> None:
    workspace.open_lesson(name)
    wait(None)
    page = workspace.page
    page.step(page.view.tour_steps)
    wait(None)
