"""What every method that explains shares: its settings, its frames, and how its map is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine import rendering
from visualizer.engine.arrays import frozen
from visualizer.engine.attribution.heat import masked, normalised, over_picture
from visualizer.engine.technique import Frame, Settings, setting

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.objective import Target
    from visualizer.engine.specimen import Specimen

METHODS = (
    "saliency",
    "smoothgrad",
    "guided-backprop",
    "deconvnet",
    "grad-cam",
    "integrated-gradients",
    "occlusion",
)
"""The names of the methods, each a technique; the simplest first."""

VIEWS = ("overlay", "heat map", "masked picture")
COLOUR_MAP = "inferno"

Box = tuple[int, int, int, int]
"""Top, left, bottom, right in pixels, bottom and right exclusive."""


@dataclass(frozen=True)
class AttributionSettings(Settings):
    """What is explained, and how its map is shown; each method adds its own."""

    target: str = setting(
        "",
        help="What is explained: a class (its name or index) or a unit, as in conv5:12@3,3; "
        "empty: the network's answer.",
    )
    mode: str = setting(
        "crop",
        choices=("crop", "fit"),
        help="Whether the network sees the middle of the picture, or all of it with margins.",
    )
    view: str = setting("overlay", choices=VIEWS, help="How the map is shown.")
    opacity: float = setting(
        0.6, low=0.0, high=1.0, step=0.05, help="How much the map covers the picture it lies over."
    )


@dataclass(frozen=True, eq=False)
class Map:
    """A map as far as it is made, H x W: how much each pixel counts.

    `step` of `total` is done; `numbers` are measurements of the whole; `patch` is what occlusion
    covered last.
    """

    heat: np.ndarray
    step: int = 1
    total: int = 1
    numbers: Mapping[str, float] = field(default_factory=dict)
    patch: Box | None = None


@dataclass(frozen=True, eq=False)
class Explained(Frame):
    """A frame of a method: its `picture` is `shown(seen, heat, view, opacity)`.

    Attributes:
        heat: H x W; larger counts more, below zero against the target.
        seen: the picture as the network sees it, H x W x 3 in [0, 1].
        target: what was explained.
        patch: what was covered last, or None.
    """

    heat: np.ndarray = field(default_factory=lambda: np.zeros((1, 1), np.float32))
    seen: np.ndarray = field(default_factory=lambda: np.zeros((1, 1, 3), np.float32))
    target: Target | None = None
    patch: Box | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "heat", frozen(self.heat.astype(np.float32)))
        object.__setattr__(self, "seen", frozen(self.seen))

    @property
    def silent(self) -> bool:
        """Whether nothing in the picture counts for the target."""
        return not (self.heat > 0).any()


Maps = Callable[["Network", np.ndarray, "Target", Any], Iterable[Map]]
"""A method: (network, picture as seen, target, its settings) -> its maps, the last one whole."""


def explained(
    network: Network, specimen: Specimen, settings: AttributionSettings, maps: Maps
) -> Iterator[Explained]:
    """Explain one specimen by a method, a frame for each map it gives.

    Raises:
        UserError: there is no such target, or the network gives no numbers.
    """
    from visualizer.engine.attribution.target import choose_target, name_of

    seen = network.fit(specimen.picture, settings.mode)  # type: ignore[arg-type]
    target = choose_target(network, seen, settings.target)
    name = name_of(network, target)
    for found in maps(network, seen, target, settings):
        heat = np.nan_to_num(found.heat)
        yield Explained(
            found.step,
            found.total,
            shown(seen, heat, settings.view, settings.opacity),
            found.numbers,
            name,
            heat=heat,
            seen=seen,
            target=target,
            patch=found.patch,
        )


def shown(picture: np.ndarray, heat: np.ndarray, view: str, opacity: float) -> np.ndarray:
    """A picture H x W x 3 in [0, 1] and a map H x W of it, as uint8 H x W x 3.

    `view`: "overlay" (the map in colour over the picture), "heat map" or "masked picture".
    """
    if view == "overlay":
        return over_picture(picture, heat, opacity, COLOUR_MAP)
    if view == "heat map":
        return coloured(heat)
    return rendering.to_bytes(masked(picture, heat))


def coloured(heat: np.ndarray) -> np.ndarray:
    """A map H x W in colour, uint8 H x W x 3."""
    return rendering.colour(normalised(heat), COLOUR_MAP, 0.0, 1.0)
