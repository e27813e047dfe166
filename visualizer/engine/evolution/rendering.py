"""CPPNs as pictures: the coordinates of all pixels go through the nodes, a chunk at a time.

What the nodes make of a chunk of pixels stays in the processor's cache, and takes the same memory
at any size.
"""

from __future__ import annotations

from collections.abc import Generator

import cv2
import numpy as np

from visualizer.engine.evolution.cppn import FIRST_OUTPUT, FUNCTIONS, INPUTS, Genome
from visualizer.engine.generators import run_to_end

CHUNK = 18_432
"""Pixels, 72 kB a node. A quarter of them takes almost twice as long a pixel: calls cost too."""
LARGEST_SIDE = 8192
SOFT = 0.6
"""Standard deviation in pixels, at any size, of the blur that ends a drawing. Without it, formulas
finer than the pixels win by what is left of them between the pixels, and look like noise."""


def coordinates(
    height: int, width: int, start: int, stop: int, dtype: type = np.float32
) -> np.ndarray:
    """The inputs of the pixels from `start` to `stop` in reading order: 4 x (stop - start)."""
    index = np.arange(start, stop)
    rows, columns = np.divmod(index, width)
    half = min(height, width) / 2
    x = ((columns + 0.5) - width / 2) / half
    y = ((rows + 0.5) - height / 2) / half
    inputs: np.ndarray = np.empty((len(INPUTS), len(index)), dtype)
    inputs[0], inputs[1], inputs[2], inputs[3] = x, y, np.hypot(x, y), 1
    return inputs


def node_values(
    genome: Genome, inputs: np.ndarray, order: list[int] | None = None
) -> dict[int, np.ndarray]:
    """What every node gives for inputs 4 x N, the inputs too: N values a node, by key."""
    order = genome.order() if order is None else order
    sources: dict[int, list[tuple[int, float]]] = {key: [] for key in order}
    for (source, target), weight in genome.weights.items():
        if target in sources:
            sources[target].append((source, weight))
    values: dict[int, np.ndarray] = dict(enumerate(inputs))
    dtype, product = inputs.dtype.type, np.empty(inputs.shape[1], inputs.dtype)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for key in order:
            node = genome.nodes[key]
            total = np.empty(inputs.shape[1], inputs.dtype)
            total.fill(node.bias)
            for source, weight in sources[key]:
                total += np.multiply(values[source], dtype(weight), out=product)
            values[key] = FUNCTIONS[node.function](total)
    return values


def evaluate(genome: Genome, inputs: np.ndarray, order: list[int] | None = None) -> np.ndarray:
    """The outputs of a genome: outputs x N for inputs 4 x N, in the inputs' precision."""
    values = node_values(genome, inputs, order)
    return np.stack([values[FIRST_OUTPUT + at] for at in range(genome.outputs)])


def node_pictures(genome: Genome, side: int) -> dict[int, np.ndarray]:
    """What every input and node makes of the plane: uint8, side x side, by key.

    -1 and less is black, 0 grey, 1 and more white. Nodes that no output depends on are left out.
    """
    values = node_values(genome, coordinates(side, side, 0, side * side))
    return {
        key: np.rint(127.5 * (1 + np.clip(np.nan_to_num(each), -1, 1)))
        .astype(np.uint8)
        .reshape(side, side)
        for key, each in values.items()
    }


def picture(genome: Genome, height: int, width: int) -> np.ndarray:
    """The picture of a genome at any size.

    Args:
        genome: one output is grey; three are hue, saturation and value.
        height: in pixels, from 1 to `LARGEST_SIDE`.
        width: likewise.

    Returns:
        uint8, H x W x 3.
    """
    return run_to_end(picture_steps(genome, height, width))


def picture_steps(
    genome: Genome, height: int, width: int
) -> Generator[tuple[int, int], None, np.ndarray]:
    """`picture` in slices; yields how many pixels of how many are drawn after each."""
    if not (1 <= height <= LARGEST_SIDE and 1 <= width <= LARGEST_SIDE):
        raise ValueError(f"a side is from 1 to {LARGEST_SIDE} pixels, not {height} x {width}")
    pixels = np.empty((height * width, 3), np.uint8)
    order = genome.order()
    for start in range(0, height * width, CHUNK):
        stop = min(start + CHUNK, height * width)
        inputs = _inputs(height, width, start, stop)
        outputs = evaluate(genome, inputs, order)
        if not np.isfinite(outputs).all():
            np.nan_to_num(outputs, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
        pixels[start:stop] = _grey(outputs) if genome.outputs == 1 else _from_hsv(*outputs)
        yield stop, height * width
    return np.asarray(cv2.GaussianBlur(pixels.reshape(height, width, 3), (0, 0), SOFT))


_kept: dict[tuple[int, int, int, int], np.ndarray] = {}


def _inputs(height: int, width: int, start: int, stop: int) -> np.ndarray:
    """`coordinates`, kept for small pictures, which are drawn again and again."""
    if height * width > 2**18:
        return coordinates(height, width, start, stop)
    place = height, width, start, stop
    found = _kept.get(place)
    if found is None:
        if len(_kept) > 256:
            _kept.clear()
        found = _kept[place] = coordinates(height, width, start, stop)
        found.setflags(write=False)
    return found


def _grey(outputs: np.ndarray) -> np.ndarray:
    """-1 is black and 1 white: N x 1 levels."""
    level = np.clip(np.abs(outputs[0]), 0, 1) * 255 + 0.5
    return level.astype(np.uint8)[:, None]


def _from_hsv(hue: np.ndarray, saturation: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Hue goes round once from 0 to 1; saturation and value are magnitudes, at most 1: N x 3."""
    hsv = np.empty((1, len(hue), 3), np.float32)
    np.multiply(hue - np.floor(hue), 360, out=hsv[0, :, 0])
    np.minimum(np.abs(saturation), 1, out=hsv[0, :, 1])
    np.minimum(np.abs(value), 1, out=hsv[0, :, 2])
    return np.asarray(cv2.convertScaleAbs(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0], alpha=255))
