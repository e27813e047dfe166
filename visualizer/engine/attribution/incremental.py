"""The first stages of a network, computed only where a patch of the picture has changed.

A small patch changes a small part of the first maps, which are the largest: Nakandala, Kumar &
Papakonstantinou 2019, "Incremental and Approximate Inference for Faster Occlusion-based Deep CNN
Explanations", section 4. What is computed is the same up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from visualizer.engine import backend
from visualizer.engine.graph import FlatGraph, Step
from visualizer.engine.network import Network
from visualizer.engine.receptive_field import is_pointwise, sliding_windows

WORTH = 0.7
"""The largest share of a map that is computed alone; of which more changes, is computed whole."""
BEYOND = {
    layers.Conv2D: 0.0,
    layers.DepthwiseConv2D: 0.0,
    layers.ZeroPadding2D: 0.0,
    layers.MaxPooling2D: float(np.finfo(np.float32).min),
}
"""The layers that slide a window, and what each of them reads beyond the border."""

LOOKING_BACK = ("pooling", "concatenate", "other")
"""Kinds of stages that are explained by what goes into the activations of earlier stages."""

Size = tuple[int, int]
Window = tuple[int, int, int]
"""Before, after and stride: place i reads places i * stride + before to i * stride + after."""


@dataclass(frozen=True)
class Part:
    """A part of a map, as large in each of N pictures: it begins at (tops, lefts), N each."""

    tops: np.ndarray
    lefts: np.ndarray
    size: Size


@dataclass(frozen=True)
class Operation:
    """One operation of the network on a part of its input.

    Attributes:
        read: the number of the value it reads.
        made: the number of the value it makes.
        call: what computes a part of the one from the part of the other that it reads.
        windows: what a place reads on each axis.
        beyond: what it reads beyond the border.
        size: (height, width) of the whole value it makes.
    """

    read: int
    made: int
    call: Callable[[Any], Any]
    windows: tuple[Window, ...]
    beyond: float
    size: Size

    @property
    def in_place(self) -> bool:
        """Whether each place reads just the same place."""
        return all(window == (0, 0, 1) for window in self.windows)

    def changed_size(self, size: Size) -> Size:
        """(height, width) of what changes at most where a part of this size of its input does."""
        height, width = (
            min((side - 1 + after - before) // stride + 1, whole)
            for side, whole, (before, after, stride) in zip(
                size, self.size, self.windows, strict=True
            )
        )
        return height, width

    def changed(self, part: Part) -> Part:
        """What changes where a part of its input does."""
        size = self.changed_size(part.size)
        tops, lefts = (
            np.clip(-(-(starts - after) // stride), 0, whole - side)
            for starts, side, whole, (_, after, stride) in zip(
                (part.tops, part.lefts), size, self.size, self.windows, strict=True
            )
        )
        return Part(tops, lefts, size)

    def places_read(self, part: Part) -> tuple[np.ndarray, np.ndarray]:
        """The rows and the columns of its input that a part of the result reads, N x ... each."""
        rows, columns = (
            starts[:, None] * stride + np.arange(before, (side - 1) * stride + after + 1)
            for starts, side, (before, after, stride) in zip(
                (part.tops, part.lefts), part.size, self.windows, strict=True
            )
        )
        return rows, columns


class IncrementalStart:
    """The first stages of a network, for one picture and patches of one size put over it.

    Args:
        network: its stages must follow one another at the start.
        picture: as the network sees it, H x W x 3 in [0, 1].
        size: (height, width) of the patches in pixels.
        to: the name of the later stage that is to be computed from there on.

    Attributes:
        stage: the name of the last of these stages; None where there are none, so that nothing is
            saved.
    """

    def __init__(self, network: Network, picture: np.ndarray, size: Size, to: str) -> None:
        self.stage, self._operations = _first_operations(network, size, to)
        if self.stage is None:
            return
        self._moving = [each for each in self._operations if not each.in_place]
        whole, self._call = network.cached(
            (IncrementalStart, self.stage), lambda: _compiled(network, self._operations)
        )
        self._whole = whole(picture[None])

    def maps(self, patches: np.ndarray, corners: np.ndarray) -> np.ndarray:
        """The value of the stage for the picture with each of the patches put over it.

        Args:
            patches: N x height x width x 3 in [0, 1].
            corners: N x 2: the top and the left of each, so that it lies within the picture.

        Returns:
            N x H x W x C.
        """
        part = Part(corners[:, 0], corners[:, 1], (patches.shape[1], patches.shape[2]))
        places = []
        for operation, read in zip(self._moving, self._whole, strict=False):
            changed = operation.changed(part)
            places.append(_places(*operation.places_read(changed), part, read.shape[1:3]))
            part = changed
        last = self._whole[-1]
        rows, columns = (np.tile(np.arange(side), (len(corners), 1)) for side in last.shape[1:3])
        places.append(_places(rows, columns, part, last.shape[1:3]))
        return self._call(patches, *self._whole, *places)


def _first_operations(network: Network, size: Size, to: str) -> tuple[str | None, list[Operation]]:
    """The last stage before `to` of which a patch changes only a part, and what leads there."""
    last = network.stage(to)
    if last is not network.stages[-1] and last.kind in LOOKING_BACK:
        return None, []
    graph = network.graph
    shapes = graph.shapes([(None, *network.size, network.channels)])
    ends = {network.value_of(each.name): each.name for each in network.stages[: last.index]}
    stage, count = None, 0
    found: list[Operation] = []
    for step in graph.sequence():
        operation = _operation(graph, step, shapes)
        if operation is None:
            break
        size = operation.changed_size(size)
        if size[0] * size[1] > WORTH * operation.size[0] * operation.size[1]:
            break
        found.append(operation)
        if operation.made in ends and any(not each.in_place for each in found):
            stage, count = ends[operation.made], len(found)
    return stage, found[:count]


def _operation(
    graph: FlatGraph, step: Step, shapes: dict[int, tuple[Any, ...]]
) -> Operation | None:
    """A step as an operation on parts of maps; None if it cannot be computed in part."""
    (read,), (made,) = step.inputs, step.outputs
    before, after = shapes[read], shapes[made]
    if len(before) != 4 or len(after) != 4:
        return None
    windows: tuple[Window, ...] = ((0, 0, 1), (0, 0, 1))
    twin, beyond = step.operation, 0.0
    if type(step.operation) in BEYOND:
        found = sliding_windows(step.operation, before[1:3], after[1:3]) or ()
        windows = tuple((int(first), int(last), int(stride)) for first, last, stride in found)
        twin, beyond = _unpadded(step.operation), BEYOND[type(step.operation)]
    elif not is_pointwise(step, before, after):
        return None

    def call(x: Any) -> Any:
        return graph.run({read: x}, [made], {made: twin})[made]

    return Operation(read, made, call, windows, beyond, after[1:3])


def _unpadded(layer: Any) -> Any:
    """What computes the same where nothing is put around the input; the weights are shared."""
    if isinstance(layer, layers.ZeroPadding2D):
        return keras.activations.linear
    twin = object.__new__(type(layer))
    twin.__dict__.update(layer.__dict__)
    twin.__dict__["padding"] = "valid"
    return twin


def _compiled(
    network: Network, operations: list[Operation]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Two compiled functions: the values that are read, of a whole picture, and `maps`."""
    moving = [each for each in operations if not each.in_place]
    values = [*(each.read for each in moving), operations[-1].made]
    source = network.graph.inputs[0]

    def whole(x: Any) -> Any:
        start = {source: network.preprocessing.apply(x)}
        found = network.graph.run(start, values)
        return [found[value] for value in values]

    def maps(patches: Any, *given: Any) -> Any:
        of_picture, places = iter(given[: len(values)]), iter(given[len(values) :])
        x = network.preprocessing.apply(patches)
        for operation in operations:
            if not operation.in_place:
                x = _taken(next(of_picture), x, operation.beyond, next(places))
            x = operation.call(x)
        return _taken(next(of_picture), x, 0.0, next(places))

    variables = network.model.variables
    return backend.compiled(whole, variables=variables), backend.compiled(maps, variables=variables)


