"""From attributions H x W x 3 to one map, and from a map to a picture."""

from __future__ import annotations

import numpy as np

from visualizer.engine import rendering


def channel_max(attribution: np.ndarray) -> np.ndarray:
    """The largest absolute value over the colours (Simonyan et al. 2013, section 3.1), H x W."""
    return np.abs(attribution).max(axis=-1)


def channel_sum(attribution: np.ndarray) -> np.ndarray:
    """The sum over the colours, signed, H x W."""
    return attribution.sum(axis=-1)


def normalised(heat: np.ndarray, percentile: float = 99.0) -> np.ndarray:
    """A map scaled to [0, 1]: negative values are set to zero and the top percentile is clipped
    (Smilkov et al. 2017, section 2).
    """
    positive = np.maximum(heat, 0)
    top = float(np.percentile(positive, percentile)) or float(positive.max())
    return np.clip(positive / top, 0, 1) if top > 0 else np.zeros_like(positive)


def signed(heat: np.ndarray, percentile: float = 99.0) -> np.ndarray:
    """A map scaled to [-1, 1] with zero where it was; the strongest percent is cut."""
    size = np.abs(heat)
    top = float(np.percentile(size, percentile)) or float(size.max())
    return np.clip(heat / top, -1, 1) if top > 0 else np.zeros_like(heat)


def in_colour(attribution: np.ndarray, percentile: float = 99.5) -> np.ndarray:
    """Attributions H x W x 3 as a picture, zero mid-grey, as both deconvnet papers print them."""
    return (0.5 + signed(attribution, percentile) / 2).astype(np.float32)


def over_picture(
    picture: np.ndarray, heat: np.ndarray, opacity: float = 0.6, colour_map: str = "inferno"
) -> np.ndarray:
    """The map in colour over the picture, uint8 H x W x 3."""
    return rendering.overlay(picture, normalised(heat), opacity, colour_map)


def masked(picture: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """The picture, bright where the map is, dark elsewhere; float32 H x W x 3."""
    return (picture * normalised(heat)[..., None]).astype(np.float32)


def without_top_pixels(picture: np.ndarray, heat: np.ndarray, share: float) -> np.ndarray:
    """The picture with the `share` of its pixels that counts most painted grey; float32."""
    least = np.quantile(heat, 1 - share)
    marked = (heat >= least) & (heat > 0)
    return np.where(marked[..., None], np.float32(0.5), picture).astype(np.float32)
