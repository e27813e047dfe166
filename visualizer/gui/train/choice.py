"""What is trained on what: as chosen in the side column, and as the engine takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.training.train_settings import HEAD, UNFROZEN, TrainSettings
from visualizer.models import catalog
from visualizer.models.training_data import DATA as NAMED
from visualizer.models.training_data import OWN

if TYPE_CHECKING:
    from visualizer.models.training_recipe import Recipe

FOLDER = "folder"


def _title(name: str) -> str:
    entry = NAMED[name]
    return entry.title + (f"  ·  download {entry.megabytes:.0f} MB" if entry.megabytes else "")


DATA = {
    **{name: _title(name) for name in NAMED},
    FOLDER: "A folder with a folder a class",
    OWN: "My own: camera and tray",
}
"""The data sets by name, with their titles."""
MODELS = {
    "softmax": "Softmax regression",
    "mlp": "Multilayer perceptron",
    "lenet": "LeNet-5",
    "small-alexnet": "Small AlexNet",
}
"""The networks to train from scratch by name, with their titles."""


def transferable() -> dict[str, str]:
    """The networks whose knowledge a new head can use: those of the catalogue that are here."""
    return {each.name: each.title for each in catalog.entries() if each.available}


SIDES = (32, 48, 64, 96, 28)
"""Pixels that pictures of one's own are brought to."""


@dataclass(frozen=True, eq=False)
class Choice:
    """What a training begins with.

    Attributes:
        data: a name of `DATA`.
        model: a name of `MODELS`; of `transfer`, one of the catalogue.
        folder: of "folder".
        side: pixels of the pictures of "own".
        own: of "own": uint8 H x W x 3, by the name of their class; empty after a restart, until
            they are read from the file that keeps them.
        kept: of "own": the SHA-256 of that file.
        layers: those built by hand, instead of `model`, as `bricks.to_list` writes them.
        transfer: the stage where the network of the catalogue is cut; None: from scratch.
        unfrozen: of the stages before the cut, how many of the last learn too; of a transfer.
    """

    data: str = "digits"
    model: str = "lenet"
    folder: str = ""
    side: int = SIDES[0]
    own: Mapping[str, Sequence[np.ndarray]] = field(default_factory=dict)
    kept: str = ""
    layers: list[dict[str, Any]] | None = None
    transfer: str | None = None
    unfrozen: int = 0

    @property
    def has_features(self) -> bool:
        """Whether only a head is trained, on features of the pictures."""
        return self.transfer is not None and not self.unfrozen

    @property
    def usual(self) -> TrainSettings:
        """The settings that it learns well with."""
        if self.transfer is None:
            return TrainSettings()
        return TrainSettings(**(UNFROZEN if self.unfrozen else HEAD))

    @property
    def recipe(self) -> Recipe:
        """As the engine takes it."""
        from visualizer.models.training_recipe import Recipe

        data = self.folder if self.data == FOLDER else self.data
        side = self.side if self.data == OWN and self.transfer is None else None
        return Recipe(
            data,
            self.model,
            self.transfer,
            str(self.unfrozen) if self.transfer is not None and self.unfrozen else None,
            layers=self.layers,
            pictures=self.kept,
            side=side,
        )

    @property
    def title(self) -> str:
        """Such as "LeNet-5 on digits"."""
        name = "My layers" if self.layers is not None else MODELS.get(self.model, self.model)
        if self.transfer is not None:
            what_learns = "The last stages of" if self.unfrozen else "A new head for"
            name = f"{what_learns} {catalog.title_of(self.model)}"
        what = {FOLDER: f"“{Path(self.folder).name}”", OWN: "my own pictures"}
        return f"{name} on {what.get(self.data, self.data)}"


def choice_of(recipe: Recipe) -> Choice:
    """The choice that a recipe was made from."""
    named = recipe.data in (*NAMED, OWN)
    unfrozen = recipe.unfreeze or ""
    return Choice(
        data=recipe.data if named else FOLDER,
        model=recipe.model,
        folder="" if named else recipe.data,
        side=recipe.side or SIDES[0],
        kept=recipe.pictures,
        layers=recipe.layers,
        transfer=recipe.transfer,
        unfrozen=int(unfrozen) if unfrozen.isdecimal() else 0,
    )