def _taken(of_picture: Any, part: Any, beyond: float, places: Any) -> Any:
    """The numbers at `_places`: N x height x width x C."""
    channels = part.shape[-1]
    rows = [
        ops.reshape(of_picture, (-1, channels)),
        ops.reshape(part, (-1, channels)),
        ops.full((1, channels), beyond, dtype=part.dtype),
    ]
    return ops.take(ops.concatenate(rows), places[..., 0], axis=0)


def _places(rows: np.ndarray, columns: np.ndarray, part: Part, size: Size) -> np.ndarray:
    """Where the numbers at `rows` and `columns` are, N x height x width x 1.

    In a table of, first, the map of the picture, H x W; second, the part of it that changed, in
    each of the N pictures; last, what lies beyond the border.
    """
    (height, width), count = part.size, len(rows)
    down, across = rows - part.tops[:, None], columns - part.lefts[:, None]
    row = (np.arange(count)[:, None] * height + down) * width
    changed = _both((down >= 0) & (down < height), (across >= 0) & (across < width))
    there = _both((rows >= 0) & (rows < size[0]), (columns >= 0) & (columns < size[1]))
    same = rows[:, :, None] * size[1] + columns[:, None, :]
    anew = size[0] * size[1] + row[:, :, None] + across[:, None, :]
    beyond = size[0] * size[1] + count * height * width
    return np.where(changed, anew, np.where(there, same, beyond))[..., None].astype(np.int32)


def _both(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return rows[:, :, None] & columns[:, None, :]
