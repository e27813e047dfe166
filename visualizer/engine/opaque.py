"""A subclassed model as a graph of a single operation."""

from __future__ import annotations

from typing import Any

import keras

from visualizer.engine.errors import UserError
from visualizer.engine.graph import FlatGraph, Step, Value


def opaque_graph(model: keras.Model, size: tuple[int, int], channels: int = 3) -> FlatGraph:
    """Return `model` as one step from a picture to its answer.

    Args:
        model: takes N x H x W x channels.
        size: (height, width) to ask it about.
        channels: of the picture.

    Raises:
        UserError: it cannot be called on such a picture.
    """
    pixels = keras.KerasTensor((None, *size, channels), "float32")
    try:
        answer: Any = model.compute_output_spec(pixels)
    except Exception as error:  # whatever the code inside the model raises
        raise UserError(
            f"The model {model.name!r} cannot be run on a picture of {size[0]} x {size[1]} x "
            f"{channels}; check the size of its input ({type(error).__name__}: {error})."
        ) from error
    specs = keras.tree.flatten(answer)
    outputs = tuple(range(1, len(specs) + 1))
    step = Step(model, (Value(0),), {}, (0,), outputs, tuple(specs))
    return FlatGraph((step,), (0,), outputs, (pixels,))
