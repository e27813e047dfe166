"""Colour maps as tables of 256 colours: four perceptually uniform ones, grey, and a signed one."""

from __future__ import annotations

import functools

import cv2
import numpy as np

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
