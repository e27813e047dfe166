"""The memory budget of a model: as many weights as its file holds, and feature maps that fit.

Weights and maps are counted while Keras builds the model, before each is allocated; the maps of a
model with an input of any size are counted once it is built.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from visualizer.engine.errors import UserError
from visualizer.models.safety import (
    FREE_MAP_NUMBERS,
    MAPS_PER_WEIGHT,
    MAX_MAP_NUMBERS,
    MAX_WEIGHT_BYTES,
    SPARE_WEIGHTS,
    UnsafeFileError,
)
from visualizer.models.work_budget import Shape, check_work, work

if TYPE_CHECKING:
    import keras

    from visualizer.engine.graph import Step

HEADS = {"MultiHeadAttention": "num_heads", "GroupQueryAttention": "num_query_heads"}
"""Layers that compare every place with every other, and what says how many times."""
ATTENTION = {*HEADS, "Attention", "AdditiveAttention", "DotProductAttention"}


class MemoryBudget:
    """How many weights a model may make, and how large the maps between its layers may be.

    Args:
        file: its name, for the sentence.
        numbers: how many numbers the file holds. A network with more weights than that cannot be
            filled from it, so a small file cannot ask for much memory.
    """

    def __init__(self, file: str, numbers: int) -> None:
        self.file, self.numbers = file, numbers
        self._left = min(numbers, MAX_WEIGHT_BYTES // 4) + SPARE_WEIGHTS

    @contextmanager
    def enforced(self) -> Iterator[None]:
        """While it lasts Keras counts every weight and map first, and makes weights of zeros.

        Raises:
            UnsafeFileError: the budget is used up.
        """
        from keras.layers import Layer
        from keras.src.ops.node import Node

        make_weight, note_call = Layer.add_weight, Node.__init__

        def add_weight(
            layer: Any,
            shape: Any = None,
            initializer: Any = None,  # noqa: ARG001  # Keras' own signature
            dtype: Any = None,
            **others: Any,
        ) -> Any:
            self.spend(() if shape is None else shape)
            return make_weight(layer, shape=shape, initializer="zeros", dtype=dtype, **others)

        def init(node: Any, operation: Any, *args: Any, **others: Any) -> None:
            note_call(node, operation, *args, **others)
            for tensor in node.outputs:
                self._check_map(operation.name, tensor.shape)

        with _replaced(Layer, "add_weight", add_weight), _replaced(Node, "__init__", init):
            yield

    def spend(self, shape: Sequence[Any]) -> None:
        """Count one variable.

        Raises:
            UnsafeFileError: the budget is used up.
        """
        self._left -= math.prod(int(side) for side in shape)
        if self._left < 0:
            raise UnsafeFileError(
                f"{self.file} describes a network with far more weights than the {self.numbers:,} "
                "that are in it; use the description and the weights of one and the same model."
            )

    def check_maps(self, model: keras.Model) -> None:
        """Refuse a built model whose layers give more for one picture than fits into memory.

        Or that would take far too long for it. A side that may be of any size counts as large as
        this program will run it.

        Raises:
            UnsafeFileError: names the layer, if one alone is too much.
        """
        self._work = 0.0
        total = self._maps(model)
        most = max(FREE_MAP_NUMBERS, MAPS_PER_WEIGHT * model.count_params())
        if total > most:
            raise UnsafeFileError(
                f"The layers in {self.file} give {total:,} numbers for one picture; of a network "
                f"of its size this program computes up to {most:,}, so make its input smaller."
            )
        check_work(self._work, model.count_params(), self.file)

    def _maps(self, model: Any) -> int:
        from visualizer.engine.graph import flatten
        from visualizer.engine.network import FREE_SIZE

        try:
            graph = flatten(model)
        except UserError:
            return 0  # a class of the user's own, which only `trust` lets come so far
        sizes = [(1, *(side or FREE_SIZE for side in spec.shape[1:])) for spec in graph.input_specs]
        shapes = graph.shapes(sizes)
        self._work += sum(work(step, shapes) for step in graph.steps)
        return sum(math.prod(size) for size in sizes) + sum(
            self._numbers(step, shapes) for step in graph.steps
        )

    def _numbers(self, step: Step, shapes: dict[int, Shape]) -> int:
        """How many numbers a step makes, within it too."""
        operation, kind = step.operation, type(step.operation).__name__
        total = sum(self._check_map(operation.name, shapes[value]) for value in step.outputs)
        if kind in ATTENTION:
            query, other, *_ = [shapes[value] for value in step.inputs] * 2
            if kind == "DotProductAttention":  # N x places x heads x features
                compared = (query[2], query[1], other[1])
            else:
                heads = int(getattr(operation, HEADS.get(kind, ""), 1))
                compared = (heads, math.prod(query[1:-1]), math.prod(other[1:-1]))
            total += self._check_map(operation.name, compared)
        inner = getattr(operation, "layer", None)
        if getattr(inner, "layers", None):  # wrapped, as by TimeDistributed: once for every step
            total += shapes[step.inputs[0]][1] * self._maps(inner)
        return total

    def _check_map(self, name: str, shape: Sequence[int | None]) -> int:
        count = math.prod(side or 1 for side in shape)
        if count > MAX_MAP_NUMBERS:
            raise UnsafeFileError(
                f"The layer {name} in {self.file} gives {count:,} numbers for one picture; this "
                f"program computes up to {MAX_MAP_NUMBERS:,}."
            )
        return count


@contextmanager
def _replaced(owner: type, name: str, method: Any) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, method)
    try:
        yield
    finally:
        setattr(owner, name, before)
