"""A network that learns while you look."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from visualizer.gui.tour_stop import Stop, TourError, Wait

if TYPE_CHECKING:
    from visualizer.gui.workspace import Workspace

EPOCHS = 4.6
"""Of ten that are trained."""


def stops(workspace: Workspace) -> Sequence[Stop]:
    """The curves after a few epochs, the mistakes, a fork, and one picture step by step."""
    return [
        Stop(
            "train",
            "A network that learns",
            "Loss and accuracy of LeNet-5 on handwritten digits, and its learning rate below: what "
            "is to come of it was drawn with the mouse.",
            partial(_curves, workspace),
        ),
        Stop(
            "train-mistakes",
            "What it still gets wrong",
            "What each digit is taken for, and the mistakes that it is surest of.",
            partial(_page, workspace, "mistakes"),
        ),
        Stop(
            "train-step",
            "One step, slowly",
            "A picture of the next batch on its way through the network and back, with its real "
            "numbers.",
            partial(_step, workspace),
        ),
        Stop(
            "train-time",
            "Back in time",
            "A moment of before, and a run of its own from there, on the very same batches.",
            partial(_fork, workspace),
        ),
    ]


def _curves(workspace: Any, wait: Wait) -> None:
    run = workspace.run
    workspace.choose_page("curves")
    wait(lambda: run.frame is not None or run.state == "failed")
    if run.frame is None:
        raise TourError(run.error or "The network to train was not ready in time.")
    if not run.frame.step:
        workspace.redraw_schedule([(EPOCHS, 0.003), (7, 0.001), (10, 0.0001)])
        workspace.toggle()
        wait(lambda: run.state != "running" or run.frame.epoch >= EPOCHS)
        run.pause()
    wait(None)


def _page(workspace: Any, name: str, wait: Wait) -> None:
    _curves(workspace, wait)
    workspace.choose_page(name)
    wait(None)


def _step(workspace: Any, wait: Wait) -> None:
    _page(workspace, "step", wait)
    workspace.step_page.trace_button.click()
    wait(None)
    workspace.step_page.step(2)


def _fork(workspace: Any, wait: Wait) -> None:
    _page(workspace, "time", wait)
    if not workspace.run.frame.past.branch:
        workspace.time.go_near(1.0)
        wait(None)
        workspace.set_rate(0.01)
        for _ in range(2):
            workspace.run.take_epoch()
            wait(None)
