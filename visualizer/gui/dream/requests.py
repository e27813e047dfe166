"""What the pages ask the engine for: where the frames of their runs come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.ascent.feature_wall import Tile, WallSettings, feature_walls, trimmed
from visualizer.engine.ascent.optimal_stimulus import StimulusSettings
from visualizer.engine.technique import Frame
from visualizer.gui.dream.hierarchy_view import Place
from visualizer.gui.dream.wall_grid import WallTile
from visualizer.gui.runs.recipe import FrameSource, Recipe, technique_source
from visualizer.gui.widgets.image_view import image_of

if TYPE_CHECKING:
    from visualizer.engine.ascent.deep_dream import DreamSettings
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.store import Store

CAMERA_SIDE, CAMERA_STEPS, CAMERA_OCTAVES = 320, 2, 2
"""The largest side in pixels, most steps and most octaves of a camera dream: more is too slow."""


def name_of(specimen: Specimen, store: Store) -> str:
    """Return the name by which settings can find a picture again: a sample's, or a file's."""
    source = specimen.provenance.source
    if source.startswith("sample "):
        return source.removeprefix("sample ")
    file = store.file_of(specimen.id)
    return str(file) if file is not None else source


def dream_source(
    recipe: Recipe, guide: Specimen | None = None, endless: bool = False
) -> FrameSource:
    """Return the frames of a deep dream, from its start or from any picture on the way.

    Args:
        recipe: of the technique "dream"; its settings name their target.
        guide: the picture whose features are matched instead.
        endless: each dream begins where the one before has ended.
    """
    settings: Any = recipe.settings

    def begin(frame: Frame | None) -> Iterator[Frame]:
        from visualizer.engine.ascent.deep_dream import dream_frames, dream_start

        if frame is None:
            frame = Frame(0, None, dream_start(recipe.network, recipe.specimen, settings))
            yield frame
        assert frame.picture is not None
        picture = None if guide is None else guide.picture
        yield from dream_frames(
            recipe.network, frame.picture, settings, picture, first=frame.step, endless=endless
        )

    return FrameSource(replace(recipe, steered=recipe.steered or endless), begin)


def camera_source(
    recipe: Recipe, read: Callable[[], np.ndarray], guide: Specimen | None = None
) -> FrameSource:
    """Return a short dream on each picture that `read` gives (H x W x 3 in [0, 1]), endlessly."""
    settings: Any = recipe.settings

    def begin(frame: Frame | None) -> Iterator[Frame]:
        from visualizer.engine.ascent.zoom import camera_dream
        from visualizer.engine.objective import parse_targets

        targets = parse_targets(settings.target)
        picture = None if guide is None else guide.picture
        dreams = camera_dream(recipe.network, read, targets, settings, picture)
        first = 1 if frame is None else frame.step + 1
        for step, (current, value) in enumerate(dreams, start=first):
            yield Frame(step, None, current, {"objective": value}, settings.target)

    return FrameSource(recipe, begin)


def for_camera(settings: DreamSettings) -> DreamSettings:
    """Return the settings, reduced to what keeps up with a camera."""
    return replace(
        settings,
        side=min(settings.side, CAMERA_SIDE),
        steps=min(settings.steps, CAMERA_STEPS),
        octaves=min(settings.octaves, CAMERA_OCTAVES),
    )


def style_source(recipe: Recipe, style: Specimen) -> FrameSource:
    """Return the frames of a style transfer from the recipe's specimen and a style."""
    settings: Any = recipe.settings

    def begin(_frame: Frame | None) -> Iterator[Frame]:
        from visualizer.engine.ascent.deep_dream import start_from, starting_picture
        from visualizer.engine.ascent.style import style_frames

        assert recipe.specimen is not None
        content = start_from(recipe.specimen, settings.side)
        painted = starting_picture(style.picture, settings.side)
        yield Frame(0, settings.steps, content)
        yield from style_frames(recipe.network, content, painted, settings)

    return FrameSource(recipe, begin, resumes=False)


@dataclass(frozen=True, eq=False)
class WallFrame:
    """How far walls are filled, and all of their tiles so far by stage and unit."""

    step: int
    total: int
    tiles: Mapping[Place, WallTile]


def wall_frames(
    network: Network,
    wanted: Sequence[tuple[str, Sequence[int]]],
    settings: WallSettings,
    before: Mapping[Place, WallTile],
) -> Iterator[WallFrame]:
    """Fill walls; every frame contains the tiles that there were `before`.

    Args:
        network: whose units.
        wanted: stages, each with its units, the most wanted first; what is done is left out.
        settings: how they are climbed.
        before: tiles of the same network and settings.
    """
    from visualizer.engine.ascent.stimulus_cache import StimulusCache

    tiles = dict(before)
    missing = [
        (stage, [u for u in units if (stage, u) not in tiles or not tiles[stage, u].done])
        for stage, units in wanted
    ]
    cache = StimulusCache.of(network)
    walls = [(stage, units) for stage, units in missing if units]
    for stage, update in feature_walls(network, walls, settings, cache):
        if update.tiles:  # the window has the others now, so that they are not written any more
            tiles = dict(tiles)
        for tile in update.tiles:
            image = image_of(trimmed(tile.picture, tile.settings))
            tiles[stage, tile.unit] = WallTile(image, tile)
        yield WallFrame(update.step, update.total, tiles)


def stimulus_of(tile: Tile, network: Network) -> Specimen:
    """Return the picture of a finished tile with its recipe."""
    settings = tile.settings
    recipe = Recipe("stimulus", f"stimulus of {settings.target}", network, settings)
    return recipe.specimen_of(Frame(settings.steps, settings.steps, tile.picture))


def stimulus_source(recipe: Recipe, climb_again: bool) -> FrameSource:
    """Return the frames of a stimulus, or one `CachedFrame` if it was climbed before.

    Args:
        recipe: of the technique "stimulus" or "regularised"; only the former is cached.
        climb_again: whether it is climbed even so.
    """
    settings = recipe.settings
    climbing = technique_source(recipe)
    if not isinstance(settings, StimulusSettings):
        return climbing

    def begin(_frame: Frame | None) -> Iterator[Frame]:
        from visualizer.engine.ascent.stimulus_cache import StimulusCache

        cache = StimulusCache.of(recipe.network)
        return cache.frames(settings, climbing.begin(None), climb_again)

    return FrameSource(recipe, begin, resumes=False)
