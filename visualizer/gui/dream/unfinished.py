"""The picture of a run that is not in the tray yet, kept on disk in case the program stops."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from visualizer.engine.errors import UserError
from visualizer.gui.compute import once

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.technique import Frame
    from visualizer.gui.session import Session
    from visualizer.gui.store import Store

NAMES = ("dream", "style")
_KEY = "unfinished "


def file_of(store: Store, name: str) -> Path:
    """Where the newest picture of a run is."""
    return store.folder / f"unfinished-{name}.png"


def saver(
    store: Store, name: str, specimen_of: Callable[[Frame], Specimen]
) -> Callable[[Frame], None]:
    """A function that keeps a frame on disk; a full disk does not stop the run."""

    def save(frame: Frame) -> None:
        with contextlib.suppress(OSError, UserError):
            specimen_of(frame).save(file_of(store, name))

    return save


def forget(store: Store, name: str) -> None:
    """The picture is in the tray now, or nobody wants it."""
    with contextlib.suppress(OSError):
        file_of(store, name).unlink(missing_ok=True)


class Recovery(QObject):
    """Puts what was left unfinished by the last run of the program into the tray."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        session.compute.done.connect(self._on_done)
        for name in NAMES:
            file = file_of(session.store, name)
            if file.exists():
                work = once(partial(_read, file))
                session.compute.submit(_KEY + name, work, cancellable=False)

    def _on_done(self, key: str, specimen: Any) -> None:
        if not key.startswith(_KEY):
            return
        if specimen is not None:
            self._session.add(specimen, select=False)
            self._session.say(f"“{specimen.title}” of last time is in the tray.")
        forget(self._session.store, key.removeprefix(_KEY))


def _read(file: Path) -> Specimen | None:
    from visualizer.engine.specimen import open_specimen

    try:
        specimen = open_specimen(file)
    except UserError:  # the power went while it was written
        return None
    assert specimen.id  # worked out here, not on the window thread
    return specimen
