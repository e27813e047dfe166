"""The state of a window: the network, the tray, and the chosen specimen, stage and unit.

The only state shared by the parts of the window. Parts change it by calling its methods and follow
it by its signal `changed`; everything that takes time is a job on the compute thread.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator
from enum import Flag, auto
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, Signal

from visualizer.gui.core.compute import Compute, Job, once
from visualizer.gui.core.devices import Devices
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.start_up import DEFAULT_NETWORK, StartUp
from visualizer.gui.core.store import Store
from visualizer.models import catalog
from visualizer.models.safety import CodeRefusedError

if TYPE_CHECKING:
    from visualizer.engine.activations import Activations
    from visualizer.engine.camera import FrameSource
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

FitMode = Literal["crop", "fit"]
"""How a picture that is not square becomes the network's input."""

LiveFrame = tuple[Any, Any, Any]
"""Network or None, the specimen of one camera picture, its activations or None."""


class Change(Flag):
    """What has changed; several flags where changes belong together."""

    NETWORK = auto()
    PICTURE = auto()
    STAGE = auto()
    UNIT = auto()
    ACTIVATIONS = auto()
    COMPARED = auto()
    COMPARED_ACTIVATIONS = auto()
    TRAY = auto()
    FIT_MODE = auto()
    LIVE = auto()
    BUSY = auto()

    SELECTION = NETWORK | PICTURE | STAGE | UNIT
    ALL = SELECTION | ACTIVATIONS | COMPARED | COMPARED_ACTIVATIONS | TRAY | FIT_MODE | LIVE | BUSY


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

    changed = Signal(object)
    """A `Change`, once all of it is consistent. Nobody changes the selection (network, picture,
    stage, unit) from within it."""
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
        self._units: dict[str, int] = {}  # the unit chosen last of each stage
        self._tray = _TrayList()
        self._before_live: Specimen | None = None
        self._opening = Latest(compute, parent=self)
        self._forward = Latest(compute, parent=self)
        self._compared_forward = Latest(compute, parent=self)
        self._camera = Latest(compute, "Camera", self, paced=True)
        self._on_disk: dict[str, Job] = {}
        self._telling = Change(0)
        compute.failure.connect(self._on_failure)

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
        self.network_wanted = name
        self._set_busy("Loading the network…")
        self._opening.ask(
            partial(_opening, name, said),
            title=f"Opening {catalog.title_of(name)}",
            on_done=partial(self._on_opened, name),
            on_failed=partial(self._on_refused, name),
            on_cancelled=self._on_stayed,
        )

    def stay(self) -> None:
        """Give up opening another network: the open one stays."""
        self._opening.cancel()

    @property
    def network_open(self) -> str:
        """What `open_network` takes to open the open network again; "" without one."""
        return catalog.name_of(self.network) if self.network is not None else ""

    def _on_opened(self, name: str, network: Network | CodeRefusedError) -> None:
        if isinstance(network, CodeRefusedError):
            self._on_stayed()
            self.code_refused.emit(name, network.finding)
            self.network_refused.emit(name)
            return
        self._set_busy("")
        self.show_network(network)
        self.store.remember("network", self.network_open)

    def show_network(self, network: Network) -> None:
        """Open a network that is in memory already, such as one that is being trained."""
        self._opening.drop()
        self._set_busy("")
        self.network = network
        self.network_wanted = self.network_open
        self.activations = self.compared_activations = None
        names = [stage.name for stage in network.stages]
        if self.stage not in names:
            self.stage = next((s.name for s in network.stages if s.kind == "convolution"), names[0])
        self._units.clear()
        self.unit = 0
        self._compute_all()  # before anybody else asks: the answer comes first
        self._tell(Change.NETWORK | Change.STAGE | Change.UNIT)
        self.devices.find()

    def weights_changed(self) -> None:
        """Look again: the open network has learnt something since."""
        if self.network is not None:
            self.network.weights_changed()
            self._compute_all()

    def _on_refused(self, name: str, sentence: str) -> None:
        self._on_stayed()
        self.say(sentence, "error")
        self.network_refused.emit(name)

    def _on_stayed(self) -> None:
        self.network_wanted = self.network_open
        self._set_busy("")

    # The tray

    def add(self, specimen: Specimen, select: bool = True) -> None:
        """Put a specimen at the end of the tray, and on disk for the next start.

        The same pixels are selected, not added again.
        """
        if self._tray.insert(specimen):
            self._write(self.store.keep, specimen, specimen.id)
            self._tell(Change.TRAY)
        if select:
            self.select(specimen.id)

    def insert(self, specimen: Specimen, rank: int, built_in: bool = False) -> None:
        """Put a specimen at its place in the tray; it is on disk already, or built in."""
        if self._tray.insert(specimen, rank):
            if built_in:
                self._tray.built_in.add(specimen.id)
            self._tell(Change.TRAY)
        elif not built_in:  # a sample that was given another title
            self._tray.built_in.discard(specimen.id)
            self._exchange(self.find(specimen.id), specimen)

    def lend(self, specimen: Specimen) -> None:
        """Put a picture of a show at the end of the tray, until the window is closed."""
        self.insert(specimen, _LENT, built_in=True)

    def remove(self, *identities: str) -> None:
        """Take specimens out of the tray; `restore` brings them back, all at once."""
        gone = tuple(each for each in self.specimens if each.id in identities)
        if not gone:
            return
        heir = self._tray.remove(gone)
        for specimen in gone:
            if specimen.id not in self._tray.built_in:
                self._write(self.store.forget, specimen.id, specimen.id)
        if self.compared in gone:
            self.compare_with(None)
        self._tell(Change.TRAY)
        if heir is not None and self.specimen in gone:
            self.select(heir.id)
        what, they = f"“{gone[0].title}” is", "it"
        if len(gone) > 1:
            what, they = f"{len(gone)} pictures are", "them"
        self.say(f"{what} out of the tray; Ctrl+Z brings {they} back.")

    def restore(self) -> None:
        """Bring back what was removed last, to its place."""
        if not self._tray.removed:
            return
        back = self._tray.restore()
        for specimen in back:
            if specimen.id not in self._tray.built_in:
                self._write(self.store.keep, specimen, specimen.id)
        self._tell(Change.TRAY)
        self.select(back[0].id)

    @property
    def removed(self) -> tuple[Specimen, ...]:
        """What `restore` would bring back."""
        return self._tray.removed[-1] if self._tray.removed else ()

    def rename(self, identity: str, title: str) -> None:
        """Give a specimen of the tray another title, here and on disk."""
        before, title = self.find(identity), " ".join(title.split())
        if before is None or not title or title == before.title:
            return
        specimen = before.renamed(title)
        self._tray.built_in.discard(identity)
        self._write(self.store.forget, identity, identity)
        self._write(self.store.keep, specimen, identity)
        self._exchange(before, specimen)

    def _exchange(self, before: Specimen | None, specimen: Specimen) -> None:
        """Put a specimen of the same pixels into the place of another."""
        if before is None:
            return
        self._tray.exchange(before, specimen)
        if self.compared is before:
            self.compared = specimen
        if self.specimen is before:
            self.specimen = specimen
            self._tell(Change.TRAY | Change.PICTURE)
            self._compute_activations()
        else:
            self._tell(Change.TRAY)

    @property
    def specimens(self) -> tuple[Specimen, ...]:
        """The tray, in order."""
        return self._tray.specimens

    def find(self, identity: str) -> Specimen | None:
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
            self._compute_activations()
            self._tell(Change.PICTURE)

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
        self._tell(Change.COMPARED | Change.COMPARED_ACTIVATIONS)
        self._compute_comparison()

    def _write(self, change: Callable[[Any], object], what: Any, identity: str) -> None:
        """Keep or forget a picture on disk, after what was asked before for the same one."""
        before = self._on_disk.get(identity)
        work = once(change, what)
        job = Job(work, background=True, cancellable=False, must_finish=True, after=before)
        self._on_disk = {key: each for key, each in self._on_disk.items() if not each.ended}
        self._on_disk[identity] = job
        self.compute.submit(job)

    # Stage and unit

    def select_stage(self, name: str) -> None:
        """Choose a stage by name, and its unit of last time; unknown names do nothing.

        At the first visit the unit is the strongest on the picture.
        """
        if self.network is None or name == self.stage:
            return
        if name in (stage.name for stage in self.network.stages):
            self.stage = name
            self.unit = self._unit_of(name)
            self.store.remember("stage", name)
            self._tell(Change.STAGE | Change.UNIT)

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
        self._units[self.stage] = index
        if index != self.unit:
            self.unit = index
            self._tell(Change.UNIT)

    def step_unit(self, by: int) -> None:
        """Choose the next unit (+1) or the one before (-1), stopping at the ends."""
        self.select_unit(max(0, self.unit + by))

    def _unit_of(self, stage: str) -> int:
        """The unit chosen last of a stage, at first the strongest; 0 until that is known."""
        if stage not in self._units and self.activations is not None:
            self._units[stage] = self.activations.strongest_unit(stage)
        return self._units.get(stage, 0)

    def _take(self, activations: Activations | None) -> None:
        """Take the activations of another picture, and say so.

        Where the unit of the output is the network's answer, it is so for the next picture too;
        not while a camera runs, of which two classes may be the answer in turn.
        """
        before, self.activations = self.activations, activations
        change = Change.ACTIVATIONS
        if self.network is not None and activations is not None:
            output = self.network.stages[-1].name
            answer = before.strongest_unit(output) if before is not None and not self.live else None
            if answer is not None and self._units.get(output) == answer:
                del self._units[output]
            unit = self._unit_of(self.stage)
            if unit != self.unit:
                self.unit = unit
                change |= Change.UNIT
        self._tell(change)

    def set_fit_mode(self, mode: FitMode) -> None:
        """Choose how pictures become the input: "crop" (centre) or "fit" (whole, with margins)."""
        if mode not in ("crop", "fit"):
            raise ValueError(f'The fit mode is "crop" or "fit", not {mode!r}.')
        if mode != self.fit_mode:
            self.fit_mode = mode
            self.store.remember("fit mode", mode)
            self._tell(Change.FIT_MODE)
            self._compute_all()

    # Live pictures

    def start_live(self, source: FrameSource | Callable[[], FrameSource]) -> None:
        """Show what a camera or a film gives, live; a callable opens it on the compute thread.

        Each picture becomes `specimen` and its `activations`, with one `Change.ACTIVATIONS`; it is
        not in the tray until `freeze`.
        """
        view = lambda: (self.network, self.fit_mode)  # noqa: E731
        self._camera.ask(
            partial(_watch, source, view),
            on_frame=self._on_live_frame,
            on_failed=self._on_live_failed,
            on_cancelled=self._leave_live,
        )
        if not self.live:
            self._before_live = self.specimen
        self.live, self.held = True, False
        self._tell(Change.LIVE)

    def stop_live(self) -> None:
        """Stop the camera and go back to the specimen that was chosen before."""
        if self.live:
            self._camera.drop()
            self._leave_live()

    def toggle_live(self) -> None:
        """Hold the camera's picture, or go on."""
        if self.live:
            self.held = not self.held
            self._camera.pause(self.held)
            self._tell(Change.LIVE)

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
        self._tell(Change.LIVE | Change.PICTURE)
        self._compute_activations()

    # Telling the user

    def say(self, text: str, level: str = "info") -> None:
        """Show a sentence in the notice bar."""
        self.noticed.emit(text, level)

    def _set_busy(self, text: str) -> None:
        if text != self.busy:
            self.busy = text
            self._tell(Change.BUSY)

    def _tell(self, what: Change) -> None:
        # A listener that got the outer change after the inner one would show an outdated state.
        written_back = what & self._telling & Change.SELECTION
        assert not written_back, f"{written_back} while the session tells of it"
        before, self._telling = self._telling, self._telling | what
        try:
            self.changed.emit(what)
        finally:
            self._telling = before

    # Jobs

    def _compute_all(self) -> None:
        self._compute_activations()
        self._compute_comparison()

    def _compute_activations(self) -> None:
        if not self.live or self.held:
            self._ask_forward(self._forward, self.specimen, self._on_activations)

    def _compute_comparison(self) -> None:
        self._ask_forward(self._compared_forward, self.compared, self._on_compared_activations)

    def _ask_forward(
        self, latest: Latest, specimen: Specimen | None, on_done: Callable[[Any], None]
    ) -> None:
        if self.network is None or specimen is None:
            latest.drop()
        else:
            latest.ask(once(_forward, self.network, specimen, self.fit_mode), on_done=on_done)

    def _on_activations(self, activations: Activations) -> None:
        self._take(activations)

    def _on_compared_activations(self, activations: Activations) -> None:
        self.compared_activations = activations
        self._tell(Change.COMPARED_ACTIVATIONS)

    def _on_live_frame(self, frame: LiveFrame | None) -> None:
        # A frame that was under way when the picture was held would replace it.
        if frame is not None and self.live and not self.held and frame[0] is self.network:
            _, self.specimen, activations = frame
            self._take(activations)

    def _on_live_failed(self, sentence: str) -> None:
        self._leave_live()
        self.say(sentence, "error")

    def _on_failure(self, sentence: str) -> None:
        self.say(sentence, "error")


