"""Deep dream: whatever a stage sees in the picture, make more of it, from coarse to fine."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from visualizer.engine.ascent.slope import Slope
from visualizer.engine.objective import Target, parse_targets
from visualizer.engine.technique import Frame, Settings, setting, technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network


@dataclass(frozen=True)
class DreamSettings(Settings):
    """What to climb and how; the defaults are the published notebook's."""

    target: str = setting("conv5", help="What to climb: a stage (conv5), channels (conv5:1,2), ...")
    steps: int = setting(10, low=1, high=1000, help="Steps in each octave.")
    octaves: int = setting(4, low=1, high=12, help="How many sizes, from coarse to fine.")
    octave_scale: float = setting(
        1.4, low=1.05, high=3.0, step=0.1, help="How much larger each size is than the one before."
    )
    step_size: float = setting(
        1.5 / 255, low=0.0, high=0.2, step=0.5 / 255, unit="/255", help="Mean change of a step."
    )
    jitter: int = setting(
        32, low=0, high=512, unit="pixels", help="At most how far the picture is shifted each step."
    )
    side: int = setting(
        480, low=32, high=16384, step=32, unit="pixels", help="Longer side of the dream."
    )
    seed: int = setting(0, low=0, high=2**31 - 1, help="Decides the shifts.")


def octave_sizes(
    height: int, width: int, octaves: int, scale: float, least: tuple[int, int]
) -> list[tuple[int, int]]:
    """Sizes from coarse to fine; those that would be smaller than `least` are left out."""
    sizes = [(round(height / scale**k), round(width / scale**k)) for k in reversed(range(octaves))]
    large = [size for size in sizes if size[0] >= least[0] and size[1] >= least[1]]
    return large or [(max(height, least[0]), max(width, least[1]))]


def resized(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The picture at (height, width), enlarged smoothly or shrunk by area."""
    shrinks = size[0] < picture.shape[0]
    kind = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(picture, (size[1], size[0]), interpolation=kind)


def dream_steps(
    network: Network, picture: np.ndarray, targets: tuple[Target, ...], settings: DreamSettings
) -> Iterator[tuple[np.ndarray, float]]:
    """Yield (picture, value of the objective) after every step, octave after octave.

    The detail that an octave adds is enlarged and carried up to the next; each step moves along
    the gradient divided by its mean absolute value.
    """
    rng = np.random.default_rng(settings.seed)
    slope = Slope(network, targets)
    least = slope.least_size(network)
    height, width = picture.shape[:2]
    sizes = octave_sizes(height, width, settings.octaves, settings.octave_scale, least)
    detail = np.zeros_like(resized(picture, sizes[0]))
    for size in sizes:
        base = resized(picture, size)
        current = np.clip(base + resized(detail, size), 0, 1)
        for _ in range(settings.steps):
            down, right = rng.integers(-settings.jitter, settings.jitter + 1, 2)
            value, gradient = slope.tiled(current, (int(down), int(right)))
            step = np.float32(settings.step_size) / np.abs(gradient).mean()
            current = np.clip(current + step * gradient, 0, 1)
            yield current, value
        detail = current - base


def starting_picture(picture: np.ndarray, side: int) -> np.ndarray:
    """The picture with its longer side brought to `side` pixels."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    return resized(picture, (max(1, round(height * scale)), max(1, round(width * scale))))


@technique(
    name="dream",
    title="Deep dream",
    paper="Mordvintsev, Olah & Tyka 2015, Inceptionism: Going Deeper into Neural Networks",
    explanation="Whatever a stage sees in the picture is made stronger, step by step, first in the "
    "large and then in the small, until eyes and feathers grow out of clouds.",
    settings=DreamSettings,
)
def deep_dream(network, specimen, settings: DreamSettings) -> Generator[Frame, None, None]:
    """Dream on one specimen; frames carry the picture and the value of the objective."""
    targets = parse_targets(settings.target)
    start = starting_picture(specimen.picture, settings.side)
    total = settings.steps * settings.octaves
    steps = dream_steps(network, start, targets, settings)
    for step, (picture, value) in enumerate(steps, start=1):
        yield Frame(step, total, picture, {"objective": value}, settings.target)
