"""What a stage shows, as specimens: pictures to save that know how they were made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from visualizer.engine.layers import LayersSettings, stage_picture
from visualizer.engine.rendering import colour, limits
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.core.stage_look import stage_look

if TYPE_CHECKING:
    from visualizer.engine.activations import Activations
    from visualizer.engine.network import Network
    from visualizer.gui.core.session import Session

UNIT_SIDE = 256
"""Pixels across that the map of one unit is enlarged to at 1×, where that is a whole multiple."""


@dataclass(frozen=True, eq=False)
class ShownStage:
    """A specimen in a network at one stage and unit, as the window shows it at one moment."""

    network: Network
    specimen: Specimen
    activations: Activations
    stage: str
    unit: int
    settings: LayersSettings

    @classmethod
    def of(cls, session: Session) -> Self | None:
        """Take what the session shows now, or None if there is nothing yet."""
        network, specimen, activations = session.network, session.specimen, session.activations
        if network is None or specimen is None or activations is None:
            return None
        settings = replace(stage_look(session.store), mode=session.fit_mode)
        return cls(network, specimen, activations, session.stage, session.unit, settings)

    @classmethod
    def compared(cls, session: Session) -> Self | None:
        """Take what the first is compared with, or None."""
        shown, specimen = cls.of(session), session.compared
        activations = session.compared_activations
        if shown is None or specimen is None or activations is None:
            return None
        return replace(shown, specimen=specimen, activations=activations)


def channels_of(shown: ShownStage) -> Specimen:
    """Draw all channels of the stage; the first stage is the picture as the network sees it."""
    activations, stage = shown.activations, shown.stage
    if stage == shown.network.stages[0].name:
        picture = activations.picture
    else:
        strength = activations.strength(stage)
        picture = stage_picture(activations.maps[stage], strength, shown.settings)
    return _made(shown, picture, {"stage": stage})


def unit_map_of(shown: ShownStage) -> Specimen:
    """Draw the map of the unit, enlarged without blur; a unit without a place is one colour."""
    maps, name = shown.activations.maps[shown.stage], shown.settings.colour_map
    spatial = maps.ndim == 3
    values = maps[..., shown.unit] if spatial else maps[shown.unit].reshape(1, 1)
    picture = colour(values, name, *limits(values if spatial else maps, name))
    times = max(1, UNIT_SIDE // max(picture.shape[:2]))
    enlarged = picture.repeat(times, axis=0).repeat(times, axis=1)
    return _made(shown, enlarged, {"stage": shown.stage, "unit": shown.unit})


def _made(shown: ShownStage, picture: np.ndarray, what: dict[str, str | int]) -> Specimen:
    """Give a picture its title and its recipe."""
    provenance = Provenance(
        source="technique",
        technique="layers",
        settings=shown.settings.to_dict() | what,
        network=shown.network.name,
        network_sha256=shown.network.sha256,
        parents=(shown.specimen.id,),
    )
    where = " ".join(str(value) for value in what.values())
    return Specimen(picture, f"{shown.specimen.title} · {where}", provenance)
