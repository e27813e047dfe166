"""Live pictures: the job that reads a camera and shows what the network makes of each frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np

    from visualizer.engine.activations import Activations
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

FitMode = Literal["crop", "fit"]
"""How a picture that is not square becomes the network's input."""

View = tuple["Network | None", FitMode]
"""The network that looks, and the fit mode."""

Sight = tuple["Network | None", "Specimen", "Activations | None"]
"""One live picture, and what the network made of it."""


class Source(Protocol):
    """What gives live pictures, such as a camera. Used on the compute thread only."""

    title: str

    def read(self) -> np.ndarray:
        """The next picture, float32 RGB, H x W x 3, in [0, 1]; UserError if there is none."""
        ...

    def close(self) -> None:
        """Let go of the device."""
        ...


def watch(source: Source | Callable[[], Source], view: Callable[[], View]) -> Iterator[Sight]:
    """Read the source for ever, one picture and one forward pass a slice; close it at the end.

    `view` is asked anew for every picture, so that the network can change while the camera runs.
    """
    from visualizer.engine.specimen import Provenance, Specimen

    opened: Source = source() if callable(source) else source
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
