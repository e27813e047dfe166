"""Whether adversarial pictures still fool after transforms, and whether they transfer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.differentiable_model import DifferentiableModel
from visualizer.engine.adversarial.norms import to_8_bit

if TYPE_CHECKING:
    from visualizer.engine.adversarial.attack import AttackOutcome
    from visualizer.engine.network import Network

QUALITY = 75
"""The usual quality of a JPEG file."""

Transform = Callable[[np.ndarray], np.ndarray]
"""A transform of a picture, H x W x 3 in [0, 1]; the size stays."""


def png8(picture: np.ndarray) -> np.ndarray:
    """Save as PNG of 8 bits and read it back."""
    return _reopened(picture, ".png")


def jpeg(picture: np.ndarray, quality: int = QUALITY) -> np.ndarray:
    """Save as JPEG of a quality (1-100) and read it back."""
    return _reopened(picture, ".jpg", cv2.IMWRITE_JPEG_QUALITY, quality)


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
    """Convert to greyscale, H x W x 3."""
    return np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)


def transforms(quality: int = QUALITY) -> dict[str, Transform]:
    """The transforms by their names in reports; JPEG's contains its quality (1-100)."""
    return {
        "png8": png8,
        f"jpeg{quality}": partial(jpeg, quality=quality),
        "blur": blur,
        "shift": shift,
        "resize": resize,
        "greyscale": grey,
    }


def _reopened(picture: np.ndarray, suffix: str, *options: int) -> np.ndarray:
    bgr = np.rint(picture[..., ::-1] * 255).astype(np.uint8)
    _, code = cv2.imencode(suffix, bgr, options)
    decoded = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR))
    return decoded[..., ::-1].astype(np.float32) / 255


@dataclass(frozen=True)
class TransformResult:
    """The network's answer to a transformed adversarial picture.

    `survived`: whether the criterion is still satisfied; `index` and `probability`: of the
    likeliest class.
    """

    survived: bool
    index: int
    probability: float


def transform_results(
    network: Network, attacked: AttackOutcome, tried: Mapping[str, Transform]
) -> dict[str, TransformResult]:
    """Evaluate an attack after each transform of its adversarial picture.

    An attack that failed does not survive any.
    """
    model = DifferentiableModel.of(network)
    pictures = np.stack([to_8_bit(change(attacked.adversarial)) for change in tried.values()])
    criterion = Criterion(np.full(len(pictures), attacked.label), attacked.targeted)
    scores = model.logits(pictures)
    reached, shares = criterion.satisfied(scores) & attacked.success, model.probabilities(scores)
    best = shares.argmax(axis=1)
    return {
        name: TransformResult(bool(reached[row]), int(best[row]), float(shares[row, best[row]]))
        for row, name in enumerate(tried)
    }


@dataclass(frozen=True)
class Transfer:
    """Another network's answers to the original and the adversarial picture.

    `wanted` is the target of the attack among the other network's classes; None where there was no
    target, or the other network does not know it.
    """

    before: int
    before_probability: float
    after: int
    after_probability: float
    wanted: int | None = None

    @property
    def fooled(self) -> bool:
        """Whether the other network answers with the target too; without one, anything else."""
        return self.before != self.after if self.wanted is None else self.after == self.wanted


def transfer(network: Network, other: Network, attacked: AttackOutcome) -> Transfer:
    """Run another network on both pictures of an attack on `network`, fitted to its size."""
    model = DifferentiableModel.of(other)
    pair = np.stack([other.fit(attacked.original), other.fit(attacked.adversarial)])
    shares = model.probabilities(model.finite_logits(pair))
    before, after = (int(index) for index in shares.argmax(axis=1))
    wanted = None
    if attacked.targeted:
        wanted = same_class(network.label(attacked.label), other)
    return Transfer(before, float(shares[0, before]), after, float(shares[1, after]), wanted)


def same_class(label: str, other: Network) -> int | None:
    """The index of the class of this name in another network, or None if it has none."""
    names = [name.casefold() for name in other.classes]
    return names.index(label.casefold()) if label.casefold() in names else None
