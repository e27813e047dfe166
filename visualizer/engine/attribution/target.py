"""What is to be explained: the score of a class, or the answer of any unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine import backend
from visualizer.engine.errors import UserError
from visualizer.engine.objective import Objective, Target, check_targets, objective

if TYPE_CHECKING:
    from collections.abc import Callable

    from visualizer.engine.network import Network


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
    from visualizer.engine.adversarial.goal import find_class
    from visualizer.engine.objective import parse_targets

    last = network.stages[-1]
    if not wanted.strip():
        answer = network.forward(picture[None])[last.name][0]
        return Target(last.name, (int(np.argmax(answer.reshape(-1, last.units).mean(axis=0))),))
    if ":" in wanted or wanted.strip() in (stage.name for stage in network.stages):
        targets = parse_targets(wanted)
        check_targets(network, targets)
        if len(targets) > 1:
            raise AttributionError(
                f"“{wanted.strip()}” names {len(targets)} things; explain them one at a time."
            )
        return targets[0]
    return Target(last.name, (find_class(network, wanted, last.units),))


def name_of(network: Network, target: Target) -> str:
    """What a target is called: a class by its name, anything else as it is written."""
    if target.stage == network.stages[-1].name and len(target.channels) == 1:
        return network.label(target.channels[0])
    return str(target)


def check_numbers(network: Network, *values: Any) -> None:
    """Raise an `AttributionError` if any of these numbers is not one (NaN, infinity)."""
    if not all(np.isfinite(value).all() for value in values):
        raise AttributionError(
            f"{network.title} gives no numbers for this picture (NaN), so there is nothing to "
            "explain; check the network's weights."
        )


class Gradient:
    """The score of a target and its gradient of pixels, compiled once for each stage and rule.

    `relu` names the rule by which gradients pass a ReLU: "" for the true one, "guided" or
    "deconvnet" (see `guided_backprop`).
    """

    def __init__(self, network: Network, target: Target, relu: str = "") -> None:
        from visualizer.engine.attribution.guided_backprop import RULES

        self._network = network
        self._objective: Objective = objective(network, [target])
        self._target = target
        kept: dict[Any, Callable] = network.__dict__.setdefault("_gradients", {})
        key = (self._objective.parts, relu)
        if key not in kept:
            score = self._objective.with_relu(RULES[relu]()) if relu else self._objective

            def total(x: Any, weights: Any) -> Any:
                from keras import ops

                scores = score(x, weights)
                return ops.sum(scores), scores

            kept[key] = backend.value_and_gradient(total, variables=network.model.variables)
        self._call = kept[key]

    def __call__(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(scores N, gradient N x H x W x 3) of pictures N x H x W x 3 in [0, 1].

        Raises:
            AttributionError: the network gives no numbers there.
        """
        (weights,) = self._objective.weights([self._target], len(pictures))
        (_, scores), gradient = self._call(pictures, weights)
        check_numbers(self._network, scores, gradient)
        return scores, gradient
