"""From attributions of pixels to one map, and from a map to a picture people can read."""

from __future__ import annotations

import numpy as np

from visualizer.engine import rendering


def strongest(attribution: np.ndarray) -> np.ndarray:
    """The largest absolute value over the colours (Simonyan et al. 2013, section 3.1), H x W."""
    return np.abs(attribution).max(axis=-1)


def total(attribution: np.ndarray) -> np.ndarray:
    """The sum over the colours, signed, H x W."""
    return attribution.sum(axis=-1)


def normalised(heat: np.ndarray, percentile: float = 99.0) -> np.ndarray:
    """A map scaled to [0, 1]: negatives are cut, and so is the brightest percent, which would
    leave the rest in the dark (Smilkov et al. 2017, section 2).
    """
    positive = np.maximum(heat, 0)
    top = float(np.percentile(positive, percentile)) or float(positive.max())
    return np.clip(positive / top, 0, 1) if top > 0 else np.zeros_like(positive)


def over_picture(
    picture: np.ndarray, heat: np.ndarray, opacity: float = 0.6, colour_map: str = "inferno"
) -> np.ndarray:
    """The map in colour over the picture, uint8 H x W x 3."""
    return rendering.overlay(picture, normalised(heat), opacity, colour_map)


def masked(picture: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """The picture, bright where the map is, dark elsewhere; float32 H x W x 3."""
    return (picture * normalised(heat)[..., None]).astype(np.float32)
