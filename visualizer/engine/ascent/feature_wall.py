"""The feature wall: optimal stimuli of all units of a stage, computed in batches."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.arrays import owned
from visualizer.engine.ascent.default_targets import with_default_targets
from visualizer.engine.ascent.grid import grid
from visualizer.engine.ascent.objective_gradient import AscentError, ZeroGradientError
from visualizer.engine.ascent.optimal_stimulus import StimulusSettings, climb
from visualizer.engine.ascent.stimulus_cache import StimulusCache
from visualizer.engine.objective import Target, check_targets, objective, parse_targets
from visualizer.engine.rendering import from_bytes, to_bytes
from visualizer.engine.technique import Frame, Settings, setting, technique

if TYPE_CHECKING:
    from visualizer.engine.activations import Activations
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

SMALLEST = 48
"""Side in pixels of the stimuli of units with smaller receptive fields."""
STROKE = 7
"""Side in pixels from which first-layer filters are climbed at one position."""
BATCH = 8
PREVIEW = 10
"""Every so many steps unfinished tiles are yielded."""


@dataclass(frozen=True, eq=False)
class Tile:
    """One unit's picture.

    Attributes:
        unit: which one, counted from 0.
        picture: uint8, H x W x 3, read-only.
        done: whether it is final.
        dead: the gradient of this unit is zero everywhere.
        settings: those of `optimal_stimulus` that make this picture.
    """

    unit: int
    picture: np.ndarray
    done: bool
    dead: bool
    settings: StimulusSettings


@dataclass(frozen=True, eq=False)
class WallUpdate:
    """The tiles that changed, after `step` of `total` steps."""

    step: int
    total: int
    tiles: tuple[Tile, ...] = field(default=())


@dataclass(frozen=True)
class WallSettings(Settings):
    """Which stage, how many of its units, and how long each is climbed."""

    stage: str = setting("", help="The stage whose units are shown; usually the last maps.")
    units: int = setting(64, low=1, high=4096, help="At most how many units, from the first.")
    steps: int = setting(150, low=1, high=5000, step=50, help="How many steps of Adam.")
    seed: int = setting(0, low=0, high=2**31 - 1, help="Decides the start and the shaking.")


def tile_settings(network: Network, stage: str, unit: int, base: WallSettings) -> StimulusSettings:
    """The settings of one unit's stimulus: the smallest picture that covers its receptive field.

    First-layer filters are climbed at one position: they are linear, so the mean over a map is
    maximised by a constant picture, which hides their pattern.
    """
    found = network.stage(stage)
    target, side, shift = f"{stage}:{unit}", 0, 8.0
    if found.spatial and found.receptive_field is not None:
        field = round(max(found.receptive_field.size))
        seen = field + 16
        first = next((each for each in network.stages if each.kind == "convolution"), None)
        linear = found is first and field >= STROKE
        side = seen if linear else max(SMALLEST, seen)
        side = 0 if side >= min(network.size) else side
        places = network.shape_at(stage, (side, side)) if linear and side else None
        if places is not None:
            target += f"@{places[0] // 2},{places[1] // 2}"
    if not side and min(network.size) < SMALLEST:
        shift = 1.0
    return StimulusSettings(target=target, steps=base.steps, shift=shift, side=side, seed=base.seed)


def trimmed(picture: np.ndarray, settings: StimulusSettings) -> np.ndarray:
    """Cut off the margin of a tile's picture that shaking moved in and out of sight: it is noise.

    Args:
        picture: H x W x 3.
        settings: what it was climbed with.
    """
    edge = round(settings.shift) if settings.side else 0
    height, width = picture.shape[:2]
    return picture[edge : height - edge, edge : width - edge]


def cached_stimulus(network: Network, stage: str, unit: int) -> np.ndarray | None:
    """Return the optimal stimulus of a unit that was climbed before: uint8 H x W x 3, or None.

    One climbed alone with the default settings comes before the wall's tile.
    """
    cache = StimulusCache.of(network)
    for settings in (
        StimulusSettings(target=f"{stage}:{unit}"),
        tile_settings(network, stage, unit, WallSettings()),
    ):
        picture = cache.find(settings)
        if picture is not None:
            return trimmed(picture, settings)
    return None


def units_by_strength(
    network: Network, stage: str, activations: Activations | None
) -> tuple[np.ndarray, list[int]]:
    """Return how strongly each unit of a stage answers to a picture, and the units in that order.

    Without activations all strengths are 0; what is not a number comes last.
    """
    if activations is None:
        strength = np.zeros(network.stage(stage).units, np.float32)
    else:
        strength = np.asarray(activations.strength(stage), np.float32)
    strength = np.nan_to_num(strength, nan=-np.inf)
    return strength, [int(unit) for unit in np.argsort(-strength, kind="stable")]


def wall_stages(network: Network, most: int = 10) -> list[str]:
    """Return the stages with weights, evenly chosen where they are more; the last is among them."""
    kinds = ("convolution", "depthwise", "dense")
    found = [stage.name for stage in network.stages if stage.kind in kinds]
    if network.stages[-1].name not in found:
        found.append(network.stages[-1].name)
    if len(found) <= most:
        return found
    places = np.linspace(0, len(found) - 1, most).round().astype(int)
    return [found[place] for place in places]


def feature_walls(
    network: Network,
    wanted: Sequence[tuple[str, Sequence[int]]],
    settings: WallSettings,
    cache: StimulusCache | None = None,
) -> Iterator[tuple[str, WallUpdate]]:
    """Fill the walls of several stages, one after the other.

    Args:
        network: whose units.
        wanted: stages, each with its units in the order in which they are climbed.
        settings: their `stage` and `units` are not read.
        cache: where finished pictures are kept and found again.

    Yields:
        a stage and what is new of it. Steps are counted over all walls so far; `total` grows as
        it becomes known how many units of a stage are cached.
    """
    before = 0
    for stage, units in wanted:
        total = before
        for update in feature_wall(network, replace(settings, stage=stage), units, cache):
            total = before + update.total
            yield stage, replace(update, step=before + update.step, total=total)
        before = total


def feature_wall(
    network: Network,
    settings: WallSettings,
    units: Iterable[int] | None = None,
    cache: StimulusCache | None = None,
) -> Iterator[WallUpdate]:
    """Climb the units of a stage, batch by batch, and yield the tiles that changed at each step.

    Cached tiles come first. Each `next` takes one step of one batch.

    Args:
        network: whose units.
        settings: which stage; its `units` is not read where `units` is given.
        units: which units and in which order, such as the most active first.
        cache: where finished pictures are stored and looked up; None for no cache.

    Raises:
        UserError: there is no such stage or unit.
    """
    stage = network.stage(settings.stage)
    order = list(range(min(settings.units, stage.units)) if units is None else units)
    check_targets(network, [Target(stage.name, tuple(order))])
    wanted = {unit: tile_settings(network, stage.name, unit, settings) for unit in order}
    missing, most = list(wanted), settings.steps * -(-len(wanted) // BATCH)
    for ready in _cached_tiles(cache, wanted) if cache else ():
        missing = [unit for unit in missing if unit not in {tile.unit for tile in ready}]
        yield WallUpdate(0, most, ready)
    batches = [missing[first : first + BATCH] for first in range(0, len(missing), BATCH)]
    total = settings.steps * len(batches)
    if not batches:
        yield WallUpdate(0, 0)
    for number, batch in enumerate(batches):
        for done, pictures, dead in _batch(network, [wanted[unit] for unit in batch]):
            last = done == settings.steps
            tiles = [
                Tile(unit, owned(to_bytes(picture)), last, lifeless, wanted[unit])
                for unit, picture, lifeless in zip(batch, pictures, dead, strict=True)
                if last or done % PREVIEW == 0
            ]
            for tile in tiles:
                if cache and tile.done and not tile.dead:
                    cache.keep(tile.picture, tile.settings)
            yield WallUpdate(number * settings.steps + done, total, tuple(tiles))


def _cached_tiles(
    cache: StimulusCache, wanted: dict[int, StimulusSettings]
) -> Iterator[tuple[Tile, ...]]:
    """The tiles of `wanted` units that are on disk already, a few files at a time."""
    units = list(wanted)
    for first in range(0, len(units), BATCH):
        found = {unit: cache.find(wanted[unit]) for unit in units[first : first + BATCH]}
        tiles = (
            Tile(unit, picture, True, False, wanted[unit])
            for unit, picture in found.items()
            if picture is not None
        )
        if ready := tuple(tiles):
            yield ready


def _batch(
    network: Network, wanted: list[StimulusSettings]
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield (steps done, pictures, which units are dead) of settings that differ by their unit."""
    settings = wanted[0]
    targets = [parse_targets(each.target)[0] for each in wanted]
    dream_objective = objective(network, targets[:1])
    weights = [np.concatenate([dream_objective.weights([target])[0] for target in targets])]
    side = (settings.side,) * 2 if settings.side else network.size
    first: np.ndarray | None = None
    pictures = np.full((len(wanted), *side, 3), 0.5, np.float32)
    dead = np.ones(len(wanted), bool)
    try:
        for done, (pictures, _) in enumerate(
            climb(network, (targets[0],), settings, weights), start=1
        ):
            first = pictures if first is None else first
            # With a zero gradient, Adam leaves a picture exactly where it started.
            dead = (pictures == first).all(axis=(1, 2, 3)) & (done > 1)
            yield done, pictures, dead
    except ZeroGradientError:  # all gradients of the batch are zero
        yield settings.steps, pictures, dead
    except AscentError:  # NaN: the other batches go on
        yield settings.steps, pictures, np.ones(len(wanted), bool)


@technique(
    name="wall",
    title="Feature wall",
    paper="Olah, Mordvintsev & Schubert 2017, Feature Visualization",
    explanation="The optimal stimuli of the units of a stage side by side: what this stage looks "
    "for, from edges in the first to objects in the last.",
    settings=WallSettings,
)
def wall(
    network: Network, _specimen: Specimen, settings: WallSettings
) -> Generator[Frame, None, None]:
    """Fill the wall of a stage; frames carry the whole wall, grey where a tile is missing."""
    settings = with_default_targets(settings, network)
    cache = StimulusCache.of(network)
    count = min(settings.units, network.stage(settings.stage).units)
    side = tile_settings(network, settings.stage, 0, settings).side
    size = (side, side) if side else network.size
    pictures = np.full((count, *size, 3), 0.5, np.float32)
    done = 0
    for update in feature_wall(network, settings, cache=cache):
        for tile in update.tiles:
            pictures[tile.unit] = 0.5 if tile.dead else from_bytes(tile.picture)
            done += tile.done
        picture = grid(pictures) if update.tiles else None
        yield Frame(update.step, update.total, picture, {"done": done}, settings.stage)
