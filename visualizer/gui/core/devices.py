"""What networks can run on, and what they run on now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from visualizer.gui.core.compute import Compute, once
from visualizer.gui.core.store import Store

if TYPE_CHECKING:
    from visualizer.engine.backend import Device

_KEY = "devices"


class Devices(QObject):
    """Finds the devices and changes between them, on the compute thread; the choice is remembered.

    Attributes:
        known: the devices, empty before they were looked for.
        current: the id of the one in use, "" before.
    """

    changed = Signal()
    used = Signal()
    """Another device is in use: what was computed could be computed anew."""

    def __init__(self, compute: Compute, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._compute, self._store = compute, store
        self.known: tuple[Device, ...] = ()
        self.current = ""
        compute.done.connect(self._on_done)

    def find(self) -> None:
        """Look for devices, once; the backend must not be imported earlier than need be."""
        if not self.known:
            self._compute.submit(_KEY, once(_find))

    def use(self, identity: str) -> None:
        """Run networks on another device from now on."""
        self._compute.submit(_KEY, once(_use, identity))

    def _on_done(self, key: str, result: Any) -> None:
        if key == _KEY:
            if isinstance(result, str):
                self.current = result
                self._store.remember("device", result)
                self.used.emit()
            else:
                self.known, self.current = result, result[0].id
                wanted = self._store.text("device")
                if wanted != self.current and wanted in (device.id for device in result):
                    self.use(wanted)
            self.changed.emit()


def _find() -> tuple[Device, ...]:
    from visualizer.engine import backend

    return tuple(backend.devices())


def _use(identity: str) -> str:
    from visualizer.engine import backend

    backend.use_device(identity)
    return identity
