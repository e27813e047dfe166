"""Optimal stimuli (activation maximisation): gradient ascent from noise on one unit."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.ascent.diversity import GramSimilarity
from visualizer.engine.ascent.grid import grid
from visualizer.engine.ascent.objective_gradient import ObjectiveGradient, end_values
from visualizer.engine.ascent.parameterisation import Adam, FourierBasis
from visualizer.engine.ascent.resampling import random_views
from visualizer.engine.grey import sees_grey
from visualizer.engine.objective import Target, parse_targets
from visualizer.engine.technique import OBJECTIVE, Frame, Settings, setting, technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen


GAIN = 3
"""By how many of its standard deviations over random pictures a unit's activation rises, at least
in 95 of 100 runs."""
LARGEST_SHIFT = 1 / 12
"""Largest shift as a share of the side: beyond it, a digit of 28 pixels leaves the picture."""


@dataclass(frozen=True)
class StimulusSettings(Settings):
    """The objective, the optimiser and the random transforms."""

    target: str = setting("output:0", help="What to climb: a stage and a channel, as in conv5:12.")
    steps: int = setting(200, low=1, high=5000, step=50, help="How many steps of Adam.")
    rate: float = setting(0.05, low=0.001, high=1.0, step=0.01, help="How far one step goes.")
    shift: float = setting(
        8.0,
        low=0.0,
        high=64.0,
        step=1.0,
        unit="pixels",
        help="At most how far it is shifted; never more than a twelfth of its side.",
    )
    zoom: float = setting(0.1, low=0.0, high=0.5, step=0.05, help="At most how far it is zoomed.")
    negative: bool = setting(False, help="Look for what the unit wants least instead.")
    count: int = setting(1, low=1, high=16, help="How many pictures to climb at once.")
    diversity: float = setting(
        0.0, low=0.0, high=10.0, step=0.5, help="How hard these are kept from looking alike."
    )
    side: int = setting(
        0, low=0, high=4096, unit="pixels", help="Side of the picture; 0 is the network's size."
    )
    seed: int = setting(0, low=0, high=2**31 - 1, help="Decides the start and the shaking.")


def optimal_stimuli(
    network: Network, targets: tuple[Target, ...], settings: StimulusSettings
) -> Iterator[tuple[np.ndarray, float]]:
    """Yield (picture H x W x 3 in [0, 1], value) after every step.

    Several pictures (`count`) come as one, side by side, with their mean value.
    """
    for pictures, values in climb(network, targets, settings):
        yield shown(pictures), float(values.mean())


def shown(pictures: np.ndarray) -> np.ndarray:
    """Several pictures as one grid; a single one as it is."""
    return pictures[0] if len(pictures) == 1 else grid(pictures)


def climb(
    network: Network,
    targets: tuple[Target, ...],
    settings: StimulusSettings,
    weights: Sequence[np.ndarray] | None = None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (pictures N x H x W x 3 in [0, 1], values N) after every step; N is `count`.

    The values are those before the step, through the step's random view; with `negative` they
    fall.

    Args:
        network: whose units.
        targets: what to climb.
        settings: how; its `target` is not read.
        weights: `Objective.weights` in which each of N pictures has channels of its own; then N
            counts, not `count`, and each starts as it would alone.

    Raises:
        AscentError: nothing in the picture moves the targets, or they do not take its size.
    """
    rng = np.random.default_rng(settings.seed)
    size = (settings.side, settings.side) if settings.side else network.size
    sign = -1 if settings.negative else 1
    objective = ObjectiveGradient(
        network, [replace(target, weight=sign * target.weight) for target in targets]
    )
    objective.check_size(size)
    similarity = GramSimilarity(network, targets[0].stage) if settings.diversity else None
    basis, adam = FourierBasis(*size, grey=sees_grey(network)), Adam(settings.rate)
    if weights is None:
        parameters = basis.random(settings.count, rng)
    else:
        parameters = basis.random(1, rng).repeat(len(weights[0]), axis=1)
    pictures = basis.decode(parameters)
    first: np.ndarray | None = None
    shift = min(settings.shift, LARGEST_SHIFT * min(size))
    for _ in range(settings.steps):
        view = random_views(size, size, shift, settings.zoom, rng)
        values, gradient = objective.through(pictures, view, weights)
        if similarity is not None and len(pictures) > 1:
            alike = similarity.gradient(pictures, view)
            balance = float(np.linalg.norm(gradient) / (np.linalg.norm(alike) + 1e-20))
            gradient = gradient - np.float32(settings.diversity * balance) * alike
        pulled = basis.pull_back(pictures, gradient)
        if first is None:
            first = np.abs(pulled).max(axis=(0, 2, 3, 4), keepdims=True)
            first[first == 0] = 1
        # Normalised by the first gradient, so that Adam's 1e-8 is small beside any of them.
        parameters = adam.step(parameters, pulled / first)
        pictures = basis.decode(parameters)
        yield pictures, sign * values


def starting_pictures(network: Network, settings: StimulusSettings) -> np.ndarray:
    """The nearly grey noise that `climb` begins with, count x H x W x 3."""
    size = (settings.side, settings.side) if settings.side else network.size
    basis = FourierBasis(*size, grey=sees_grey(network))
    return basis.decode(basis.random(settings.count, np.random.default_rng(settings.seed)))


@technique(
    name="stimulus",
    title="Optimal stimulus",
    paper="Erhan et al. 2009; Olah, Mordvintsev & Schubert 2017, Feature Visualization",
    explanation="A picture is climbed from nearly grey noise until one unit answers as loud as it "
    "can: the picture that the unit most wants to see.",
    settings=StimulusSettings,
)
def stimulus(
    network: Network, _specimen: Specimen, settings: StimulusSettings
) -> Generator[Frame, None, None]:
    """Climb one unit; frames carry the picture and the value of the objective."""
    targets = parse_targets(settings.target)
    for step, (pictures, values) in enumerate(climb(network, targets, settings), start=1):
        numbers = {OBJECTIVE: float(values.mean())}
        if step == settings.steps:
            objective, start = (
                ObjectiveGradient(network, targets),
                starting_pictures(network, settings),
            )
            numbers |= end_values(
                *(float(objective.at(each)[0].mean()) for each in (start, pictures))
            )
        yield Frame(step, settings.steps, shown(pictures), numbers, settings.target)
