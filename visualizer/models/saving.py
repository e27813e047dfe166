"""A network as one `.keras` file that opens again as it is: class names and scaling are inside."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from visualizer.engine.errors import UserError
from visualizer.engine.files import write_file
from visualizer.engine.preprocessing import Preprocessing

if TYPE_CHECKING:
    from visualizer.engine.network import Network

ABOUT = "visualizer.json"
"""The member of the archive that tells what Keras does not: {"classes", "preprocessing"}."""


def save_network(network: Network, path: Path) -> Path:
    """Write a network, whole or not at all; `catalog.open_network` opens it, and so does Keras.

    Args:
        network: any whose layers Keras can save.
        path: should end in `.keras`.

    Raises:
        SaveError: the folder is missing, may not be written to, or the disk is full.
    """
    about = {
        "classes": list(network.classes),
        "preprocessing": network.preprocessing.to_dict(),
    }
    with TemporaryDirectory(prefix="visualizer-") as scratch:
        file = Path(scratch) / "network.keras"
        network.model.save(file)
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr(ABOUT, json.dumps(about, ensure_ascii=False))
        return write_file(path, file.read_bytes())


def saved_preprocessing(text: str | None) -> Preprocessing | None:
    """The preprocessing in the text of `ABOUT`; None where a stranger's file tells none."""
    try:
        return Preprocessing.from_dict(json.loads(text or "")["preprocessing"])
    except (UserError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
