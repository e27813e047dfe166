"""What an attack wants: away from an answer, or towards one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.errors import UserError

if TYPE_CHECKING:
    from visualizer.engine.network import Network

LEAST_LIKELY = "least likely"


@dataclass(frozen=True, eq=False)
class Goal:
    """Labels of a batch and whether to reach (`targeted`) or to leave them."""

    labels: np.ndarray
    targeted: bool

    @property
    def sign(self) -> int:
        """+1 to climb the cross entropy of `labels`, -1 to descend it."""
        return -1 if self.targeted else 1

    def reached(self, logits: np.ndarray) -> np.ndarray:
        """Which rows of scores (N x K) are what the attack wants, bool N."""
        is_label = logits.argmax(axis=1) == self.labels
        return is_label if self.targeted else ~is_label

    def subset(self, chosen: np.ndarray) -> Goal:
        """The goal of some pictures of the batch."""
        return Goal(self.labels[chosen], self.targeted)


def choose_goal(network: Network, logits: np.ndarray, target: str | None) -> Goal:
    """The goal for one picture with scores `logits` (1 x K).

    Args:
        network: whose class names `target` may use.
        logits: the scores before the attack.
        target: None for anything but the present answer, `least likely`, a class's name
            (any capitals, a unique part of it is enough) or its index.

    Raises:
        UserError: no class, or several, go by that name.
    """
    if target is None:
        return Goal(logits.argmax(axis=1), targeted=False)
    if target.strip().lower() == LEAST_LIKELY:
        return Goal(logits.argmin(axis=1), targeted=True)
    return Goal(np.array([find_class(network, target, logits.shape[1])]), targeted=True)


def find_class(network: Network, wanted: str, classes: int) -> int:
    """The index of the class called `wanted`: its index, its name, or a unique part of the name.

    Raises:
        UserError: no class, or several, go by that name.
    """
    word = wanted.strip().lower()
    if word.isdecimal():
        if int(word) < classes:
            return int(word)
        raise UserError(
            f"There is no class {word}; {network.title} counts its classes 0 to {classes - 1}."
        )
    names = [network.label(index).lower() for index in range(classes)]
    exact = [index for index, name in enumerate(names) if name == word]
    found = exact or [index for index, name in enumerate(names) if word and word in name]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UserError(
            f"{network.title} has no class called “{wanted}”; give one of its {classes} names, "
            "or an index."
        )
    some = ", ".join(f"“{network.label(index)}”" for index in found[:4])
    raise UserError(f"“{wanted}” could be {some}{' …' if len(found) > 4 else ''}; say which.")
