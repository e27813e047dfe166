"""Which pictures are alike to the network, from the pixels to the answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from visualizer.gui.tour_stop import Stop, Wait

if TYPE_CHECKING:
    from visualizer.gui.workspace import Workspace


def stops(workspace: Workspace) -> Sequence[Stop]:
    """The map of the tray, at the stage before the answer and at the pixels."""
    return [
        Stop(
            "map",
            "What the network thinks is alike",
            "Pictures lie near each other that are nearly the same numbers to the network, just "
            "before it answers.",
            partial(_show, workspace, -2),
        ),
        Stop(
            "map-pixels",
            "Where only colours count",
            "The same pictures at the first stage: what lies together has the same colours.",
            partial(_show, workspace, 0),
        ),
    ]


def _show(workspace: Any, stage: int, wait: Wait) -> None:
    wait(lambda: workspace.whole)
    workspace.dial.set_position(stage % len(workspace.dial.stages))
    workspace.choose(0)
    wait(None)
