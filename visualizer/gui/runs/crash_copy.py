"""The picture of a run that is not in the tray yet, kept on disk in case the program stops.

Each window has folders of its own, locked while it is open; what is found in a folder that nobody
holds was left by a program that ended.
"""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject

from visualizer.engine.errors import UserError
from visualizer.gui.core.compute import Job, once
from visualizer.gui.core.requests import Latest

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session
    from visualizer.gui.runs.history import Step


class CrashCopy(QObject):
    """Saves the newest pictures of runs, and brings those that others left into the tray."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._all = session.store.folder / "unfinished"
        self.folder = self._all / uuid.uuid4().hex
        self._lock: QLockFile | None = None
        self._finding = Latest(session.compute, parent=self, cancellable=False)
        self._finding.ask(partial(_left_behind, self._all, self.folder), on_done=self._recover)

    def file(self, name: str) -> Path:
        """Where the newest picture of a run is."""
        return self.folder / f"{name}.png"

    def save(self, name: str, step: Step) -> None:
        """Save a step, on the compute thread; a full disk does not stop the run."""
        with contextlib.suppress(OSError, UserError):
            if self._lock is None:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._lock = lock_folder(self.folder)
            step.specimen().save(self.file(name))

    def forget(self, name: str, specimen: Specimen) -> None:
        """Delete the file of a run once the tray has written its picture."""
        self._when_written([specimen], partial(self.file(name).unlink, missing_ok=True))

    def _recover(self, found: Sequence[_Folder]) -> None:
        for folder in found:
            for specimen in folder.specimens:
                self._session.add(specimen, select=False)
                self._session.say(f"“{specimen.title}” of last time is in the tray.")
            self._when_written(folder.specimens, folder.delete)

    def _when_written(self, specimens: Sequence[Specimen], act: Callable[[], object]) -> None:
        """Act on the compute thread, after the tray has written its pictures and if it could."""
        store = self._session.store

        def work() -> None:
            if all(store.file_of(specimen.id) is not None for specimen in specimens):
                with contextlib.suppress(OSError):
                    act()

        # In the background, as the tray writes there: what is asked for later comes later.
        self._session.compute.submit(Job(once(work), background=True, cancellable=False))


@dataclass(frozen=True, eq=False)
class _Folder:
    """What a program that ended has left, and the lock that keeps others away from it."""

    path: Path
    lock: QLockFile
    specimens: tuple[Specimen, ...]

    def delete(self) -> None:
        self.lock.unlock()
        shutil.rmtree(self.path, ignore_errors=True)


def _left_behind(parent: Path, own: Path) -> Generator[None, None, list[_Folder]]:
    """Lock and read the folders of programs that ended, a picture a slice."""
    from visualizer.engine.specimen import open_specimen

    found = []
    for path in sorted(parent.iterdir()) if parent.is_dir() else []:
        lock = lock_folder(path) if path != own else None
        if lock is None:
            continue
        specimens = []
        for file in sorted(path.glob("*.png")):
            with contextlib.suppress(UserError):  # the power went while it was written
                specimens.append(open_specimen(file))
                assert specimens[-1].id  # worked out here, not on the window thread
            yield
        found.append(_Folder(path, lock, tuple(specimens)))
    return found


def lock_folder(folder: Path) -> QLockFile | None:
    """Lock a folder; None where a program that runs holds it."""
    lock = QLockFile(str(folder / "lock"))
    lock.setStaleLockTime(0)  # only what ended has let go
    return lock if lock.tryLock(0) else None
