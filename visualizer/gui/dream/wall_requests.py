"""What the Wall page asks of the compute thread: walls of one stage, or of several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.ascent.feature_wall import trimmed
from visualizer.engine.technique import Frame
from visualizer.gui.dream.hierarchy_view import Place
from visualizer.gui.dream.sources import Recipe
from visualizer.gui.dream.wall_grid import WallTile
from visualizer.gui.widgets.image_view import image_of

if TYPE_CHECKING:
    from visualizer.engine.activations import Activations
    from visualizer.engine.ascent.feature_wall import Tile, WallSettings
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

PER_STAGE = 8
MOST_STAGES = 10
"""Rows of the hierarchy: more would be too small to see."""


@dataclass(frozen=True, eq=False)
class WallFrame:
    """How far the walls are, and every tile so far; newer frames contain older ones."""

    step: int
    total: int
    tiles: Mapping[Place, WallTile]
    made: Mapping[Place, Tile]


def walls(
    network: Network,
    wanted: Sequence[tuple[str, Sequence[int]]],
    settings: WallSettings,
    before: WallFrame | None = None,
) -> Iterator[WallFrame]:
    """Fill the walls of stages, one after the other; tiles that are done `before` stay."""
    from dataclasses import replace

    from visualizer.engine.ascent.feature_wall import feature_wall
    from visualizer.engine.ascent.stimulus_cache import StimulusCache

    shelf = StimulusCache.of(network)
    tiles = dict(before.tiles) if before is not None else {}
    made = dict(before.made) if before is not None else {}
    step = total = 0
    for stage, units in wanted:
        missing = [u for u in units if (stage, u) not in tiles or not tiles[stage, u].done]
        if not missing:
            continue
        base = step
        chosen = replace(settings, stage=stage)
        for news in feature_wall(network, chosen, missing, shelf):
            if news.tiles:  # what was told is the window's now, and not written any more
                tiles, made = dict(tiles), dict(made)
            for tile in news.tiles:
                made[stage, tile.unit] = tile
                image = image_of(trimmed(tile.picture, tile.settings))
                tiles[stage, tile.unit] = WallTile(image, tile.done, tile.dead)
            step, total = base + news.step, base + news.total
            yield WallFrame(step, total, tiles, made)
    yield WallFrame(step, total, tiles, made)


def specimen_of(tile: Tile, network: Network) -> Specimen:
    """A finished tile's picture with its recipe."""
    title = f"stimulus of {tile.settings.target}"
    recipe = Recipe("stimulus", title, network, None, tile.settings)
    return recipe.specimen_of(Frame(tile.settings.steps, tile.settings.steps, tile.picture))


def strongest_first(
    network: Network, stage: str, activations: Activations | None
) -> tuple[np.ndarray, list[int]]:
    """(strength of every unit of a stage on the present picture, the units in that order)."""
    units = network.stage(stage).units
    strength = activations.strength(stage) if activations is not None else np.zeros(units)
    strength = np.nan_to_num(np.asarray(strength, np.float32), nan=-np.inf)
    return strength, [int(unit) for unit in np.argsort(-strength, kind="stable")]


def stages_of_hierarchy(network: Network) -> list[str]:
    """The stages with weights, evenly chosen where there are many; the answer is among them."""
    kinds = ("convolution", "depthwise", "dense")
    found = [stage.name for stage in network.stages if stage.kind in kinds]
    if network.stages[-1].name not in found:
        found.append(network.stages[-1].name)
    if len(found) <= MOST_STAGES:
        return found
    places = np.linspace(0, len(found) - 1, MOST_STAGES).round().astype(int)
    return [found[place] for place in places]
