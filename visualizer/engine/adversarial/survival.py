"""Does an adversarial picture survive being saved, blurred, shifted, shrunk, made grey?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np

from visualizer.engine.adversarial.goal import Goal
from visualizer.engine.adversarial.norms import to_8_bit
from visualizer.engine.adversarial.oracle import Oracle

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


def survives(
    network: Network, attacked: Attacked, changes: dict[str, Callable] = CHANGES
) -> dict[str, bool]:
    """Whether the attack still does what it wanted after each change of its picture."""
    pictures = np.stack([to_8_bit(change(attacked.adversarial)) for change in changes.values()])
    goal = Goal(np.full(len(pictures), attacked.label), attacked.targeted)
    reached = goal.reached(Oracle.of(network).logits(pictures))
    return {name: bool(still) for name, still in zip(changes, reached, strict=True)}


def transfers(other: Network, attacked: Attacked) -> tuple[int, int]:
    """What another network makes of the picture: its answers (before, after) as class indices.

    The pictures are brought to the other network's size. It is fooled too if the two differ.
    """
    oracle = Oracle.of(other)
    pair = np.stack([other.fit(attacked.original), other.fit(attacked.adversarial)])
    before, after = oracle.logits(pair).argmax(axis=1)
    return int(before), int(after)
