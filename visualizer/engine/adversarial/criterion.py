"""Criteria: what an attack is to achieve, untargeted or targeted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.class_names import near, plain
from visualizer.engine.errors import UserError

if TYPE_CHECKING:
    from visualizer.engine.network import Network

LEAST_LIKELY = "least likely"


@dataclass(frozen=True, eq=False)
class Criterion:
    """Labels of a batch (int N) and whether to reach (`targeted`) or to leave them."""

    labels: np.ndarray
    targeted: bool

    @property
    def sign(self) -> int:
        """+1 to climb the cross entropy of `labels`, -1 to descend it."""
        return -1 if self.targeted else 1

    def satisfied(self, logits: np.ndarray) -> np.ndarray:
        """Which rows of scores (N x K) satisfy the criterion, bool N; rows with NaN never do."""
        is_label = logits.argmax(axis=1) == self.labels
        return (is_label == self.targeted) & np.isfinite(logits).all(axis=1)

    def margin(self, logits: np.ndarray) -> np.ndarray:
        """Signed distance in logits of each row (N x K) beyond the decision boundary, float N."""
        rows = np.arange(len(logits))
        others = logits.copy()
        others[rows, self.labels] = -np.inf
        return self.sign * (others.max(axis=1) - logits[rows, self.labels])

    def subset(self, chosen: np.ndarray) -> Criterion:
        """The criterion of some pictures of the batch."""
        return Criterion(self.labels[chosen], self.targeted)


def choose_criterion(network: Network, logits: np.ndarray, target: str | None) -> Criterion:
    """The criterion for one picture with scores `logits` (1 x K).

    Args:
        network: whose class names `target` may use.
        logits: the scores before the attack.
        target: None for anything but the present answer, `least likely`, a class's name
            (any capitals, a unique part of it is enough) or its index; see `find_class`.

    Raises:
        UserError: no class, or several, go by that name.
    """
    if target is None:
        return Criterion(logits.argmax(axis=1), targeted=False)
    if target.strip().lower() == LEAST_LIKELY:
        return Criterion(logits.argmin(axis=1), targeted=True)
    return Criterion(np.array([find_class(network, target, logits.shape[1])]), targeted=True)


def find_class(network: Network, wanted: str, classes: int) -> int:
    """The index of the class called `wanted`: its name, its index, or a unique part of its name.

    A name goes before an index, for there are classes called "1"; "#1" is always an index.

    Raises:
        UserError: no class, or several, go by that name.
    """
    named = exact_class(network, wanted, classes)
    if named is not None:
        return named
    word = plain(wanted)
    if word.removeprefix("#").isdecimal():
        raise UserError(
            f"There is no class {word}; {network.title} counts its classes 0 to {classes - 1}."
        )
    names = [plain(network.label(index)) for index in range(classes)]
    exact = [index for index, name in enumerate(names) if name == word]
    found = exact or [index for index, name in enumerate(names) if word and word in name]
    if len(found) == 1:
        return found[0]
    if not found:
        alike = " or ".join(f"“{network.label(index)}”" for index in near(word, names))
        advice = f"give one of its {classes} names, or an index."
        if alike:
            advice = f"did you mean {alike}?"
        raise UserError(f"{network.title} has no class called “{wanted}”; {advice}")
    some = ", ".join(f"“{network.label(index)}” (#{index})" for index in found[:4])
    raise UserError(f"“{wanted}” could be {some}{' …' if len(found) > 4 else ''}; say which.")


def exact_class(network: Network, wanted: str, classes: int) -> int | None:
    """The index of the one class with exactly this name, or else this index; None for neither."""
    word = plain(wanted)
    same = [index for index in range(classes) if plain(network.label(index)) == word]
    if same:
        return same[0] if len(same) == 1 else None
    digits = word.removeprefix("#")
    return int(digits) if digits.isdecimal() and int(digits) < classes else None
