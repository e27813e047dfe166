"""Colour maps: four perceptually uniform ones, grey, and a signed one; and values through them.

A map is a table of 256 colours. Values are put on it by their place between a low and a high limit.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import cv2
import numpy as np

from visualizer.engine.arrays import owned

Limits = tuple[float, float]
"""(low, high): the values that get the first and the last colour."""

COLOUR_MAPS = ("inferno", "viridis", "magma", "cividis", "grey", "signed")
"""All but "signed" run from dark to bright. "signed" is dark grey at zero, blue below, orange
above, equally bright on both sides, and told apart with every kind of colour vision."""

_OPENCV = {
    "inferno": cv2.COLORMAP_INFERNO,
    "viridis": cv2.COLORMAP_VIRIDIS,
    "magma": cv2.COLORMAP_MAGMA,
    "cividis": cv2.COLORMAP_CIVIDIS,
}


@functools.cache
def table(name: str) -> np.ndarray:
    """The colours of a map from low to high: uint8, 256 x 3, RGB, read-only.

    Raises:
        ValueError: there is no such map.
    """
    ramp = np.arange(256, dtype=np.uint8)
    if name in _OPENCV:
        colours = cv2.applyColorMap(ramp[:, None], _OPENCV[name])[:, 0, ::-1].copy()
    elif name == "grey":
        colours = np.repeat(ramp[:, None], 3, axis=1)
    elif name == "signed":
        colours = _signed()
    else:
        raise ValueError(f"There is no colour map “{name}”; there are {', '.join(COLOUR_MAPS)}.")
    colours.setflags(write=False)
    return colours


def limits(values: np.ndarray, colour_map: str) -> Limits:
    """(low, high) to colour values by: their range, widened to hold zero; "signed": +-largest.

    With zero inside, "off" has one colour in all stages. Values that are not finite do not count.
    """
    if values.size == 0:
        return 0.0, 0.0
    low, high = widened(*value_range(values, None), colour_map)
    return float(low), float(high)


ROBUST_PERCENTILE = 99
SAMPLED = 2**14
"""Values that decide `robust_limits`: more would cost a camera its pace."""


def robust_limits(maps: np.ndarray, low: float, high: float) -> Limits:
    """Limits drawn in so that 1 % of the values that are not zero lie beyond them.

    A few strong values in a few channels would otherwise leave most channels dark.

    Args:
        maps: H x W x C; where there are many values, every second or third position is looked at.
        low: the limit that holds all values, as `limits` gives it.
        high: likewise.
    """
    step = math.ceil(math.sqrt(maps.size / SAMPLED)) or 1
    sizes = np.abs(maps[::step, ::step])
    sizes = sizes[(sizes > 0) & np.isfinite(sizes)]
    if not sizes.size:
        return low, high
    largest = float(np.percentile(sizes, ROBUST_PERCENTILE))
    return max(low, -largest), min(high, largest)


def colour(values: np.ndarray, name: str, low: float, high: float) -> np.ndarray:
    """Values (any shape) as RGB (that shape x 3), uint8: `low` is the map's first colour.

    Values outside [low, high] get the colour at that end; NaN is treated as zero.
    """
    indices = places(values, np.asarray(low), np.asarray(high))
    return owned(look_up(np.atleast_2d(indices), name).reshape(*values.shape, 3))


def value_range(values: np.ndarray, axis: tuple[int, int] | None) -> tuple[np.ndarray, np.ndarray]:
    """The smallest and largest finite value along `axis`; zeros where there is none."""
    low, high = values.min(axis=axis, initial=np.inf), values.max(axis=axis, initial=-np.inf)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        finite = np.isfinite(values)
        low = np.where(finite, values, np.inf).min(axis=axis, initial=np.inf)
        high = np.where(finite, values, -np.inf).max(axis=axis, initial=-np.inf)
        low, high = np.where(np.isfinite(low), low, 0), np.where(np.isfinite(high), high, 0)
    return low, high


def widened(low: Any, high: Any, colour_map: str) -> tuple[Any, Any]:
    """`low` and `high`, numbers or one a channel, moved apart to hold zero.

    For "signed" they are then equally far from it.
    """
    if colour_map == "signed":
        largest = np.maximum(np.abs(low), np.abs(high))
        largest = np.where(largest > 0, largest, 1)  # all zero: the colour of zero
        return -largest, largest
    return np.minimum(low, 0), np.maximum(high, 0)


def places(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Where each value falls on a table of 256 colours: uint8 of the values' shape; NaN as 0."""
    largest = np.maximum(np.abs(low), np.abs(high))
    # In units of the largest, so that neither tiny nor huge ranges over- or underflow.
    unit = np.where(largest > 0, largest, 1).astype(np.float64)
    span = high / unit - low / unit
    factor = np.where(span > 0, 255 / np.where(span > 0, span, 1), 0)
    offset = (0.5 - low / unit * factor).astype(np.float32)  # 0.5: to the nearest, not down
    with np.errstate(all="ignore"):
        scaled = values / unit.astype(values.dtype if values.dtype.kind == "f" else np.float32)
        scaled = scaled * factor.astype(np.float32)
        scaled += offset
    np.copyto(scaled, offset, where=np.isnan(scaled))
    return np.clip(scaled, 0, 255, out=scaled).astype(np.uint8)


def look_up(indices: np.ndarray, name: str) -> np.ndarray:
    """uint8 H x W -> RGB H x W x 3. OpenCV's look-up is several times as fast as indexing."""
    if indices.size == 0:
        return np.zeros((*indices.shape, 3), np.uint8)
    flat = np.ascontiguousarray(indices).reshape(indices.shape[0], -1)
    return cv2.applyColorMap(flat, table(name)[:, None]).reshape(*indices.shape, 3)


def _signed() -> np.ndarray:
    """Blue - grey - orange, straight through Oklab, so that equal steps look equal.

    Oklab: B. Ottosson, "A perceptual color space for image processing", 2020.
    """
    # Lightness, green-red, blue-yellow; as strong as sRGB can show at this lightness.
    grey, blue, orange = (0.30, 0, 0), (0.76, -0.055, -0.115), (0.76, 0.075, 0.125)
    # 127 and 128 are the two nearest to zero, and both are plain grey.
    amount = np.clip((np.abs(np.arange(256) - 127.5) - 0.5) / 127, 0, 1)[:, None]
    side = np.where(np.arange(256)[:, None] < 128, np.array(blue), np.array(orange))
    lab = np.array(grey) + amount * (side - np.array(grey))
    to_cone = np.array(
        [
            [1, 0.3963377774, 0.2158037573],
            [1, -0.1055613458, -0.0638541728],
            [1, -0.0894841775, -1.2914855480],
        ]
    )
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip((lab @ to_cone.T) ** 3 @ to_linear.T, 0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(srgb * 255).astype(np.uint8)
