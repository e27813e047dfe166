"""The loop that the iterative attacks share: step along the gradient, project, repeat."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.differentiable_model import DifferentiableModel
from visualizer.engine.adversarial.norms import projection, steepest


def iterate(
    model: DifferentiableModel,
    pictures: np.ndarray,
    criterion: Criterion,
    *,
    epsilon: float,
    step_size: float,
    steps: int,
    norm: str = "linf",
    momentum: float = 0.0,
    start: np.ndarray | None = None,
) -> Iterator[np.ndarray]:
    """Yield the batch after each step.

    Args:
        model: the network under attack.
        pictures: N x H x W x 3 in [0, 1].
        criterion: labels to leave or to reach.
        epsilon: the largest change, in `norm`, in units of pixels in [0, 1].
        step_size: how far a step goes, in the same units.
        steps: how many steps.
        norm: "linf" or "l2".
        momentum: decay of the accumulated gradients, each normalised by its mean absolute value
            (Dong et al. 2018, equation 6); 0 for none.
        start: the first iterate; the pictures themselves if None.
    """
    current = pictures if start is None else start
    velocity = np.zeros_like(pictures)
    project = projection(pictures, epsilon, norm)
    stride = criterion.sign * np.float32(step_size)
    for _ in range(steps):
        _, gradient = model.cross_entropy(current, criterion.labels)
        if momentum:
            mean = np.abs(gradient).mean(axis=(1, 2, 3), keepdims=True)
            velocity = momentum * velocity + gradient / np.maximum(mean, 1e-12)
            gradient = velocity
        step = steepest(gradient, norm)
        step *= stride
        step += current
        current = project(step)
        yield current
