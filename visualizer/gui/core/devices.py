"""The compute devices (CPU, GPUs), and the one in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from visualizer.gui.core.compute import Compute, once
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.store import Store

if TYPE_CHECKING:
    from visualizer.engine.backend import Device


class Devices(QObject):
    """Finds the devices and changes between them, on the compute thread; the choice is remembered.

    Attributes:
        known: the devices, empty before they were looked for.
        current: the id of the one in use, "" before.
    """

    changed = Signal()
    used = Signal()
    """Another device is in use; results may be computed anew."""

    def __init__(self, compute: Compute, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._search, self._switch = Latest(compute, parent=self), Latest(compute, parent=self)
        self.known: tuple[Device, ...] = ()
        self.current = ""

    def find(self) -> None:
        """Look for devices, once; the backend must not be imported earlier than need be."""
        if not self.known:
            self._search.ask(once(_find), on_done=self._on_found)

    def use(self, identity: str) -> None:
        """Run networks on another device from now on."""
        self._switch.ask(once(_use, identity), on_done=self._on_used)

    def _on_found(self, devices: tuple[Device, ...]) -> None:
        self.known, self.current = devices, devices[0].id
        wanted = self._store.text("device")
        if wanted != self.current and wanted in (device.id for device in devices):
            self.use(wanted)
        self.changed.emit()

    def _on_used(self, identity: str) -> None:
        self.current = identity
        self._store.remember("device", identity)
        self.used.emit()
        self.changed.emit()


def _find() -> tuple[Device, ...]:
    from visualizer.engine import backend

    return tuple(backend.devices())


def _use(identity: str) -> str:
    from visualizer.engine import backend

    backend.use_device(identity)
    return identity
