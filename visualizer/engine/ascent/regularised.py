"""Optimal stimuli by plain steps in pixels that are tidied up after each one."""

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

GREY = np.float32(0.5)
CONTRAST = 0.18
"""Standard deviation at which a picture of fixed length is shown: that of a photo."""


@dataclass(frozen=True)
class Tidying:
    """What is done to the difference from grey, x, after each step (Yosinski 2015, section 3).

    Attributes:
        decay: the share of x that is taken away.
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
        """The tidied x, H x W x 3, after step `step`, counted from 1, along `gradient`."""
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


PRESETS: dict[str, Tidying] = {
    "blur": Tidying(decay=0.0001, blur=1.0, every=4),
    "blur and norm": Tidying(blur=0.5, every=4, small=50),
    "decay and norm": Tidying(decay=0.3, small=20),
    "blur and contribution": Tidying(blur=0.5, every=4, useless=90),
    "unit length": Tidying(length=1.0),
}
"""The four published combinations of Yosinski et al. 2015, table 1, and ||x|| = 1 of Le et al."""
OWN = "own"


@dataclass(frozen=True)
class RegularisedSettings(Settings):
    """What to climb and how the picture is tidied; the steps' rate is ours, not the paper's."""

    target: str = setting("output:0", help="What to climb: a stage and a channel, as in conv5:12.")
    preset: str = setting(
        "blur", choices=(*PRESETS, OWN), help="A published combination, or your own, from below."
    )
    decay: float = setting(0.0, low=0.0, high=1.0, step=0.01, help="Own: share taken away a step.")
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
    steps: int = setting(200, low=1, high=5000, step=50, help="How many steps.")
    rate: float = setting(
        0.03, low=0.001, high=1.0, step=0.01, help="Root mean square change of a step."
    )
    seed: int = setting(0, low=0, high=2**31 - 1, help="Decides the start.")

    @property
    def tidying(self) -> Tidying:
        """What the preset, or the own settings, ask for."""
        own = Tidying(self.decay, self.blur, self.every, self.small, self.useless, self.length)
        return PRESETS.get(self.preset, own)


def regularised_steps(
    network: Network, targets: tuple[Target, ...], settings: RegularisedSettings
) -> Iterator[tuple[np.ndarray, float]]:
    """Yield (picture H x W x 3 in [0, 1], value before the step) after every step.

    A picture of fixed length is shown with the contrast of a photo.
    """
    tidying = settings.tidying
    rng = np.random.default_rng(settings.seed)
    slope = Slope(network, targets)
    x = rng.normal(0, 0.01, (*network.size, 3)).astype(np.float32)
    if tidying.length:
        x *= np.float32(tidying.length / np.linalg.norm(x))
    for step in range(1, settings.steps + 1):
        values, gradient = slope.at((GREY + x)[None])
        slope_now = gradient[0]
        size = settings.rate * (np.std(x) if tidying.length else 1.0)
        x = x + np.float32(size / np.sqrt(np.square(slope_now).mean())) * slope_now
        x = tidying.apply(x, slope_now, step)
        yield shown(x, tidying), float(values[0])


def shown(x: np.ndarray, tidying: Tidying) -> np.ndarray:
    """The picture that a difference from grey stands for, in [0, 1]."""
    if tidying.length:
        x = x * np.float32(CONTRAST / max(float(x.std()), 1e-12))
    return np.clip(GREY + x, 0, 1)


@technique(
    name="regularised",
    title="Regularised stimulus",
    paper="Yosinski et al. 2015, Understanding Neural Networks Through Deep Visualization; "
    "Erhan et al. 2009; Le et al. 2012",
    explanation="A picture is climbed pixel by pixel until a unit answers as loud as it can; after "
    "each step it is faded, blurred, or freed of the pixels that matter little.",
    settings=RegularisedSettings,
)
def regularised(network, specimen, settings: RegularisedSettings) -> Generator[Frame, None, None]:
    """Climb one unit; frames carry the picture and the value of the objective."""
    targets = parse_targets(settings.target)
    steps = regularised_steps(network, targets, settings)
    for step, (picture, value) in enumerate(steps, start=1):
        yield Frame(step, settings.steps, picture, {"objective": value}, settings.target)
