"""What is left of a network's confidence when a picture is drawn at another size or is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from visualizer.engine.adversarial.transform_robustness import transforms
from visualizer.engine.evolution.scoring import ClassScores
from visualizer.engine.rendering import from_bytes, to_bytes

SIZES = (1, 2, 4)
"""Times the network's size at which a picture is drawn."""
NAMES = {
    "jpeg75": "as JPEG, quality 75",
    "shift": "moved by 2 pixels",
    "blur": "blurred a little",
    "greyscale": "in grey",
}
"""The transforms that are tried, and what they are called."""


@dataclass(frozen=True)
class Survival:
    """The network's answer to one version of a picture.

    Attributes:
        name: what was done: "at 2 × the size".
        probability: of the class that the picture was evolved for.
        index: the likeliest class.
        best: its probability.
    """

    name: str
    probability: float
    index: int
    best: float


def survivals(
    scores: ClassScores, index: int, draw: Callable[[int, int], np.ndarray] | None, own: np.ndarray
) -> list[Survival]:
    """Show a picture to its network as it is, drawn larger, and changed.

    Args:
        scores: of the network.
        index: the class that the picture was evolved for.
        draw: draws it at any height and width, uint8; None where it has no other size.
        own: it at the network's size, uint8 H x W x 3.
    """
    height, width = scores.network.size
    versions = {"as it is": own}
    for times in SIZES[1:] if draw is not None else ():
        assert draw is not None
        large = from_bytes(draw(times * height, times * width))
        versions[f"drawn at {times} × the size"] = to_bytes(scores.network.fit(large))
    picture = from_bytes(own)
    for key, change in transforms().items():
        if key in NAMES:
            versions[NAMES[key]] = to_bytes(change(picture))
    shares = np.exp(scores.exact(np.stack(list(versions.values()))).astype(np.float64))
    best = shares.argmax(axis=1)
    return [
        Survival(name, float(shares[row, index]), int(best[row]), float(shares[row, best[row]]))
        for row, name in enumerate(versions)
    ]
