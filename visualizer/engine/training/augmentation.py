"""Pictures moved a little, differently each time: what keeps a network from learning by heart.

A picture is turned, zoomed, shifted and mirrored by one 3 x 2 matrix of its own. NumPy draws the
matrices; the compiled step applies them, so that the pictures stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Augmentation:
    """How far pictures are moved; each value is the largest change, drawn evenly.

    Attributes:
        turn: degrees, both ways.
        zoom: as a part: 0.1 is from 0.9 to 1.1 times the size.
        shift: as a part of the side, both ways and directions.
        mirror: whether half of them are mirrored; not for digits.
    """

    turn: float = 0.0
    zoom: float = 0.0
    shift: float = 0.0
    mirror: bool = False

    def transforms(
        self, count: int, size: tuple[int, int], rng: np.random.Generator
    ) -> np.ndarray | None:
        """Draw the matrices of `count` pictures of `size`, for `moved`: float32, N x 8.

        None where nothing is moved.
        """
        if not (self.turn or self.zoom or self.shift or self.mirror):
            return None
        height, width = size
        angle = np.radians(rng.uniform(-self.turn, self.turn, count))
        scale = 1 / rng.uniform(1 - self.zoom, 1 + self.zoom, count)
        shift = rng.uniform(-self.shift, self.shift, (2, count)) * np.array([[height], [width]])
        side = rng.choice((-1.0, 1.0), count) if self.mirror else np.ones(count)
        cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
        # Output (x, y) comes from input (a x + b y + c, d x + e y + f), about the middle.
        a, b, d, e = cosine * side, -sine, sine * side, cosine
        x, y = (width - 1) / 2, (height - 1) / 2
        c = x - a * x - b * y + shift[1]
        f = y - d * x - e * y + shift[0]
        zero = np.zeros(count)
        return np.stack([a, b, c, d, e, f, zero, zero], axis=1).astype(np.float32)


AUGMENTATIONS: dict[str, Augmentation] = {
    "none": Augmentation(),
    "digits": Augmentation(turn=10, zoom=0.1, shift=0.07),
    "objects": Augmentation(turn=8, zoom=0.12, shift=0.08, mirror=True),
}
"""By name; the second for pictures whose mirror image means something else."""


def moved(pictures: Any, transforms: Any) -> Any:
    """Apply matrices to pictures, inside a compiled function; what comes from outside is black.

    Args:
        pictures: uint8 or float, N x H x W x C.
        transforms: float32, N x 8, of `Augmentation.transforms`.

    Returns:
        float32 in [0, 1], N x H x W x C.
    """
    from keras import ops

    x = as_pixels(pictures)
    return ops.image.affine_transform(x, transforms, "bilinear", "constant", 0.0)


def as_pixels(pictures: Any) -> Any:
    """Bytes as float32 in [0, 1], inside a compiled function; what is float stays as it is."""
    import keras

    x = keras.ops.cast(pictures, "float32")
    return x if keras.backend.is_float_dtype(pictures.dtype) else x / 255
