"""Deep dream: gradient ascent on a stage's activations, over octaves from coarse to fine."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from visualizer.engine.arrays import owned
from visualizer.engine.ascent.default_targets import with_default_targets
from visualizer.engine.ascent.guide import GuidedGradient, named_picture
from visualizer.engine.ascent.objective_gradient import (
    ObjectiveGradient,
    objective_at_ends,
    too_small,
)
from visualizer.engine.generators import run_to_end
from visualizer.engine.grey import noise_for
from visualizer.engine.objective import Target, parse_targets
from visualizer.engine.rendering import from_bytes, to_bytes
from visualizer.engine.specimen import Specimen, picture_for
from visualizer.engine.technique import OBJECTIVE, Frame, Settings, setting, technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network


OCTAVES, OCTAVES_LEFT_OUT = "octaves", "octaves left out"
"""Names, among the numbers of a frame, of the octaves used and of those too small to be used."""

RISE = 1.5
"""By how much the published ten steps of one octave multiply the objective, at least in 95 of 100
runs on crops of photos with conv5 of the AlexNet that comes along."""


@dataclass(frozen=True)
class DreamSettings(Settings):
    """The objective and the schedule; the defaults are the published notebook's."""

    target: str = setting(
        "", help="What to climb: a stage (conv5), channels (conv5:1,2), ...; usually the last maps."
    )
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


def octave_numbers(taken: int, settings: DreamSettings) -> dict[str, float]:
    """The numbers of a frame that say how many octaves there are, and how many do not fit."""
    numbers: dict[str, float] = {OCTAVES: taken}
    if taken < settings.octaves:
        numbers[OCTAVES_LEFT_OUT] = settings.octaves - taken
    return numbers


