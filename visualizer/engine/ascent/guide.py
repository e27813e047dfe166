"""A guide picture: climb towards the features that another picture has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.ascent.slope import Slope
from visualizer.engine.objective import Target
from visualizer.engine.pictures import read_picture, samples

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
    return read_picture(name)


class GuidedSlope(Slope):
    """The slope towards the features of a guide.

    At every place of a stage, the dot product of its features with the feature of the guide that
    fits it best, as in the notebook published with Mordvintsev, Olah & Tyka 2015; the value is the
    mean over the places, summed over the targets. A target's channels say which features count.
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
                tensor = network.tensor(x, stage)
                count = ops.shape(tensor)[0]
                places = ops.reshape(tensor, (count, -1, tensor.shape[-1]))
                products = ops.matmul(places, ops.transpose(guide))
                values.append(ops.mean(ops.max(products, axis=2), axis=1))
            return sum(values[1:], start=values[0])

        return match

    def _arguments(self, count: int) -> list[np.ndarray]:
        return self._features


def features(network: Network, picture: np.ndarray, stage: str) -> np.ndarray:
    """The features of a picture at every place of a stage: places x C."""
    maps = network.forward(network.fit(picture)[None])[stage][0]
    return maps.reshape(-1, maps.shape[-1])


def _counted(network: Network, target: Target) -> np.ndarray:
    """How much each feature of the target's stage counts."""
    counted = np.zeros(network.stage(target.stage).units, np.float32)
    counted[list(target.channels) or slice(None)] = target.weight
    return counted