_FIRST_NEW, _LENT = 1_000_000, 10**12


class _TrayList:
    """Each specimen has a rank, its place in the order, which it keeps while it is removed."""

    def __init__(self) -> None:
        self.specimens: tuple[Specimen, ...] = ()
        self.removed: list[tuple[Specimen, ...]] = []
        """The removals, each of what was removed together, the newest last."""
        self.built_in: set[str] = set()
        """The ids of those that need not be kept on disk."""
        self._ranks: dict[str, int] = {}
        self._new_ranks = itertools.count(_FIRST_NEW)

    def find(self, identity: str) -> Specimen | None:
        """The specimen with this id, or None."""
        return next((each for each in self.specimens if each.id == identity), None)

    def insert(self, specimen: Specimen, rank: int | None = None) -> bool:
        """Put a specimen at its place, without a rank at the end; False if it is there already."""
        if self.find(specimen.id) is not None:
            return False
        self._ranks[specimen.id] = next(self._new_ranks) if rank is None else rank
        together = (*self.specimens, specimen)
        self.specimens = tuple(sorted(together, key=lambda each: self._ranks[each.id]))
        return True

    def remove(self, gone: tuple[Specimen, ...]) -> Specimen | None:
        """Take specimens out; return the one that has the place of the first, if any is left."""
        place = self.specimens.index(gone[0])
        self.specimens = tuple(each for each in self.specimens if each not in gone)
        self.removed.append(gone)
        return self.specimens[min(place, len(self.specimens) - 1)] if self.specimens else None

    def restore(self) -> tuple[Specimen, ...]:
        """Bring back what was taken out last."""
        back = self.removed.pop()
        for specimen in back:
            self.insert(specimen, self._ranks[specimen.id])
        return back

    def exchange(self, before: Specimen, after: Specimen) -> None:
        """Put a specimen of the same pixels into the place of another."""
        self.specimens = tuple(after if each is before else each for each in self.specimens)

    def neighbour(self, specimen: Specimen | None, by: int) -> Specimen | None:
        """The specimen `by` places on, clipped at the ends; the first for one not in the tray."""
        ids = [each.id for each in self.specimens]
        if not ids:
            return None
        at = ids.index(specimen.id) + by if specimen is not None and specimen.id in ids else 0
        return self.specimens[max(0, min(at, len(ids) - 1))]


