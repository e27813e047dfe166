"""Default targets of a network, for settings that are left empty."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from visualizer.engine.technique import Settings

if TYPE_CHECKING:
    from visualizer.engine.network import Network

Some = TypeVar("Some", bound=Settings)


def default_stage(network: Network) -> str:
    """The last convolution, or the output of a network without one."""
    found = [stage.name for stage in network.stages if stage.kind == "convolution"]
    return found[-1] if found else network.stages[-1].name


def default_style_stages(network: Network) -> tuple[str, list[str]]:
    """(content, style): the middle convolution, and at most five spread over all."""
    found = [s.name for s in network.stages if s.kind == "convolution" and s.spatial]
    found = found or [s.name for s in network.stages if s.spatial][:1] or [network.stages[0].name]
    last = len(found) - 1
    chosen = dict.fromkeys(found[round(last * k / 4)] for k in range(5))
    return found[len(found) // 2], list(chosen)


def with_default_targets(settings: Some, network: Network) -> Some:
    """The settings with the network's default stages where `target` or a stage is empty."""
    content, style = default_style_stages(network)
    default = {
        "target": default_stage(network),
        "stage": default_stage(network),
        "content_stages": content,
        "style_stages": " + ".join(style),
    }
    given: Any = settings.to_dict()
    empty = {name: stage for name, stage in default.items() if given.get(name) == ""}
    return replace(settings, **empty)
