"""Thousands of thumbnails written into one picture by NumPy: fast enough to move with the hand.

A graphics item a thumbnail would take seconds where this takes milliseconds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import cv2
import numpy as np

SIZES = (6, 8, 10, 12, 16, 20, 24, 32, 48, 64)
"""Pixels on a side at which thumbnails are drawn."""
HELD, FEW, HELD_OF_MANY = 32, 20_000, 16
"""Pixels on a side at which all of them are held; those of more than `FEW` are held smaller."""
KEPT = 2_000
"""Thumbnails in a larger size that are remembered."""
OPAQUE = np.uint32(0xFF000000)
QUARTER = np.uint32(0x3F3F3F3F)


class ThumbnailAtlas:
    """The thumbnails of a map.

    Args:
        load: gives some of them by number, uint8, N x 64 x 64 x 3.
        count: how many there are.
        frames: uint32 0xAARRGGBB, N: the colour around each; None for no frames.
    """

    def __init__(
        self,
        load: Callable[[Sequence[int]], np.ndarray],
        count: int,
        frames: np.ndarray | None = None,
    ) -> None:
        self._load, self.count, self.frames = load, count, frames
        side = HELD if count <= FEW else HELD_OF_MANY
        self._held = np.empty((count, side, side, 3), np.uint8)
        for start in range(0, count, 500):
            part = range(start, min(start + 500, count))
            for at, small in zip(part, load(part), strict=True):
                self._held[at] = cv2.resize(small, (side, side), interpolation=cv2.INTER_AREA)
        self._sizes: dict[int, np.ndarray] = {}
        self._large: OrderedDict[tuple[int, int], np.ndarray] = OrderedDict()

    def set_frames(self, frames: np.ndarray | None) -> None:
        """Frame them in other colours."""
        self.frames = frames
        self._sizes.clear()
        self._large.clear()

    def pixels(self, places: np.ndarray, size: int) -> np.ndarray:
        """Some of them at one of `SIZES`: uint32 0xFFRRGGBB, N x size x size."""
        if size > self._held.shape[1]:
            return np.stack([self._one(int(at), size) for at in places])
        if size not in self._sizes:
            self._sizes = {size: self._all(size)}
        return self._sizes[size][places]

    def thumbnail(self, place: int) -> np.ndarray:
        """One of them in full, uint8, 64 x 64 x 3."""
        return np.asarray(self._load([place])[0])

    def _all(self, size: int) -> np.ndarray:
        found = np.empty((self.count, size, size), np.uint32)
        for at, small in enumerate(self._held):
            scaled = cv2.resize(small, (size, size), interpolation=cv2.INTER_AREA)
            found[at] = packed(scaled)
        if self.frames is not None:
            _framed(found, self.frames)
        return found

    def _one(self, place: int, size: int) -> np.ndarray:
        key = place, size
        if key not in self._large:
            scaled = cv2.resize(self.thumbnail(place), (size, size), interpolation=cv2.INTER_AREA)
            found = packed(scaled)[None]
            if self.frames is not None:
                _framed(found, self.frames[[place]])
            self._large[key] = found[0]
            while len(self._large) > KEPT:
                self._large.popitem(last=False)
        self._large.move_to_end(key)
        return self._large[key]


def packed(picture: np.ndarray) -> np.ndarray:
    """RGB as one number a pixel: uint8 ... x 3 to uint32 0xFFRRGGBB."""
    red, green, blue = (picture[..., channel].astype(np.uint32) for channel in range(3))
    return OPAQUE | red << 16 | green << 8 | blue


def _framed(pixels: np.ndarray, colours: np.ndarray) -> None:
    width = max(1, pixels.shape[1] // 16)
    edge = colours[:, None, None]
    pixels[:, :width], pixels[:, -width:] = edge, edge
    pixels[:, :, :width], pixels[:, :, -width:] = edge, edge


def fitting_size(count: int, width: float, height: float) -> int:
    """The largest of `SIZES` at which so many thumbnails leave most of an area free."""
    side = (0.3 * width * height / max(count, 1)) ** 0.5
    return max((size for size in SIZES if size <= side), default=SIZES[0])


def splat(
    atlas: ThumbnailAtlas,
    centres: np.ndarray,
    shape: tuple[int, int],
    size: int,
    ground: int,
    dimmed: np.ndarray | None = None,
) -> np.ndarray:
    """Draw thumbnails into a picture, the last of them on top.

    Args:
        atlas: the thumbnails.
        centres: pixels, N x 2 (x, y); those outside are left out.
        shape: (height, width) of the picture.
        size: one of `SIZES`.
        ground: uint32 0xFFRRGGBB, of the rest.
        dimmed: bool, N: those that are faint, below the others; None for none.

    Returns:
        uint32 0xFFRRGGBB, height x width.
    """
    height, width = shape
    canvas = np.full((height + 2 * size, width + 2 * size), ground, np.uint32)
    corners = np.floor(np.clip(centres, -1e6, 1e6) + size / 2).astype(np.int64)  # in the canvas
    most = np.array([width + size, height + size])
    inside = ((corners >= 0) & (corners <= most)).all(1)
    visible = np.flatnonzero(inside)
    if dimmed is not None:
        visible = visible[np.argsort(~dimmed[visible], kind="stable")]
    if len(visible):
        pixels = atlas.pixels(visible, size)
        if dimmed is not None:
            faint = dimmed[visible]
            mix = (pixels[faint] >> np.uint32(2)) & QUARTER
            ground_part = 3 * ((np.uint32(ground) >> np.uint32(2)) & QUARTER)
            pixels[faint] = OPAQUE | mix + ground_part
        steps = np.arange(size)
        offsets = (steps[:, None] * canvas.shape[1] + steps).ravel()
        first = corners[visible, 1] * canvas.shape[1] + corners[visible, 0]
        canvas.ravel()[first[:, None] + offsets] = pixels.reshape(len(visible), -1)
    return np.ascontiguousarray(canvas[size : size + height, size : size + width])
