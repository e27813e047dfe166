"""The start: the samples, the pictures kept from last time, and the last network.

Where that network cannot be opened any more, the one that comes with the program is.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any

from visualizer.engine.preload import import_keras
from visualizer.gui.core.compute import Job, Listener, MakeGenerator, once
from visualizer.gui.core.garbage import loading_libraries
from visualizer.models import catalog

if TYPE_CHECKING:
    from visualizer.engine.pictures import Sample
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session

DEFAULT_NETWORK = "alexnet"
_FIRST_KEPT = 1000
"""Ranks below are samples', ranks from here on those of kept pictures."""


class StartUp:
    """Fills the tray of a session, a picture a job, in the order of last time.

    The pictures are on show before the network is opened, which takes longest; the one chosen last
    is chosen again.
    """

    def __init__(self, session: Session, network: str, said: dict[str, Any]) -> None:
        from visualizer.engine.pictures import samples

        self._session, self._network, self._said = session, network, said
        self._wanted = session.store.text("specimen")
        self._chosen = ""  # what was chosen here, not by the user
        session.network_refused.connect(self._open_default)
        kept = list(enumerate(session.store.kept(), _FIRST_KEPT))
        first = [(rank, file) for rank, file in kept if file.stem.endswith(f"-{self._wanted}")]
        self._wanted_rank = first[0][0] if first else None
        self._kept = [each for each in kept if each not in first]
        shown = samples()
        self._missing = len(first) + len(shown)
        for rank, file in first:
            self._read(rank, once(session.store.read_kept, file))
        for rank, sample in enumerate(shown):
            self._read(rank, once(_sample, sample))

    def _read(self, rank: int, make: MakeGenerator) -> None:
        def on_failed(sentence: str) -> None:
            self._session.say(sentence, "error")
            self._count()

        listener = Listener(on_done=partial(self._on_read, rank), on_failed=on_failed)
        self._session.compute.submit(Job(make, listener, cancellable=False))

    def _count(self) -> None:
        """Open the network as soon as the pictures are on show, then read the rest of the tray."""
        self._missing -= 1
        if self._missing == 0:
            self._session.compute.submit(Job(_libraries, cancellable=False))
            if self._session.network_wanted == self._network:  # the user has not chosen another
                self._session.open_network(self._network, **self._said)
            for rank, file in self._kept:
                self._read(rank, once(self._session.store.read_kept, file))

    def _open_default(self, name: str) -> None:
        session = self._session
        if session.network is None and name != DEFAULT_NETWORK and session.network_wanted == "":
            title = catalog.title_of(name)
            session.say(f"{title} did not open, so AlexNet is opened instead.", "warning")
            session.open_network(DEFAULT_NETWORK)

    def _on_read(self, rank: int, specimen: Specimen) -> None:
        session = self._session
        now = session.specimen
        session.insert(specimen, rank, built_in=rank < _FIRST_KEPT)
        wanted = rank == self._wanted_rank or specimen.id == self._wanted
        # Once the user has chosen something, nothing of last time may push it aside.
        if now is None or (wanted and now.id == self._chosen):
            self._chosen = specimen.id
            session.select(specimen.id)
        self._count()


def _libraries() -> Generator[None]:
    """Load the backend, which takes longest of all, before the first network asks for it."""
    if "keras" in sys.modules:
        return
    with loading_libraries():  # in one slice with it, or the network's first would import Keras
        import_keras()
    yield


def _sample(sample: Sample) -> Specimen:
    from visualizer.engine.specimen import Provenance, Specimen

    specimen = Specimen(sample.load(), sample.title, Provenance(f"sample {sample.name}"))
    specimen.compact()
    assert specimen.id  # worked out here, not on the window thread
    return specimen
