"""The smallest epsilon found for each target class of one picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.adversarial.differentiable_model import DifferentiableModel
from visualizer.engine.adversarial.norms import project
from visualizer.engine.arrays import frozen

if TYPE_CHECKING:
    from visualizer.engine.network import Network

BATCH = 8
"""Classes attacked at a time; few, so that progress is reported often."""
STEP = np.float32(1 / 255)


@dataclass(frozen=True, eq=False)
class MinimalEpsilons:
    """The state of the search.

    Attributes:
        step: how many of the classes are done.
        total: how many there are.
        epsilons: K numbers: the smallest change found that reaches the class; NaN where it has not
            been tried yet, infinity where it was not reached.
    """

    step: int
    total: int
    epsilons: np.ndarray

    def reached(self) -> int:
        """How many classes were reached."""
        return int(np.isfinite(self.epsilons).sum())


def minimal_epsilons(
    network: Network, picture: np.ndarray, limit: int = 32
) -> Iterator[MinimalEpsilons]:
    """Attack one picture with each class as the target, the likeliest first.

    Each step moves every pixel by 1/255 along the sign of the gradient (the basic iterative method
    of Kurakin et al. 2016 with a step of one level), so a class reached after n steps is no farther
    than n/255. Stronger attacks may need less: these are upper bounds.

    Args:
        network: a classifier.
        picture: H x W x 3 multiples of 1/255, at the network's size.
        limit: the most steps, in levels of 1/255.

    Yields:
        `MinimalEpsilons` after each step of the batch; the last one is complete.
    """
    model = DifferentiableModel.of(network)
    scores = model.logits(picture[None])[0]
    found = np.full(len(scores), np.nan)
    waiting = list(np.argsort(scores, kind="stable"))  # the likeliest is taken first, from the end
    # The batch has a fixed size, because calls are compiled for it; free rows take the next class.
    current = np.repeat(picture[None], BATCH, axis=0)
    original = current.copy()
    labels, steps = np.zeros(BATCH, np.int64), np.zeros(BATCH, np.int64)
    busy = np.zeros(BATCH, bool)
    while waiting or busy.any():
        for place in np.flatnonzero(~busy)[: len(waiting)]:
            labels[place], steps[place], busy[place] = waiting.pop(), 0, True
            current[place] = picture
        answers, gradient = model.cross_entropy(current, labels)
        there = busy & (answers.argmax(axis=1) == labels)
        size = np.abs(current - original).reshape(BATCH, -1).max(axis=1)
        found[labels[there]] = size[there]
        given_up = busy & ~there & (steps >= limit)
        found[labels[given_up]] = np.inf
        busy &= ~(there | given_up)
        stepped = current - STEP * np.sign(gradient)
        current = project(stepped, original, limit / 255, "linf").astype(np.float32)
        steps += 1
        yield MinimalEpsilons(int((~np.isnan(found)).sum()), len(found), frozen(found))
