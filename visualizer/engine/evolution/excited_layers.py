"""Which layers a picture excites: in each the unit that stands out most, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.evolution.nearest_photos import Response
from visualizer.engine.rendering import overlay, strongest_bars

if TYPE_CHECKING:
    from visualizer.engine.network import Network

KINDS = ("convolution", "depthwise", "dense")
BARS, BARS_SIDE = 10, 96
"""Units of a dense stage that are drawn, and pixels of the drawing's side."""


@dataclass(frozen=True, eq=False)
class ExcitedLayer:
    """How a stage responds to a picture.

    Attributes:
        stage: its name.
        unit: the one that is most above what photos do to it; without photos the strongest.
        picture: where that unit responds, over the picture; bars of the strongest units of a dense
            stage. uint8, H x W x 3.
        times: the mean activation of the stage, in multiples of what photos cause; None where it
            is not known.
    """

    stage: str
    unit: int
    picture: np.ndarray
    times: float | None


def excited_layers(
    network: Network,
    picture: np.ndarray,
    maps: Mapping[str, np.ndarray],
    own: Response,
    typical: Mapping[str, np.ndarray],
) -> tuple[ExcitedLayer, ...]:
    """The stages with weights but the output, in the network's order.

    Args:
        network: whose stages.
        picture: as the network sees it, H x W x 3.
        maps: its activations, H x W x C or C a stage.
        own: its response.
        typical: by stage, the mean response of photos; empty without any.
    """
    found = []
    for stage in network.stages[1:-1]:
        if stage.kind not in KINDS:
            continue
        values, means = np.nan_to_num(maps[stage.name]), own.means[stage.name]
        usual = typical.get(stage.name)
        unit = int((means if usual is None else means - usual).argmax())
        strength = float(np.maximum(means, 0).mean())
        before = 0.0 if usual is None else float(np.maximum(usual, 0).mean())
        drawn = (
            overlay(picture, values[..., unit], opacity=0.75)
            if values.ndim == 3
            else strongest_bars(values, BARS, BARS_SIDE)
        )
        times = strength / before if before > 0 else None
        found.append(ExcitedLayer(stage.name, unit, drawn, times))
    return tuple(found)
