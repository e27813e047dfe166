"""A training in one file: to go on with after a stop, a crash or a kill, with its whole record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from visualizer.engine.settings import SettingsError
from visualizer.engine.training import checkpoints
from visualizer.engine.training.checkpoints import CheckpointError
from visualizer.engine.training.history import History
from visualizer.engine.training.loop import Training
from visualizer.engine.training.train_settings import TrainSettings

SUFFIX = ".training"
SAVE_SECONDS = 8.0
"""Seconds of work that a program killed at any moment may lose."""


def save(training: Training, path: Path, recipe: Mapping[str, Any]) -> None:
    """Write where a training is, whole or not at all.

    Args:
        training: between two batches.
        path: of the file.
        recipe: what JSON can hold and it takes to make the model and the data again.

    Raises:
        SaveError: the folder may not be written to, or the disk is full; an older file stays.
    """
    state = training.state()
    meta = {**state.meta, "recipe": dict(recipe), "history": training.history.to_dict()}
    checkpoints.write(path, state.values, meta)


def read_recipe(path: Path) -> dict[str, Any]:
    """What `save` was told.

    Raises:
        CheckpointError: there is no such file, or it is damaged.
    """
    recipe = checkpoints.read_meta(path).get("recipe")
    if not isinstance(recipe, dict):
        raise CheckpointError(f"“{path.name}” is no training; begin a new one.")
    return recipe


def read_settings(path: Path) -> TrainSettings:
    """How it learns.

    Raises:
        CheckpointError: there is no such file, or it is damaged.
    """
    try:
        return TrainSettings.from_dict(checkpoints.read_meta(path)["settings"])
    except (KeyError, SettingsError) as error:
        raise _damaged(path, error) from None


def resume(training: Training, path: Path) -> None:
    """Bring a new training of the same recipe to where the file was written, record and all.

    Raises:
        CheckpointError: the file is missing, damaged or of another network.
        TrainingError: it is of other data.
    """
    meta = checkpoints.read_meta(path)
    try:
        history = History.from_dict(meta["history"])
        if history.batches != meta["batch"]:
            raise ValueError("its record ends elsewhere")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path, error) from None
    training.load(path)
    training.history = history


def _damaged(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(f"“{path.name}” is damaged ({str(error)[:200]}); begin a new training.")
