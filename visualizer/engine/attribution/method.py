"""What all attribution methods share: settings, frames, and the views of a map."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from visualizer.engine import rendering
from visualizer.engine.arrays import frozen
from visualizer.engine.attribution.heatmap import (
    in_colour,
    masked,
    normalised,
    over_picture,
    signed,
    without_top_pixels,
)
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

OVERLAY = "overlay"
VIEWS = (OVERLAY, "heat map", "signed map", "in colour", "masked picture")
"""How a map can be shown. "signed map": blue speaks against the target. "in colour": the three
colours of each pixel for themselves, where the method tells them apart, else the heat map."""
COLOUR_MAP, SIGNED = "inferno", "signed"
MARKED = 0.1
"""The share of pixels that is called marked when the score is taken without them."""

Box = tuple[int, int, int, int]
"""Top, left, bottom, right in pixels, bottom and right exclusive."""


@dataclass(frozen=True)
class AttributionSettings(Settings):
    """The target and the view of the map; each method adds its own settings."""

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
    view: str = setting(OVERLAY, choices=VIEWS, help="How the map is shown.")
    opacity: float = setting(
        0.6, low=0.0, high=1.0, step=0.05, help="How much the map covers the picture it lies over."
    )

    def quick(self) -> Self:
        """Coarser settings for cameras and for the many maps of the sanity check."""
        return self


@dataclass(frozen=True, eq=False)
class Map:
    """An attribution map, H x W, as far as it is computed.

    `step` of `total` is done; `numbers` are measurements of the whole; `patch` is what occlusion
    covered last; `colours`, H x W x 3, tells how much each colour of a pixel counts.
    """

    heat: np.ndarray
    colours: np.ndarray | None = None
    step: int = 1
    total: int = 1
    numbers: Mapping[str, float] = field(default_factory=dict)
    patch: Box | None = None


@dataclass(frozen=True, eq=False)
class AttributionFrame(Frame):
    """A frame of a method; its `picture` is the map in the view of the settings.

    Attributes:
        heat: H x W; larger counts more, below zero against the target.
        colours: H x W x 3, likewise for each colour; None where the method knows pixels only.
        seen: the picture as the network sees it, H x W x 3 in [0, 1].
        target: what was explained.
        patch: what was covered last, or None.
    """

    heat: np.ndarray = field(default_factory=lambda: np.zeros((1, 1), np.float32))
    colours: np.ndarray | None = None
    seen: np.ndarray = field(default_factory=lambda: np.zeros((1, 1, 3), np.float32))
    target: Target | None = None
    patch: Box | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "heat", frozen(self.heat.astype(np.float32)))
        object.__setattr__(self, "seen", frozen(self.seen))
        if self.colours is not None:
            object.__setattr__(self, "colours", frozen(self.colours.astype(np.float32)))

    @property
    def silent(self) -> bool:
        """Whether nothing in the picture counts for the target."""
        return not (self.heat > 0).any()


Maps = Callable[["Network", np.ndarray, "Target", Any], Iterable[Map]]
"""A method: (network, picture as seen, target, its settings) -> its maps, the last one whole."""


def attribution_frames(
    network: Network, specimen: Specimen, settings: AttributionSettings, maps: Maps
) -> Iterator[AttributionFrame]:
    """Explain one specimen by a method, a frame for each map it gives.

    Raises:
        UserError: there is no such target, or the network gives no numbers.
    """
    from visualizer.engine.attribution.target import choose_target, name_of

    seen = network.fit(specimen.picture, settings.mode)
    target = choose_target(network, seen, settings.target)
    name = name_of(network, target)
    for found in maps(network, seen, target, settings):
        result = AttributionFrame(
            found.step,
            found.total,
            numbers=found.numbers,
            label=name,
            heat=np.nan_to_num(found.heat),
            colours=found.colours,
            seen=seen,
            target=target,
            patch=found.patch,
        )
        yield replace(result, picture=shown(result, settings.view, settings.opacity))


def shown(result: AttributionFrame, view: str, opacity: float) -> np.ndarray:
    """A map in one of the `VIEWS`, uint8 H x W x 3; `opacity` is that of the overlay."""
    if view == OVERLAY:
        return over_picture(result.seen, result.heat, opacity, COLOUR_MAP)
    if view == "signed map":
        return rendering.colour(signed(result.heat), SIGNED, -1.0, 1.0)
    if view == "masked picture":
        return rendering.to_bytes(masked(result.seen, result.heat))
    if view == "in colour" and result.colours is not None:
        return rendering.to_bytes(in_colour(result.colours))
    return rendering.colour(normalised(result.heat), COLOUR_MAP, 0.0, 1.0)


def views_of(result: AttributionFrame) -> tuple[str, ...]:
    """The `VIEWS` in which this map has something of its own to show."""
    less = set()
    if not (result.heat < 0).any():
        less.add("signed map")
    if result.colours is None:
        less.add("in colour")
    return tuple(view for view in VIEWS if view not in less)


def scores(network: Network, result: AttributionFrame) -> tuple[float, float]:
    """The score of what was explained: of the picture, and of it without the marked pixels."""
    from visualizer.engine.attribution.target import Score

    assert result.target is not None
    less = without_top_pixels(result.seen, result.heat, MARKED)
    whole, left = Score(network, result.target)(np.stack([result.seen, less]))
    return float(whole), float(left)
