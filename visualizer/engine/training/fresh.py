"""A new network in training, and the same network as the rest of the program explores it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from visualizer.engine.network import Network
from visualizer.engine.preprocessing import Preprocessing
from visualizer.engine.training.bricks import build
from visualizer.engine.training.loop import Training

if TYPE_CHECKING:
    from visualizer.engine.training.bricks import Brick
    from visualizer.engine.training.split import Split
    from visualizer.engine.training.train_settings import TrainSettings


def new_training(layers: Sequence[Brick], data: Split, settings: TrainSettings) -> Training:
    """Build the layers, with weights drawn from the seed of the settings, ready to be trained.

    Raises:
        BrickError: the layers cannot follow each other.
    """
    model = build(layers, data.train.pictures.shape[1:], len(data.classes), settings.seed)
    return Training(model, data, settings)


def explorable(training: Training, title: str, name: str = "mine") -> Network:
    """The model that is trained, not a copy: what it learns is seen at once."""
    return Network(
        training.model,
        name=name,
        title=title,
        classes=training.data.classes,
        preprocessing=Preprocessing(channels=training.model.input_shape[-1]),
        sha256="",
    )
