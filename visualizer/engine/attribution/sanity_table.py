"""The maps of a sanity check as a table: a row a method, a column for each stage that is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.attribution.method import AttributionSettings, shown
from visualizer.engine.attribution.sanity import TRAINED, Sanity, sanity_check

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

NOTICES = 0.5
"""A method hardly notices if the mean rank correlation of its maps stays above this."""


@dataclass(frozen=True, eq=False)
class SanityCell:
    """One map.

    Attributes:
        method: its name.
        stage: the weights from the output down to this stage are lost; `TRAINED`: none are.
        picture: the map in colour, uint8 H x W x 3.
        rank: Spearman's correlation with the map of the trained network, -1 to 1.
        ssim: structural similarity to it, -1 to 1.
    """

    method: str
    stage: str
    picture: np.ndarray
    rank: float
    ssim: float


@dataclass(frozen=True, eq=False)
class SanityTable:
    """The check as far as it has come.

    Attributes:
        cells: the maps made so far, in order.
        columns: how many stages there will be, the trained network among them.
        label: what is explained; "" before the first map.
        step, total: how many maps are made, and how many there will be.
    """

    cells: tuple[SanityCell, ...] = ()
    columns: int = 0
    label: str = ""
    step: int = 0
    total: int = 0

    @property
    def done(self) -> bool:
        """Whether all maps are made."""
        return bool(self.total) and self.step == self.total

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """The rows."""
        return tuple(dict.fromkeys(cell.method for cell in self.cells))

    @cached_property
    def stages(self) -> tuple[str, ...]:
        """The columns so far."""
        return tuple(dict.fromkeys(cell.stage for cell in self.cells))

    def cell(self, method: str, stage: str) -> SanityCell | None:
        """The map of a row and a column, if it is made."""
        found = (cell for cell in self.cells if (cell.method, cell.stage) == (method, stage))
        return next(found, None)

    def mean_rank(self, method: str) -> float | None:
        """The mean rank correlation over the lost stages; None before the first."""
        lost = [c.rank for c in self.cells if c.method == method and c.stage != TRAINED]
        return float(np.mean(lost)) if lost else None

    def notices(self, method: str) -> bool | None:
        """Whether a method notices that the network is lost; None before the first lost stage."""
        mean = self.mean_rank(method)
        return None if mean is None else mean <= NOTICES


def sanity_table(
    network: Network, specimen: Specimen, chosen: Mapping[str, AttributionSettings]
) -> Iterator[SanityTable]:
    """Run the sanity check of `chosen` methods; each table holds all maps so far.

    Raises:
        UserError: the network cannot be copied or a method cannot be used on it.
    """
    cells: tuple[SanityCell, ...] = ()
    label = ""
    for found in sanity_check(network, specimen, chosen):
        columns = found.total // len(chosen)
        if isinstance(found, Sanity):
            result, alike = found.result, found.similarity
            picture = shown(result, "heat map", 0.0)
            cell = SanityCell(found.method, found.stage, picture, alike.rank, alike.ssim)
            cells, label = (*cells, cell), result.label
            yield SanityTable(cells, columns, label, found.done, found.total)
        else:
            yield SanityTable(cells, columns, label, found.step, found.total)
