"""What a champion does inside its network, beside the photos of the tray: on the compute thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

from visualizer.gui.widgets.image_view import image_of

if TYPE_CHECKING:
    from visualizer.engine.evolution.excited_layers import ExcitedLayer
    from visualizer.engine.evolution.nearest_photos import Mode, PhotoComparison
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

PHOTO_SIDE = 160
"""Pixels at which a photo is shown."""


@dataclass(frozen=True, eq=False)
class Inside:
    """A champion in its network.

    Attributes:
        photos: it beside the photos.
        photo_images: those of `photos.nearest`.
        labels: what the network takes each of them for.
        layers: how each stage responds.
        layer_images: where.
    """

    photos: PhotoComparison
    photo_images: tuple[QImage, ...]
    labels: tuple[str, ...]
    layers: tuple[ExcitedLayer, ...]
    layer_images: tuple[QImage, ...]


def inside(
    network: Network, champion: Specimen, index: int, tray: Sequence[Specimen], mode: Mode
) -> Iterator[Inside | None]:
    """Look at a champion inside its network; None after each photo that is new to it.

    Args:
        network: for which it was evolved.
        champion: at the network's size.
        index: its class.
        tray: pictures, of which those that no technique made are photos.
        mode: how these are brought to the network's size.
    """
    from visualizer.engine.evolution.excited_layers import excited_layers
    from visualizer.engine.evolution.nearest_photos import compare, photos_of, response

    seen = network.fit(champion.picture)
    maps = {name: each[0] for name, each in network.forward(seen[None]).items()}
    own = response(network, maps)
    compared = None
    for compared in compare(network, own, index, photos_of(tray), mode):
        if compared is None:
            yield None
    assert compared is not None
    layers = excited_layers(network, seen, maps, own, compared.typical)
    yield Inside(
        compared,
        tuple(image_of(each.specimen.thumbnail(PHOTO_SIDE)) for each in compared.nearest),
        tuple(network.label(each.response.index) for each in compared.nearest),
        layers,
        tuple(image_of(each.picture) for each in layers),
    )