def resized(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The picture at (height, width), enlarged smoothly or shrunk by area."""
    if size == picture.shape[:2]:
        return picture
    shrinks = size[0] < picture.shape[0]
    kind = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(picture, (size[1], size[0]), interpolation=kind)


@dataclass(frozen=True, eq=False)
class DreamStep:
    """One step of a dream, with the state that an exact continuation needs.

    Attributes:
        picture: after the step, at the size of its octave, H x W x 3 in [0, 1]; read-only.
        value: of the objective before the step.
        octave: which one, from 0, the coarsest.
        step: how many steps are done in it.
        detail: what the coarser octaves have added, at the size of the last of them.
        random: the state of the random generator of the shifts.
    """

    picture: np.ndarray
    value: float
    octave: int
    step: int
    detail: np.ndarray
    random: Mapping[str, Any]


def dream_objective(
    network: Network, targets: tuple[Target, ...], guide: np.ndarray | None
) -> ObjectiveGradient:
    """The objective of a dream: the targets, or the match with a guide's features there."""
    return (
        ObjectiveGradient(network, targets)
        if guide is None
        else GuidedGradient(network, targets, guide)
    )


def dream_slices(
    network: Network,
    picture: np.ndarray,
    targets: tuple[Target, ...],
    settings: DreamSettings,
    guide: np.ndarray | None = None,
    after: DreamStep | None = None,
) -> Generator[DreamStep | None, None, None]:
    """Yield every step, octave after octave; None after each tile of a large picture.

    The detail that an octave adds is enlarged and added in the next.

    Args:
        network: the network that dreams.
        picture: H x W x 3 in [0, 1], of the size of the result.
        targets: the objective.
        settings: the schedule; its `target`, `side`, `start` and `guide` are not read.
        guide: a picture, H x W x 3, whose features at the targets' stages are matched instead.
        after: a step of the same dream, to continue from.

    Raises:
        AscentError: the picture is too small, or nothing in it moves the targets.
    """
    rng = np.random.default_rng(settings.seed)
    objective = dream_objective(network, targets, guide)
    height, width = picture.shape[:2]
    sizes = octave_sizes(
        height, width, settings.octaves, settings.octave_scale, objective.least_size()
    )
    detail = np.zeros((*sizes[0], 3), np.float32)
    first = done = 0
    current: np.ndarray | None = None
    if after is not None:
        first, done, detail = after.octave, after.step, after.detail
        current = after.picture
        rng.bit_generator.state = dict(after.random)
    for octave in range(first, len(sizes)):
        size = sizes[octave]
        base = resized(picture, size)
        if current is None:
            current = _added(base, resized(detail, size))
        for step in range(done + 1, settings.steps + 1):
            current, value = yield from step_in_pieces(
                objective, current, settings.step_size, settings.jitter, rng
            )
            yield DreamStep(owned(current), value, octave, step, detail, rng.bit_generator.state)
        if octave + 1 < len(sizes):
            detail = owned(current - base)
        current, done = None, 0


def dream_steps(
    network: Network,
    picture: np.ndarray,
    targets: tuple[Target, ...],
    settings: DreamSettings,
    guide: np.ndarray | None = None,
) -> Iterator[tuple[np.ndarray, float]]:
    """Yield (picture, value of the objective) after every step; see `dream_slices`."""
    for step in dream_slices(network, picture, targets, settings, guide):
        if step is not None:
            yield step.picture, step.value


def _added(base: np.ndarray, detail: np.ndarray) -> np.ndarray:
    """The sum, clipped to [0, 1], as a new array."""
    whole = base + detail
    return np.clip(whole, 0, 1, out=whole)


def dream_step(
    objective: ObjectiveGradient,
    picture: np.ndarray,
    step_size: float,
    jitter: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, float]:
    """One step along the gradient over its mean absolute value: (next picture, value before it).

    The picture is rolled by at most `jitter` pixels before and back after; one that is climbed in
    tiles by up to half a tile, so that seams do not accumulate.
    """
    return run_to_end(step_in_pieces(objective, picture, step_size, jitter, rng))


def step_in_pieces(
    objective: ObjectiveGradient,
    picture: np.ndarray,
    step_size: float,
    jitter: int,
    rng: np.random.Generator,
) -> Generator[None, None, tuple[np.ndarray, float]]:
    """As `dream_step`, but yields after each tile of a picture larger than one."""
    reach = [
        max(jitter, tile // 2) if side > tile else jitter
        for side, tile in zip(picture.shape, objective.tile, strict=False)
    ]
    down, right = (int(rng.integers(-limit, limit + 1)) for limit in reach)
    value, gradient = yield from objective.in_pieces(picture, (down, right))
    gradient *= np.float32(step_size * gradient.size / cv2.norm(gradient, cv2.NORM_L1))
    gradient += picture
    return np.clip(gradient, 0, 1, out=gradient), value


def starting_picture(picture: np.ndarray, side: int) -> np.ndarray:
    """The picture with its longer side brought to `side` pixels."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    return resized(picture, (max(1, round(height * scale)), max(1, round(width * scale))))


def start_from(specimen: Specimen, side: int) -> np.ndarray:
    """The specimen's picture at `side` pixels, read from its file again if that has more."""
    return starting_picture(picture_for(specimen, side), side)


def white_noise(network: Network, height: int, width: int, settings: DreamSettings) -> np.ndarray:
    """White noise about grey at the size of the coarsest octave, enlarged to height x width x 3."""
    shrunk = settings.octave_scale ** (settings.octaves - 1)
    coarse = (max(1, round(height / shrunk)), max(1, round(width / shrunk)))
    noise = np.random.default_rng(settings.seed).uniform(0.3, 0.7, (*coarse, 3))
    return resized(noise_for(network, noise.astype(np.float32)), (height, width))


def dream_start(network: Network, specimen: Specimen | None, settings: DreamSettings) -> np.ndarray:
    """The picture a dream begins with: the specimen's, or white noise of its size.

    Args:
        network: the network that dreams; one that sees no colours gets grey noise.
        specimen: None for square white noise, whatever `start` says.
        settings: its `side` and `start` are read.

    Returns:
        float32 H x W x 3 in [0, 1]; the longer side is `settings.side`.
    """
    if specimen is None:
        return white_noise(network, settings.side, settings.side, settings)
    start = start_from(specimen, settings.side)
    if settings.start == "noise":
        return white_noise(network, start.shape[0], start.shape[1], settings)
    return start


def dream_frames(
    network: Network,
    picture: np.ndarray,
    settings: DreamSettings,
    guide: np.ndarray | None = None,
    *,
    first: int = 0,
    endless: bool = False,
) -> Iterator[Frame]:
    """Deep dream from any picture, for a run that is steered: all frames have the dream's size.

    What the coarser octaves add is enlarged and added to the picture. Frames come without a picture
    between the tiles of a large one.

    Args:
        network: the network that dreams.
        picture: H x W x 3, uint8 or float32 in [0, 1]; brought to `settings.side` if it is not.
        settings: their `target` must be given; `start` and `guide` are not read.
        guide: a picture, H x W x 3, whose features at the targets' stages are matched instead.
        first: how many steps came before; steps are counted on from there, and the seed changes
            with it, so that a dream that is taken up again does not repeat its shifts.
        endless: begin again with the last picture; `total` of the frames is None.

    Yields:
        frames with uint8 pictures.

    Raises:
        AscentError: the picture is too small, or nothing in it moves the targets.
    """
    targets = parse_targets(settings.target)
    while True:
        start = from_bytes(picture) if picture.dtype == np.uint8 else picture
        if max(start.shape[:2]) != settings.side:
            start = starting_picture(start, settings.side)
        seeded = replace(settings, seed=(settings.seed + first) % 2**31)
        for frame, step in _counted(network, start, targets, seeded, guide, first, endless):
            if step is not None:
                picture, first = to_bytes(_at_full_size(step.picture, start)), frame.step
                yield replace(frame, picture=picture)
            else:
                yield frame
        if not endless:
            return


def _at_full_size(picture: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The picture of an octave at the size of the dream, with the detail of `start`."""
    size = start.shape[:2]
    if picture.shape[:2] == size:
        return picture
    detail = resized(picture - resized(start, picture.shape[:2]), size)
    return np.add(detail, start, out=detail)


def _counted(
    network: Network,
    start: np.ndarray,
    targets: tuple[Target, ...],
    settings: DreamSettings,
    guide: np.ndarray | None,
    first: int = 0,
    endless: bool = False,
) -> Iterator[tuple[Frame, DreamStep | None]]:
    """Frames without pictures, each with its step, or None between the tiles of one."""
    least = ObjectiveGradient(network, targets).least_size()
    height, width = start.shape[:2]
    octaves = len(octave_sizes(height, width, settings.octaves, settings.octave_scale, least))
    total = None if endless else first + octaves * settings.steps
    number = first
    for step in dream_slices(network, start, targets, settings, guide):
        if step is None:
            yield Frame(number, total, label=settings.target), None
            continue
        number += 1
        numbers = {OBJECTIVE: step.value, **octave_numbers(octaves, settings)}
        yield Frame(number, total, numbers=numbers, label=settings.target), step


@technique(
    name="dream",
    title="Deep dream",
    paper="Mordvintsev, Olah & Tyka 2015, Inceptionism: Going Deeper into Neural Networks",
    explanation="Whatever a stage sees in the picture is made stronger, step by step, first in the "
    "large and then in the small, until eyes and feathers grow out of clouds.",
    settings=DreamSettings,
)
def deep_dream(
    network: Network, specimen: Specimen, settings: DreamSettings
) -> Generator[Frame, None, None]:
    """Dream on one specimen; frames carry the picture and the value of the objective."""
    settings = with_default_targets(settings, network)
    targets = parse_targets(settings.target)
    guide = named_picture(settings.guide) if settings.guide else None
    start = dream_start(network, specimen, settings)
    for frame, step in _counted(network, start, targets, settings, guide):
        if step is None:
            yield frame
            continue
        numbers = dict(frame.numbers)
        if frame.step == frame.total:
            objective = dream_objective(network, targets, guide)
            pending = Frame(frame.step - 1, frame.total, label=frame.label)
            numbers |= yield from objective_at_ends(objective, start, step.picture, pending)
        yield replace(frame, picture=step.picture, numbers=numbers)
