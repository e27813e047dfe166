"""What may happen to a picture on its way to a network: it is moved a little, or saved as JPEG."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from visualizer.engine.adversarial.transform_robustness import jpeg, shift
from visualizer.engine.rendering import from_bytes, to_bytes


def versions(pictures: np.ndarray) -> Iterator[np.ndarray]:
    """The pictures (uint8, N x H x W x 3) as they are, moved by 2 pixels, and as JPEG."""
    yield pictures
    for change in (shift, jpeg):
        yield np.stack([to_bytes(change(from_bytes(picture))) for picture in pictures])
