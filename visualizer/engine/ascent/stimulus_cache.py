"""A disk cache of optimal stimuli.

One PNG a unit with its recipe inside, in a folder named by the SHA-256 of the network's file; its
name is a hash of everything else that decides the picture. Unreadable files are computed again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
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
from visualizer.engine.technique import Frame

if TYPE_CHECKING:
    from visualizer.engine.network import Network

ALGORITHM = 2
"""Increase it whenever the same settings lead to another picture than before."""


class CachedFrame(Frame):
    """The picture of a stimulus that was climbed before, from disk."""


@dataclass(frozen=True)
class StimulusCache:
    """The cached stimuli of one network.

    Attributes:
        network: its name.
        sha256: of its file; a network without one keeps nothing.
        folder: holds the caches of all networks; the user's own folder if None.
        view: how the file was opened: preprocessing, size, chosen input and output, as JSON.
    """

    network: str
    sha256: str
    folder: Path | None = None
    view: str = ""

    @classmethod
    def of(cls, network: Network, folder: Path | None = None) -> StimulusCache:
        """The cache of a network as it was opened."""
        how = {
            "preprocessing": network.preprocessing.to_dict(),
            "size": list(network.size),
            "output": (network.card or {}).get("output"),
        }
        return cls(network.name, network.sha256, folder, json.dumps(how, sort_keys=True))

    def file(self, settings: StimulusSettings) -> Path:
        """The file of the stimulus with these settings, whether it exists or not."""
        text = json.dumps([ALGORITHM, self.view, settings.to_dict()], sort_keys=True)
        name = hashlib.sha256(text.encode()).hexdigest()[:24]
        return (self.folder or data_folder() / "stimuli") / self.sha256 / f"{name}.png"

    def find(self, settings: StimulusSettings) -> np.ndarray | None:
        """The cached picture, uint8 H x W x 3, or None."""
        if not self._keeps:
            return None
        try:
            found = open_specimen(self.file(settings))
        except (UserError, OSError):
            return None
        if dict(found.provenance.settings) != settings.to_dict():
            return None
        return owned(to_bytes(found.picture))

    def frames(
        self, settings: StimulusSettings, climbing: Iterable[Frame], climb_again: bool = False
    ) -> Iterator[Frame]:
        """Yield one `CachedFrame`, or the frames of `climbing` and keep the picture of the last.

        Args:
            settings: of the stimulus.
            climbing: how it is climbed; not begun where its picture is cached.
            climb_again: whether it is climbed even so.
        """
        found = None if climb_again else self.find(settings)
        if found is not None:
            yield CachedFrame(settings.steps, settings.steps, found)
            return
        frame = None
        for frame in climbing:
            yield frame
        if frame is not None and frame.picture is not None:
            self.keep(to_bytes(frame.picture), settings)

    def keep(self, picture: np.ndarray, settings: StimulusSettings) -> None:
        """Store a picture; failures to write are ignored."""
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
