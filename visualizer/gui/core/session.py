"""What the window is about: the network, the tray, and the chosen specimen, stage and unit.

The only state shared by the parts of the window. Parts change it by calling its methods and follow
it by its signals; everything that takes time is a job on the compute thread.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from visualizer.gui.core.compute import Compute, once
from visualizer.gui.core.devices import Devices
from visualizer.gui.core.live_frames import LIVE, FitMode, forward, watch
from visualizer.gui.core.opening_network import opening, title_of
from visualizer.gui.core.start_up import DEFAULT_NETWORK, StartUp
from visualizer.gui.core.store import Store
from visualizer.gui.core.tray_list import TrayList
from visualizer.models import catalog
from visualizer.models.safety import CodeRefusedError

if TYPE_CHECKING:
    from visualizer.engine.activations import Activations
    from visualizer.engine.camera import FrameSource
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

NETWORK = "network"
ACTIVATIONS, COMPARISON = "activations", "comparison"


class Session(QObject):
    """The state of one window.

    Attributes (read them freely, change them by the methods only):
        network: the open network, or None before the first one is there.
        specimen: the chosen one, or the camera's newest picture while `live`; None before any.
        compared: the specimen to compare with, or None.
        stage: name of the chosen stage, "" without a network.
        unit: index of the chosen unit of that stage.
        activations: of `specimen` in `network`, None until they are computed.
        compared_activations: of `compared` in `network`, likewise.
        fit_mode: "crop" or "fit": how a picture that is not square becomes the network's input.
        live: whether a camera runs; `held` while it shows one picture still.
        network_wanted: what `open_network` was given for the network being opened or open.
        devices: what networks can run on.
        busy: what the user waits for, a short sentence, "" for nothing.
    """

    network_changed = Signal()
    specimens_changed = Signal()
    specimen_changed = Signal()
    compared_changed = Signal()
    stage_changed = Signal()
    unit_changed = Signal()
    activations_changed = Signal()
    compared_activations_changed = Signal()
    fit_mode_changed = Signal()
    live_changed = Signal()
    busy_changed = Signal()
    noticed = Signal(str, str)
    """text, level: "info", "warning" or "error"."""
    network_refused = Signal(str)
    """The name, for `open_network`, of one that did not open."""
    code_refused = Signal(str, str)
    """The name of a file that brings code of its own, and what was found in it."""

    def __init__(self, compute: Compute, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.compute = compute
        self.store = store
        self.network: Network | None = None
        self.specimen: Specimen | None = None
        self.compared: Specimen | None = None
        self.stage = store.text("stage")
        self.unit = 0
        self.activations: Activations | None = None
        self.compared_activations: Activations | None = None
        self.fit_mode: FitMode = "fit" if store.text("fit mode") == "fit" else "crop"
        self.live = self.held = False
        self.network_wanted = ""
        self.devices = Devices(compute, store, self)
        self.devices.used.connect(self._compute_all)
        self.busy = ""
        self._tray = TrayList()
        self._before_live: Specimen | None = None
        compute.frame.connect(self._on_frame)
        compute.done.connect(self._on_done)
        compute.failed.connect(self._on_failed)
        compute.cancelled.connect(self._on_cancelled)

    # The start

    def start(self, network: str | None = None, **said: Any) -> None:
        """Fill the tray with the samples and the kept pictures, and open the last network."""
        self.network_wanted = network or self.store.text("network") or DEFAULT_NETWORK
        self._set_busy("Loading the network…")
        self._start_up = StartUp(self, self.network_wanted, said)

    # The network

    def open_network(self, name: str, **said: Any) -> None:
        """Open a network by name or path, in place of one that is being opened.

        `said` is what `catalog.opening` takes: `trust` only if the user has agreed to it.
        """
        self.compute.cancel(NETWORK)
        self.network_wanted = name
        self._set_busy("Loading the network…")
        self.compute.submit(
            NETWORK, partial(opening, name, said), title=f"Opening {title_of(name)}"
        )

    def stay(self) -> None:
        """Give up opening another network: the open one stays."""
        self.compute.cancel(NETWORK)

    @property
    def network_open(self) -> str:
        """What `open_network` takes to open the open network again; "" without one."""
        return catalog.name_of(self.network) if self.network is not None else ""

    def _on_opened(self, name: str, network: "Network | CodeRefusedError") -> None:
        if isinstance(network, CodeRefusedError):
            self._on_cancelled(NETWORK)
            self.code_refused.emit(name, network.finding)
            self.network_refused.emit(name)
            return
        self._set_busy("")
        self.network = network
        self.network_wanted = self.network_open
        self.activations = self.compared_activations = None
        self.store.remember("network", self.network_open)
        names = [stage.name for stage in network.stages]
        if self.stage not in names:
            self.stage = next((s.name for s in network.stages if s.kind == "convolution"), names[0])
        self.unit = 0
        self.network_changed.emit()
        self.stage_changed.emit()
        self.unit_changed.emit()
        self._compute_all()
        self.devices.find()

    # The tray

    def add(self, specimen: "Specimen", select: bool = True) -> None:
        """Put a specimen at the end of the tray, and on disk for the next start.

        The same pixels are selected, not added again.
        """
        if self._tray.insert(specimen):
            self._on_disk(self.store.keep, specimen, specimen.id)
            self.specimens_changed.emit()
        if select:
            self.select(specimen.id)

    def insert(self, specimen: "Specimen", rank: int, built_in: bool = False) -> None:
        """Put a specimen at its place in the tray; it is on disk already, or built in."""
        if built_in:
            self._tray.built_in.add(specimen.id)
        if self._tray.insert(specimen, rank):
            self.specimens_changed.emit()

    def remove(self, identity: str) -> None:
        """Take a specimen out of the tray; `restore` brings it back."""
        specimen = self.find(identity)
        if specimen is None:
            return
        heir = self._tray.remove(specimen)
        if identity not in self._tray.built_in:
            self._on_disk(self.store.forget, identity, identity)
        if self.compared is specimen:
            self.compare_with(None)
        self.specimens_changed.emit()
        if heir is not None and self.specimen is specimen:
            self.select(heir.id)
        self.say(f"“{specimen.title}” is out of the tray; Ctrl+Z brings it back.")

    def restore(self) -> None:
        """Bring back what was removed last, to its place."""
        if not self._tray.removed:
            return
        specimen = self._tray.restore()
        if specimen.id not in self._tray.built_in:
            self._on_disk(self.store.keep, specimen, specimen.id)
        self.specimens_changed.emit()
        self.select(specimen.id)

    @property
    def removed(self) -> "Specimen | None":
        """What `restore` would bring back."""
        return self._tray.removed[-1] if self._tray.removed else None

    @property
    def specimens(self) -> "tuple[Specimen, ...]":
        """The tray, in order."""
        return self._tray.specimens

    def find(self, identity: str) -> "Specimen | None":
        """The specimen of the tray with this id, or None."""
        return self._tray.find(identity)

    def select(self, identity: str) -> None:
        """Choose a specimen of the tray; a running camera stops."""
        specimen = self.find(identity)
        if specimen is None:
            return
        self.store.remember("specimen", specimen.id)
        if self.live:
            self._before_live = specimen
            self.stop_live()
        elif specimen is not self.specimen:
            self.specimen = specimen
            self.specimen_changed.emit()
            self._compute_activations()

    def step_specimen(self, by: int) -> None:
        """Choose the next specimen (+1) or the one before (-1)."""
        neighbour = self._tray.neighbour(self.specimen, by)
        if neighbour is not None:
            self.select(neighbour.id)

    def compare_with(self, identity: str | None) -> None:
        """Choose the specimen to compare with, None for no comparison."""
        compared = self.find(identity) if identity is not None else None
        if compared is self.compared:
            return
        self.compared = compared
        self.compared_activations = None
        self.compared_changed.emit()
        self.compared_activations_changed.emit()
        self._compute_comparison()

    def _on_disk(self, change: Callable[[Any], object], what: Any, identity: str) -> None:
        """Keep or forget a picture: with one key, so that the two never overtake each other."""
        work = once(change, what)
        self.compute.submit(f"keep {identity}", work, cancellable=False, must_finish=True)

    # Stage and unit

    def select_stage(self, name: str) -> None:
        """Choose a stage by name; unknown names are ignored. The unit starts over at 0."""
        if self.network is None or name == self.stage:
            return
        if name in (stage.name for stage in self.network.stages):
            self.stage, self.unit = name, 0
            self.store.remember("stage", name)
            self.stage_changed.emit()
            self.unit_changed.emit()

    def step_stage(self, by: int) -> None:
        """Choose the next stage (+1) or the one before (-1), stopping at the ends."""
        if self.network is not None:
            names = [stage.name for stage in self.network.stages]
            at = names.index(self.stage) + by
            self.select_stage(names[max(0, min(at, len(names) - 1))])

    def select_unit(self, index: int) -> None:
        """Choose a unit of the stage from 0, or from the end if negative; kept within the stage."""
        if self.network is None:
            return
        units = self.network.stage(self.stage).units
        index = max(0, min(index + units if index < 0 else index, units - 1))
        if index != self.unit:
            self.unit = index
            self.unit_changed.emit()

    def step_unit(self, by: int) -> None:
        """Choose the next unit (+1) or the one before (-1), stopping at the ends."""
        self.select_unit(max(0, self.unit + by))

    def set_fit_mode(self, mode: FitMode) -> None:
        """Choose how pictures become the input: "crop" (centre) or "fit" (whole, with margins)."""
        if mode not in ("crop", "fit"):
            raise ValueError(f'The fit mode is "crop" or "fit", not {mode!r}.')
        if mode != self.fit_mode:
            self.fit_mode = mode
            self.store.remember("fit mode", mode)
            self.fit_mode_changed.emit()
            self._compute_all()

    # Live pictures

    def start_live(self, source: "FrameSource | Callable[[], FrameSource]") -> None:
        """Show what a camera sees, live; a callable opens the device on the compute thread.

        Each picture becomes `specimen` and its `activations`, with one `activations_changed`; it is
        not in the tray until `freeze`.
        """
        watching = partial(watch, source, lambda: (self.network, self.fit_mode))
        self.compute.submit(LIVE, watching, live=True, paced=True, title="Camera")
        if not self.live:
            self._before_live = self.specimen
        self.live, self.held = True, False
        self.live_changed.emit()

    def stop_live(self) -> None:
        """Stop the camera and go back to the specimen that was chosen before."""
        if self.live:
            self.compute.cancel(LIVE)
            self._leave_live()

    def toggle_live(self) -> None:
        """Hold the camera's picture, or go on."""
        if self.live:
            self.held = not self.held
            (self.compute.pause if self.held else self.compute.resume)(LIVE)
            self.live_changed.emit()

    def freeze(self) -> None:
        """Keep the picture the camera shows now: add it to the tray. The camera goes on."""
        if self.live and self.specimen is not None and self.specimen is not self._before_live:
            self.add(self.specimen, select=False)
            self.say("The picture is in the tray.")

    def _leave_live(self) -> None:
        self.live = self.held = False
        back, self._before_live = self._before_live, None
        if back is None or self.find(back.id) is None:
            back = self.specimens[-1] if self.specimens else self.specimen
        self.specimen = back
        self.live_changed.emit()
        self.specimen_changed.emit()
        self._compute_activations()

    # Telling the user

    def say(self, text: str, level: str = "info") -> None:
        """Show a sentence in the notice bar."""
        self.noticed.emit(text, level)

    def _set_busy(self, text: str) -> None:
        if text != self.busy:
            self.busy = text
            self.busy_changed.emit()

    # Jobs

    def _compute_all(self) -> None:
        self._compute_activations()
        self._compute_comparison()

    def _compute_activations(self) -> None:
        if not self.live or self.held:
            self._submit_forward(ACTIVATIONS, self.specimen)

    def _compute_comparison(self) -> None:
        self._submit_forward(COMPARISON, self.compared)

    def _submit_forward(self, key: str, specimen: "Specimen | None") -> None:
        if self.network is None or specimen is None:
            return
        request = (self.network, specimen, self.fit_mode)
        self.compute.submit(key, once(lambda: (request, forward(*request))))

    def _is_current(self, request: tuple[Any, ...], specimen: Any) -> bool:
        network, asked, mode = request
        return network is self.network and asked is specimen and mode == self.fit_mode

    def _on_frame(self, key: str, frame: Any) -> None:
        # What was under way when the picture was held would push it aside.
        if key == LIVE and self.live and not self.held and frame[0] is self.network:
            _, self.specimen, self.activations = frame
            self.activations_changed.emit()

    def _on_done(self, key: str, result: Any) -> None:
        if key == NETWORK:
            self._on_opened(*result)
        elif key == ACTIVATIONS:
            request, activations = result
            if self._is_current(request, self.specimen):
                self.activations = activations
                self.activations_changed.emit()
        elif key == COMPARISON:
            request, activations = result
            if self._is_current(request, self.compared):
                self.compared_activations = activations
                self.compared_activations_changed.emit()

    def _on_failed(self, key: str, sentence: str) -> None:
        wanted = self.network_wanted
        self._on_cancelled(key)
        self.say(sentence, "error")
        if key == NETWORK:
            self.network_refused.emit(wanted)

    def _on_cancelled(self, key: str) -> None:
        if key == NETWORK and all(job.key != NETWORK for job in self.compute.jobs()):
            self.network_wanted = self.network_open
            self._set_busy("")
        elif key == LIVE and self.live and all(job.key != LIVE for job in self.compute.jobs()):
            self._leave_live()  # not so where another camera takes its place
