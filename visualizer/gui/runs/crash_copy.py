"""The picture of a run that is not in the tray yet, kept on disk in case the program stops.

Each window has a folder of its own, locked while it is open; what is found in a folder that nobody
holds was left by a program that ended.
"""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QLockFile, QObject

from visualizer.engine.errors import UserError
from visualizer.gui.core.compute import once

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session
    from visualizer.gui.runs.history import Step

KEY = "unfinished "


class Unfinished(QObject):
    """Keeps the newest pictures of this window's runs, and finds those that others left."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._all = session.store.folder / "unfinished"
        self.folder = self._all / uuid.uuid4().hex
        self._lock: QLockFile | None = None
        self._left: dict[str, QLockFile] = {}
        session.compute.done.connect(self._on_done)
        self._recover()

    def file(self, name: str) -> Path:
        """Where the newest picture of a run is."""
        return self.folder / f"{name}.png"

    def save(self, name: str, step: Step) -> None:
        """Keep a step on disk, on the compute thread; a full disk does not stop the run."""
        with contextlib.suppress(OSError, UserError):
            if self._lock is None:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._lock = _locked(self.folder)
            step.specimen().save(self.file(name))

    def forget(self, name: str, specimen: Specimen) -> None:
        """The picture is in the tray: once it is on disk there, it need not be here."""
        self._when_kept([specimen], partial(self.file(name).unlink, missing_ok=True))

    def _recover(self) -> None:
        """Put what was left into the tray, one job a folder."""
        folders = sorted(self._all.iterdir()) if self._all.is_dir() else []
        for folder in folders:
            lock = _locked(folder) if folder != self.folder else None
            if lock is not None:
                self._left[folder.name] = lock
                work = once(partial(_read, folder))
                key = KEY + folder.name
                self._session.compute.submit_keyed(key, work, cancellable=False)

    def _on_done(self, key: str, found: Any) -> None:
        lock = self._left.pop(key.removeprefix(KEY), None) if key.startswith(KEY) else None
        if lock is None:
            return
        for specimen in found:
            self._session.add(specimen, select=False)
            self._session.say(f"“{specimen.title}” of last time is in the tray.")

        def clear() -> None:
            lock.unlock()
            shutil.rmtree(self._all / key.removeprefix(KEY), ignore_errors=True)

        self._when_kept(found, clear)

    def _when_kept(self, specimens: Sequence[Specimen], act: Callable[[], object]) -> None:
        """Act on the compute thread, after the tray has written its pictures and if it could."""
        store = self._session.store

        def work() -> None:
            if all(store.file_of(specimen.id) is not None for specimen in specimens):
                with contextlib.suppress(OSError):
                    act()

        self._session.compute.submit_keyed(
            f"{KEY}{uuid.uuid4().hex}", once(work), cancellable=False
        )


def _locked(folder: Path) -> QLockFile | None:
    """A lock on a folder, or None where a program that runs holds it."""
    lock = QLockFile(str(folder / "lock"))
    lock.setStaleLockTime(0)  # only what ended has let go
    return lock if lock.tryLock(0) else None


def _read(folder: Path) -> list[Specimen]:
    from visualizer.engine.specimen import open_specimen

    found = []
    for file in sorted(folder.glob("*.png")):
        with contextlib.suppress(UserError):  # the power went while it was written
            found.append(open_specimen(file))
            assert found[-1].id  # worked out here, not on the window thread
    return found
