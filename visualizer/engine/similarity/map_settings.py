"""How pictures are compared and laid out: the settings of the map."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.engine.settings import Settings, setting

AUTO = "auto"
POOLINGS = ("mean", "whole")
"""What a stage with maps is as a vector: the mean of each channel over its places, C numbers; or
the maps themselves, their neighbouring places averaged where they have more than `WHOLE` numbers.
"""
METRICS = ("cosine", "euclid")
"""What near means. Cosine: 1 - the cosine of the angle between two vectors, 0 for the same
direction and 2 for opposite ones; that of a vector of zeros and any other is 1. Euclid: the length
of the difference."""
METHODS = ("t-sne", "pca")
"""Ways to lay out a map."""


@dataclass(frozen=True)
class MapSettings(Settings):
    """How pictures are compared and laid out."""

    stage: str = setting(
        "auto",
        help="Whose features are compared: a stage's name; auto is the last before the output.",
    )
    features: str = setting(
        "mean",
        choices=POOLINGS,
        help="Of a stage with maps: the mean of each channel, or the maps with their places.",
    )
    metric: str = setting(
        "cosine",
        choices=METRICS,
        help="What near means: a small angle between two vectors, or a short difference.",
    )
    layout: str = setting(
        "t-sne",
        choices=METHODS,
        help="t-sne keeps neighbours together, pca large distances true.",
    )
    mode: str = setting(
        "crop",
        choices=("crop", "fit"),
        help="Whether it sees the centre of a wide or tall picture, or all of it with margins.",
    )
    seed: int = setting(0, low=0, high=2**31 - 1, help="Of what is random in the map.")
