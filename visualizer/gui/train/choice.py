"""What is trained on what, and how the pictures come into memory, on the compute thread."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from visualizer.engine.training.bricks import Brick
    from visualizer.engine.training.datasets import Dataset
    from visualizer.engine.training.split import Split

DATA = {
    "digits": "Digits (8 × 8)",
    "shapes": "Coloured shapes (32 × 32)",
    "folder": "A folder with a folder a class",
    "own": "My own: camera and tray",
}
"""The data sets by name, with their titles."""
MODELS = {
    "softmax": "Softmax regression",
    "mlp": "Multilayer perceptron",
    "lenet": "LeNet-5",
    "small-alexnet": "Small AlexNet",
}
"""The networks by name, with their titles."""
SIDES = (32, 48, 64, 96, 28)
"""Pixels that pictures of one's own are brought to."""
SHAPES = 3000
"""Pictures of shapes an epoch; those of the next are drawn anew."""


@dataclass(frozen=True, eq=False)
class Choice:
    """What a training begins with.

    Attributes:
        data: a name of `DATA`.
        model: a name of `MODELS`.
        folder: of "folder".
        side: pixels of the pictures of "folder" and "own".
        own: of "own": H x W x 3 in [0, 1], by the name of their class.
        seed: decides which pictures are for validation.
        bricks: the layers, instead of those of `model`.
    """

    data: str = "digits"
    model: str = "lenet"
    folder: str = ""
    side: int = SIDES[0]
    own: Mapping[str, Sequence[np.ndarray]] = field(default_factory=dict)
    seed: int = 0
    bricks: tuple[Brick, ...] | None = None

    @property
    def data_title(self) -> str:
        """Of the data, short."""
        if self.data == "folder":
            return Path(self.folder).name
        return {"own": "my own pictures"}.get(self.data, DATA[self.data].split(" (")[0].lower())

    @property
    def title(self) -> str:
        """Such as "LeNet-5 on digits"."""
        name = "My layers" if self.bricks is not None else MODELS[self.model]
        return f"{name} on {self.data_title}"


@dataclass(frozen=True, eq=False)
class Lesson:
    """The pictures, and what to say of them."""

    data: Split
    warning: str


def read_lesson(choice: Choice) -> Generator[Any, None, Lesson]:
    """Read the pictures of a choice; yields its progress.

    Raises:
        UserError: there are no pictures, or too few, or of one class only.
    """
    from visualizer.engine.training.split import Split, balance_warning, split

    if choice.data == "shapes":
        from visualizer.engine.training.shapes import draw_shapes

        yield None
        drawn = draw_shapes(SHAPES, (choice.seed, 0))
        yield None
        held = draw_shapes(SHAPES // 5, (choice.seed, 1))
        redraw = lambda epoch: draw_shapes(SHAPES, (choice.seed, 2, epoch))  # noqa: E731
        return Lesson(Split(drawn, held, redraw), "")
    warning = ""
    if choice.data == "digits":
        data = _digits()
    elif choice.data == "own":
        from visualizer.engine.training.own_pictures import from_pictures

        data = from_pictures(choice.own, (choice.side, choice.side))
    else:
        from visualizer.engine.training.own_pictures import read_class_folder

        found = yield from read_class_folder(Path(choice.folder), (choice.side, choice.side))
        data, warning = found.data, found.warning
    yield None
    parts = split(data, seed=choice.seed)
    return Lesson(parts, " ".join(filter(None, (warning, balance_warning(data)))))


def _digits() -> Dataset:
    """The 1,797 digits of scikit-learn, white on black."""
    from sklearn.datasets import load_digits

    from visualizer.engine.training.datasets import Dataset

    found = load_digits()
    pictures = np.round(found.images * (255 / 16)).astype(np.uint8)[..., None]
    return Dataset(pictures, found.target.astype(np.int64), tuple("0123456789"))
