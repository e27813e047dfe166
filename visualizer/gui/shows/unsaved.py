"""The copy of a show that is not saved, in case the program ends before it is.

Each window has a folder of its own, locked while it is open; what is found in a folder that nobody
holds was left by a program that ended.
"""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject

from visualizer.engine.errors import UserError
from visualizer.engine.shows.show import SUFFIX
from visualizer.engine.shows.show_file import writing_show
from visualizer.gui.core.compute import Job, once
from visualizer.gui.core.requests import Latest
from visualizer.gui.runs.crash_copy import lock_folder

if TYPE_CHECKING:
    from visualizer.engine.shows.show import Show
    from visualizer.gui.core.session import Session

FILE = f"unsaved{SUFFIX}"


class UnsavedShow(QObject):
    """Keeps the newest state of the show that is being made, and finds what others left."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._all = session.store.folder / "unsaved-shows"
        self._folder = self._all / uuid.uuid4().hex
        self._lock: QLockFile | None = None
        self._last: Job | None = None
        self._finding = Latest(session.compute, parent=self, cancellable=False)

    @property
    def file(self) -> Path:
        """Where the copy is."""
        return self._folder / FILE

    def keep(self, show: Show) -> None:
        """Write a copy; a full disk does not stop the work."""
        self._submit(partial(self._writing, show))

    def forget(self) -> None:
        """Delete the copy: the show is saved."""
        self._submit(once(self._delete))

    def leave(self) -> None:
        """Let the copy lie, to be found at the next start, and begin another."""
        self._submit(once(self._let_go))

    def find(self, on_found: Callable[[Path], object]) -> None:
        """Look for what programs that ended have left; `on_found` is told of the newest."""
        work = once(_left_behind, self._all, self._folder)
        self._finding.ask(work, on_done=lambda found: on_found(found) if found else None)

    def _submit(self, work: Callable[[], object]) -> None:
        job = Job(
            work,  # type: ignore[arg-type]
            background=True,
            cancellable=False,
            must_finish=True,
            after=self._last if self._last is not None and not self._last.ended else None,
        )
        self._last = job
        self._session.compute.submit(job)

    def _writing(self, show: Show) -> Generator[None, None, None]:
        with contextlib.suppress(OSError, UserError):
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._lock is None:
                self._lock = lock_folder(self._folder)
            yield from writing_show(show, self.file)

    def _delete(self) -> None:
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _let_go(self) -> None:
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None
        self._folder = self._all / uuid.uuid4().hex


def _left_behind(parent: Path, own: Path) -> Path | None:
    """The newest copy in a folder that nobody holds."""
    found = []
    for path in parent.glob(f"*/{FILE}"):
        if path.parent != own and (lock := lock_folder(path.parent)) is not None:
            lock.unlock()
            found.append(path)
    return max(found, key=lambda path: path.stat().st_mtime, default=None)
