"""A walk through the real window that stops for pictures: the command `tour`, and screenshots."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QCoreApplication, QEventLoop, QIODevice, Qt

from visualizer.engine.errors import UserError
from visualizer.gui.app import make_application
from visualizer.gui.compute import Compute
from visualizer.gui.main_window import MainWindow
from visualizer.gui.session import Session
from visualizer.gui.store import Store
from visualizer.gui.theme import Theme

if TYPE_CHECKING:
    from visualizer.engine.network import Stage
    from visualizer.engine.specimen import Specimen

PATIENCE = 180.0
"""Seconds that a slow computer may take to open a network."""
DIGIT = "Handwritten"
"""How the titles of the sample digits begin."""
QUIET = 0.6
"""Seconds without any work after which the window is taken to be as it will stay."""


class TourError(UserError):
    """The window did not get so far as to be shown."""


@dataclass(frozen=True)
class Look:
    """How the window looks: "light" or "dark", width and height in pixels, for a hall or a desk."""

    theme: str = "light"
    size: tuple[int, int] = (1440, 900)
    presenting: bool = False


@dataclass(frozen=True)
class Shot:
    """A picture of the window at one stop of the tour, and what is to be seen on it."""

    name: str
    title: str
    text: str
    look: Look
    png: bytes
    total: int  # how many there will be


@dataclass(frozen=True)
class Stop:
    """Where the tour stops: its name, title and text, and how to get there."""

    name: str
    title: str
    text: str
    go: Callable[[], None]


def take_tour(
    network: str,
    specimens: Sequence[Specimen] = (),
    looks: Sequence[Look] = (Look("light"), Look("dark")),
) -> Iterator[Shot]:
    """Open the window, walk through it and yield a picture a stop and look.

    Args:
        network: its name or path.
        specimens: pictures to add to the samples; the first is the one that is walked through.
        looks: the themes, sizes and scales to draw each stop in.

    Raises:
        TourError: the network does not open.
    """
    guide = Guide()
    try:
        guide.open(network, specimens)
        stops = guide.stops()
        for stop in stops:
            stop.go()
            for look in looks:
                guide.put_on(look)
                png = guide.picture()
                yield Shot(stop.name, stop.title, stop.text, look, png, len(stops) * len(looks))
    finally:
        guide.close()


def work() -> None:
    """Let the window do a little of its work."""
    QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
    time.sleep(0.005)


class Guide:
    """The window, driven as a visitor would drive it."""

    def __init__(self) -> None:
        self._application = make_application()
        store = Store()
        self.theme = Theme(self._application, store)
        self.compute = Compute()
        self.session = Session(self.compute, store)
        self.window = MainWindow(self.session, self.theme)
        self._errors: list[str] = []
        self.session.noticed.connect(self._on_notice)

    def open(self, network: str, specimens: Sequence[Specimen]) -> None:
        """Show the window and wait until the first picture has been through the network."""
        self.window.show()
        self.session.start(network)
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
        self.settle()
        if not specimens:
            self._choose_sample()

    def settle(self) -> None:
        """Let the window work until nothing is left to do and everything is painted."""
        deadline = time.monotonic() + PATIENCE
        quiet_since = time.monotonic()
        while (now := time.monotonic()) - quiet_since < QUIET and now < deadline:
            work()
            if not self.compute.is_idle():
                quiet_since = time.monotonic()

    def stops(self) -> list[Stop]:
        """The stops for the network that is open."""
        network = self.session.network
        assert network is not None
        spatial = [stage for stage in network.stages if stage.spatial and max(stage.shape[:2]) > 1]
        convolutions = [s for s in spatial if s.kind in ("convolution", "depthwise")] or spatial
        first, deep, last = convolutions[0], convolutions[len(convolutions) // 2], spatial[-1]
        stops = [
            self._stage_stop(
                first,
                f"The first look: {first.name}",
                f"The photo went through {network.title}. Each small picture is one channel of "
                f"{first.name}: the photo as one learned filter sees it. The first filters find "
                "edges and patches of colour.",
            ),
            self._stage_stop(
                deep,
                f"Deeper: {deep.name}",
                "Now the channels answer to textures and parts, and each of them sees more of the "
                "photo. The strongest one is shown large over the photo, on the right.",
            ),
            self._stage_stop(
                last,
                f"What is left: {last.name}",
                "The maps are small now, but each position knows what it has found and roughly "
                "where. From these numbers the answer is made.",
            ),
            self._stage_stop(
                network.stages[-1],
                "The answer: output",
                f"A probability for each of the {network.stages[-1].units:,} classes.",
            ),
        ]
        if len(self.session.specimens) > 1:
            text = "Two pictures side by side, and how far apart they are at each stage."
            stops.append(Stop("compare", "Two pictures", text, lambda: self._compare(deep)))
        for index, workspace in enumerate(self.window.workspaces[1:], start=1):
            stops.append(self._workspace_stop(index, workspace.title))
        return stops

    def put_on(self, look: Look) -> None:
        """Give the window a look, and wait until it is painted so."""
        self.theme.set_mode(look.theme)
        if self.theme.presenting != look.presenting:
            self.window.set_presenting(look.presenting)
            self.window.setWindowState(Qt.WindowState.WindowNoState)  # any size, not the screen's
        self.settle()  # what text needs decides how small the window can be
        self.window.resize(*look.size)
        self.settle()

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
        self.window.deleteLater()
        QCoreApplication.processEvents()

    def _stage_stop(self, stage: Stage, title: str, text: str) -> Stop:
        return Stop(f"layers-{stage.name}", title, text, lambda: self._show(stage))

    def _workspace_stop(self, index: int, title: str) -> Stop:
        def go() -> None:
            self.session.compare_with(None)
            self.window.choose_workspace(index)
            self.settle()

        text = f"The workspace {title}."
        return Stop(title.lower(), title, text, go)

    def _show(self, stage: Stage) -> None:
        """Go to a stage, and to its unit that answers most strongly."""
        self.session.select_stage(stage.name)
        assert self.session.activations is not None
        strongest = int(self.session.activations.strength(stage.name).argmax())
        self.session.select_unit(strongest)
        self.settle()

    def _choose_sample(self) -> None:
        """A sample that the network may know: a digit for one that sees grey pictures only."""
        network = self.session.network
        if network is not None and network.channels == 1:
            digits = [s for s in self.session.specimens if s.title.startswith(DIGIT)]
            if digits:
                self.session.select(digits[0].id)
                self.settle()

    def _compare(self, stage: Stage) -> None:
        self._show(stage)
        chosen, tray = self.session.specimen, self.session.specimens
        assert chosen is not None
        place = [specimen.id for specimen in tray].index(chosen.id)
        self.session.compare_with(tray[(place + 1) % len(tray)].id)
        self.settle()

    def _on_notice(self, text: str, level: str) -> None:
        if level == "error":
            self._errors.append(text)
