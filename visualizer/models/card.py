"""Model cards: what a bundled network is, where it came from, and the hash of its weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.models.checksums import sha256_of

if TYPE_CHECKING:
    import keras


def publish(model: keras.Model, folder: Path, card: dict[str, Any]) -> Path:
    """Save a network and its card as `folder/<name>.keras` and `folder/card.json`.

    Args:
        model: the network as users will see it; saved without an optimizer.
        folder: usually `pretrained/<name>`.
        card: everything but `parameters` and `sha256`, which are filled in here.

    Returns:
        The path of the weights.
    """
    import keras

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{card['name']}.keras"
    bare = keras.Model.from_config(model.get_config())  # without an optimizer to weigh it down
    bare.set_weights(model.get_weights())
    bare.save(path)
    complete = {**card, "parameters": model.count_params(), "sha256": sha256_of(path)}
    (folder / "card.json").write_text(json.dumps(complete, indent=2) + "\n", encoding="utf-8")
    return path
