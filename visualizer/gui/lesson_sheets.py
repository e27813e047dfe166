"""Worksheets of lessons, each with a picture of the lesson, made in a window that nobody sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from visualizer.engine.lessons.course import lesson
from visualizer.gui.shell.workspaces import WORKSPACES, entry
from visualizer.gui.tour import Appearance, Guide

SIZE = 1024, 768
"""Of the window, in pixels."""


def worksheets(names: Sequence[str]) -> Iterator[bytes]:
    """Yield a PDF for each of the lessons.

    Args:
        names: of lessons.

    Raises:
        UserError: there is no lesson of that name.
    """
    lessons = [lesson(name) for name in names]
    guide = Guide()
    try:
        window = guide.window
        window.show()
        guide.apply(Appearance("light", SIZE))
        window.choose_workspace(WORKSPACES.index("learn"))
        stops = {stop.name: stop for stop in entry("learn").stops(window.workspace)}
        for each in lessons:
            stops[f"learn-{each.name}"].go(guide.wait)
            sheet: bytes = cast(Any, window.workspace).worksheet()
            yield sheet
    finally:
        guide.close()
