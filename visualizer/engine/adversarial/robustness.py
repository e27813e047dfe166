"""How robust is a network? Accuracy and fooling rate against epsilon, over a folder of pictures."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.adversarial.goal import Goal, find_class
from visualizer.engine.adversarial.norms import steepest, to_8_bit, to_8_bit_within
from visualizer.engine.adversarial.oracle import Oracle
from visualizer.engine.adversarial.tally import Row, Tally
from visualizer.engine.errors import UserError
from visualizer.engine.pictures import PictureError, read_folder, read_picture

if TYPE_CHECKING:
    from visualizer.engine.network import Network


class RobustnessError(UserError):
    """A folder or a choice of attacks that no report can be made of."""


@dataclass(frozen=True)
class Plan:
    """What a report is about: which attacks, of which sizes (L-infinity), how many at a time."""

    methods: tuple[str, ...] = ("fgsm",)
    epsilons: tuple[float, ...] = (0.5 / 255, 1 / 255, 2 / 255, 4 / 255, 8 / 255, 16 / 255)
    batch: int = 32

    def __post_init__(self) -> None:
        from visualizer.engine.adversarial import attacks

        allowed = [
            name
            for name, technique in attacks().items()
            if "epsilon" in {field.name for field in technique.fields}
        ]
        for name in self.methods:
            if name not in allowed:
                raise RobustnessError(
                    f"{name!r} is no attack of a given size; choose from {', '.join(allowed)}."
                )
        if not self.methods or not self.epsilons:
            raise RobustnessError("A report needs an attack and a size at least; none were given.")
        for epsilon in self.epsilons:
            if not 0 < epsilon <= 1:
                raise RobustnessError(
                    f"The size {epsilon:g} was given; sizes are between 0 and 1, such as 8/255."
                )
        if self.batch < 1:
            raise RobustnessError(f"The batch is {self.batch}; it must be 1 or more pictures.")

    def to_dict(self) -> dict[str, Any]:
        """What makes two plans the same: not the batch."""
        return {"methods": list(self.methods), "epsilons": [round(e, 9) for e in self.epsilons]}


@dataclass(frozen=True)
class Progress:
    """How far a report is: pictures done, pictures in all, and those that could not be read."""

    step: int
    total: int
    broken: int


@dataclass(frozen=True)
class Item:
    """A picture of the folder: its path, its name in the report, and its class if known."""

    path: Path
    name: str
    label: int | None


def find_pictures(folder: Path, network: Network) -> list[Item]:
    """The pictures of a folder, or of its subfolders, which are then named after classes.

    Raises:
        RobustnessError: there are none.
        UserError: a subfolder with pictures has the name of no class.
    """
    if not folder.is_dir():
        raise RobustnessError(f"There is no folder “{folder}”; give one that holds pictures.")
    items = [Item(path, path.name, None) for path in read_folder(folder)]
    classes = network.stages[-1].units
    for sub in sorted(path for path in folder.iterdir() if path.is_dir()):
        paths = read_folder(sub)
        if paths:
            label = find_class(network, sub.name.replace("_", " "), classes)
            items += [Item(path, f"{sub.name}/{path.name}", label) for path in paths]
    if not items:
        raise RobustnessError(f"There are no pictures in “{folder}”; put some there.")
    return items


def robustness(network: Network, folder: Path, tally: Tally, plan: Plan) -> Iterator[Progress]:
    """Attack every picture of a folder and keep the answers in `tally`, which may hold some.

    Each attack starts at the clean picture and leads away from the network's own answer; pictures
    are rounded to 8 bits before they are judged, and never farther than epsilon. Where labels are
    known, accuracy counts them; a picture is fooled if the answer is not the one before.

    Args:
        network: a classifier.
        folder: pictures, or subfolders of pictures named after classes.
        tally: what is known already is not computed again.
        plan: attacks and sizes.

    Yields:
        `Progress` after each batch.

    Raises:
        UserError: the folder holds no pictures, or a subfolder is named after no class.
    """
    oracle = Oracle.of(network)
    items = find_pictures(folder, network)
    waiting = [item for item in items if item.name not in tally]
    done, total = len(items) - len(waiting), len(items)
    yield Progress(done, total, len(tally.broken))
    for start in range(0, len(waiting), plan.batch):
        some = waiting[start : start + plan.batch]
        kept, pictures = _read(network, some, tally)
        if kept:
            tally.add(_answers(oracle, kept, np.stack(pictures), plan))
        done += len(some)
        yield Progress(done, total, len(tally.broken))


def _read(
    network: Network, items: Sequence[Item], tally: Tally
) -> tuple[list[Item], list[np.ndarray]]:
    kept, pictures = [], []
    for item in items:
        try:
            picture = read_picture(item.path)
        except PictureError as error:
            tally.add_broken(item.name, str(error))
            continue
        kept.append(item)
        pictures.append(to_8_bit(network.fit(picture)))
    return kept, pictures


def _answers(oracle: Oracle, items: Sequence[Item], pictures: np.ndarray, plan: Plan) -> list[Row]:
    """The answers to a batch: clean, then for each attack and size."""
    count = len(items)
    padded = _padded(pictures, plan.batch)  # one shape, so that calls are compiled once
    goal = Goal(oracle.logits(padded).argmax(axis=1), targeted=False)
    clean = goal.labels[:count]
    rows = [
        Row(item.name, item.label, int(answer), "", 0.0, int(answer))
        for item, answer in zip(items, clean, strict=True)
    ]
    for method in plan.methods:
        for epsilon, changed in _attacked(oracle, padded, goal, method, plan.epsilons):
            final = to_8_bit_within(changed, padded, epsilon)
            answers = oracle.logits(final).argmax(axis=1)[:count]
            rows += [
                Row(item.name, item.label, int(before), method, epsilon, int(answer))
                for item, before, answer in zip(items, clean, answers, strict=True)
            ]
    return rows


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
        yield epsilon, deque(steps, maxlen=1).pop()


def _padded(pictures: np.ndarray, count: int) -> np.ndarray:
    """Repeat the last picture until there are `count`."""
    missing = count - len(pictures)
    return (
        pictures if missing <= 0 else np.concatenate([pictures, pictures[-1:].repeat(missing, 0)])
    )
