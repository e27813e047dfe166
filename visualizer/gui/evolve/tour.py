"""Pictures that were bred until the network was sure of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from visualizer.gui.evolve.champion_page import Tab
from visualizer.gui.tour_stop import Stop, Wait

if TYPE_CHECKING:
    from visualizer.gui.workspace import Workspace

MEANWHILE, GENERATIONS = 20.0, 5
"""Seconds that the wall has to evolve, and generations that it takes at least."""
MARKED = (1, 2)


def stops(workspace: Workspace) -> Sequence[Stop]:
    """The wall after a while, a champion's family tree and formula, a litter."""
    return [
        Stop(
            "evolve",
            "Pictures that were bred",
            "For every class the picture that the network is surest of, after a few seconds of "
            "evolution: lines and colours that mean nothing to us.",
            partial(_wall, workspace),
        ),
        Stop(
            "evolve-champion",
            "A champion and its ancestors",
            "How it got there: what its ancestors were taken for, and whether it still fools when "
            "it is drawn larger, saved as a JPEG or moved.",
            partial(_champion, workspace, Tab.TREE),
        ),
        Stop(
            "evolve-formula",
            "A champion's formula",
            "The picture is a formula of the pixels' places: from x and y on the left to the "
            "colour on the right, each step drawn.",
            partial(_champion, workspace, Tab.FORMULA),
        ),
        Stop(
            "evolve-photos",
            "Is it the class, or a pattern?",
            "A champion beside the photos of the tray: how alike they are inside the network, and "
            "so whether it sees more than a pattern.",
            partial(_champion, workspace, Tab.PHOTOS),
        ),
        Stop(
            "evolve-breeding",
            "Breeding by hand",
            "The same without the network's judgement: you choose the parents of the next "
            "generation.",
            partial(_breeding, workspace),
        ),
    ]


def _wall(workspace: Any, wait: Wait) -> None:
    run = workspace.run
    workspace.back()
    if run.frame is None:
        workspace.start()
        until = time.monotonic() + MEANWHILE
        wait(lambda: run.state == "failed" or _long_enough(run, until))
        run.pause()
    wait(None)


def _long_enough(run: Any, until: float) -> bool:
    return time.monotonic() >= until and run.frame is not None and run.frame.step >= GENERATIONS


def _champion(workspace: Any, tab: int, wait: Wait) -> None:
    """The one with the longest line of those that the network is sure of."""
    _wall(workspace, wait)
    frame = workspace.run.frame
    if frame is None:
        return
    archive = workspace.run.evolving.evolution.archive
    sure = [cell for cell in range(len(frame.classes)) if frame.confidence[cell] > 0.5]
    cells = sure or list(map(int, archive.filled))
    workspace.open_champion(max(cells, key=lambda cell: len(archive.line(cell))))
    workspace.champion_page.choose_tab(tab)
    wait(None)


def _breeding(workspace: Any, wait: Wait) -> None:
    workspace.breed(None, "nothing")
    wait(None)
    for place in MARKED:
        workspace.breeding_page.mark(place)
