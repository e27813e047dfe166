"""A network that was made here, as a file: a `.keras` with a card inside.

Keras reads the file as any other. The card, `card.json` in the archive, holds the class names, how
pixels go in and, of a trained one, the data, the recipe and the history, so that the file opens
without a question.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from visualizer.engine.errors import UserError
from visualizer.engine.files import write_file
from visualizer.engine.preprocessing import Preprocessing
from visualizer.models.model_parts import CARD

if TYPE_CHECKING:
    import keras

    from visualizer.engine.network import Network

HISTORY_ROWS = 1000
"""Batches of the history that are kept in a card."""
FORMAT = 1


def with_softmax(model: keras.Model) -> keras.Model:
    """A copy of a model of logits that gives probabilities; its last layer is called "output"."""
    import keras

    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    copy.get_layer("output").activation = keras.activations.softmax
    return copy


def save_trained(
    path: Path,
    model: keras.Model,
    classes: Sequence[str],
    preprocessing: Preprocessing,
    card: Mapping[str, Any],
) -> Path:
    """Write a trained network as a file, whole or not at all.

    Args:
        path: ends in `.keras`.
        model: of logits, its last layer called "output"; it is saved with a softmax.
        classes: their names, in order.
        preprocessing: how pixels become its input.
        card: what JSON can hold: title, data, recipe, history, accuracy.

    Raises:
        SaveError: the folder may not be written to, or the disk is full.
    """
    return _write(path, with_softmax(model), classes, preprocessing, card)


def save_network(network: Network, path: Path, card: Mapping[str, Any] | None = None) -> Path:
    """Write any network whose layers Keras can save, whole or not at all.

    Raises:
        SaveError: the folder may not be written to, or the disk is full.
    """
    return _write(path, network.model, network.classes, network.preprocessing, card or {})


def _write(
    path: Path,
    model: keras.Model,
    classes: Sequence[str],
    preprocessing: Preprocessing,
    card: Mapping[str, Any],
) -> Path:
    told = {
        "trained": FORMAT,
        "classes": list(classes),
        "preprocessing": preprocessing.to_dict(),
        "input": list(model.input_shape[1:]),
        "parameters": model.count_params(),
        **card,
    }
    with TemporaryDirectory(prefix="visualizer-") as scratch:
        file = Path(scratch) / "model.keras"
        model.save(file)
        with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(CARD, json.dumps(told, indent=1))
        return write_file(path, file.read_bytes())


def read_card(beside: Mapping[str, str], channels: int) -> tuple[dict[str, Any], Any]:
    """The card that came in a model file, and its preprocessing: ({}, None) if there is none.

    A card that is damaged, or of a network with other channels, counts as none.
    """
    try:
        card = json.loads(beside.get(CARD, ""))
        if card["trained"] != FORMAT:
            return {}, None
        preprocessing = Preprocessing.from_dict(card["preprocessing"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UserError):
        return {}, None
    return (card, preprocessing) if preprocessing.channels == channels else ({}, None)
