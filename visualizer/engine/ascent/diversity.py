"""Similarity of the pictures of a batch, for a diversity term."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.ascent.resampling import resample
from visualizer.engine.grey import pixel_gradient

if TYPE_CHECKING:
    from visualizer.engine.network import Network


def gram(tensor: Any) -> Any:
    """Gram matrices N x C x C of features N x H x W x C.

    Gatys, Ecker & Bethge 2015, equation 3, divided by the number of positions.
    """
    from keras import ops

    channels = tensor.shape[-1]
    places = ops.reshape(tensor, (ops.shape(tensor)[0], -1, channels))
    count = ops.cast(ops.shape(places)[1], tensor.dtype)
    return ops.matmul(ops.transpose(places, (0, 2, 1)), places) / count


def spatial_stage(network: Network, stage: str) -> str:
    """The stage itself, or the last one before it with more than one position, at least "data"."""
    index = network.stage(stage).index
    before = [s.name for s in network.stages if s.index <= index and s.spatial]
    several = [name for name in before if max(network.stage(name).shape[:2]) > 1]
    return several[-1] if several else before[0]


class GramSimilarity:
    """The mean cosine of the Gram matrices of all pairs of a batch.

    Olah, Mordvintsev & Schubert 2017, "Feature Visualization", section "Diversity". The features
    are those of the stage, or of the last one before it that is spatial.
    """

    def __init__(self, network: Network, stage: str) -> None:
        stage = spatial_stage(network, stage)

        def similarity(x: Any, rows: Any, columns: Any) -> Any:
            return mean_cosine(gram(network.tensor(resample(x, rows, columns), stage)))

        self._compiled = network.cached(
            (GramSimilarity, stage), lambda: pixel_gradient(network, similarity)
        )

    def gradient(self, pictures: np.ndarray, view: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """The gradient with respect to pictures N x H x W x 3, through a view (`random_views`)."""
        return self._compiled(pictures, *view)[1]

    def value(self, pictures: np.ndarray, view: tuple[np.ndarray, np.ndarray]) -> float:
        """1 if all pictures have the same texture, 0 if they share no feature."""
        return float(self._compiled(pictures, *view)[0])


def mean_cosine(grams: Any) -> Any:
    """The mean cosine of the angle between all pairs of N matrices; N is at least 2."""
    from keras import ops

    count = ops.shape(grams)[0]
    flat = ops.reshape(grams, (count, -1))
    lengths = ops.sqrt(ops.sum(ops.square(flat), axis=1, keepdims=True)) + 1e-12
    unit = flat / lengths
    products = ops.sum(ops.square(ops.sum(unit, axis=0))) - ops.sum(ops.square(unit))
    number = ops.cast(count, products.dtype)
    return products / (number * (number - 1))
