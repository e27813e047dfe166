"""How robust is a network? Accuracy and fooling rate against epsilon, over a folder of pictures."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.adversarial.attack import smallest_saved
from visualizer.engine.adversarial.goal import Goal
from visualizer.engine.adversarial.norms import (
    distortion,
    steepest,
    to_8_bit,
    to_8_bit_within,
    whole_levels,
)
from visualizer.engine.adversarial.oracle import Oracle
from visualizer.engine.adversarial.tally import Row, Tally
from visualizer.engine.errors import UserError
from visualizer.engine.pictures import PictureError, read_picture

if TYPE_CHECKING:
    from visualizer.engine.adversarial.labelled import Item
    from visualizer.engine.network import Network


class RobustnessError(UserError):
    """A choice of attacks that no report can be made of."""


@dataclass(frozen=True)
class Plan:
    """What a report is about: which attacks, of which sizes, how many pictures at a time.

    `epsilons` are L-infinity, in whole levels of 1/255: pictures of 8 bits hold nothing between.
    Attacks that look for the smallest change themselves are counted from the size they find.
    `mode` is how pictures are brought to the network's size.
    """

    methods: tuple[str, ...] = ("fgsm",)
    epsilons: tuple[float, ...] = (1 / 255, 2 / 255, 4 / 255, 8 / 255, 16 / 255)
    batch: int = 32
    mode: str = "crop"

    def __post_init__(self) -> None:
        from visualizer.engine.adversarial import PERTURB

        for name in self.methods:
            if name not in PERTURB:
                raise RobustnessError(
                    f"There is no attack {name!r}; choose from {', '.join(PERTURB)}."
                )
        if not self.methods or not self.epsilons:
            raise RobustnessError("A report needs an attack and a size at least; none were given.")
        for epsilon in self.epsilons:
            if not 0 < epsilon <= 1 or abs(whole_levels(epsilon) - epsilon * 255) > 1e-3:
                raise RobustnessError(
                    f"The size {epsilon * 255:g}/255 was given; pictures of 8 bits move by whole "
                    "levels of 255, so give sizes from 1/255 to 255/255, such as 8/255."
                )
        if self.batch < 1:
            raise RobustnessError(f"The batch is {self.batch}; it must be 1 or more pictures.")

    def to_dict(self) -> dict[str, Any]:
        """What makes two plans the same: not the batch."""
        return {
            "methods": list(self.methods),
            "epsilons": [round(e, 9) for e in self.epsilons],
            "mode": self.mode,
        }


@dataclass(frozen=True)
class Progress:
    """How far a report is: pictures done, pictures in all, and those that could not be read."""

    step: int
    total: int
    broken: int


def robustness(
    network: Network, items: Sequence[Item], tally: Tally, plan: Plan
) -> Iterator[Progress]:
    """Attack pictures and keep the answers in `tally`, which may hold some.

    Each attack starts at the clean picture and leads away from the network's own answer; pictures
    are rounded to 8 bits before they are judged, and never farther than epsilon.

    Args:
        network: a classifier.
        items: of `find_pictures`.
        tally: what is known already is not computed again.
        plan: attacks and sizes.

    Yields:
        `Progress` after each attack on each batch.

    Raises:
        AttackError: the network gives no numbers (NaN).
        UserError: it has no classes.
    """
    oracle = Oracle.of(network)
    waiting = [item for item in items if item.name not in tally]
    done, total = len(items) - len(waiting), len(items)
    yield Progress(done, total, len(tally.broken))
    for start in range(0, len(waiting), plan.batch):
        some = waiting[start : start + plan.batch]
        kept, pictures = _read(network, some, tally, plan.mode)
        if kept:
            rows: list[Row] = []
            for more in _answers(oracle, kept, np.stack(pictures), plan):
                rows += more
                yield Progress(done, total, len(tally.broken))
            tally.add(rows)
        done += len(some)
        yield Progress(done, total, len(tally.broken))


def _read(
    network: Network, items: Sequence[Item], tally: Tally, mode: Any
) -> tuple[list[Item], list[np.ndarray]]:
    kept, pictures = [], []
    for item in items:
        try:
            picture = read_picture(item.path)
        except PictureError as error:
            tally.add_broken(item.name, str(error))
            continue
        kept.append(item)
        pictures.append(to_8_bit(network.fit(picture, mode)))
    return kept, pictures


def _answers(
    oracle: Oracle, items: Sequence[Item], pictures: np.ndarray, plan: Plan
) -> Iterator[list[Row]]:
    """The answers to a batch: clean, then those of each attack."""
    count = len(items)
    padded = _padded(pictures, plan.batch)  # one shape, so that calls are compiled once
    goal = Goal(oracle.finite_logits(padded).argmax(axis=1), targeted=False)
    clean = [int(answer) for answer in goal.labels[:count]]
    yield [Row(i.name, i.label, c, "", 0.0, c) for i, c in zip(items, clean, strict=True)]
    from visualizer.engine.adversarial import attacks

    for method in plan.methods:
        settings: Any = attacks()[method].settings()
        if not hasattr(settings, "epsilon"):
            yield _smallest(oracle, items, pictures, goal.subset(np.arange(count)), method)
            continue
        rows = []
        for epsilon, changed in _attacked(oracle, padded, goal, method, plan.epsilons):
            final = to_8_bit_within(changed, padded, epsilon)
            answers = oracle.logits(final).argmax(axis=1)[:count]
            rows += [
                Row(item.name, item.label, before, method, epsilon, int(answer))
                for item, before, answer in zip(items, clean, answers, strict=True)
            ]
        yield rows


def _attacked(
    oracle: Oracle, pictures: np.ndarray, goal: Goal, method: str, epsilons: Sequence[float]
) -> Iterator[tuple[float, np.ndarray]]:
    """The pictures after an attack of each size; FGSM asks for one gradient for all of them."""
    if method == "fgsm":
        _, gradient = oracle.cross_entropy(pictures, goal.labels)
        direction = steepest(gradient, "linf")
        for epsilon in epsilons:
            yield epsilon, np.clip(pictures + np.float32(epsilon) * direction, 0, 1)
        return
    from visualizer.engine.adversarial import PERTURB, attacks

    settings: Any = attacks()[method].settings()
    for epsilon in epsilons:
        steps = PERTURB[method](oracle, pictures, goal, replace(settings, epsilon=epsilon))
        yield epsilon, _last(steps, pictures)


def _smallest(
    oracle: Oracle, items: Sequence[Item], pictures: np.ndarray, goal: Goal, method: str
) -> list[Row]:
    """The answers after an attack that looks for the smallest change, and its sizes."""
    from visualizer.engine.adversarial import PERTURB, attacks

    steps = PERTURB[method](oracle, pictures, goal, attacks()[method].settings())
    final = smallest_saved(oracle, pictures, _last(steps, pictures), goal)
    rows = []
    for row, answer in enumerate(oracle.logits(final).argmax(axis=1)):
        size, item = distortion(pictures[row], final[row]), items[row]
        before = int(goal.labels[row])
        found = (method, size.linf, int(answer), size.l2, size.rms)
        rows.append(Row(item.name, item.label, before, *found))
    return rows


def _last(steps: Iterator[np.ndarray], start: np.ndarray) -> np.ndarray:
    taken = deque(steps, maxlen=1)
    return taken.pop() if taken else start


def _padded(pictures: np.ndarray, count: int) -> np.ndarray:
    """Repeat the last picture until there are `count`."""
    missing = count - len(pictures)
    return (
        pictures if missing <= 0 else np.concatenate([pictures, pictures[-1:].repeat(missing, 0)])
    )