# On the compute thread


def _opening(name: str, said: dict[str, Any]) -> Generator[Any, None, Network | CodeRefusedError]:
    """Open a network; `said` is what `catalog.opening` takes of it.

    Returns:
        The network, or the refusal of the code in its file.
    """
    try:
        return (yield from catalog.opening(name, **said))
    except CodeRefusedError as refusal:
        return refusal


def _watch(
    source: FrameSource | Callable[[], FrameSource],
    view: Callable[[], tuple[Network | None, FitMode]],
) -> Iterator[LiveFrame | None]:
    """Read the source for ever, one picture and one forward pass a slice; close it at the end.

    `view` is asked anew for every picture, so that the network can change while the camera runs.
    """
    from visualizer.engine.specimen import Provenance, Specimen

    opened: FrameSource = source() if callable(source) else source
    try:
        while True:
            picture = opened.read()
            if picture is None:
                yield None
                continue
            specimen = Specimen(picture, opened.title, Provenance(opened.kind))
            network, mode = view()
            yield network, specimen, _forward(network, specimen, mode)
    finally:
        opened.close()


def _forward(network: Any, specimen: Specimen, mode: FitMode) -> Activations | None:
    """One forward pass, or None without a network; on the compute thread."""
    if network is None:
        return None
    from visualizer.engine.activations import activations

    return activations(network, specimen.picture, mode=mode)
