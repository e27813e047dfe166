"""What the network dreams of: dreams, a stimulus, walls and a painting."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from visualizer.gui.tour_stop import Stop, Wait

if TYPE_CHECKING:
    from visualizer.gui.workspace import Workspace

DREAM, STIMULUS, WALL, STYLE = range(4)
PARTLY, MEANWHILE = 16, 20.0
"""Tiles of a wall that is shown while it fills, at least, and seconds it has for more of them."""
STROKES = 80
"""Steps of a painting after which its style is to be seen."""


def stops(workspace: Workspace) -> Sequence[Stop]:
    """A dream run to its end, one out of noise, a class, two walls and all stages, a painting."""
    network, activations = workspace.session.network, workspace.session.activations
    assert network is not None
    assert activations is not None
    best = int(activations.probabilities.ravel().argmax())
    filters = [stage.name for stage in network.stages if stage.kind == "convolution"]
    first, last = (filters or [network.stages[-1].name])[0], (filters or [""])[-1]
    found = [
        Stop(
            "dream",
            "A dream",
            "Whatever the last filters see in the photo was made stronger, step by step, until it "
            "could be seen. Below the picture: how their answer grew.",
            partial(_dream, workspace),
        ),
        Stop(
            "dream-noise",
            "A dream out of nothing",
            f"The same from white noise, climbing the answer “{network.label(best)}”: everything "
            "in this picture came out of the network's weights.",
            partial(_dream_of_noise, workspace),
        ),
        Stop(
            "dream-stimulus",
            f"What “{network.label(best)}” wants to see",
            "Nobody painted this either: it is the picture that excites this one answer most.",
            partial(_stimulus, workspace, best),
        ),
        Stop(
            f"dream-wall-{first}",
            f"What the first filters look for: {first}",
            "A picture for each of them, made to excite it: strokes, and patches of colour.",
            partial(_wall, workspace, first),
        ),
    ]
    if last not in ("", first):
        text = "The wall of the last filters, while it fills: textures, and parts of things."
        title = f"What the last filters look for: {last}"
        found.append(Stop(f"dream-wall-{last}", title, text, partial(_wall, workspace, last)))
    found.append(
        Stop(
            "dream-hierarchy",
            "From edges to objects",
            "A row a stage, the first on top: what those of its units want to see that answer "
            "loudest to the photo.",
            partial(_hierarchy, workspace),
        )
    )
    if len(workspace.session.specimens) > 1:
        text = "What the photo shows, painted as another picture is."
        found.append(Stop("dream-style", "Another style", text, partial(_style, workspace)))
    return found


def _page(workspace: Any, index: int) -> Any:
    workspace.page.stop()
    workspace.choose_page(index)
    return workspace.page


def _dream(workspace: Any, wait: Wait) -> None:
    page = _page(workspace, DREAM)
    page.start_from.setCurrentIndex(0)
    page.start()
    wait(lambda: page.run.state in ("done", "failed"))


def _dream_of_noise(workspace: Any, wait: Wait) -> None:
    page = _page(workspace, DREAM)
    page.start_from.setCurrentIndex(1)  # which suggests to climb the answer, in more steps
    page.start()
    wait(lambda: page.run.state in ("done", "failed"))


def _stimulus(workspace: Any, unit: int, wait: Wait) -> None:
    session = workspace.session
    session.select_stage(session.network.stages[-1].name)
    session.select_unit(unit)
    page = _page(workspace, STIMULUS)
    wait(lambda: page.run.state in ("done", "failed"))


def _wall(workspace: Any, stage: str, wait: Wait) -> None:
    workspace.session.select_stage(stage)
    page = _page(workspace, WALL)
    page.every.setChecked(False)
    _fill(page, lambda: sum(tile.done for at, tile in page.tiles.items() if at[0] == stage), wait)


def _hierarchy(workspace: Any, wait: Wait) -> None:
    page = _page(workspace, WALL)
    page.every.setChecked(True)
    _fill(page, None, wait)


def _fill(page: Any, count: Any, wait: Wait) -> None:
    """Let a wall fill until so many of its tiles are there, or all."""
    if page.paused:
        page.toggle()
    if count is not None:
        every, until = page.grid.units, time.monotonic() + MEANWHILE
        wait(lambda: count() >= (every if time.monotonic() < until else min(PARTLY, every)))
        page.stop()
    wait(None)


def _style(workspace: Any, wait: Wait) -> None:
    session = workspace.session
    page = _page(workspace, STYLE)
    others = [each for each in session.specimens if each is not session.specimen]
    flowers = [each for each in others if each.provenance.source == "sample flower"]
    page.style_from.choose((flowers or others)[0])
    page.start()
    wait(
        lambda: page.run.state in ("done", "failed") or len(page.run.values("objective")) >= STROKES
    )
    page.stop()
