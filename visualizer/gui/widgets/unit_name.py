"""What a unit of a stage is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visualizer.engine.network import Network, Stage

COLOURS = ("red", "green", "blue")


def unit_name(network: Network, stage: Stage, unit: int) -> str:
    """What a unit is called: its class in the output, its colour in the data, else its number."""
    if stage.name == network.stages[-1].name:
        return network.label(unit)
    if stage.kind == "input" and stage.units == len(COLOURS):
        return COLOURS[unit]
    return f"unit {unit}"
