"""Guided dreams: match the features of a guide picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine import backend
from visualizer.engine.ascent.objective_gradient import ObjectiveGradient
from visualizer.engine.objective import Target
from visualizer.engine.pictures import LARGE, read_picture, samples

if TYPE_CHECKING:
    from visualizer.engine.network import Network


def named_picture(name: str) -> np.ndarray:
    """A sample picture by its name, or the picture in a file: H x W x 3 in [0, 1].

    Raises:
        PictureError: it is neither.
    """
    for sample in samples():
        if sample.name == name:
            return sample.load()
    return read_picture(name, LARGE)


MOST_PLACES = 1024
"""Positions of a guide that are used; of more, this many spread evenly, to bound the memory."""
AT_ONCE = 64
"""Positions of the guide that are compared with all of the picture's at a time."""


class GuidedGradient(ObjectiveGradient):
    """The gradient of the match with a guide's features.

    At every position of a stage, the dot product of its feature vector with the best-matching one
    of the guide, as in the notebook published with Mordvintsev, Olah & Tyka 2015; the value is the
    mean over positions, summed over the targets. A target's channels select features. Of the output
    stage the logits are used.
    """

    def __init__(self, network: Network, targets: Sequence[Target], guide: np.ndarray) -> None:
        super().__init__(network, targets)
        self._features = [
            features(network, guide, target.stage) * _counted(network, target)
            for target in self._targets
        ]

    def _climb(self) -> Callable[..., Any]:
        network, stages = self._network, [target.stage for target in self._targets]

        def match(x: Any, *guides: Any) -> Any:
            from keras import ops

            values = []
            for stage, guide in zip(stages, guides, strict=True):
                places = _places(network, x, stage)
                best = _best(ops.stop_gradient(places), guide)
                fitting = ops.reshape(ops.take(guide, best, axis=0), ops.shape(places))
                values.append(ops.mean(ops.sum(places * fitting, axis=2), axis=1))
            return sum(values[1:], start=values[0])

        return match

    def _arguments(self, _count: int) -> list[np.ndarray]:
        return self._features


def features(network: Network, picture: np.ndarray, stage: str) -> np.ndarray:
    """The features of a picture at the places of a stage: places x C, at most `MOST_PLACES`."""
    compiled = backend.compiled(
        lambda x: _places(network, x, stage), variables=network.model.variables
    )
    every = compiled(network.fit(picture)[None])[0]
    spread = np.linspace(0, len(every) - 1, min(len(every), MOST_PLACES)).round().astype(int)
    return every[spread]


def _places(network: Network, x: Any, stage: str) -> Any:
    """The features of a stage at all its places: N x places x C."""
    from keras import ops

    answer = stage == network.stages[-1].name
    tensor = network.logits(x) if answer else network.tensor(x, stage)
    return ops.reshape(tensor, (ops.shape(tensor)[0], -1, tensor.shape[-1]))


def _best(places: Any, guide: Any) -> Any:
    """Which feature of the guide fits each place best, N x places; a few features at a time."""
    from keras import ops

    best = value = None
    for first in range(0, guide.shape[0], AT_ONCE):
        products = ops.matmul(places, ops.transpose(guide[first : first + AT_ONCE]))
        here, this = ops.max(products, axis=2), ops.argmax(products, axis=2) + first
        if value is None:
            best, value = this, here
        else:
            best, value = ops.where(here > value, this, best), ops.maximum(here, value)
    return best


def _counted(network: Network, target: Target) -> np.ndarray:
    """How much each feature of the target's stage counts."""
    counted = np.zeros(network.stage(target.stage).units, np.float32)
    counted[list(target.channels) or slice(None)] = target.weight
    return counted
