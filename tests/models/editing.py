"""Model files of older programs, made by editing the description in a file of today."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Edit = Callable[[dict[str, Any]], None]


def save(model, path: Path) -> Path:
    """Save without the warning that `.h5` is old."""
    from absl import logging

    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        model.save(path)
    finally:
        logging.set_verbosity(before)
    return path


def edit_h5(path: Path, edit: Edit) -> Path:
    """Change the description in an HDF5 file."""
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        edit(config)
        file.attrs["model_config"] = json.dumps(config)
    return path


def edit_keras(path: Path, edit: Edit) -> Path:
    """Change the description in a `.keras` file."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    edit(config)
    parts["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def edit(path: Path, change: Edit) -> Path:
    """Change the description in either."""
    return (edit_keras if path.suffix == ".keras" else edit_h5)(path, change)


def layers(config: dict[str, Any], class_name: str) -> list[dict[str, Any]]:
    """The entries of one class, however nested."""
    found = []
    for layer in config["config"]["layers"]:
        if layer["class_name"] == class_name:
            found.append(layer)
        if isinstance(layer["config"], dict) and "layers" in layer["config"]:
            found += layers(layer, class_name)
    return found


def randomised(model, seed: int = 0):
    """The model with random weights, normalisations too."""
    rng = np.random.default_rng(seed)
    model.set_weights(
        [
            rng.uniform(0.5, 1.5, w.shape)
            if "var" in v.name or v.name == "gamma"
            else rng.normal(0, 0.3, w.shape)
            for v, w in zip(model.weights, model.get_weights(), strict=True)
        ]
    )
    return model


def answer(model, x: np.ndarray) -> np.ndarray:
    """What a model answers, in inference mode."""
    return np.asarray(model(x, training=False))
