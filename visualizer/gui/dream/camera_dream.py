"""Dreaming on what the camera sees, a little on each picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QSignalBlocker, Signal
from PySide6.QtWidgets import QPushButton

from visualizer.engine.technique import Frame

if TYPE_CHECKING:
    from visualizer.engine.objective import Target
    from visualizer.gui.session import Session

KEY = "dream: camera"
STEPS = 2
"""Steps on each picture: the dream deepens while the camera holds still."""
LARGEST_SIDE = 320
"""Of a live dream; larger is slower than the eye likes."""


class CameraDream(QObject):
    """A button that starts and stops it; it needs a running camera."""

    shown = Signal(object)
    """A `Frame`."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.button = QPushButton("Dream on the camera")
        self.button.setCheckable(True)
        self.button.setToolTip("Dream a little on each picture of the running camera (K)")
        session.compute.frame.connect(self._on_frame)
        session.compute.failed.connect(self._on_end)
        session.compute.done.connect(self._on_end)
        session.live_changed.connect(self._on_live)

    @property
    def on(self) -> bool:
        """Whether it dreams."""
        return self.button.isChecked()

    def start(self, targets: Sequence[Target], settings: Any) -> None:
        """Dream of these targets; `settings` are a `DreamSettings`."""
        session = self._session
        network = session.network
        if network is None or not session.live:
            self._set(False)
            session.say("Start a camera first (Ctrl+K); then dream on what it sees.", "warning")
            return
        self._set(True)

        def read() -> np.ndarray:
            specimen = session.specimen
            assert specimen is not None  # while a camera runs there is one
            return specimen.picture

        def work() -> Iterator[Frame]:
            from visualizer.engine.ascent.zoom import ZoomSettings, camera_dream

            chosen = ZoomSettings(
                steps=STEPS,
                step_size=settings.step_size,
                jitter=settings.jitter,
                side=min(settings.side, LARGEST_SIDE),
                seed=settings.seed,
            )
            dreams = camera_dream(network, read, tuple(targets), chosen)
            for step, (picture, value) in enumerate(dreams, start=1):
                yield Frame(step, None, picture, {"objective": value}, "camera")

        session.compute.submit(KEY, work, live=True, title="Dreaming on the camera")

    def stop(self) -> None:
        """Dream no more."""
        self._session.compute.cancel(KEY)
        self._set(False)

    def _set(self, on: bool) -> None:
        with QSignalBlocker(self.button):
            self.button.setChecked(on)

    def _on_frame(self, key: str, frame: Any) -> None:
        if key == KEY and self.on:
            self.shown.emit(frame)

    def _on_end(self, key: str, _result: object) -> None:
        if key == KEY:
            self._set(False)

    def _on_live(self) -> None:
        if self.on and not self._session.live:
            self.stop()
