"""A walk through the real window that stops for pictures: the command `tour`, and screenshots."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QBuffer, QCoreApplication, QEventLoop, QIODevice, Qt, QTimer

from visualizer.gui.app import delete, make_window
from visualizer.gui.core.application import make_application
from visualizer.gui.shell.workspaces import WORKSPACES, entry
from visualizer.gui.tour_stop import Stop, TourError, Wait

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen

PATIENCE = 180.0
"""Seconds that a slow computer may take to open a network."""
DIGIT = "Handwritten"
"""How the titles of the sample digits begin."""
QUIET = 0.1
"""Seconds without any work after which the window is taken to be as it will stay."""
SOON = 500
"""Milliseconds of a timer that is work yet to come: a rest before something is worked out again."""


@dataclass(frozen=True)
class Appearance:
    """The theme ("light" or "dark"), the size in pixels, and whether the window is presenting."""

    theme: str = "light"
    size: tuple[int, int] = (1440, 900)
    presenting: bool = False


@dataclass(frozen=True)
class Screenshot:
    """A picture of the window at one stop of the tour, and what is to be seen on it."""

    name: str
    title: str
    text: str
    appearance: Appearance
    png: bytes
    total: int  # how many there will be


def take_tour(
    network: str,
    specimens: Sequence[Specimen] = (),
    appearances: Sequence[Appearance] = (Appearance("light"), Appearance("dark")),
    workspaces: Sequence[str] = WORKSPACES,
    **said: Any,
) -> Iterator[Screenshot]:
    """Open the window, walk through it and yield a picture for each stop and appearance.

    Args:
        network: its name or path.
        specimens: pictures to add to the samples; the first is the one that is walked through.
        appearances: the themes, sizes and scales to draw each stop in.
        workspaces: those to visit.
        said: what `catalog.opening` takes of the network.

    Raises:
        TourError: the network does not open.
    """
    guide = Guide()
    try:
        guide.open(network, specimens, **said)
        stops = guide.stops(workspaces)
        for stop in stops:
            stop.go(guide.wait)
            for appearance in appearances:
                guide.apply(appearance)
                png = guide.picture()
                yield Screenshot(
                    stop.name, stop.title, stop.text, appearance, png, len(stops) * len(appearances)
                )
    finally:
        guide.close()


def work() -> None:
    """Let the window do a little of its work."""
    QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
    time.sleep(0.005)


class Guide:
    """The window, driven as a visitor would drive it."""

    def __init__(self) -> None:
        self.window = make_window(make_application())
        self.theme, self.session = self.window.theme, self.window.session
        self.compute = self.session.compute
        self._appearance: Appearance | None = None
        self._errors: list[str] = []
        self.session.noticed.connect(self._on_notice)

    def open(self, network: str, specimens: Sequence[Specimen], **said: Any) -> None:
        """Show the window and wait until the first picture has been through the network."""
        self.window.show()
        self.session.start(network, **said)
        deadline = time.monotonic() + PATIENCE
        while self.session.activations is None:
            work()
            if self._errors or time.monotonic() > deadline:
                reason = " ".join(self._errors)
                raise TourError(
                    reason or f"The network {network!r} did not open in {PATIENCE:g} s."
                )
        for specimen in reversed(specimens):
            self.session.add(specimen)
        self.wait()
        if not specimens:
            self._choose_sample()

    def wait(self, until: Callable[[], bool] | None = None) -> None:
        """Let the window work until something is true, or until nothing is left to do."""
        deadline = time.monotonic() + PATIENCE
        quiet_since = time.monotonic()
        while (now := time.monotonic()) < deadline:
            if until() if until is not None else now - quiet_since >= QUIET:
                return
            work()
            if self._at_work():
                quiet_since = time.monotonic()

    def _at_work(self) -> bool:
        timers = self.window.findChildren(QTimer)
        return not self.compute.is_idle() or any(
            timer.isActive() and timer.interval() <= SOON for timer in timers
        )

    def stops(self, workspaces: Sequence[str] = WORKSPACES) -> list[Stop]:
        """The stops of the workspaces for the network that is open."""
        return [
            replace(stop, go=partial(self._go, index, stop))
            for index, name in enumerate(WORKSPACES)
            if name in workspaces
            for stop in entry(name).stops(self.window.workspaces[index])
        ]

    def apply(self, appearance: Appearance) -> None:
        """Apply an appearance to the window, and wait until it is painted."""
        if appearance == self._appearance:
            return
        self._appearance = appearance
        self.theme.set_mode(appearance.theme)
        if self.window.presentation.active != appearance.presenting:
            self.window.presentation.toggle()
            self.window.setWindowState(Qt.WindowState.WindowNoState)  # any size, not the screen's
        for _ in range(2):  # what text needs, which changes with it, decides how small it can be
            self.wait()
            self.window.resize(*appearance.size)
        self.wait()

    def picture(self) -> bytes:
        """The window as it is, as a PNG."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self.window.grab().save(buffer, "PNG")
        return bytes(buffer.data().data())

    def close(self) -> None:
        """Close the window and end its thread."""
        self.window.close()
        self.compute.stop()
        delete(self.window)

    def _go(self, index: int, stop: Stop, wait: Wait) -> None:
        self.session.compare_with(None)
        self.window.choose_workspace(index)
        stop.go(wait)
        wait(None)

    def _choose_sample(self) -> None:
        """A sample that the network may know: a digit for one that sees grey pictures only."""
        network = self.session.network
        if network is not None and network.channels == 1:
            digits = [s for s in self.session.specimens if s.title.startswith(DIGIT)]
            if digits:
                self.session.select(digits[0].id)
                self.wait()

    def _on_notice(self, text: str, level: str) -> None:
        if level == "error":
            self._errors.append(text)
