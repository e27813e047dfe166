"""Reads many pictures on the compute thread; unreadable ones are named in a message."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from visualizer.engine.errors import UserError
from visualizer.engine.technique import Frame
from visualizer.gui.core import crash_log
from visualizer.gui.core.compute import Job, Listener
from visualizer.gui.pictures.drops import picture_bytes
from visualizer.models.model_file import is_model

if TYPE_CHECKING:
    from visualizer.engine.pictures import Sample
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session

    Source = Path | bytes | QImage | Sample

AT_ONCE = 200
"""The most pictures that a folder brings in at a time, some 2 GB of large photographs; files that
are chosen one by one all come in.
"""


class _Batch:
    """One job's results; filled on the compute thread, emptied on the window's."""

    def __init__(self, how: str) -> None:
        self.how = how
        self.specimens: deque[Specimen] = deque()
        self.networks: deque[Path] = deque()
        self.refusals: list[str] = []
        self.notes: list[str] = []
        self.taken = 0
        self.first: Specimen | None = None


class Reader(QObject):
    """Brings files, folders and picture data into the tray, as jobs of the session."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._continue_at: dict[Path, int] = {}  # folders opened before; compute thread only

    def read(self, sources: Sequence[Source], how: str = "open") -> None:
        """Read pictures, and the pictures in folders, and put them into the tray.

        `how` names the source of picture data: "paste", "drop".
        """
        if not sources:
            return
        batch = _Batch(how)
        listener = Listener(
            on_frame=lambda _: self._collect(batch),
            on_done=lambda _: self._finish(batch),
            on_cancelled=lambda: self._finish(batch),
        )
        work = partial(self._work, batch, list(sources))
        folder = len(sources) == 1 and isinstance(sources[0], Path) and sources[0].is_dir()
        many = folder or len(sources) > 1
        title = f"Opening {'pictures' if many else 'a picture'}"
        self._session.compute.submit(Job(work, listener, title=title, background=many))

    # The compute thread

    def _work(self, batch: _Batch, sources: list[Source]) -> Iterator[Frame | None]:
        found = list(self._expanded(batch, sources))
        for number, source in enumerate(found):
            try:
                specimen = yield from _specimen(source, batch.how)
                specimen.id  # noqa: B018  # computed here, not when the window asks
                batch.specimens.append(specimen)
            except UserError as error:
                batch.refusals.append(str(error))
            except Exception as error:  # one bad file may not keep the good ones out
                crash_log.record(error, "while reading a picture")
                batch.refusals.append(f"{_name(source)} could not be read; try another file.")
            yield Frame(number + 1, len(found))

    def _expanded(self, batch: _Batch, sources: list[Source]) -> Iterator[Source]:
        """The sources, with the pictures of a folder in place of the folder."""
        for source in sources:
            if isinstance(source, Path) and source.is_dir():
                try:
                    if is_model(source):
                        batch.networks.append(source)
                        continue
                    yield from self._of_folder(batch, source)
                except UserError as error:
                    batch.refusals.append(str(error))
                except OSError as error:
                    batch.refusals.append(
                        f"“{source.name}” cannot be read ({error.strerror}); check that you may."
                    )
            else:
                yield source

    def _of_folder(self, batch: _Batch, folder: Path) -> list[Path]:
        from visualizer.engine.pictures import read_folder

        files = read_folder(folder)
        name = f"“{folder.name or folder}”"
        if not files:
            batch.refusals.append(f"There are no pictures in {name}; choose another folder.")
            return []
        start = self._continue_at.get(folder, 0)
        start = start if start < len(files) else 0
        part = files[start : start + AT_ONCE]
        self._continue_at[folder] = start + len(part)
        if len(part) == len(files):
            pictures = "picture" if len(files) == 1 else "pictures"
            batch.notes.append(f"{len(files)} {pictures} from {name}.")
        elif start + len(part) < len(files):
            batch.notes.append(
                f"Pictures {start + 1} to {start + len(part)} of {len(files)} from {name}; "
                "open the folder again for the next ones."
            )
        else:
            batch.notes.append(f"Pictures {start + 1} to {len(files)} of {len(files)} from {name}.")
        return part

    # The window thread

    def _collect(self, batch: _Batch) -> None:
        """Take what is read; frames may be skipped, so it comes by a queue."""
        while batch.specimens:
            specimen = batch.specimens.popleft()
            batch.taken += 1
            self._session.add(specimen, select=batch.first is None)
            batch.first = batch.first or specimen
        while batch.networks:
            self._session.open_network(str(batch.networks.popleft().absolute()))

    def _finish(self, batch: _Batch) -> None:
        self._collect(batch)
        refused = len(batch.refusals)
        if refused > 1:
            count = f"{refused} of {refused + batch.taken} could not be opened, the first because: "
            self._session.say(count + batch.refusals[0], "error")
        elif refused:
            self._session.say(batch.refusals[0], "error")
        elif batch.notes:
            self._session.say(" ".join(batch.notes))


def _specimen(source: Source, how: str) -> Generator[None, None, Specimen]:
    """The picture of a source; yields while one that takes long is decoded."""
    from visualizer.engine.specimen import Provenance, Specimen, opening_specimen

    if isinstance(source, Path):
        return (yield from opening_specimen(source))
    if isinstance(source, bytes | QImage):
        data = source if isinstance(source, bytes) else picture_bytes(source)
        title = "Pasted picture" if how == "paste" else "Dropped picture"
        specimen = yield from opening_specimen(data, title)
        if specimen.provenance.source != "bytes":
            return specimen
        provenance = dataclasses.replace(specimen.provenance, source=how)
        return dataclasses.replace(specimen, provenance=provenance)
    return Specimen(source.load(), source.title, Provenance(f"sample {source.name}"))


def _name(source: Source) -> str:
    return f"“{source.name}”" if isinstance(source, Path) else "The picture"
