"""Optimal stimuli kept on disk, so that the next start has them at once.

One PNG a unit with its recipe inside, in a folder named by the SHA-256 of the network's file; its
name stands for all else that decides the picture. What cannot be read is made again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.arrays import owned
from visualizer.engine.ascent.optimal_stimulus import StimulusSettings
from visualizer.engine.errors import UserError
from visualizer.engine.folders import data_folder
from visualizer.engine.rendering import to_bytes
from visualizer.engine.specimen import Provenance, Specimen, open_specimen

if TYPE_CHECKING:
    from visualizer.engine.network import Network

ALGORITHM = 2
"""Raise it whenever the same settings climb to another picture than before."""


@dataclass(frozen=True)
class StimulusCache:
    """The stimuli of one network.

    Attributes:
        network: its name.
        sha256: of its file; a network without one keeps nothing.
        folder: where the shelves of all networks are; the user's own folder unless told.
        view: how the file is looked at: its preprocessing, size, and chosen input and output.
    """

    network: str
    sha256: str
    folder: Path | None = None
    view: str = ""

    @classmethod
    def of(cls, network: Network, folder: Path | None = None) -> StimulusCache:
        """The shelf of a network as it was opened."""
        how = {
            "preprocessing": network.preprocessing.to_dict(),
            "size": list(network.size),
            "output": (network.card or {}).get("output"),
        }
        return cls(network.name, network.sha256, folder, json.dumps(how, sort_keys=True))

    def file(self, settings: StimulusSettings) -> Path:
        """Where the stimulus of these settings is kept, or would be."""
        text = json.dumps([ALGORITHM, self.view, settings.to_dict()], sort_keys=True)
        name = hashlib.sha256(text.encode()).hexdigest()[:24]
        return (self.folder or data_folder() / "stimuli") / self.sha256 / f"{name}.png"

    def find(self, settings: StimulusSettings) -> np.ndarray | None:
        """The kept picture, uint8 H x W x 3, or None."""
        if not self._keeps:
            return None
        try:
            found = open_specimen(self.file(settings))
        except (UserError, OSError):
            return None
        if dict(found.provenance.settings) != settings.to_dict():
            return None
        return owned(to_bytes(found.picture))

    def keep(self, picture: np.ndarray, settings: StimulusSettings) -> None:
        """Keep a picture; a disk that is full or read-only only costs the next start some time."""
        if not self._keeps:
            return
        recipe = Provenance(
            "technique",
            technique="stimulus",
            settings=settings.to_dict(),
            seed=settings.seed,
            network=self.network,
            network_sha256=self.sha256,
        )
        file = self.file(settings)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            Specimen(picture, settings.target, recipe).save(file)
        except (UserError, OSError):
            return

    @property
    def _keeps(self) -> bool:
        return self.sha256.isalnum()
