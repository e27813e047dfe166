"""The technique `layers`: what every stage makes of a picture, one frame a stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.rendering import COLOUR_MAPS, bars, columns_for, mosaic, to_bytes
from visualizer.engine.technique import Frame, Settings, setting, technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

SHEET = 960
"""Pixels across that a picture of a stage is enlarged to, where that is a whole multiple."""


@dataclass(frozen=True)
class LayersSettings(Settings):
    """How the picture is shown to the network and how the maps are drawn."""

    mode: str = setting(
        "crop",
        choices=("crop", "fit"),
        help="What becomes of a picture that is not square: its middle, or all of it with borders.",
    )
    scaling: str = setting(
        "shared",
        choices=("shared", "channel"),
        help="One scale for all channels of a stage, or each channel by its own range.",
    )
    colour_map: str = setting(
        "inferno", choices=COLOUR_MAPS, help="The colours from the weakest to the strongest value."
    )
    order: str = setting(
        "channel",
        choices=("channel", "strength"),
        help="Channels by their number, or the most strongly excited first.",
    )
    cell: int | None = setting(
        None,
        low=1,
        high=512,
        unit="pixels",
        help=f"The side of one channel's map; none makes a stage about {SHEET} pixels wide.",
    )


@technique(
    name="layers",
    title="Layers",
    paper="M. D. Zeiler and R. Fergus, “Visualizing and Understanding Convolutional Networks”, "
    "ECCV 2014; J. Yosinski et al., “Understanding Neural Networks Through Deep Visualization”, "
    "ICML Deep Learning Workshop 2015, section 2",
    explanation="Shows the maps of every stage from the picture to the output: each small picture "
    "is one channel, bright where it found its pattern.",
    settings=LayersSettings,
)
def layers(network: Network, specimen: Specimen, settings: LayersSettings) -> Iterator[Frame]:
    """One forward pass, then a frame a stage, in order, labelled with the stage's name.

    A frame's picture is the mosaic of the stage's channels (the picture itself for the data, bars
    for dense stages); its numbers are the mean, max, min and fraction of zeros of its values.
    """
    from visualizer.engine.activations import activations  # brings Keras

    seen = activations(network, specimen.picture, settings.mode)
    for step, (name, maps) in enumerate(seen.maps.items(), start=1):
        if step == 1:
            picture = _enlarged(to_bytes(seen.picture), settings.cell)
        else:
            picture = stage_picture(maps, seen.strength(name), settings)
        yield Frame(step, len(seen.maps), picture, seen.statistics(name), name)


def stage_picture(maps: np.ndarray, strength: np.ndarray, settings: LayersSettings) -> np.ndarray:
    """A stage as `settings` want it drawn: uint8, H x W x 3.

    Args:
        maps: H x W x C, or C for a dense stage.
        strength: C numbers to sort by.
        settings: scaling, colours, order and size.
    """
    order = np.argsort(-strength, kind="stable") if settings.order == "strength" else None
    if maps.ndim == 1:
        values = maps if order is None else maps[order]
        return bars(values, width=SHEET, height=SHEET // 4, colour_map=settings.colour_map)
    height, width, count = maps.shape
    columns = columns_for(count, 1.6 * height / width)  # a sheet of 16:10, as screens are
    cell = settings.cell or max(height, width) * max(1, SHEET // (columns * (width + 1)))
    return mosaic(
        maps,
        columns=columns,
        scaling="channel" if settings.scaling == "channel" else "shared",
        colour_map=settings.colour_map,
        order=order,
        cell=cell,
    ).picture


def _enlarged(picture: np.ndarray, side: int | None) -> np.ndarray:
    """The picture with each pixel a whole number of pixels wide, up to `side` or `SHEET` across."""
    times = max(1, (side or SHEET) // max(picture.shape[:2]))
    return picture.repeat(times, axis=0).repeat(times, axis=1)
