"""Does an adversarial picture survive being saved, blurred, shifted, shrunk, made grey?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from visualizer.engine.adversarial.goal import Goal
from visualizer.engine.adversarial.norms import to_8_bit
from visualizer.engine.adversarial.oracle import Oracle, softmax

if TYPE_CHECKING:
    from visualizer.engine.adversarial.attack import Attacked
    from visualizer.engine.network import Network


def jpeg(picture: np.ndarray, quality: int = 75) -> np.ndarray:
    """Save as JPEG of a quality (1-100) and read it back."""
    bgr = np.rint(picture[..., ::-1] * 255).astype(np.uint8)
    _, code = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR))
    return decoded[..., ::-1].astype(np.float32) / 255


def blur(picture: np.ndarray, sigma: float = 1.0) -> np.ndarray:
    """Blur by a Gaussian of `sigma` pixels."""
    return cv2.GaussianBlur(picture, (0, 0), sigma)


def shift(picture: np.ndarray, pixels: int = 2) -> np.ndarray:
    """Move right and down; the border is repeated."""
    padded = np.pad(picture, ((pixels, 0), (pixels, 0), (0, 0)), mode="edge")
    return padded[: picture.shape[0], : picture.shape[1]]


def resize(picture: np.ndarray, factor: float = 0.75) -> np.ndarray:
    """Shrink by a factor and enlarge again."""
    height, width = picture.shape[:2]
    small = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def grey(picture: np.ndarray) -> np.ndarray:
    """Take the colour away."""
    return np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)


CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "png8": to_8_bit,
    "jpeg75": jpeg,
    "blur": blur,
    "shift": shift,
    "resize": resize,
    "greyscale": grey,
}
"""What may happen to a picture, by the name it has in reports."""


@dataclass(frozen=True)
class Outcome:
    """What a network answers to a changed adversarial picture.

    `survived`: whether the attack still does what it wanted; `index` and `probability`: of the
    likeliest class.
    """

    survived: bool
    index: int
    probability: float


def outcomes(
    network: Network, attacked: Attacked, changes: Mapping[str, Callable] = CHANGES
) -> dict[str, Outcome]:
    """What becomes of the attack after each change of its picture."""
    pictures = np.stack([to_8_bit(change(attacked.adversarial)) for change in changes.values()])
    goal = Goal(np.full(len(pictures), attacked.label), attacked.targeted)
    scores = Oracle.of(network).logits(pictures)
    reached, shares = goal.reached(scores), softmax(scores)
    best = shares.argmax(axis=1)
    return {
        name: Outcome(bool(reached[row]), int(best[row]), float(shares[row, best[row]]))
        for row, name in enumerate(changes)
    }


def survives(
    network: Network, attacked: Attacked, changes: Mapping[str, Callable] = CHANGES
) -> dict[str, bool]:
    """Whether the attack still does what it wanted after each change of its picture."""
    found = outcomes(network, attacked, changes)
    return {name: outcome.survived for name, outcome in found.items()}


@dataclass(frozen=True)
class Transfer:
    """What another network makes of a picture and of its adversarial twin: class and probability.

    It is `fooled` too if its two answers differ.
    """

    before: int
    before_probability: float
    after: int
    after_probability: float

    @property
    def fooled(self) -> bool:
        """Whether the attack changed the other network's answer."""
        return self.before != self.after


def transfer(other: Network, attacked: Attacked) -> Transfer:
    """Show both pictures, brought to its size, to another network."""
    pair = np.stack([other.fit(attacked.original), other.fit(attacked.adversarial)])
    shares = softmax(Oracle.of(other).logits(pair))
    before, after = (int(index) for index in shares.argmax(axis=1))
    return Transfer(before, float(shares[0, before]), after, float(shares[1, after]))
