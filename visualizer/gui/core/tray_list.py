"""The specimens of the tray in order, and those that were taken out."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen

_FIRST_NEW = 1_000_000


class TrayList:
    """Each specimen has a rank, its place among the others, which it keeps while it is out."""

    def __init__(self) -> None:
        self.specimens: tuple[Specimen, ...] = ()
        self.removed: list[Specimen] = []
        self.built_in: set[str] = set()
        """The ids of those that need not be kept on disk."""
        self._ranks: dict[str, int] = {}
        self._new_ranks = itertools.count(_FIRST_NEW)

    def find(self, identity: str) -> Specimen | None:
        """The specimen with this id, or None."""
        return next((each for each in self.specimens if each.id == identity), None)

    def insert(self, specimen: Specimen, rank: int | None = None) -> bool:
        """Put a specimen at its place, without a rank at the end; False if it is there already."""
        if self.find(specimen.id) is not None:
            return False
        self._ranks[specimen.id] = next(self._new_ranks) if rank is None else rank
        together = (*self.specimens, specimen)
        self.specimens = tuple(sorted(together, key=lambda each: self._ranks[each.id]))
        return True

    def remove(self, specimen: Specimen) -> Specimen | None:
        """Take a specimen out; return the one that has its place now, if any is left."""
        place = self.specimens.index(specimen)
        self.specimens = tuple(each for each in self.specimens if each is not specimen)
        self.removed.append(specimen)
        return self.specimens[min(place, len(self.specimens) - 1)] if self.specimens else None

    def restore(self) -> Specimen:
        """Bring back what was taken out last."""
        specimen = self.removed.pop()
        self.insert(specimen, self._ranks[specimen.id])
        return specimen

    def neighbour(self, specimen: Specimen | None, by: int) -> Specimen | None:
        """The specimen so many places on, stopping at the ends; the first for one not here."""
        ids = [each.id for each in self.specimens]
        if not ids:
            return None
        at = ids.index(specimen.id) + by if specimen is not None and specimen.id in ids else 0
        return self.specimens[max(0, min(at, len(ids) - 1))]
