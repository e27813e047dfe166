"""Finds the preprocessing of an unknown network by trying the common ones.

Pixels may go in as 0 to 1, -1 to 1 or 0 to 255, with the mean and deviation of ImageNet, or as
Caffe had them; a network fed with the wrong ones predicts nonsense without a word. Each way is
tried on pictures whose content is known, and judged by what the network tells: scaling built into
it, names of known networks, the statistics its normalisations recorded, and its answers.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import product
from typing import TYPE_CHECKING

import cv2
import numpy as np

from visualizer.engine.errors import UserError
from visualizer.engine.pictures import samples
from visualizer.engine.preprocessing import Preprocessing
from visualizer.models import scaling_inference as inference

if TYPE_CHECKING:
    import keras

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and standard deviation of ImageNet's pixels in [0, 1], RGB."""
CAFFE_MEAN = (103.939, 116.779, 123.68)
"""Mean of ImageNet's pixels in [0, 255], BGR."""

KNOWN = {  # sample picture -> words of class names that would be right
    "coffee": ("espresso", "coffee", "cup"),
    "cat": ("tabby", "cat", "kitten"),
    "rocket": ("missile", "rocket", "projectile", "space shuttle"),
    "flower": ("flower", "daisy", "dahlia"),
    "digit-2": ("2", "two"),
    "digit-5": ("5", "five"),
    "digit-7": ("7", "seven"),
}


@dataclass(frozen=True)
class Candidate:
    """One preprocessing, and the network's answers under it.

    Attributes:
        preprocessing: what to give to `Network`.
        title: in plain words.
        top5: (class, probability) of the picture the user looks at, the most probable first.
        score: larger is more likely; only differences count.
        evidence: what speaks for it, a sentence each.
    """

    preprocessing: Preprocessing
    title: str
    top5: tuple[tuple[str, float], ...]
    score: float
    evidence: tuple[str, ...]


def candidates(channels: int) -> dict[str, Preprocessing]:
    """The preprocessings that are tried, by title, the most common first."""
    if channels == 1:
        return {
            "0 to 1": Preprocessing(channels=1),
            "-1 to 1": Preprocessing(2.0, -1.0, channels=1),
            "0 to 255": Preprocessing(255.0, channels=1),
            "MNIST": Preprocessing(1 / 0.3081, -0.1307 / 0.3081, channels=1),
            "0 to 1, dark and light exchanged": Preprocessing(-1.0, 1.0, channels=1),
        }
    return {
        "0 to 1": Preprocessing(channels=channels),
        "-1 to 1": Preprocessing(2.0, -1.0, channels=channels),
        "0 to 255": Preprocessing(255.0, channels=channels),
        "ImageNet": Preprocessing(
            *_alpha(
                tuple(1 / d for d in DEVIATION),
                tuple(-m / d for m, d in zip(MEAN, DEVIATION, strict=True)),
                channels,
            ),
            channels=channels,
        ),
        "Caffe": Preprocessing(
            *_alpha((255.0,) * 3, tuple(-m for m in CAFFE_MEAN), channels),
            "bgr",
            channels,
        ),
        "0 to 1, blue first": Preprocessing(order="bgr", channels=channels),
        "0 to 255, blue first": Preprocessing(255.0, order="bgr", channels=channels),
    }


