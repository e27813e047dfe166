"""Endless zoom and camera dreams: a few dream steps on each picture of a sequence."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from visualizer.engine.ascent.deep_dream import (
    DreamSettings,
    dream_step,
    octave_sizes,
    resized,
    start_from,
    starting_picture,
    step_in_pieces,
)
from visualizer.engine.ascent.default_targets import with_default_targets
from visualizer.engine.ascent.guide import GuidedGradient
from visualizer.engine.ascent.objective_gradient import ObjectiveGradient, objective_at_ends
from visualizer.engine.objective import Target, parse_targets
from visualizer.engine.technique import OBJECTIVE, Frame, Settings, setting, technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen


@dataclass(frozen=True)
class ZoomSettings(Settings):
    """The objective, the length of the film and its speed."""

    target: str = setting(
        "", help="What to climb: a stage (conv5), channels (conv5:1,2), ...; usually the last maps."
    )
    frames: int = setting(120, low=1, high=10000, step=24, help="How many pictures.")
    zoom: float = setting(
        0.05, low=0.0, high=0.5, step=0.01, help="How much larger each picture is than the last."
    )
    steps: int = setting(4, low=1, high=100, help="Steps of dreaming on each picture.")
    step_size: float = setting(
        1.5 / 255, low=0.0, high=0.2, step=0.5 / 255, unit="/255", help="Mean change of a step."
    )
    jitter: int = setting(
        32, low=0, high=512, unit="pixels", help="At most how far the picture is shifted each step."
    )
    side: int = setting(
        480, low=32, high=4096, step=32, unit="pixels", help="Longer side of the film."
    )
    seed: int = setting(0, low=0, high=2**31 - 1, help="Decides the shifts.")


def zoomed(picture: np.ndarray, share: float) -> np.ndarray:
    """The middle of the picture enlarged by `share`, at the picture's own size."""
    height, width = picture.shape[:2]
    scale = 1 + share
    middle = (width - 1) / 2, (height - 1) / 2
    back = [[1 / scale, 0, middle[0] * share / scale], [0, 1 / scale, middle[1] * share / scale]]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP  # `back` leads from the result to the picture
    return cv2.warpAffine(
        picture, np.array(back), (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )


def zoom_pictures(
    network: Network, picture: np.ndarray, targets: tuple[Target, ...], settings: ZoomSettings
) -> Iterator[tuple[int, np.ndarray | None, float] | None]:
    """Yield (steps done, picture or None, value) after every step; each finished picture once.

    None is yielded after each tile of a large picture.

    Args:
        network: the network that dreams.
        picture: the first picture, H x W x 3 in [0, 1], of the size of the film.
        targets: what to climb.
        settings: how; its `target` and `side` are not read.

    Raises:
        AscentError: the picture is too small, or nothing in it moves the targets.
    """
    rng = np.random.default_rng(settings.seed)
    objective = ObjectiveGradient(network, targets)
    current, done = picture, 0
    for number in range(settings.frames):
        if number:
            current = zoomed(current, settings.zoom)
        for step in range(1, settings.steps + 1):
            current, value = yield from step_in_pieces(
                objective, current, settings.step_size, settings.jitter, rng
            )
            done += 1
            yield done, current if step == settings.steps else None, value


@technique(
    name="zoom",
    title="Endless zoom",
    paper="Mordvintsev, Olah & Tyka 2015, Inceptionism: Going Deeper into Neural Networks",
    explanation="The network dreams a little, the picture grows a little, and so on: an endless "
    "flight into what the network sees.",
    settings=ZoomSettings,
)
def zoom(
    network: Network, specimen: Specimen, settings: ZoomSettings
) -> Generator[Frame, None, None]:
    """Fly into one specimen; frames carry the finished pictures of the film."""
    settings = with_default_targets(settings, network)
    targets = parse_targets(settings.target)
    start = start_from(specimen, settings.side)
    total = settings.frames * settings.steps
    pending = Frame(0, total, label=settings.target)
    for made in zoom_pictures(network, start, targets, settings):
        if made is None:
            yield pending
            continue
        step, picture, value = made
        numbers = {OBJECTIVE: value}
        if step == total and picture is not None:
            objective = ObjectiveGradient(network, targets)
            numbers |= yield from objective_at_ends(objective, start, picture, pending)
        yield Frame(step, total, picture, numbers, settings.target)
        pending = Frame(step, total, label=settings.target)


def camera_dream(
    network: Network,
    read: Callable[[], np.ndarray],
    targets: tuple[Target, ...],
    settings: DreamSettings,
    guide: np.ndarray | None = None,
    keep: float = 0.8,
) -> Iterator[tuple[np.ndarray, float]]:
    """Yield (dreamt picture, value) for each picture that `read` gives, without end.

    A few steps are taken on each, in each octave; earlier detail is kept with a decay, so that a
    still camera dreams deeper.

    Args:
        network: the network that dreams.
        read: returns the newest picture, H x W x 3 in [0, 1].
        targets: what to climb.
        settings: how; its `target`, `start` and `guide` are not read.
        guide: a picture, H x W x 3, whose features at the targets' stages are matched instead.
        keep: the share of earlier detail that is kept from one picture to the next.

    Raises:
        AscentError: the pictures are too small.
    """
    rng = np.random.default_rng(settings.seed)
    objective = (
        ObjectiveGradient(network, targets)
        if guide is None
        else GuidedGradient(network, targets, guide)
    )
    octaves, scale, least = settings.octaves, settings.octave_scale, objective.least_size()
    detail: np.ndarray | None = None
    while True:
        seen = starting_picture(read(), settings.side)
        if detail is None:
            detail = np.zeros_like(seen)
        elif detail.shape != seen.shape:
            detail = resized(detail, seen.shape[:2])
        picture = np.clip(seen + np.float32(keep) * detail, 0, 1)
        for size in octave_sizes(seen.shape[0], seen.shape[1], octaves, scale, least):
            before = current = resized(picture, size)
            for _ in range(settings.steps):
                current, value = dream_step(
                    objective, current, settings.step_size, settings.jitter, rng
                )
            picture = np.clip(picture + resized(current - before, seen.shape[:2]), 0, 1)
        detail = picture - seen
        yield picture, value
