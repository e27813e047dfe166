"""A network that learns while you look."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from visualizer.gui.tour_stop import Stop, Wait

if TYPE_CHECKING:
    from visualizer.gui.workspace import Workspace

EPOCHS = 4.6
"""Of ten that are trained."""


def stops(workspace: Workspace) -> Sequence[Stop]:
    """The curves after a few epochs."""
    return [
        Stop(
            "train",
            "A network that learns",
            "Loss and accuracy of LeNet-5 on handwritten digits, and its learning rate below: what "
            "is to come of it was drawn with the mouse.",
            partial(_curves, workspace),
        ),
    ]


def _curves(workspace: Any, wait: Wait) -> None:
    run = workspace.run
    wait(lambda: run.frame is not None or run.state == "failed")
    if run.frame is None or run.frame.step:
        return
    workspace.bend([(EPOCHS, 0.003), (7, 0.001), (10, 0.0001)])
    workspace.toggle()
    wait(lambda: run.state != "running" or run.frame.epoch >= EPOCHS)
    run.pause()
    wait(None)
