"""Pictures that do not fool, to train a head on: a folder, or those that come with the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.adversarial.labelled_folder import LabelledPicture, find_labelled_pictures
from visualizer.engine.errors import UserError
from visualizer.engine.pictures import digits, read_picture, samples
from visualizer.engine.training.datasets import Dataset, read_mnist

if TYPE_CHECKING:
    from visualizer.engine.network import Network

MOST = 10_000
"""Photos that are read; of a larger folder as many, evenly spread."""
CROPS = 60
"""Parts that are cut out of each sample picture."""
MNIST_FILE = "t10k-images-idx3-ubyte"

Reading = Iterator[tuple[np.ndarray, int | None] | None]
"""Pictures (H x W x 3 of any size, uint8 or float32 in [0, 1]) with their classes where these are
known; None for one that could not be read."""


@dataclass(frozen=True, eq=False)
class Photos:
    """Pictures that are read one after the other.

    Attributes:
        source: what they are, in words.
        total: how many.
        read: returns an iterator from the first picture on; see `Reading`.
        problems: sentences on what was left out; complete once they are read.
    """

    source: str
    total: int
    read: Callable[[], Reading]
    problems: list[str] = field(default_factory=list)


def photos_in(folder: Path, network: Network, identifiers: Sequence[str] = ()) -> Photos:
    """The pictures of a folder, in the layout of `find_labelled_pictures`; or MNIST's test files.

    Args:
        folder: what holds them.
        network: whose classes they are.
        identifiers: of its classes, in their order; empty where it has none.

    Raises:
        UserError: there are no pictures.
    """
    if any((folder / f"{MNIST_FILE}{end}").is_file() for end in ("", ".gz")):
        try:
            digits_of = read_mnist(folder, "test")
        except (ValueError, OSError, EOFError) as error:
            raise UserError(str(error)) from error
        return Photos(
            f"{len(digits_of):,} test digits of MNIST", len(digits_of), partial(_of_set, digits_of)
        )
    found = find_labelled_pictures(folder, network, identifiers)
    places = np.unique(np.linspace(0, len(found.items) - 1, MOST).round().astype(int))
    items = [found.items[at] for at in places]
    labelled = sum(each.label is not None for each in items)
    words = f"{len(items):,} pictures of {folder}, {labelled:,} of them labelled"
    problems = [f"“{name}” names no class of {network.title}." for name in found.unmatched]
    return Photos(words, len(items), partial(_of_folder, items, problems), problems)


def own_photos(network: Network) -> Photos:
    """What comes with the program: handwritten digits for a network of digits, else samples."""
    if network.classes == tuple("0123456789"):
        count = sum(1 for _ in digits())
        if count:
            return Photos(f"{count:,} handwritten digits of scikit-learn", count, _digits)
    count = sum(not each.name.startswith("digit") for each in samples())
    words = f"{count * CROPS:,} parts of {count} sample pictures, without labels"
    return Photos(words, count * CROPS, _crops)


def _digits() -> Reading:
    yield from digits()


def _crops() -> Reading:
    rng = np.random.default_rng(0)
    for sample in samples():
        if sample.name.startswith("digit"):
            continue
        picture = sample.load()
        for _ in range(CROPS):
            side = int(min(picture.shape[:2]) * rng.uniform(0.3, 1))
            top, left = (int(rng.integers(0, size - side + 1)) for size in picture.shape[:2])
            yield picture[top : top + side, left : left + side], None


def _of_set(pictures: Dataset) -> Reading:
    for picture, label in zip(pictures.pictures, pictures.labels, strict=True):
        yield np.repeat(picture, 3, axis=2), int(label)


def _of_folder(items: Sequence[LabelledPicture], problems: list[str]) -> Reading:
    for each in items:
        try:
            yield read_picture(each.path), each.label
        except UserError as error:
            problems.append(str(error))
            yield None