def _alpha(
    scale: tuple[float, ...], offset: tuple[float, ...], channels: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return (scale, offset) if channels == 3 else ((*scale, scale[0]), (*offset, 0.0))


WORDS = {
    "0 to 1": "Pixels from 0 to 1",
    "-1 to 1": "Pixels from −1 to 1",
    "0 to 255": "Pixels from 0 to 255",
    "ImageNet": "ImageNet's mean and deviation",
    "Caffe": "Caffe's mean, blue first",
    "MNIST": "MNIST's mean and deviation",
    "0 to 1, dark and light exchanged": "Pixels from 0 to 1, dark and light exchanged",
    "0 to 1, blue first": "Pixels from 0 to 1, blue first",
    "0 to 255, blue first": "Pixels from 0 to 255, blue first",
}
SCALINGS = {
    "0..1": "0 to 1",
    "-1..1": "-1 to 1",
    "0..255": "0 to 255",
    "imagenet": "ImageNet",
    "caffe": "Caffe",
    "mnist": "MNIST",
    "0..1-bgr": "0 to 1, blue first",
    "0..255-bgr": "0 to 255, blue first",
    "inverted": "0 to 1, dark and light exchanged",
}
"""The names of the preprocessings on the command line -> their titles."""


class ScalingError(UserError):
    """There is no such way of scaling for this network."""


def scaling(name: str, channels: int) -> Preprocessing:
    """Return the way of scaling that is called `name` on the command line.

    Raises:
        ScalingError: it is none of `SCALINGS` that networks of so many channels have.
    """
    ways = candidates(channels)
    known = {short: ways[title] for short, title in SCALINGS.items() if title in ways}
    if name.lower() not in known:
        raise ScalingError(
            f"There is no scaling called {name!r} for a network of {channels} "
            f"channel{'s' if channels > 1 else ''}; choose one of {', '.join(known)}."
        )
    return known[name.lower()]


PRIOR = {"0 to 1": 0.3, "-1 to 1": 0.15, "0 to 255": 0.15, "ImageNet": 0.05, "Caffe": 0.0}
FITS = 0.05
"""Differences of the statistics below this are ignored."""
PATIENCE = 4.0
"""Seconds after which no further sample is tried."""
UNCOMMON = -0.5
"""The prior of preprocessings that are not in `PRIOR`: only clear evidence chooses them."""


@dataclass(frozen=True)
class Trial:
    """How many of the tries are done: `step` of `total`."""

    step: int
    total: int


Trying = Generator[Trial, None, tuple[Candidate, ...]]


class Doctor:
    """Diagnoses one network; imports Keras, and compiles the network once.

    Args:
        model: takes N x H x W x C and gives N x K.
        classes: names of the outputs, as far as known.
    """

    def __init__(self, model: keras.Model, classes: Sequence[str] = ()) -> None:
        self._model, self._classes = model, classes
        height, width, channels = (side or 224 for side in model.input_shape[1:])
        self._size = int(height), int(width)
        self._channels = int(channels)

    @cached_property
    def _probe(self) -> inference.Probe:
        return inference.Probe(self._model)

    def diagnose(self) -> Trying:
        """Try every way of scaling on the samples and judge each; yields after every try.

        A network that takes long for a picture is tried on the first samples only.

        Returns:
            One candidate for each way, the most likely first; its answers are for the first
            sample, the coffee cup.
        """
        named = {name: self._fitted(picture) for name, picture in _loaded(self._channels).items()}
        ways = candidates(self._channels)
        responses: dict[str, list[inference.Response]] = {title: [] for title in ways}
        total = len(ways) * len(named)
        began = math.inf
        for step, (picture, title) in enumerate(product(named.values(), ways), 1):
            responses[title].append(self._probe.respond(picture, ways[title]))
            yield Trial(step, total)
            began = min(began, time.monotonic())  # the first try compiles the network
            if step % len(ways) == 0 and time.monotonic() - began > PATIENCE:
                break
        seen = list(named)[: step // len(ways)]
        measured = {title: self._probe.statistics(responses[title]) for title in ways}
        found = [self._judged(title, ways[title], measured, seen) for title in ways]
        return tuple(sorted(found, key=lambda candidate: -candidate.score))

    def show(self, picture: np.ndarray, found: Sequence[Candidate]) -> Trying:
        """Return the same candidates with the answers for another picture, H x W x 3 in [0, 1]."""
        fitted, shown = self._fitted(picture), []
        for step, one in enumerate(found, 1):
            response = self._probe.respond(fitted, one.preprocessing)
            (row,) = self._probe.probabilities([response])
            shown.append(replace(one, top5=top5(row, self._classes)))
            yield Trial(step, len(found))
        return tuple(shown)

    def _judged(
        self,
        title: str,
        way: Preprocessing,
        measured: dict[str, inference.Statistics],
        samples: list[str],
    ) -> Candidate:
        score, reasons, one = PRIOR.get(title, UNCOMMON), [], measured[title]
        if self._fits_inside[title]:
            score += 6
            reasons.append("The scaling built into the network fits it.")
        elif inference.backbone(self._model) == title and not any(self._fits_inside.values()):
            score += 5
            reasons.append("The pretrained network inside was trained with it.")
        if one.misfit is not None:
            # The logarithm tells a near fit from a nearer one: colours in another order change
            # the statistics little.
            score -= 2 * one.misfit + 1.5 * math.log1p(one.misfit / FITS)
            if one.misfit == min(m.misfit for m in measured.values() if m.misfit is not None):
                reasons.append("The statistics the network recorded while it was trained fit best.")
        right = [_right(name, self._classes) for name in samples]
        known = {
            other: inference.mean_log_prob(m.probabilities, right) for other, m in measured.items()
        }
        mine = known[title]
        if mine is not None:
            score += 1.5 * mine
            if mine == max(share for share in known.values() if share is not None):
                reasons.append("It recognises the sample pictures best.")
        # Weak evidence: large pixels raise the confidence of any answer.
        score += 0.1 * inference.mutual_information(one.probabilities)
        answers = top5(one.probabilities[0], self._classes)
        return Candidate(way, WORDS[title], answers, score, tuple(reasons))

    @cached_property
    def _fits_inside(self) -> dict[str, bool]:
        return {
            title: _scaling_inside(self._probe, way)
            for title, way in candidates(self._channels).items()
        }

    def _fitted(self, picture: np.ndarray) -> np.ndarray:
        return _fitted(picture, *self._size)


def top5(row: np.ndarray, classes: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """The five most probable classes of one picture, with their probabilities."""
    best = np.argsort(-row, kind="stable")[:5]
    return tuple(
        (classes[i] if i < len(classes) else f"class {i}", float(row[i])) for i in best.tolist()
    )


def _scaling_inside(probe: inference.Probe, way: Preprocessing) -> bool:
    """Whether this scaling and the model's own rescaling layers give a common input range."""
    found = probe.before_weights(way)
    if found is None:
        return False
    black, colour = (np.sort(values.astype(np.float64)) for values in found)
    for wanted in candidates(3).values():
        pixels = np.stack([np.zeros(3), np.array(inference.COLOUR)])
        if wanted.order == "bgr":
            pixels = pixels[:, ::-1]
        low, high = pixels * np.array(wanted.scale) + np.array(wanted.offset)
        if len(black) != 3 or wanted.scale == 255.0:
            continue
        near = 0.03 * np.abs(high - low).max()
        if (
            np.abs(np.sort(low) - black).max() < near
            and np.abs(np.sort(high) - colour).max() < near
        ):
            return True
    if len(set(np.asarray(way.scale).ravel().round(2).tolist())) > 1 or way.order == "bgr":
        return False
    span = (colour - black).max()
    return bool(0.75 < span < 6 and -3.5 < black.min() < 0.05 and 0.4 < colour.max() < 6)


def _right(name: str, classes: Sequence[str]) -> frozenset[int]:
    """The classes whose names say what a sample picture shows."""
    words = KNOWN.get(name, ())
    return frozenset(
        index
        for index, label in enumerate(classes)
        if any(re.search(rf"\b{re.escape(word)}\b", label.lower()) for word in words)
    )


@cache
def _loaded(channels: int) -> dict[str, np.ndarray]:
    """The samples by name: photographs, and digits for a network that sees no colour."""
    chosen = [one for one in samples() if channels == 1 or not one.name.startswith("digit")]
    return {one.name: one.load() for one in chosen}


def _fitted(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """The middle of a picture, in the shape of the network's input: H x W x 3."""
    rows, columns = picture.shape[:2]
    high, wide = min(rows, columns * height // width), min(columns, rows * width // height)
    top, left = (rows - high) // 2, (columns - wide) // 2
    middle = np.ascontiguousarray(picture[top : top + max(high, 1), left : left + max(wide, 1)])
    how = cv2.INTER_AREA if height < high else cv2.INTER_LINEAR
    return cv2.resize(middle, (width, height), interpolation=how).clip(0, 1)
