"""One forward pass: the maps of every stage for one picture, and how far apart two pictures are."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from visualizer.engine.errors import UserError

if TYPE_CHECKING:
    from visualizer.engine.network import Network


class ActivationsError(UserError):
    """A question about activations that has no answer."""


@dataclass(frozen=True, eq=False)
class Activations:
    """What every stage makes of a picture. All arrays are owned and read-only.

    Attributes:
        picture: H x W x 3 in [0, 1], as the network sees it.
        maps: by stage name, in order: H x W x C or C, float32.
        probabilities: K numbers in [0, 1].
        seconds: what the forward pass took.
    """

    picture: np.ndarray
    maps: Mapping[str, np.ndarray]
    probabilities: np.ndarray
    seconds: float

    @cached_property
    def norms(self) -> Mapping[str, float]:
        """The L2 norm of each stage, by name."""
        return {name: cv2.norm(values.ravel()) for name, values in self.maps.items()}

    def strength(self, stage: str) -> np.ndarray:
        """Return one number a unit, to sort by: its maximum over all positions."""
        values = self._of(stage)
        return values.max(axis=(0, 1)) if values.ndim == 3 else values

    def strongest_position(self, stage: str, unit: int) -> tuple[int, int]:
        """Return the (row, column) where a unit of a stage with maps is strongest."""
        values = np.nan_to_num(self._of(stage)[..., unit])
        row, column = np.unravel_index(values.argmax(), values.shape)
        return int(row), int(column)

    def statistics(self, stage: str) -> dict[str, float]:
        """Return the mean, maximum and minimum of a stage and its fraction of exact zeros."""
        values = self._of(stage)
        return {
            "mean": float(values.mean(dtype=np.float64)),
            "max": float(values.max()),
            "min": float(values.min()),
            "zeros": 1 - np.count_nonzero(values) / values.size,
        }

    def strongest_unit(self, stage: str) -> int:
        """Return the unit of greatest strength; not-a-number counts as the least."""
        return int(np.nan_to_num(self.strength(stage), nan=-np.inf).argmax())

    def _of(self, stage: str) -> np.ndarray:
        try:
            return self.maps[stage]
        except KeyError:
            raise ActivationsError(
                f"There is no stage {stage!r} here; choose one of {', '.join(self.maps)}."
            ) from None


def activations(network: Network, picture: np.ndarray, mode: str = "crop") -> Activations:
    """Compute the maps of every stage for a picture of any size, in one compiled forward pass.

    Args:
        network: what looks at it.
        picture: H x W x 3 in [0, 1].
        mode: how it is brought to the network's size; see `Network.fit`.
    """
    seen = network.fit(picture, mode)
    begun = time.perf_counter()
    batch = network.forward(seen[None])
    seconds = time.perf_counter() - begun
    maps = {}
    for name, values in batch.items():
        values.setflags(write=False)
        maps[name] = values[0]
    seen.setflags(write=False)
    return Activations(seen, maps, maps["output"], seconds)


def divergence(a: Activations, b: Activations) -> dict[str, float]:
    """Return how far apart two pictures are at each stage: 2 |a - b| / (|a| + |b|).

    With the L2 norm; 0 where they are alike, 2 where they are opposite.

    Raises:
        ActivationsError: they come from different networks.
    """
    shapes = [{name: values.shape for name, values in x.maps.items()} for x in (a, b)]
    if shapes[0] != shapes[1]:
        raise ActivationsError(
            "The two pictures went through different networks; "
            "compare pictures that went through the same one."
        )
    return {name: _apart(a, b, name) for name in a.maps}


def greatest_change(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return `b` - `a` of each unit where it is farthest from 0: C numbers with their sign.

    Args:
        a: the maps of a stage for one picture, H x W x C or C.
        b: for another picture, of the same shape.
    """
    change = (b - a).reshape(-1, a.shape[-1])
    return change[np.abs(change).argmax(0), np.arange(change.shape[1])]


def _apart(a: Activations, b: Activations, stage: str) -> float:
    # In one pass, where NumPy would write the difference down and read it again.
    apart = cv2.norm(a.maps[stage].ravel(), b.maps[stage].ravel(), cv2.NORM_L2)
    total = a.norms[stage] + b.norms[stage]
    return 2 * apart / total if total else 0.0
