"""An evolution that the user starts, pauses and takes up again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from visualizer.gui.core.compute import MakeGenerator, once
from visualizer.gui.core.requests import Latest
from visualizer.gui.evolve.evolving import Evolving, WallFrame, saved_folder
from visualizer.gui.runs.run import RunState

if TYPE_CHECKING:
    from visualizer.engine.evolution.cppn import Genome
    from visualizer.engine.evolution.evolution import Evolution
    from visualizer.engine.evolution.fooling import EvolveSettings
    from visualizer.engine.network import Network
    from visualizer.gui.core.compute import Compute


class EvolutionRun(QObject):
    """One evolution at a time, as a background job."""

    shown = Signal(object)
    """The newest `WallFrame`."""
    state_changed = Signal(object)
    """The `RunState`."""

    can_undo, step = False, None  # for the buttons of runs

    def __init__(self, compute: Compute, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = RunState.EMPTY
        self.error = ""
        """Why it failed, in one sentence."""
        self.frame: WallFrame | None = None
        self.evolving: Evolving | None = None
        """For jobs on the compute thread."""
        self._title = ""
        self._generations = Latest(compute, parent=self, background=True)
        self._drawing = Latest(compute, parent=self, background=True, cancellable=False)
        self._closing = Latest(compute, parent=self, cancellable=False, must_finish=True)

    @property
    def running(self) -> bool:
        """Whether generations are being taken."""
        return self.state is RunState.RUNNING

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

    def go_on(self, generations: int | None = None) -> None:
        """Take so many generations, or go on until `pause`."""
        if self.evolving is not None and not self.running:
            self._ask(partial(self.evolving.generations, generations))

    def take_step(self) -> None:
        """Take one generation."""
        self.go_on(1)

    def pause(self) -> None:
        """Stop at once; a generation that was begun is gone on with later."""
        if self.running:
            self._generations.cancel()

    def introduce(self, network: Network, settings: EvolveSettings, genome: Genome) -> None:
        """Let a genome join; without an evolution one begins."""
        if self.evolving is None or self.state is RunState.FAILED:
            self._begin(network, partial(_begun, network, settings))
        assert self.evolving is not None
        self._ask(partial(self.evolving.introduce, genome))

    def clear(self) -> None:
        """Stop, keep it on disk, and forget it."""
        self._generations.drop()
        self._drawing.drop()
        if self.evolving is not None:
            self._closing.ask(once(self.evolving.close))
        self.evolving = self.frame = None
        self.error = ""
        self._set_state(RunState.EMPTY)

    def _begin(
        self, network: Network, make: Callable[[], tuple[Evolution, EvolveSettings]]
    ) -> None:
        self.clear()
        self.evolving = Evolving(make, saved_folder(network))
        self._title = f"Evolution of {network.title}"

    def _ask(self, make: MakeGenerator) -> None:
        self.error = ""
        self._drawing.drop()
        self._generations.ask(
            make,
            on_frame=self._show,
            on_done=self._on_done,
            on_failed=self._on_failed,
            on_cancelled=self._on_cancelled,
            title=self._title,
        )
        self._set_state(RunState.RUNNING)

    def _on_done(self, frame: WallFrame) -> None:
        self._set_state(RunState.PAUSED)
        self._show(frame)

    def _on_cancelled(self) -> None:
        self._set_state(RunState.PAUSED if self.frame is not None else RunState.EMPTY)
        if self.evolving is not None and self.frame is not None:
            self._drawing.ask(self.evolving.whole_frame, on_done=self._show)

    def _on_failed(self, sentence: str) -> None:
        self.error = sentence
        self._set_state(RunState.FAILED)

    def _show(self, frame: WallFrame) -> None:
        if frame is not self.frame:
            self.frame = frame
            self.shown.emit(frame)

    def _set_state(self, state: RunState) -> None:
        self.state = state
        self.state_changed.emit(state)


def _begun(network: Network, settings: EvolveSettings) -> tuple[Evolution, EvolveSettings]:
    from visualizer.engine.evolution.fooling import new_evolution

    return new_evolution(network, settings), settings


def _resumed(network: Network) -> tuple[Evolution, EvolveSettings]:
    from visualizer.engine.evolution.fooling import resumed

    folder = saved_folder(network)
    assert folder is not None
    return resumed(network, folder)
