"""The start: the samples, the pictures kept from last time, and the last network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from visualizer.gui.compute import MakeGenerator, once

if TYPE_CHECKING:
    from visualizer.engine.pictures import Sample
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.session import Session

_KEY = "start-up picture "
_FIRST_KEPT = 1000
"""Ranks below are samples', ranks from here on those of kept pictures."""


class StartUp:
    """Fills the tray of a session, a picture a job, in the order of last time.

    A picture is there before the network, which takes longest; the one chosen last is chosen again.
    """

    def __init__(self, session: Session, network: str) -> None:
        from visualizer.engine.pictures import samples

        self._session = session
        self._wanted = session.store.text("specimen")
        self._chosen = ""  # what was chosen here, not by the user
        session.compute.done.connect(self._on_done)
        kept = list(enumerate(session.store.kept(), _FIRST_KEPT))
        wanted = [(rank, file) for rank, file in kept if file.stem.endswith(f"-{self._wanted}")]
        self._wanted_rank = wanted[0][0] if wanted else None
        for rank, file in wanted:
            self._submit(rank, once(session.store.read_kept, file))
        for rank, sample in enumerate(samples()):
            self._submit(rank, once(_sample, sample))
        session.open_network(network)
        for rank, file in kept:
            if rank != self._wanted_rank:
                self._submit(rank, once(session.store.read_kept, file))

    def _submit(self, rank: int, make: MakeGenerator) -> None:
        self._session.compute.submit(f"{_KEY}{rank}", make, cancellable=False)

    def _on_done(self, key: str, specimen: Any) -> None:
        if not key.startswith(_KEY):
            return
        session, rank = self._session, int(key.removeprefix(_KEY))
        now = session.specimen
        session.insert(specimen, rank, built_in=rank < _FIRST_KEPT)
        wanted = rank == self._wanted_rank or specimen.id == self._wanted
        # Once the user has chosen something, nothing of last time may push it aside.
        if now is None or (wanted and now.id == self._chosen):
            self._chosen = specimen.id
            session.select(specimen.id)


def _sample(sample: Sample) -> Specimen:
    from visualizer.engine.specimen import Provenance, Specimen

    specimen = Specimen(sample.load(), sample.title, Provenance(f"sample {sample.name}"))
    assert specimen.id  # worked out here, not on the window thread
    return specimen
