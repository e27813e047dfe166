"""Optimal stimuli in pixel space with a regularisation operator after each step."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from visualizer.engine.ascent.objective_gradient import ObjectiveGradient, end_values
from visualizer.engine.grey import noise_for
from visualizer.engine.objective import Target, parse_targets
from visualizer.engine.technique import OBJECTIVE, Frame, Settings, setting, technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

GREY = np.float32(0.5)
NOISE = 10 / 255
"""Standard deviation of the noise that the climb begins with, as published."""
TURN = 0.03
"""Step size for a picture of fixed length, as a share of its length."""
SHOWN = 99.5
"""Per cent of the pixels that are shown between black and white."""


@dataclass(frozen=True)
class Regularisation:
    """Operators on the difference from grey, x, after each step (Yosinski 2015, section 3).

    Attributes:
        decay: the share of x that is subtracted.
        blur: standard deviation in pixels of the Gaussian x is blurred with.
        every: after how many steps that is.
        small: per cent of the pixels, those of the smallest norm, that are made grey.
        useless: per cent of the pixels, those that contribute least, that are made grey.
        length: x is brought to this Euclidean length; 0 leaves it free.
    """

    decay: float = 0.0
    blur: float = 0.0
    every: int = 4
    small: float = 0.0
    useless: float = 0.0
    length: float = 0.0

    def apply(self, x: np.ndarray, gradient: np.ndarray, step: int) -> np.ndarray:
        """The regularised x, H x W x 3, after step `step`, counted from 1, along `gradient`."""
        x = x * np.float32(1 - self.decay)
        if self.blur and step % self.every == 0:
            x = cv2.GaussianBlur(x, (0, 0), self.blur, borderType=cv2.BORDER_REFLECT_101)
        x = _without_lowest(x, np.linalg.norm(x, axis=2), self.small)
        x = _without_lowest(x, np.abs((x * gradient).sum(axis=2)), self.useless)
        if self.length:
            return x * np.float32(self.length / max(float(np.linalg.norm(x)), 1e-12))
        return np.clip(x, -GREY, GREY)


def _without_lowest(x: np.ndarray, values: np.ndarray, per_cent: float) -> np.ndarray:
    if not per_cent:
        return x
    return x * (values >= np.percentile(values, per_cent))[..., None]


@dataclass(frozen=True)
class Preset:
    """A published combination of regularisation, number of steps and step size.

    Attributes:
        regularisation: applied after each step.
        steps: how many there are.
        progress: by how much a step would raise the objective if it were linear.
    """

    regularisation: Regularisation
    steps: int
    progress: float = 2.0

    def step(self, x: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """Return x after a step along `gradient`, both H x W x 3.

        One of `progress` / |gradient|^2, which is the same in pixels of [0, 1] as in the published
        ones of 0 to 255. A picture of fixed length is turned by `TURN` instead.
        """
        if self.regularisation.length:
            size = TURN * _norm(x) / _norm(gradient)
        else:
            size = self.progress / _norm(gradient) ** 2
        return x + np.float32(size) * gradient


def _norm(array: np.ndarray) -> float:
    """The Euclidean length, never zero."""
    return max(float(np.linalg.norm(array)), 1e-12)


PRESETS: dict[str, Preset] = {
    "blur": Preset(Regularisation(decay=0.0001, blur=1.0, every=4), 1000),
    "blur and norm": Preset(Regularisation(blur=0.5, every=4, small=50), 500),
    "decay and norm": Preset(Regularisation(decay=0.3, small=20), 750, progress=8.0),
    "blur and contribution": Preset(Regularisation(blur=0.5, every=4, useless=90), 1000),
    "unit length": Preset(Regularisation(length=1.0), 200),
}
"""The four published combinations of Yosinski et al. 2015 (table 1; steps and rates from the manual
of their toolbox), and ||x|| = 1 of Le et al. 2012.

