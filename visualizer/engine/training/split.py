"""The pictures to train on and those to judge by; never the same picture on both sides."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from visualizer.engine.errors import UserError
from visualizer.engine.training.datasets import Dataset


class SplitError(UserError):
    """Too few pictures or classes to train on."""


@dataclass(frozen=True)
class Split:
    """A data set in two.

    Attributes:
        train: what is trained on.
        validation: what is only measured on.
        redraw: makes other pictures of the same classes for an epoch, where there is no end of
            them; as many as `train` has.
    """

    train: Dataset
    validation: Dataset
    redraw: Callable[[int], Dataset] | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return self.train.classes


def split(data: Dataset, part: float = 0.2, seed: int = 0) -> Split:
    """Split a data set, each class in the same proportion.

    Pictures that are equal pixel by pixel stay together, so that none is on both sides.

    Args:
        data: two classes or more, each with two different pictures or more.
        part: of the pictures to judge by, above 0 and below 1; at least one of each class.
        seed: decides which.

    Raises:
        SplitError: there is one class only, or a class has fewer than two different pictures.
    """
    if not 0 < part < 1:
        raise SplitError(f"The part to judge by is {part:g}; it must be between 0 and 1.")
    if len(data.classes) < 2:
        name = data.classes[0] if data.classes else "none"
        raise SplitError(
            f"There is only one class ({name}); a network learns to tell classes apart, so give "
            "pictures of two or more."
        )
    digests = np.array([hashlib.sha256(picture.tobytes()).digest() for picture in data.pictures])
    _, group = np.unique(digests, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(data))
    held: list[int] = []
    taken: set[int] = set()
    for label, name in enumerate(data.classes):
        own = order[data.labels[order] == label]
        groups = list(dict.fromkeys(group[own].tolist()))
        free = [each for each in groups if each not in taken]
        if len(groups) < 2 or not free:
            count = "no picture" if not groups else "only one picture"
            raise SplitError(
                f"The class “{name}” has {count} (equal ones count once); it takes two or more, "
                "one to learn from and one to judge by."
            )
        wanted, chosen = max(1, round(part * len(own))), 0
        for each in free[: len(groups) - 1]:
            if chosen >= wanted:
                break
            taken.add(each)
            chosen += int((group[own] == each).sum())
    held = np.flatnonzero(np.isin(group, list(taken))).tolist()
    rest = np.setdiff1d(np.arange(len(data)), held)
    found = Split(data.subset(rest), data.subset(np.array(held)))
    for label, name in enumerate(data.classes):
        if not class_counts(found.train)[label] or not class_counts(found.validation)[label]:
            raise SplitError(
                f"The class “{name}” shares its pictures with other classes, so none is left on "
                "one side; give each class pictures of its own."
            )
    return found


def class_counts(data: Dataset) -> tuple[int, ...]:
    """How many pictures each class has."""
    return tuple(np.bincount(data.labels, minlength=len(data.classes)).tolist())


@dataclass(frozen=True)
class ClassLook:
    """One class of a split at a glance.

    Attributes:
        name: of the class.
        train, validation: how many pictures it has to learn from, and to be judged by.
        examples: indices of a few of them into `Split.train.pictures`, evenly spread.
    """

    name: str
    train: int
    validation: int
    examples: tuple[int, ...]


def class_looks(data: Split, most: int = 6) -> tuple[ClassLook, ...]:
    """A look at each class: how many pictures it has, and which of them to show.

    The same split shows the same pictures.

    Args:
        data: of the endless data sets, the pictures of the first epoch are meant.
        most: pictures of a class, 1 or more.
    """
    looks = []
    judged = class_counts(data.validation)
    for label, name in enumerate(data.classes):
        own = np.flatnonzero(data.train.labels == label)
        places = np.linspace(0, len(own) - 1, min(most, len(own))).round().astype(int)
        looks.append(ClassLook(name, len(own), judged[label], tuple(own[places].tolist())))
    return tuple(looks)


def balance_warning(data: Dataset) -> str:
    """A sentence where one class has over three times the pictures of another; "" where none."""
    counts = class_counts(data)
    most, least = int(np.argmax(counts)), int(np.argmin(counts))
    if counts[most] <= 3 * counts[least]:
        return ""
    return (
        f"“{data.classes[most]}” has {counts[most]} pictures and “{data.classes[least]}” only "
        f"{counts[least]}: the network will guess the first too often; add pictures to the other."
    )
