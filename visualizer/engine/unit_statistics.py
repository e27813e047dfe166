"""Numbers of the units of a stage on one picture: maximum, mean, zeros, rank and place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class UnitStatistics:
    """One unit on one picture.

    Attributes:
        maximum: over all positions.
        mean: likewise.
        zeros: the share of exact zeros, 0 to 1.
        rank: by maximum among the units of the stage, from 1, the strongest.
        units: how many the stage has.
        row: of the maximum; None for a stage without positions, as `column`.
    """

    maximum: float
    mean: float
    zeros: float
    rank: int
    units: int
    row: int | None = None
    column: int | None = None


def unit_statistics(maps: np.ndarray, unit: int) -> UnitStatistics:
    """Measure one unit of a stage; `maps` is H x W x C or C."""
    values = maps[..., unit]
    peaks = maps.max(axis=(0, 1)) if maps.ndim == 3 else maps
    row = column = None
    if maps.ndim == 3:
        row, column = (int(i) for i in np.unravel_index(int(values.argmax()), values.shape))
    return UnitStatistics(
        maximum=float(peaks[unit]),
        mean=float(values.mean()),
        zeros=float((values == 0).mean()),
        rank=1 + int((peaks > peaks[unit]).sum()),
        units=maps.shape[-1],
        row=row,
        column=column,
    )


def statistics_table(
    maps: np.ndarray, label: Callable[[int], str] | None = None
) -> tuple[list[str], list[list[Any]]]:
    """The numbers of every unit as a header and rows.

    Args:
        maps: H x W x C or C.
        label: the name of a unit; with it there is a column of names.
    """
    header = ["unit", "max", "mean", "fraction of zeros", "row of max", "column of max"]
    values = maps.reshape(-1, maps.shape[-1])
    tops, means, zeros = values.max(0), values.mean(0), (values == 0).mean(0)
    if maps.ndim == 3:
        rows, columns = np.divmod(values.argmax(0), maps.shape[1])
        places = [[int(r), int(c)] for r, c in zip(rows, columns, strict=True)]
    else:
        header, places = header[:4], [[] for _ in tops]
    table: list[list[Any]] = [
        [unit, float(tops[unit]), float(means[unit]), float(zeros[unit]), *places[unit]]
        for unit in range(len(tops))
    ]
    if label is not None:
        header.insert(1, "class")
        for row in table:
            row.insert(1, label(row[0]))
    return header, table
