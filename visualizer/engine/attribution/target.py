"""Targets of attribution: the score of a class, or the activation of any unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine import backend
from visualizer.engine.errors import UserError
from visualizer.engine.objective import Objective, Target, check_targets, objective

if TYPE_CHECKING:
    from visualizer.engine.network import Network


ReluRule = Callable[[Callable[[Any], Any]], Callable[[Any], Any]]
"""Given the function of a ReLU, it returns one of the same values and another gradient."""


class AttributionError(UserError):
    """A score that cannot be explained."""


def choose_target(network: Network, picture: np.ndarray, wanted: str) -> Target:
    """The target that a user's words name; empty for the network's own answer.

    Args:
        network: whose classes and stages may be named.
        picture: as the network sees it, H x W x 3.
        wanted: a class's name, a unique part of it or its index, or a unit (``conv5:12``).

    Raises:
        UserError: nothing, or too much, goes by that name.
    """
    from visualizer.engine.adversarial.criterion import find_class
    from visualizer.engine.objective import parse_targets

    last = network.stages[-1]
    if not wanted.strip():
        answer = network.forward(picture[None])[last.name][0]
        mean = answer.reshape(-1, last.units).mean(axis=0)
        return _class_target(network, network.top(mean, 1)[0].index)
    if ":" in wanted or wanted.strip() in (stage.name for stage in network.stages):
        targets = parse_targets(wanted)
        check_targets(network, targets)
        if len(targets) > 1:
            raise AttributionError(
                f"“{wanted.strip()}” names {len(targets)} things; explain them one at a time."
            )
        return targets[0]
    names = max(last.units, len(network.classes))
    return _class_target(network, find_class(network, wanted, names))


def name_of(network: Network, target: Target) -> str:
    """What a target is called: a class by its name, anything else as it is written."""
    index = _class_of(network, target)
    if index is None:
        return str(target)
    place = "" if target.position is None else " at {},{}".format(*target.position)
    return network.label(index) + place


def _has_single_output(network: Network) -> bool:
    """Whether the network has one output for two classes."""
    return network.stages[-1].units == 1 and len(network.classes) == 2


def _class_target(network: Network, index: int) -> Target:
    """The score of a class."""
    name = network.stages[-1].name
    if _has_single_output(network):
        return Target(name, (0,), weight=1.0 if index else -1.0)
    return Target(name, (index,))


def _class_of(network: Network, target: Target) -> int | None:
    """The class that a target speaks for, or None if it is of none."""
    if target.stage != network.stages[-1].name or len(target.channels) != 1:
        return None
    if _has_single_output(network) and abs(target.weight) == 1:
        return int(target.weight > 0)
    return target.channels[0] if target.weight == 1 else None


def check_numbers(network: Network, values: Any, slope: Any = 0.0) -> None:
    """Check what a network computed, and its slope in pixels or maps.

    Raises:
        AttributionError: some of the numbers are none (NaN, infinity), or the slope is undefined.
    """
    if not np.isfinite(values).all():
        raise AttributionError(
            f"{network.title} gives no numbers for this picture (NaN), so there is nothing to "
            "explain; check the network's weights."
        )
    if not np.isfinite(slope).all():
        raise AttributionError(
            f"The slope of {network.title} is undefined at this picture, as that of a square root "
            "is at 0, so this method cannot follow it; try occlusion, which needs no slope."
        )


class Score:
    """The score of a target, compiled once for each stage: pictures N x H x W x 3 -> N numbers.

    Args:
        network: to be explained.
        target: whose score.
        after: a stage whose value N x H x W x C is given in place of pictures; None for pictures.
    """

    def __init__(self, network: Network, target: Target, after: str | None = None) -> None:
        self._network, self._target = network, target
        self._objective = replace(objective(network, [target]), after=after)
        self._call = network.cached(
            (Score, self._objective.parts, after),
            lambda: backend.compiled(self._objective, variables=network.model.variables),
        )

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """The scores of pictures in [0, 1] at the network's size, or of values of that stage.

        Raises:
            AttributionError: the network gives no numbers there.
        """
        scores = self._call(pictures, *self._objective.weights([self._target], len(pictures)))
        check_numbers(self._network, scores)
        return scores


class Gradient:
    """The score of a target and its gradient of pixels, compiled once for each stage and rule.

    Args:
        network: to be explained.
        target: whose score.
        relu: given the function of each ReLU, it returns one with another gradient, such as the
            rules of `guided_backprop`; None for the true gradient.
    """

    def __init__(self, network: Network, target: Target, relu: ReluRule | None = None) -> None:
        self._network, self._target = network, target
        self._objective: Objective = objective(network, [target])
        score = self._objective if relu is None else self._objective.with_relu(relu)

        def total(x: Any, weights: Any) -> Any:
            from keras import ops

            scores = score(x, weights)
            return ops.sum(scores), scores

        self._call = network.cached(
            (Gradient, self._objective.parts, relu),
            lambda: backend.value_and_gradient(total, variables=network.model.variables),
        )

    def __call__(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(scores N, gradient N x H x W x 3) of pictures N x H x W x 3 in [0, 1].

        Raises:
            AttributionError: the network gives no numbers there.
        """
        (weights,) = self._objective.weights([self._target], len(pictures))
        (_, scores), gradient = self._call(pictures, weights)
        check_numbers(self._network, scores, gradient)
        return scores, gradient
