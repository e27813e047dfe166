"""Makes the film that comes with the program: over three sample pictures, and back to the first.

python -m tests.checks.sample_film resources/sample-film.mp4
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from visualizer.engine.ascent.film import filmed
from visualizer.engine.pictures import samples
from visualizer.engine.technique import Frame

NAMES = ("coffee", "cat", "rocket")
SIZE = 240, 320
RATE = 15
STAYS, BLENDS = 40, 10
"""Pictures of each, and of the way to the next."""


def view(picture: np.ndarray, along: float) -> np.ndarray:
    """A window of 4 : 3 that drifts to the right and comes nearer, `along` from 0 to 1."""
    height, width = picture.shape[:2]
    side = min(height, width * 3 / 4) * (1 - 0.08 * along)
    left, top = (width - side * 4 / 3) * (0.3 + 0.4 * along), (height - side) / 2
    there = np.array([[SIZE[1] / (side * 4 / 3), 0, 0], [0, SIZE[0] / side, 0]])
    there[:, 2] = -there[0, 0] * left, -there[1, 1] * top
    smooth = cv2.GaussianBlur(picture, (0, 0), side / SIZE[0] / 3)
    return cv2.warpAffine(smooth, there, (SIZE[1], SIZE[0]), borderMode=cv2.BORDER_REFLECT)


def frames() -> Iterator[Frame]:
    """The pictures of the film."""
    pictures = {each.name: each.load() for each in samples()}
    shown = [pictures[name] for name in NAMES]
    total, whole = len(shown) * STAYS, STAYS + BLENDS
    for number in range(total):
        at, place = divmod(number, STAYS)
        made = view(shown[at], (place + BLENDS) / whole)
        share = (place - STAYS + BLENDS + 1) / (BLENDS + 1)
        if share > 0:
            coming = view(shown[(at + 1) % len(shown)], (place - STAYS + BLENDS) / whole)
            made = (1 - share) * made + share * coming
        yield Frame(number + 1, total, np.clip(made, 0, 1).astype(np.float32))


if __name__ == "__main__":
    for _ in filmed(frames(), Path(sys.argv[1]), RATE):
        pass
