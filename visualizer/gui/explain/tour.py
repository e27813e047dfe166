"""Which pixels mattered: the methods side by side, and whether they notice lost weights."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from visualizer.gui.tour_stop import Stop, Wait

if TYPE_CHECKING:
    from visualizer.gui.workspace import Workspace


def stops(workspace: Workspace) -> Sequence[Stop]:
    """All methods, and the sanity check."""
    return [
        Stop(
            "explain",
            "Why this answer?",
            "Seven published methods mark the pixels that mattered for the answer. They do not "
            "agree, which is why they stand side by side.",
            partial(_show, workspace, False),
        ),
        Stop(
            "explain-sanity",
            "A sanity check",
            "The weights are drawn anew, from the last stage down: a map that stays the same did "
            "not come from what the network has learned.",
            partial(_show, workspace, True),
        ),
    ]


def _show(workspace: Any, sanity: bool, wait: Wait) -> None:
    workspace.header.sanity.setChecked(sanity)
    wait(None)
