"""Norms of a change, the steepest direction of unit norm, and projections.

Changes are arrays N x H x W x 3 in units of pixels in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

NORMS = ("linf", "l2")


def _per_picture(values: np.ndarray) -> np.ndarray:
    """One number a picture, shaped to multiply a batch."""
    return values.reshape(-1, 1, 1, 1)


def l2_norm(change: np.ndarray) -> np.ndarray:
    """The Euclidean length of each picture's change, float N."""
    flat = change.reshape(len(change), -1).astype(np.float64)
    return np.sqrt(np.einsum("ij,ij->i", flat, flat))


def steepest(gradient: np.ndarray, norm: str) -> np.ndarray:
    """The direction of size 1 in `norm` along which a function with this gradient rises fastest.

    For L-infinity the sign of each pixel's slope (Goodfellow 2014, section 4), for L2 the gradient
    divided by its length. Where the gradient is zero the direction is zero.
    """
    if norm == "linf":
        return np.sign(gradient)
    length = np.maximum(l2_norm(gradient), 1e-12)
    return (gradient / _per_picture(length)).astype(gradient.dtype)


def project(changed: np.ndarray, original: np.ndarray, epsilon: float, norm: str) -> np.ndarray:
    """The nearest picture that is in [0, 1] and no farther than `epsilon` from the original.

    For L2 the change is shortened first and clipped to [0, 1] then, which shortens it further.
    """
    return projection(original, epsilon, norm)(changed)


def projection(
    original: np.ndarray, epsilon: float, norm: str
) -> Callable[[np.ndarray], np.ndarray]:
    """`project` for one original and one size, for many changed pictures one after the other."""
    if norm == "linf":
        low = np.maximum(original - np.float32(epsilon), 0)
        high = np.minimum(original + np.float32(epsilon), 1)
        return lambda changed: np.clip(changed, low, high)

    def shortened(changed: np.ndarray) -> np.ndarray:
        change = changed - original
        factor = np.minimum(1, epsilon / np.maximum(l2_norm(change), 1e-12))
        shorter = original + change * _per_picture(factor).astype(np.float32)
        return np.clip(shorter, 0, 1)

    return shortened


def to_8_bit(pictures: np.ndarray) -> np.ndarray:
    """The nearest pictures that a PNG can hold: multiples of 1/255, float32."""
    return (np.rint(np.clip(pictures, 0, 1) * 255) / 255).astype(np.float32)


def whole_levels(epsilon: float) -> int:
    """How many whole levels of 1/255 there are in an L-infinity size: what 8 bits can use of it."""
    return int(np.floor(epsilon * 255 + 1e-4))


def to_8_bit_within(
    changed: np.ndarray, original: np.ndarray, epsilon: float, norm: str = "linf"
) -> np.ndarray:
    """Round to what a PNG can hold without ever going beyond `epsilon` of the original.

    For L2, rounding may lengthen a change: where it does, the levels that were rounded away from
    the original the farthest are taken back by one until it is short enough. What is grey in all
    three channels stays grey.

    Args:
        changed: N x H x W x 3.
        original: multiples of 1/255.
        epsilon: the largest change in `norm`, in units of pixels in [0, 1].
        norm: "linf" or "l2".
    """
    base = np.rint(original * 255)
    exact = (project(changed, original, epsilon, norm).astype(np.float64) - original) * 255
    steps = np.rint(exact)
    if norm == "linf":
        most = whole_levels(epsilon)
        steps = np.clip(steps, -most, most)
    steps = np.ascontiguousarray(np.clip(base + steps, 0, 255) - base)
    if norm == "l2":
        limit = (epsilon * 255) ** 2
        for row in range(len(steps)):
            if all((values[row] == values[row, ..., :1]).all() for values in (exact, base)):
                one = np.ascontiguousarray(steps[row, ..., 0])
                _shorten(one.reshape(-1), exact[row, ..., 0].ravel(), limit / steps.shape[-1])
                steps[row] = one[..., None]
            else:
                _shorten(steps[row].reshape(-1), exact[row].ravel(), limit)
    return ((base + steps) / 255).astype(np.float32)


def _shorten(steps: np.ndarray, exact: np.ndarray, limit: float) -> None:
    """Take whole levels back, in place, until the sum of their squares is at most `limit`."""
    while (excess := float((steps**2).sum()) - limit) > 0:
        size = np.abs(steps)
        moved = np.flatnonzero(size)
        order = moved[np.argsort(np.abs(exact[moved]) - size[moved], kind="stable")]
        gained = np.cumsum(2 * size[order] - 1)
        order = order[: np.searchsorted(gained, excess) + 1]
        steps[order] -= np.sign(steps[order])


@dataclass(frozen=True)
class Distortion:
    """How large the change of one picture is.

    `linf`: the largest change of a pixel; `l2`: its Euclidean length; `rms`: Szegedy's distortion,
    sqrt(mean((x' - x)^2)) (2013, section 4.1); `ssim`: structural similarity, 1 for no change
    (Wang et al. 2004).
    """

    linf: float
    l2: float
    rms: float
    ssim: float


def distortion(original: np.ndarray, changed: np.ndarray) -> Distortion:
    """Measure the change between two pictures, H x W x 3 in [0, 1]."""
    change = changed.astype(np.float64) - original
    return Distortion(
        linf=float(np.abs(change).max()),
        l2=float(np.sqrt((change**2).sum())),
        rms=float(np.sqrt((change**2).mean())),
        ssim=ssim(original, changed),
    )


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Structural similarity of two pictures (Wang et al. 2004, equation 13), 1 for the same.

    With windows of 7 x 7 pixels, or as large as fit; the mean over the windows that lie wholly in
    the picture and over the channels. As scikit-image has it, in a fraction of the time.

    Args:
        a: H x W x 3 in [0, 1].
        b: likewise.
    """
    import cv2

    side = min(7, *a.shape[:2])
    side -= (side + 1) % 2
    window, edge = side * side, side // 2
    inside = np.s_[edge : a.shape[0] - edge, edge : a.shape[1] - edge]
    a, b = a.astype(np.float64), b.astype(np.float64)

    def mean(values: np.ndarray) -> np.ndarray:
        return cv2.blur(values, (side, side))[inside]

    mean_a, mean_b = mean(a), mean(b)
    unbiased = window / max(window - 1, 1)
    spread = unbiased * (mean(a * a) + mean(b * b) - mean_a**2 - mean_b**2)
    together = unbiased * (mean(a * b) - mean_a * mean_b)
    dark, flat = 0.01**2, 0.03**2  # keep the quotients finite where both pictures are flat
    alike = (2 * mean_a * mean_b + dark) * (2 * together + flat)
    return float((alike / ((mean_a**2 + mean_b**2 + dark) * (spread + flat))).mean())
