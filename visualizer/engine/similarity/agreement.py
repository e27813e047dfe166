"""Why two pictures are alike to a network: the channels in which they agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Agreement:
    """What a channel adds to the likeness of two pictures.

    Attributes:
        channel: its number.
        share: of the cosine; those of all channels sum to it.
        values: of the channel for both pictures.
    """

    channel: int
    share: float
    values: tuple[float, float]


def agreements(a: np.ndarray, b: np.ndarray, count: int = 8) -> list[Agreement]:
    """The channels that add most to the cosine of two vectors, D numbers each, the most first.

    The cosine is the sum over channels of a_c b_c / (|a| |b|), so each has its share of it.
    """
    a64, b64 = a.astype(np.float64), b.astype(np.float64)
    length = float(np.linalg.norm(a64) * np.linalg.norm(b64))
    shares = a64 * b64 / length if length > 0 else np.zeros_like(a64)
    order = np.argsort(-shares, kind="stable")[:count]
    return [
        Agreement(int(c), float(shares[c]), (float(a64[c]), float(b64[c])))
        for c in order
        if shares[c] > 0
    ]
