"""What the Explain workspace asks of the compute thread, and checks that is still wanted."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from visualizer.engine.attribution.method import METHODS, OVERLAY, VIEWS, shown
from visualizer.engine.errors import UserError
from visualizer.engine.technique import techniques
from visualizer.gui.core.compute import once
from visualizer.gui.explain.sanity_grid import SanityCell
from visualizer.gui.widgets.image_view import image_of

if TYPE_CHECKING:
    from visualizer.engine.attribution.method import AttributionFrame, AttributionSettings
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session

METHOD_JOB, SANITY_JOB, TRAY_JOB = "explain: ", "explain: sanity check", "explain: to tray"
SLOW = ("smoothgrad", "integrated-gradients", "occlusion")
"""Methods that ask the network dozens of times: they tell how far they are."""


@dataclass(frozen=True, eq=False)
class Look:
    """A method's map as far as it is made, ready to be painted.

    `seen` is what the network saw; `pictures` are the map in each view but the overlay, which the
    card paints itself; `seconds` is how long it has taken so far.
    """

    network: Network
    specimen: Specimen
    method: str
    settings: AttributionSettings
    result: AttributionFrame
    seen: QImage
    pictures: Mapping[str, QImage]
    seconds: float

    @property
    def step(self) -> int:
        """How many of the steps are done."""
        return self.result.step

    @property
    def total(self) -> int | None:
        """How many steps there will be."""
        return self.result.total

    @property
    def done(self) -> bool:
        """Whether the map is whole."""
        return self.step == self.total


@dataclass(frozen=True)
class Refusal:
    """Why a method cannot explain this, in one sentence."""

    network: Network
    method: str
    sentence: str


@dataclass(frozen=True)
class SanityLook:
    """The sanity check as far as it has come: `columns` stages there will be, the trained network
    among them; `label` is what is explained.
    """

    network: Network
    cells: tuple[SanityCell, ...]
    columns: int
    label: str
    step: int
    total: int


class ExplainJobs(QObject):
    """Submits the jobs of the workspace; results of a network that is gone are dropped."""

    look_made = Signal(object)
    refused = Signal(object)
    sanity_made = Signal(object)
    specimen_made = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        session.compute.frame.connect(self._on_result)
        session.compute.done.connect(self._on_result)

    def request(self, method: str, settings: AttributionSettings) -> None:
        """Explain the chosen specimen by a method.

        While a camera runs, the newest picture waits until the one before is done, and slow methods
        take their quick settings; a picture that is held gets the usual ones.
        """
        session = self._session
        network, specimen = session.network, session.specimen
        live = session.live and not session.held
        if network is None or specimen is None:
            return
        if live:
            settings = settings.quick()
        else:
            session.compute.cancel_keyed(METHOD_JOB + method)
        title = techniques()[method].title if method in SLOW and not live else ""
        session.compute.submit_keyed(
            METHOD_JOB + method,
            lambda: looks(network, specimen, method, settings),
            title=title,
        )

    def request_sanity(self, chosen: Mapping[str, AttributionSettings]) -> None:
        """Run the sanity check on the chosen specimen."""
        session = self._session
        network, specimen = session.network, session.specimen
        if network is None or specimen is None or not chosen:
            return
        session.compute.cancel_keyed(SANITY_JOB)
        session.compute.submit_keyed(
            SANITY_JOB, lambda: sanity_looks(network, specimen, chosen), title="Sanity check"
        )

    def request_specimen(self, look: Look, view: str, opacity: float) -> None:
        """Make a specimen of what is on show, with the recipe that makes it again."""
        self._session.compute.submit_keyed(TRAY_JOB, once(specimen_of, look, view, opacity))

    def stop(self, *methods: str) -> None:
        """Cancel these methods (all of them if none is named) and the sanity check."""
        for method in methods or METHODS:
            self._session.compute.cancel_keyed(METHOD_JOB + method)
        if not methods:
            self.stop_sanity()

    def stop_sanity(self) -> None:
        """Cancel the sanity check."""
        self._session.compute.cancel_keyed(SANITY_JOB)

    def running(self) -> bool:
        """Whether any map is being made, or held."""
        keys = {*(METHOD_JOB + method for method in METHODS), SANITY_JOB}
        return any(job.key in keys for job in self._session.compute.jobs())

    def pause(self, paused: bool) -> None:
        """Hold every job, or go on."""
        act = self._session.compute.pause_keyed if paused else self._session.compute.resume_keyed
        for key in (*(METHOD_JOB + method for method in METHODS), SANITY_JOB):
            act(key)

    def _on_result(self, key: str, result: Any) -> None:
        if key == TRAY_JOB and result is not None:
            self.specimen_made.emit(result)
        if not isinstance(result, (Look, Refusal, SanityLook)):
            return
        if result.network is not self._session.network:
            return
        if isinstance(result, Look):
            self.look_made.emit(result)
        elif isinstance(result, Refusal):
            self.refused.emit(result)
        else:
            self.sanity_made.emit(result)


# On the compute thread


def looks(
    network: Network, specimen: Specimen, method: str, settings: AttributionSettings
) -> Iterator[Look | Refusal]:
    """Run a method and paint its maps; what it cannot explain is said in its own place."""
    from visualizer.engine.attribution.method import AttributionFrame

    spent, began = 0.0, time.perf_counter()
    try:
        for result in techniques()[method](network, specimen, settings):
            assert isinstance(result, AttributionFrame)
            spent += time.perf_counter() - began  # the slices of others do not count
            yield Look(
                network,
                specimen,
                method,
                settings,
                result,
                image_of(result.seen),
                {view: image_of(shown(result, view, 0.0)) for view in VIEWS if view != OVERLAY},
                spent,
            )
            began = time.perf_counter()
    except UserError as error:
        yield Refusal(network, method, str(error))


def sanity_looks(
    network: Network, specimen: Specimen, chosen: Mapping[str, AttributionSettings]
) -> Iterator[SanityLook]:
    """Run the sanity check; every look holds all maps so far."""
    from visualizer.engine.attribution.sanity import Sanity, sanity_check

    cells: tuple[SanityCell, ...] = ()
    label = ""
    for found in sanity_check(network, specimen, chosen):
        columns = found.total // len(chosen)
        if not isinstance(found, Sanity):
            yield SanityLook(network, cells, columns, label, found.step, found.total)
            continue
        picture, alike = image_of(shown(found.result, "heat map", 0.0)), found.similarity
        cell = SanityCell(found.method, found.stage, picture, alike.rank, alike.ssim)
        cells, label = (*cells, cell), found.result.label
        yield SanityLook(network, cells, columns, label, found.done, found.total)


def specimen_of(look: Look, view: str, opacity: float) -> Specimen:
    """What is on show as a specimen."""
    from visualizer.engine.rendering import from_bytes
    from visualizer.engine.specimen import Specimen

    technique = techniques()[look.method]
    settings = replace(look.settings, view=view, opacity=opacity)
    picture = shown(look.result, view, opacity)
    title = f"{look.specimen.title}, {technique.title}: {look.result.label}"
    recipe = technique.provenance(look.network, look.specimen, settings)
    specimen = Specimen(from_bytes(picture), title, recipe)
    assert specimen.id  # worked out here, not on the window thread
    return specimen
