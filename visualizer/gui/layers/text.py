"""What a stage does, and what its units are called, in words.

The pages of resources/explanations are filled with the stage's own numbers: words in {braces} come
from `stage_text`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from visualizer.gui.core.pages import page
from visualizer.gui.layers.stage_text import facts, function_of, words
from visualizer.gui.widgets.unit_name import unit_name
from visualizer.gui.workspace import Explanation

if TYPE_CHECKING:
    from visualizer.engine.network import Network, Stage

SEES_LITTLE, SEES_MUCH = 0.25, 0.75
"""Early: a unit sees less than a quarter of the picture's side. Late: three quarters and more."""


def for_stage(network: Network, stage: Stage | str, unit: int | None = None) -> Explanation:
    """Explain a stage of a network (the stage or its name), or one unit of it (from 0)."""
    if isinstance(stage, str):
        stage = network.stage(stage)
    parts = page(page_name(network, stage))
    named = words(network, stage, page("functions"))

    def fill(text: str) -> str:
        """Put the words in, and close the gaps that empty words leave."""
        return re.sub(r" +(?=\n|$)|(?<= ) +", "", text.format_map(named)).strip()

    title, body = fill(parts["title"]), fill(parts["text"])
    if unit is not None and stage.kind != "input":
        body = f"{_unit_sentence(network, stage, unit)}\n\n{body}"
        title += f" · unit {unit}"
    look_for = fill(parts.get(f"Look for: {depth(network, stage)}") or parts["Look for"])
    return Explanation(
        title=title,
        body=f"{body}\n\n**What to look for.** {look_for}",
        formula=fill(parts.get("Formula", "")),
        facts=facts(network, stage),
        paper=parts.get("Paper", ""),
        page=page_name(network, stage),
    )


def naming(network: Network, stage: str) -> tuple[Callable[[int], str] | None, bool]:
    """How the units of a stage are named, None for by number; whether they are probabilities."""
    is_output = stage == network.stages[-1].name
    return (network.label if is_output else None), is_output and not network.gives_values


def describe_unit(network: Network, stage: str, strength: np.ndarray, unit: int) -> str:
    """Name a unit and say how strong it is; `strength` holds one number a unit."""
    if unit >= len(strength):
        return f"unit {unit}"
    found = network.stage(stage)
    name, value = unit_name(network, found, unit), float(strength[unit])
    named, percent = naming(network, stage)
    if named is not None:
        return f"{unit} · {name} · {value:.2%}" if percent else f"{unit} · {name} · {value:.4g}"
    return f"{name} · {'max ' if found.spatial else ''}{value:.4g}"


def depth(network: Network, stage: Stage) -> str:
    """Say how far into the network a stage is: "early", "middle" or "late".

    Judged by the share of the picture's side that one unit sees: how many layers came before says
    little about what a stage can know.
    """
    seen = stage.receptive_field.size
    share = max(pixels / side for pixels, side in zip(seen, network.size, strict=True))
    return "early" if share < SEES_LITTLE else "middle" if share < SEES_MUCH else "late"


def page_name(network: Network, stage: Stage) -> str:
    """Name the page of resources/explanations that fits a stage."""
    if stage.name == network.stages[-1].name:
        function = function_of(stage)
        return f"output-{function}" if function in ("softmax", "sigmoid") else "output-values"
    if stage.kind == "pooling" and not stage.spatial:
        return "pooling-global"
    return stage.kind


def _unit_sentence(network: Network, stage: Stage, unit: int) -> str:
    if stage.name == network.stages[-1].name:
        return f"Unit {unit} is the network's word for **{network.label(unit)}**."
    if stage.kind == "convolution":
        return (
            f"Unit {unit} is one of the {stage.units:,} filters: "
            "its map is bright where the filter found its pattern."
        )
    return f"Unit {unit} is one of the {stage.units:,} {'channels' if stage.spatial else 'bars'}."
