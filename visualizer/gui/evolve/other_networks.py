"""What other networks say of a champion: those of the catalogue that are on this computer."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.errors import UserError
from visualizer.models import catalog

if TYPE_CHECKING:
    from visualizer.engine.network import Network, Prediction

    Draw = Callable[[int, int], np.ndarray]

ANSWERS = 3
KEPT_MEGABYTES = 64
"""Networks whose files are larger are opened anew each time, and not kept in memory."""


@dataclass(frozen=True)
class OtherAnswer:
    """What a network says.

    Attributes:
        title: of the network.
        size: height and width in pixels at which it was shown the picture.
        answers: its likeliest classes, the likeliest first; none where it does not open.
        problem: why it does not open, or "".
    """

    title: str
    size: tuple[int, int] = (0, 0)
    answers: tuple[Prediction, ...] = ()
    problem: str = ""


class OtherNetworks:
    """Opens the networks of the catalogue when they are first asked; on the compute thread."""

    def __init__(self) -> None:
        self._open: dict[str, Network] = {}

    def answers(self, asked: Network, draw: Draw) -> Iterator[tuple[OtherAnswer, ...]]:
        """Show a picture to all of them, the network it was evolved for first.

        Args:
            asked: that network.
            draw: draws the picture at any height and width: uint8, H x W x 3.

        Yields:
            All answers so far; also while a network is being opened.
        """
        found = [_answer(asked, draw)]
        yield tuple(found)
        for entry in catalog.entries():
            if not entry.available or entry.name == catalog.name_of(asked):
                continue
            try:
                network = self._open.get(entry.name)
                if network is None:
                    network = yield from _opened(entry.name, tuple(found))
                    if entry.megabytes <= KEPT_MEGABYTES:
                        self._open[entry.name] = network
                found.append(_answer(network, draw))
            except UserError as error:
                found.append(OtherAnswer(entry.title, problem=str(error)))
            yield tuple(found)


def _opened(
    name: str, meanwhile: tuple[OtherAnswer, ...]
) -> Generator[tuple[OtherAnswer, ...], None, Network]:
    """Open a network in slices."""
    steps = catalog.opening(name)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            network: Network = end.value
            return network
        yield meanwhile


def _answer(network: Network, draw: Draw) -> OtherAnswer:
    """Show it the picture at its own size."""
    picture = draw(*network.size)
    answers = network.predictions(picture, ANSWERS)
    return OtherAnswer(network.title, network.size, tuple(answers))
