"""The compiled gradient of an objective: of whole pictures, through a random view, or by tiles."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Generator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.ascent.resampling import resample
from visualizer.engine.errors import UserError
from visualizer.engine.generators import Pending, run_to_end, with_pauses
from visualizer.engine.grey import pixel_gradient
from visualizer.engine.objective import Target, objective

if TYPE_CHECKING:
    from visualizer.engine.network import Network

START, END = "at the start", "at the end"
"""Names of the objective before and after, in the numbers of a last frame."""

TILE = 512
"""Side in pixels of the tiles in which large pictures are climbed, to bound the memory."""


FLATTEST = 1e-30
"""Gradients below it count as zero: float32 cannot divide by them."""


class AscentError(UserError):
    """There is no gradient to follow."""


class ZeroGradientError(AscentError):
    """The gradient is zero everywhere."""


class ObjectiveGradient:
    """An objective and its gradient with respect to pixels, for pictures N x H x W x 3 in [0, 1].

    Compiled functions are cached on the network: another unit of the same stage reuses them.
    """

    def __init__(self, network: Network, targets: Sequence[Target]) -> None:
        self._network, self._targets = network, tuple(targets)
        self._objective = objective(network, targets)
        self._fixed = not all(_takes_any_size(network, t.stage) for t in self._targets)
        self._tile = network.size if self._fixed else (TILE, TILE)
        self._plain, self._viewed = network.cached(
            (type(self), self._objective.parts),
            lambda: (self._compiled(viewed=False), self._compiled(viewed=True)),
        )

    @property
    def tile(self) -> tuple[int, int]:
        """(height, width) of the tiles in which larger pictures are climbed."""
        return self._tile

    def _climb(self) -> Callable[..., Any]:
        """The function (pictures, *arguments) -> one number a picture, as it is compiled."""
        return self._objective

    def _arguments(self, _count: int) -> list[np.ndarray]:
        """What `_climb` is given beside `count` pictures."""
        return self._objective.weights(self._targets, _count)

    def _compiled(self, viewed: bool) -> Any:
        climb = self._climb()

        def plain(x: Any, *weights: Any) -> Any:
            from keras import ops

            values = climb(x, *weights)
            return ops.sum(values), values

        def through_view(x: Any, rows: Any, columns: Any, *weights: Any) -> Any:
            return plain(resample(x, rows, columns), *weights)

        function = through_view if viewed else plain
        return pixel_gradient(self._network, function, any_size=not self._fixed)

    def least_size(self) -> tuple[int, int]:
        """The smallest (height, width) of a picture for which the targets exist.

        For a spatial stage, what gives one position (or the one that is climbed); for a dense
        one, the network's size.
        """
        return self._least

    @cached_property
    def _least(self) -> tuple[int, int]:
        height, width = self._network.size
        if self._fixed:
            return height, width
        rows = range(1, height + 1)
        columns = range(1, width + 1)
        # Positions grow with the size, so the smallest is found by bisection.
        return (
            rows[bisect_left(rows, True, key=lambda side: self._seen((side, width)))],
            columns[bisect_left(columns, True, key=lambda side: self._seen((height, side)))],
        )

    def _seen(self, size: tuple[int, int]) -> bool:
        """Whether pictures of (height, width) have the position that each target climbs."""
        for target in self._targets:
            shape = self._network.shape_at(target.stage, size)
            row, column = target.position or (0, 0)
            if shape is None or shape[0] <= row or shape[1] <= column:
                return False
        return True

    def check_size(self, size: tuple[int, int]) -> None:
        """Raise an `AscentError` if pictures of (height, width) cannot be climbed whole."""
        if self._fixed and size != self._network.size:
            raise AscentError(
                f"A picture of {size[1]} x {size[0]} pixels was asked for, but what is climbed "
                f"sees just {self._network.size[1]} x {self._network.size[0]}; leave out the side."
            )

    def at(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(values N, gradient) at pictures of a size the network takes.

        Raises:
            AscentError: the gradient is not a number, or zero everywhere.
        """
        (_, values), gradient = self._plain(pictures, *self._arguments(len(pictures)))
        return values, checked(gradient)

    def through(
        self,
        pictures: np.ndarray,
        view: tuple[np.ndarray, np.ndarray],
        weights: Sequence[np.ndarray] | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `at`, but of the pictures resampled by one view (`random_views`).

        `weights` may give each picture of the batch its own channels (`Objective.weights`).
        """
        if weights is None:
            weights = self._arguments(len(pictures))
        (_, values), gradient = self._viewed(pictures, *view, *weights)
        return values, checked(gradient)

    def tiled(self, picture: np.ndarray, shift: tuple[int, int]) -> tuple[float, np.ndarray]:
        """(mean value, gradient) of one picture of any size, H x W x 3, tile by tile.

        The picture is rolled by `shift` before it is cut, so that with a new shift at every step no
        seam stays in one place; gradients of overlapping tiles are averaged.
        """
        return run_to_end(self.in_pieces(picture, shift))

    def value(self, picture: np.ndarray) -> float:
        """The objective at one picture of any size, without shift or random view."""
        return self.tiled(picture, (0, 0))[0]

    def in_pieces(
        self, picture: np.ndarray, shift: tuple[int, int]
    ) -> Generator[None, None, tuple[float, np.ndarray]]:
        """As `tiled`, but yields after each tile of a picture larger than one."""
        height, width = picture.shape[:2]
        tile = (min(self._tile[0], height), min(self._tile[1], width))
        least = self.least_size()
        if height < least[0] or width < least[1]:
            raise too_small((height, width), least)
        arguments = self._arguments(1)
        if tile == (height, width):
            rolled = np.roll(picture, shift, axis=(0, 1))
            (_, value), gradient = self._plain(rolled[None], *arguments)
            back = (-shift[0], -shift[1])
            return float(value[0]), np.roll(checked(gradient[0]), back, axis=(0, 1))
        # Tiles wrap around the border, so that a large picture is never copied whole.
        gradient = np.zeros_like(picture)
        counted = np.zeros((height, width, 1), np.uint8)
        values = []
        for top in _starts(height, tile[0]):
            rows = np.arange(top - shift[0], top - shift[0] + tile[0]) % height
            for left in _starts(width, tile[1]):
                columns = np.arange(left - shift[1], left - shift[1] + tile[1]) % width
                piece = np.ix_(rows, columns)
                (_, value), part = self._plain(picture[piece][None], *arguments)
                gradient[piece] += finite(part[0])
                counted[piece] += 1
                values.append(float(value[0]))
                yield
        gradient /= counted
        yield
        return float(np.mean(values)), nonzero(gradient)


def _takes_any_size(network: Network, stage: str) -> bool:
    """Whether a stage grows with the picture."""
    height, width = network.size
    doubled = network.shape_at(stage, (2 * height, 2 * width))
    return network.stage(stage).spatial and doubled is not None


def too_small(size: tuple[int, int], least: tuple[int, int]) -> AscentError:
    """The error of a picture of (height, width) that must be at least `least`."""
    return AscentError(
        f"The picture is {size[1]} x {size[0]} pixels, too small for what is climbed, which needs "
        f"{least[1]} x {least[0]}; make it larger or choose an earlier stage."
    )


def _starts(length: int, tile: int) -> list[int]:
    """Where tiles of length `tile` begin so that they cover `length` evenly."""
    pieces = -(-length // tile)
    return [round(start) for start in np.linspace(0, length - tile, pieces)]


def checked(gradient: np.ndarray) -> np.ndarray:
    """The gradient, if it is finite and not zero.

    Raises:
        AscentError: it is NaN or infinite.
        ZeroGradientError: it is zero everywhere.
    """
    return nonzero(finite(gradient))


def finite(gradient: np.ndarray) -> np.ndarray:
    """The gradient, if it is finite.

    Raises:
        AscentError: it is NaN or infinite.
    """
    if not np.isfinite(gradient).all():
        raise AscentError(
            "The slope is not a number (NaN) here; the network's weights are broken, or the steps "
            "are too large."
        )
    return gradient


def nonzero(gradient: np.ndarray) -> np.ndarray:
    """The gradient, if it is not zero everywhere.

    Raises:
        ZeroGradientError: it is.
    """
    if max(gradient.max(), -gradient.min()) < FLATTEST:
        raise ZeroGradientError(
            "Nothing that the picture could change moves this unit (its slope is zero); it is "
            "dead, or does not look at the picture."
        )
    return gradient


def end_values(start: float, end: float) -> dict[str, float]:
    """The objective before and after, as numbers of the last frame."""
    return {START: start, END: end}


def objective_at_ends(
    objective: ObjectiveGradient, start: np.ndarray, end: np.ndarray, pending: Pending
) -> Generator[Pending, None, dict[str, float]]:
    """`end_values` of two pictures of any size; yields `pending` after each tile."""
    values = []
    for picture in (start, end):
        value, _ = yield from with_pauses(objective.in_pieces(picture, (0, 0)), pending)
        values.append(value)
    return end_values(*values)
