"""An evolution that the user starts, pauses and takes up again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from visualizer.gui.core.compute import Job, MakeGenerator, once
from visualizer.gui.core.requests import Latest
from visualizer.gui.evolve.evolving import NO_FILE, Evolving, WallFrame, saved_folder
from visualizer.gui.runs.steered_run import RunState, SteeredRun

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from visualizer.engine.evolution.cppn import Genome
    from visualizer.engine.evolution.evolution import Evolution
    from visualizer.engine.evolution.fooling import EvolveSettings
    from visualizer.engine.network import Network
    from visualizer.gui.core.compute import Compute


class EvolutionRun(SteeredRun):
    """One evolution at a time; `shown` carries the newest `WallFrame`."""

    def __init__(self, compute: Compute, parent: QObject | None = None) -> None:
        super().__init__(compute, "Evolution", parent)
        self.frame: WallFrame | None = None
        self.evolving: Evolving | None = None
        """For jobs on the compute thread."""
        self._drawing = Latest(compute, parent=self, background=True, cancellable=False)

    @property
    def settings(self) -> EvolveSettings | None:
        """Those it was begun with; None before it has begun."""
        return self.evolving.settings if self.evolving is not None else None

    def start(self, network: Network, settings: EvolveSettings) -> None:
        """Begin anew."""
        self._begin(network, partial(_begun, network, settings))
        self.go_on()

    def carry_on(self, network: Network) -> None:
        """Go on with what was kept on disk."""
        self._begin(network, partial(_resumed, network))
        self.go_on()

    def stand(self, network: Network, packed: bytes) -> None:
        """Show an evolution of a scene; it is gone on with, and kept nowhere."""
        self._begin(network, partial(_unpacked, network, packed), of_show=True)
        assert self.evolving is not None
        self._work(partial(self.evolving.generations, 0))

    def go_on(self, generations: int | None = None) -> None:
        """Take so many generations, or go on until `pause`."""
        if self.evolving is not None and not self.running:
            self._work(partial(self.evolving.generations, generations))

    def take_step(self) -> None:
        """Take one generation."""
        self.go_on(1)

    def introduce(self, network: Network, settings: EvolveSettings, genome: Genome) -> None:
        """Let a genome join; without an evolution one begins."""
        if self.evolving is None or self.state is RunState.FAILED:
            self._begin(network, partial(_begun, network, settings))
        assert self.evolving is not None
        self._work(partial(self.evolving.introduce, genome))

    def clear(self) -> None:
        """Stop, keep it on disk, and forget it."""
        self._latest.drop()
        self._drawing.drop()
        if self.evolving is not None:
            close = Job(once(self.evolving.close), cancellable=False, must_finish=True)
            self._compute.submit(close)
        self.evolving = self.frame = None
        self.error = ""
        self._set_state(RunState.EMPTY)

    def _begin(
        self,
        network: Network,
        make: Callable[[], tuple[Evolution, EvolveSettings]],
        *,
        of_show: bool = False,
    ) -> None:
        self.clear()
        folder = None if of_show else saved_folder(network)
        self.evolving = Evolving(make, folder, "" if of_show else NO_FILE)
        self.title = f"Evolution of {network.title}"

    def _work(self, make: MakeGenerator) -> None:
        self._drawing.drop()
        self._ask(make, on_frame=self._show, on_done=self._on_done, on_cancelled=self._on_cancelled)

    def _on_done(self, frame: WallFrame) -> None:
        self._set_state(RunState.PAUSED)
        self._show(frame)

    def _on_cancelled(self) -> None:
        self._set_state(RunState.PAUSED if self.frame is not None else RunState.EMPTY)
        if self.evolving is not None and self.frame is not None:
            self._drawing.ask(self.evolving.whole_frame, on_done=self._show)

    def _show(self, frame: WallFrame) -> None:
        if frame is not self.frame:
            self.frame = frame
            self.shown.emit(frame)


def _begun(network: Network, settings: EvolveSettings) -> tuple[Evolution, EvolveSettings]:
    from visualizer.engine.evolution.fooling import new_evolution

    return new_evolution(network, settings), settings


def _resumed(network: Network) -> tuple[Evolution, EvolveSettings]:
    from visualizer.engine.evolution.fooling import resumed

    folder = saved_folder(network)
    assert folder is not None
    return resumed(network, folder)


def _unpacked(network: Network, packed: bytes) -> tuple[Evolution, EvolveSettings]:
    from visualizer.engine.evolution import storage
    from visualizer.engine.evolution.fooling import resumed

    with TemporaryDirectory(prefix="visualizer-", ignore_cleanup_errors=True) as folder:
        (Path(folder) / storage.FILE).write_bytes(packed)
        return resumed(network, Path(folder))
