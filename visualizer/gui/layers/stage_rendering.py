"""What the Layers workspace shows of a stage, rendered on the compute thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QImage

from visualizer.engine.channel_tiles import (
    ColourScale,
    channel_tiles,
    colour_scale,
    fitting_map,
    shrunk,
)
from visualizer.engine.kernel_pictures import kernel_pictures, kernel_shape
from visualizer.engine.rendering import Scaling, colour, limits, strongest_bars, thumbnail
from visualizer.engine.unit_statistics import unit_statistics
from visualizer.gui.layers.unit_panel import UnitView
from visualizer.gui.widgets.channel_grid import Atlas
from visualizer.gui.widgets.image_view import image_of
from visualizer.gui.widgets.unit_name import unit_name

if TYPE_CHECKING:
    from visualizer.engine.activations import Activations
    from visualizer.engine.network import Network

THUMBNAIL_SIDE = 128
THUMBNAIL_BARS = 8


@dataclass(frozen=True)
class StageRequest:
    """What is to be rendered.

    Attributes:
        stage: its name.
        unit: the chosen one.
        scaling: "shared" (one scale, to compare channels) or "channel" (each its own).
        colour_map: of the channels; many values below zero get "signed".
        cell: pixels of the screen a channel is across; larger maps are shrunk to it.
        kernels: show the kernels instead of the channels, where they are pictures.
        thumbnails: make those of all stages too.
    """

    stage: str
    unit: int
    scaling: Scaling = "shared"
    colour_map: str = "inferno"
    cell: int = 64
    kernels: bool = False
    thumbnails: bool = False

    def same_maps(self, other: StageRequest) -> bool:
        """Whether another request differs from it in nothing but the unit."""
        return self == replace(other, unit=self.unit, thumbnails=self.thumbnails)


@dataclass(frozen=True, eq=False)
class StageView:
    """All units of one stage of one picture.

    Attributes:
        strength: one number a unit: its maximum over all positions.
        atlas: the channels as pictures; None for a stage without positions.
        scale: of their colours; None for kernels, and without positions.
    """

    strength: np.ndarray
    atlas: Atlas | None = None
    scale: ColourScale | None = None


@dataclass(frozen=True, eq=False)
class Comparison:
    """A stage of the second picture, and what changes from the first to it.

    Attributes:
        second: on the scale of the first.
        difference: second - first; its strength is the greatest change of each unit, signed.
        divergence: how far apart the two are at every stage, 0 to 2.
    """

    second: StageView
    difference: StageView
    divergence: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class StageResult:
    """Everything the workspace shows at once. `thumbnails` is None where they were not wanted."""

    request: StageRequest
    activations: Activations
    view: StageView
    unit: UnitView
    second: Activations | None = None
    comparison: Comparison | None = None
    thumbnails: dict[str, QImage] | None = None


def render(
    network: Network,
    first: Activations,
    second: Activations | None,
    request: StageRequest,
    before: StageResult | None = None,
) -> StageResult:
    """Render one stage of a picture, or of two that are compared.

    Where only the unit is another than in `before`, the maps of that are taken.
    """
    unit = unit_view(network, first, request)
    if (
        before is not None
        and (before.activations, before.second) == (first, second)
        and before.request.same_maps(request)
    ):
        made = thumbnails(first, request.colour_map) if request.thumbnails else None
        return replace(before, request=request, unit=unit, thumbnails=made)
    views = stage_views([first] if second is None else [first, second], request)
    kernels = kernel_pictures(network, network.stage(request.stage)) if request.kernels else None
    if second is None and kernels is not None:
        views[0] = StageView(views[0].strength, Atlas.of(kernels))
    return StageResult(
        request,
        first,
        views[0],
        unit,
        second,
        None if second is None else compare(first, second, views[1], request),
        thumbnails(first, request.colour_map) if request.thumbnails else None,
    )


def stage_views(pictures: list[Activations], request: StageRequest) -> list[StageView]:
    """Render one stage of some pictures on one scale."""
    maps = [each.maps[request.stage] for each in pictures]
    strength = [np.asarray(each.strength(request.stage)) for each in pictures]
    if maps[0].ndim != 3:
        return [StageView(each) for each in strength]
    reference = maps[0] if len(maps) == 1 else np.concatenate(maps)
    scale = colour_scale(reference, request.scaling, request.colour_map)
    return [_view(*each, scale, request.cell) for each in zip(maps, strength, strict=True)]


def compare(
    first: Activations, second: Activations, view: StageView, request: StageRequest
) -> Comparison:
    """Render the difference second - first; `view` is the stage of the second."""
    from visualizer.engine.activations import divergence, greatest_change

    before, after = first.maps[request.stage], second.maps[request.stage]
    difference = StageView(greatest_change(before, after))
    if before.ndim == 3:
        change = after - before
        scale = colour_scale(change, request.scaling, "signed")
        difference = _view(change, difference.strength, scale, request.cell)
    return Comparison(view, difference, divergence(first, second))


def unit_view(network: Network, activations: Activations, request: StageRequest) -> UnitView:
    """Gather what the unit panel shows."""
    stage = network.stage(request.stage)
    maps, unit = activations.maps[stage.name], min(request.unit, stage.units - 1)
    kernels = kernel_pictures(network, stage)
    view = UnitView(
        title=f"{stage.name} · {unit_name(network, stage, unit)}",
        picture=image_of(activations.picture),
        statistics=unit_statistics(maps, unit),
        kernel=None if kernels is None else kernels[unit],
        kernel_shape=kernel_shape(network, stage),
    )
    if maps.ndim != 3:
        return view
    values = maps[..., unit]
    name = fitting_map(values, request.colour_map)
    low, high = limits(values, name)
    red, green, blue = map(int, colour(np.zeros(1), name, low, high)[0])
    return replace(
        view,
        values=values,
        unit_map=image_of(colour(values, name, low, high)),
        field=stage.receptive_field,
        ground=(red, green, blue),
    )


def thumbnails(activations: Activations, colour_map: str) -> dict[str, QImage]:
    """Make one small picture a stage: the mean of its channels, or its strongest units as bars."""
    pictures = {}
    for place, (name, maps) in enumerate(activations.maps.items()):
        if place == 0:
            made = activations.picture
        elif maps.ndim == 3:
            made = thumbnail(maps, "mean", colour_map)
        else:
            made = strongest_bars(maps, THUMBNAIL_BARS, THUMBNAIL_SIDE, colour_map)
        pictures[name] = image_of(shrunk(made, THUMBNAIL_SIDE))
    return pictures


def _view(maps: np.ndarray, strength: np.ndarray, scale: ColourScale, side: int) -> StageView:
    return StageView(strength, Atlas.of(channel_tiles(maps, scale, side)), scale)
