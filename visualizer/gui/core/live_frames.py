"""Live pictures: the job that reads a camera and shows what the network makes of each frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from visualizer.engine.activations import Activations
    from visualizer.engine.camera import FrameSource
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

LIVE = "camera"
"""The key of the job that `watch` is."""

FitMode = Literal["crop", "fit"]
"""How a picture that is not square becomes the network's input."""

View = tuple["Network | None", FitMode]
"""The network that looks, and the fit mode."""

Sight = tuple["Network | None", "Specimen", "Activations | None"]
"""One live picture, and what the network made of it."""


def watch(
    source: FrameSource | Callable[[], FrameSource], view: Callable[[], View]
) -> Iterator[Sight]:
    """Read the source for ever, one picture and one forward pass a slice; close it at the end.

    `view` is asked anew for every picture, so that the network can change while the camera runs.
    """
    from visualizer.engine.specimen import Provenance, Specimen

    opened: FrameSource = source() if callable(source) else source
    try:
        while True:
            specimen = Specimen(opened.read(), opened.title, Provenance("camera"))
            network, mode = view()
            yield network, specimen, forward(network, specimen, mode)
    finally:
        opened.close()


def forward(network: Any, specimen: Specimen, mode: FitMode) -> Activations | None:
    """One forward pass, or None without a network; on the compute thread."""
    if network is None:
        return None
    from visualizer.engine.activations import activations

    return activations(network, specimen.picture, mode=mode)
