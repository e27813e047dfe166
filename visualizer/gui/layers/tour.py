"""Through the network, from the first filters to the answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from visualizer.gui.tour_stop import Stop, Wait

if TYPE_CHECKING:
    from visualizer.engine.network import Stage
    from visualizer.gui.core.session import Session
    from visualizer.gui.workspace import Workspace


def stops(workspace: Workspace) -> Sequence[Stop]:
    """An early, a middle and the last stage of maps, the answer, and two pictures compared."""
    session = workspace.session
    network = session.network
    assert network is not None
    spatial = [stage for stage in network.stages if stage.spatial and max(stage.shape[:2]) > 1]
    convolutions = [s for s in spatial if s.kind in ("convolution", "depthwise")] or spatial
    first, deep, last = convolutions[0], convolutions[len(convolutions) // 2], spatial[-1]
    found = [
        _at(
            session,
            first,
            f"The first look: {first.name}",
            f"The photo went through {network.title}. Each small picture is one channel of "
            f"{first.name}: the photo as one learned filter sees it. The first filters find "
            "edges and patches of colour.",
        ),
        _at(
            session,
            deep,
            f"Deeper: {deep.name}",
            "Now the channels answer to textures and parts, and each of them sees more of the "
            "photo. The strongest one is shown large over the photo, on the right.",
        ),
        _at(
            session,
            last,
            f"What is left: {last.name}",
            "The maps are small now, but each position knows what it has found and roughly "
            "where. From these numbers the answer is made.",
        ),
        _at(
            session,
            network.stages[-1],
            "The answer: output",
            f"A probability for each of the {network.stages[-1].units:,} classes.",
        ),
    ]
    found = list({stop.name: stop for stop in found}.values())  # of a small network two are one
    if len(session.specimens) > 1:
        text = "Two pictures side by side, and how far apart they are at each stage."
        found.append(Stop("compare", "Two pictures", text, partial(_compare, session, deep)))
    return found


def _at(session: Session, stage: Stage, title: str, text: str) -> Stop:
    return Stop(f"layers-{stage.name}", title, text, partial(_show, session, stage))


def _show(session: Session, stage: Stage, wait: Wait) -> None:
    """Go to a stage, and to its unit that answers most strongly."""
    session.compare_with(None)
    session.select_stage(stage.name)
    assert session.activations is not None
    session.select_unit(int(session.activations.strength(stage.name).argmax()))
    wait(None)


def _compare(session: Session, stage: Stage, wait: Wait) -> None:
    _show(session, stage, wait)
    chosen, tray = session.specimen, session.specimens
    assert chosen is not None
    place = [specimen.id for specimen in tray].index(chosen.id)
    session.compare_with(tray[(place + 1) % len(tray)].id)
    wait(None)
