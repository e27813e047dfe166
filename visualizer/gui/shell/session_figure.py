"""What every figure has: the picture, the network's answer, and which network and stage it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.channel_tiles import LARGEST_SIDE, channel_tiles, colour_scale
from visualizer.engine.class_answers import answer_of, strongest
from visualizer.gui.widgets.figure import Bar, Bars, Figure, Part, Tile, Tiles, Words
from visualizer.gui.widgets.image_view import image_of

if TYPE_CHECKING:
    from visualizer.gui.shell.stage_specimens import ShownStage

ANSWERS = 5
UNITS = 20
"""Units that a figure shows of a stage without positions."""
MOST_MAPS = 400
"""Maps of a stage that a figure shows; it says how many there are."""


@dataclass(frozen=True, eq=False)
class FigureRequest:
    """What the session shows at one moment, and the parts of the workspace; None for the maps.

    With the maps come those of the picture it is `compared` with, in the same order.
    """

    shown: ShownStage
    title: str
    parts: Sequence[Part] | None
    compared: ShownStage | None = None

    def figure(self) -> Figure:
        """Make the figure; on the compute thread."""
        shown, network = self.shown, self.shown.network
        stage = network.stage(shown.stage)
        parts: list[Part] = [_answers(shown)]
        other = self.compared if self.parts is None else None
        if other is not None:
            parts.append(_answers(other))
        parts += _maps(shown) if self.parts is None else self.parts
        if other is not None:
            parts += _maps(other, shown, f"in “{other.specimen.title}”")
        height, width = shown.specimen.size
        where = stage.name if self.parts is None else ""
        caption = (
            f"“{shown.specimen.title}” ({width} × {height} pixels) in {network.title}"
            f"{', stage ' if where else ''}{where}; the answer is {_best(shown)}."
        )
        if network.sha256:
            caption += f" Network SHA-256 {network.sha256[:16]}…"
        title = " · ".join(filter(None, (network.title, self.title, where)))
        return Figure(title, parts, caption)


def _values(shown: ShownStage) -> np.ndarray:
    return answer_of(shown.activations.probabilities, shown.network.classes)


def _shares(shown: ShownStage, values: np.ndarray) -> bool:
    plain = shown.network.gives_values
    return not plain and bool(values.min() >= -1e-6 and values.max() <= 1 + 1e-6)


def _number(value: float, share: bool) -> str:
    return f"{100 * value:.1f}%" if share else f"{value:.4g}"


def _best(shown: ShownStage) -> str:
    values = _values(shown)
    best = int(values.argmax())
    return f"{shown.network.label(best)}, {_number(float(values[best]), _shares(shown, values))}"


def _answers(shown: ShownStage) -> Bars:
    values = _values(shown)
    share, longest = _shares(shown, values), float(np.abs(values).max()) or 1.0
    bars = [
        Bar(
            shown.network.label(index),
            abs(float(values[index])) / (1.0 if share else longest),
            _number(float(values[index]), share),
        )
        for index in strongest(np.abs(values), ANSWERS)
    ]
    return Bars(bars, "Output", Tile(image_of(shown.activations.picture), "as the network sees it"))


def _maps(shown: ShownStage, first: ShownStage | None = None, where: str = "") -> list[Part]:
    """All maps of the stage in the order and the colours they are shown in.

    Args:
        shown: whose maps they are.
        first: whose order they have; None for their own.
        where: more for the title.
    """
    maps = shown.activations.maps[shown.stage]
    if shown.stage == shown.network.stages[0].name:
        return []
    if maps.ndim != 3:
        return _units(shown, where)
    settings = shown.settings
    order: Sequence[int] = range(maps.shape[-1])
    if settings.order == "strength":
        sorting = shown if first is None else first
        order = strongest(sorting.activations.strength(shown.stage), len(order))
    own = settings.scaling == "channel"
    scale = colour_scale(maps, "channel" if own else "shared", settings.colour_map)
    pictures = channel_tiles(maps, scale, LARGEST_SIDE)
    tiles = [Tile(image_of(pictures[unit]), str(unit)) for unit in order[:MOST_MAPS]]
    how = "the most strongly excited first" if settings.order == "strength" else "by their number"
    if own:
        colours = "each by its own range"
    else:
        beyond = " and more" if scale.clipped else ""
        colours = f"on one scale: {scale.low:.3g} to {scale.high:.3g}{beyond}"
    count = f"{len(tiles)} of {len(order)}" if len(order) > len(tiles) else str(len(order))
    words = Words(f"{scale.colour_map}, {colours}.")
    title = f"{count} maps of {shown.stage} {where}".rstrip()
    return [Tiles(tiles, f"{title}, {how}"), words]


def _units(shown: ShownStage, where: str) -> list[Part]:
    """The strongest units of a stage without positions; the answer has its own bars."""
    if shown.stage == shown.network.stages[-1].name:
        return []
    values = shown.activations.maps[shown.stage].ravel()
    longest = float(np.abs(values).max()) or 1.0
    chosen = strongest(np.abs(values), UNITS)
    bars = [Bar(str(u), abs(float(values[u])) / longest, f"{values[u]:.4g}") for u in chosen]
    title = f"The {len(bars)} strongest of {len(values)} units of {shown.stage} {where}"
    return [Bars(bars, title.rstrip())]
