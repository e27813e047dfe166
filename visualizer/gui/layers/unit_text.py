"""What the units of a stage are called, and what there is to say of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from visualizer.gui.widgets.unit_name import unit_name

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.gui.layers.stage_pictures import StagePictures


def naming(network: Network | None, stage: str) -> tuple[Callable[[int], str] | None, bool]:
    """How the units of a dense stage are named, and whether they are probabilities."""
    if network is None or stage != network.stages[-1].name:
        return None, False
    return network.label, True


def describe_unit(network: Network | None, pictures: StagePictures | None, unit: int) -> str:
    """Name a unit and say how strong it is on a picture."""
    if network is None or pictures is None or unit >= len(pictures.strength):
        return f"unit {unit}"
    stage = network.stage(pictures.view.stage)
    label, percent = naming(network, stage.name)
    value = float(pictures.strength[unit])
    name = unit_name(network, stage, unit)
    name = f"{unit} · {name}" if label is not None else name
    kind = "max " if pictures.atlas is not None else ""
    return f"{name} · {kind}{value:.2%}" if percent else f"{name} · {kind}{value:.4g}"
