"""Deep dream: whatever a stage sees in the picture, make more of it, from coarse to fine."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from visualizer.engine.ascent.guide import GuidedSlope, named_picture
from visualizer.engine.ascent.slope import Slope, too_small
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
    start: str = setting(
        "picture", choices=("picture", "noise"), help="Dream on the picture, or out of white noise."
    )
    guide: str = setting(
        "", help="A picture whose features to dream of: a file or the name of a sample."
    )
    seed: int = setting(0, low=0, high=2**31 - 1, help="Decides the shifts and the noise.")


def octave_sizes(
    height: int, width: int, octaves: int, scale: float, least: tuple[int, int]
) -> list[tuple[int, int]]:
    """Sizes from coarse to fine; those that would be smaller than `least` are left out.

    Raises:
        AscentError: all of them would be.
    """
    sizes = [(round(height / scale**k), round(width / scale**k)) for k in reversed(range(octaves))]
    large = [size for size in sizes if size[0] >= least[0] and size[1] >= least[1]]
    if not large:
        raise too_small((height, width), least)
    return large


def resized(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The picture at (height, width), enlarged smoothly or shrunk by area."""
    if size == picture.shape[:2]:
        return picture
    shrinks = size[0] < picture.shape[0]
    kind = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(picture, (size[1], size[0]), interpolation=kind)


def dream_steps(
    network: Network,
    picture: np.ndarray,
    targets: tuple[Target, ...],
    settings: DreamSettings,
    guide: np.ndarray | None = None,
) -> Iterator[tuple[np.ndarray, float]]:
    """Yield (picture, value of the objective) after every step, octave after octave.

    The detail that an octave adds is enlarged and carried up to the next.

    Args:
        network: who dreams.
        picture: H x W x 3 in [0, 1], of the size that the dream shall have.
        targets: what to climb.
        settings: how; its `target`, `side`, `start` and `guide` are not read.
        guide: a picture, H x W x 3, whose features at the targets' stages are matched instead.

    Raises:
        AscentError: the picture is too small, or nothing in it moves the targets.
    """
    rng = np.random.default_rng(settings.seed)
    slope = Slope(network, targets) if guide is None else GuidedSlope(network, targets, guide)
    height, width = picture.shape[:2]
    sizes = octave_sizes(height, width, settings.octaves, settings.octave_scale, slope.least_size())
    detail = np.zeros((*sizes[0], 3), np.float32)
    for size in sizes:
        base = resized(picture, size)
        current = np.clip(base + resized(detail, size), 0, 1)
        for _ in range(settings.steps):
            current, value = dream_step(slope, current, settings.step_size, settings.jitter, rng)
            yield current, value
        detail = current - base


def dream_step(
    slope: Slope, picture: np.ndarray, step_size: float, jitter: int, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """One step along the gradient over its mean absolute value: (next picture, value before it).

    The picture is shifted by at most `jitter` pixels meanwhile; one that is climbed in pieces by up
    to half a piece, so that their borders fall everywhere alike.
    """
    reach = [
        max(jitter, tile // 2) if side > tile else jitter
        for side, tile in zip(picture.shape, slope.tile, strict=False)
    ]
    down, right = (int(rng.integers(-limit, limit + 1)) for limit in reach)
    value, gradient = slope.tiled(picture, (down, right))
    gradient *= np.float32(step_size * gradient.size / cv2.norm(gradient, cv2.NORM_L1))
    gradient += picture
    return np.clip(gradient, 0, 1, out=gradient), value


def starting_picture(picture: np.ndarray, side: int) -> np.ndarray:
    """The picture with its longer side brought to `side` pixels."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    return resized(picture, (max(1, round(height * scale)), max(1, round(width * scale))))


def white_noise(
    height: int, width: int, settings: DreamSettings, rng: np.random.Generator
) -> np.ndarray:
    """White noise about grey at the size of the coarsest octave, enlarged to height x width x 3."""
    shrunk = settings.octave_scale ** (settings.octaves - 1)
    coarse = (max(1, round(height / shrunk)), max(1, round(width / shrunk)))
    noise = rng.uniform(0.3, 0.7, (*coarse, 3)).astype(np.float32)
    return resized(noise, (height, width))


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
    height, width = start.shape[:2]
    if settings.start == "noise":
        rng = np.random.default_rng(settings.seed)
        start = white_noise(height, width, settings, rng)
    guide = named_picture(settings.guide) if settings.guide else None
    least = Slope(network, targets).least_size()
    sizes = octave_sizes(height, width, settings.octaves, settings.octave_scale, least)
    octaves = {"octaves": len(sizes)}
    if len(sizes) < settings.octaves:
        octaves["octaves left out"] = settings.octaves - len(sizes)
    total = settings.steps * len(sizes)
    steps = dream_steps(network, start, targets, settings, guide)
    for step, (picture, value) in enumerate(steps, start=1):
        yield Frame(step, total, picture, {"objective": value, **octaves}, settings.target)