Two of the four were published with a progress of 2, as here. The other two, "blur" and "decay and
norm", were published with a constant rate of 100, which suits the scores of CaffeNet only: on a
network whose scores change less with its pixels they stay grey. They ask for progress, too; more
where three tenths of the picture fade at each step.
"""
OWN = "own"


@dataclass(frozen=True)
class RegularisedSettings(Settings):
    """The objective and the regularisation."""

    target: str = setting("output:0", help="What to climb: a stage and a channel, as in conv5:12.")
    preset: str = setting(
        "blur", choices=(*PRESETS, OWN), help="A published combination, or your own, from below."
    )
    steps: int = setting(
        0, low=0, high=5000, step=50, help="How many steps; 0 takes as many as published."
    )
    decay: float = setting(
        0.0, low=0.0, high=1.0, step=0.0001, help="Own: share taken away a step."
    )
    blur: float = setting(
        0.5, low=0.0, high=10.0, step=0.1, unit="pixels", help="Own: width of the blur."
    )
    every: int = setting(4, low=1, high=100, unit="steps", help="Own: how often it is blurred.")
    small: float = setting(
        0.0, low=0.0, high=99.0, step=5.0, unit="%", help="Own: weakest pixels made grey."
    )
    useless: float = setting(
        0.0, low=0.0, high=99.0, step=5.0, unit="%", help="Own: least helpful pixels made grey."
    )
    length: float = setting(
        0.0, low=0.0, high=1000.0, step=1.0, help="Own: the length of the picture; 0 is free."
    )
    progress: float = setting(
        2.0, low=0.01, high=1000.0, step=0.5, help="Own: how much each step shall raise the value."
    )
    negative: bool = setting(False, help="Look for what the unit wants least instead.")
    seed: int = setting(0, low=0, high=2**31 - 1, help="Decides the start.")

    @property
    def chosen(self) -> Preset:
        """The preset, or the combination of the own settings."""
        own = Regularisation(
            self.decay, self.blur, self.every, self.small, self.useless, self.length
        )
        preset = PRESETS.get(self.preset) or Preset(own, 500, self.progress)
        return replace(preset, steps=self.steps) if self.steps else preset


def regularised_steps(
    network: Network, targets: tuple[Target, ...], settings: RegularisedSettings
) -> Iterator[tuple[np.ndarray, float]]:
    """Yield (picture H x W x 3 in [0, 1], value before the step) after every step.

    The picture is what is climbed with its contrast stretched; the value is of what is climbed.
    """
    preset, sign = settings.chosen, -1.0 if settings.negative else 1.0
    objective = ObjectiveGradient(network, [replace(t, weight=sign * t.weight) for t in targets])
    x = starting_noise(network, settings)
    for step in range(1, preset.steps + 1):
        values, gradient = objective.at((GREY + x)[None])
        x = preset.regularisation.apply(preset.step(x, gradient[0]), gradient[0], step)
        yield stretched(x), sign * float(values[0])


def starting_noise(network: Network, settings: RegularisedSettings) -> np.ndarray:
    """The difference from grey that the climb begins with, H x W x 3."""
    rng = np.random.default_rng(settings.seed)
    x = noise_for(network, rng.normal(0, NOISE, (*network.size, 3)).astype(np.float32))
    length = settings.chosen.regularisation.length
    return x * np.float32(length / _norm(x)) if length else x


def stretched(x: np.ndarray) -> np.ndarray:
    """The difference from grey about grey, its contrast as large as the range allows."""
    largest = max(float(np.percentile(np.abs(x), SHOWN)), 1e-12)
    return np.clip(GREY + x * np.float32(0.5 / largest), 0, 1)


@technique(
    name="regularised",
    title="Regularised stimulus",
    paper="Yosinski et al. 2015, Understanding Neural Networks Through Deep Visualization; "
    "Erhan et al. 2009; Le et al. 2012",
    explanation="A picture is climbed pixel by pixel until a unit answers as loud as it can; after "
    "each step it is faded, blurred, or freed of the pixels that matter little.",
    settings=RegularisedSettings,
)
def regularised(
    network: Network, _specimen: Specimen, settings: RegularisedSettings
) -> Generator[Frame, None, None]:
    """Climb one unit; frames carry the picture and the value of the objective.

    The last frame also tells the objective of the pictures as they are shown, at the start and now.
    """
    targets = parse_targets(settings.target)
    total = settings.chosen.steps
    steps = regularised_steps(network, targets, settings)
    for step, (picture, value) in enumerate(steps, start=1):
        numbers = {OBJECTIVE: value}
        if step == total:
            objective, start = (
                ObjectiveGradient(network, targets),
                stretched(starting_noise(network, settings)),
            )
            numbers |= end_values(objective.value(start), objective.value(picture))
        yield Frame(step, total, picture, numbers, settings.target)
