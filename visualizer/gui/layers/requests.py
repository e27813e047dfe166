"""What the Layers workspace asks of the compute thread, and checks that is still wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from visualizer.gui.core.compute import once
from visualizer.gui.layers.filters import filter_shape, kernel_of, pictures_of
from visualizer.gui.layers.stage_pictures import (
    ComparedPictures,
    StagePictures,
    View,
    compared_pictures,
    stage_pictures,
    thumbnails,
)
from visualizer.gui.layers.top_patches import Exciting, PeakCache, rank
from visualizer.gui.layers.unit_panel import UnitView
from visualizer.gui.widgets.image_view import image_of
from visualizer.gui.widgets.unit_name import unit_name

if TYPE_CHECKING:
    from visualizer.engine.activations import Activations
    from visualizer.engine.network import Network, Stage
    from visualizer.gui.core.session import Session

STAGE_JOB, COMPARE_JOB, EXCITING_JOB = "layers: stage", "layers: compare", "layers: exciting"


@dataclass(frozen=True)
class StageResult:
    """One stage of one picture, rendered. `thumbnails` is None where the strip has them already."""

    network: Network
    activations: Activations
    pictures: StagePictures
    unit: UnitView
    thumbnails: dict[str, QImage] | None


@dataclass(frozen=True)
class CompareResult:
    """One stage of two pictures, rendered."""

    network: Network
    second: Activations
    pictures: ComparedPictures


@dataclass(frozen=True)
class ExcitingResult:
    """The tray ranked for one unit, as far as it has been looked at."""

    network: Network
    stage: str
    unit: int
    patches: tuple[Exciting, ...]
    hint: str = ""


class LayersJobs(QObject):
    """Submits the three jobs of the workspace; results of a network that is gone are dropped."""

    stage_made = Signal(object)
    comparison_made = Signal(object)
    exciting_made = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._peaks: PeakCache | None = None  # of the open network
        self._pictured: dict[str, np.ndarray | None] = {}  # the filters of stages
        self._strip: tuple[Any, str] = (None, "")  # activations and colour map of the thumbnails
        session.network_changed.connect(self._forget)
        session.compute.done.connect(self._on_result)
        session.compute.frame.connect(self._on_result)

    def request_stage(self, view: View) -> None:
        """Render a stage of the chosen specimen, and the thumbnails if they are another's."""
        network, activations = self._session.network, self._session.activations
        if network is None or activations is None or not view.stage:
            return
        wants_thumbnails = self._strip != (activations, view.colour_map)

        def work() -> StageResult:
            made = thumbnails(activations, view.colour_map) if wants_thumbnails else None
            stage = network.stage(view.stage)
            filters = self._filters(network, stage)
            pictures = stage_pictures(activations, view, filters=filters)
            unit = self._unit_view(network, stage, activations, pictures)
            return StageResult(network, activations, pictures, unit, made)

        self._session.compute.submit_keyed(STAGE_JOB, once(work), cancellable=False)

    def request_comparison(self, view: View) -> None:
        """Render a stage of the chosen and the compared specimen."""
        network, first = self._session.network, self._session.activations
        second = self._session.compared_activations
        if network is None or first is None or second is None or not view.stage:
            return

        def work() -> CompareResult:
            return CompareResult(network, second, compared_pictures(first, second, view))

        self._session.compute.submit_keyed(COMPARE_JOB, once(work), cancellable=False)

    def request_exciting(self) -> None:
        """Rank the tray for the chosen unit; pictures not yet looked at come in one by one."""
        session = self._session
        network, stage, unit = session.network, session.stage, session.unit
        if network is None or not stage or not session.specimens:
            return
        session.compute.cancel_keyed(EXCITING_JOB)
        if network.stage(stage).kind == "input":
            hint = "These are the pixels themselves; the next stages look for something in them."
            self.exciting_made.emit(ExcitingResult(network, stage, unit, (), hint))
            return
        specimens, mode = session.specimens, session.fit_mode
        if self._peaks is None:
            self._peaks = PeakCache(network)
        cache = self._peaks

        def work() -> Iterator[ExcitingResult]:
            for patches in rank(specimens, mode, stage, unit, cache):
                yield ExcitingResult(network, stage, unit, patches)

        session.compute.submit_keyed(EXCITING_JOB, work, cancellable=False)

    def _forget(self) -> None:
        self._pictured.clear()
        self._peaks = None
        self._strip = (None, "")

    def _on_result(self, key: str, result: Any) -> None:
        """Pass on what is still of the open network."""
        kinds = (StageResult, CompareResult, ExcitingResult)
        if not isinstance(result, kinds) or result.network is not self._session.network:
            return
        if isinstance(result, StageResult):
            if result.thumbnails is not None:
                self._strip = (result.activations, result.pictures.view.colour_map)
            self.stage_made.emit(result)
        elif isinstance(result, CompareResult):
            if result.second is self._session.compared_activations:
                self.comparison_made.emit(result)
        elif (result.stage, result.unit) == (self._session.stage, self._session.unit):
            self.exciting_made.emit(result)

    def _unit_view(
        self, network: Network, stage: Stage, activations: Activations, pictures: StagePictures
    ) -> UnitView:
        """Gather what the unit panel shows. On the compute thread."""
        unit = min(pictures.view.unit, stage.units - 1)
        filters = self._filters(network, stage)
        return UnitView(
            title=f"{stage.name} · {unit_name(network, stage, unit)}",
            picture=image_of(activations.picture),
            unit_map=pictures.unit_map,
            values=activations.maps[stage.name][..., unit] if stage.spatial else None,
            field=stage.receptive_field if stage.spatial else None,
            numbers=pictures.numbers,
            filter_picture=None if filters is None else filters[unit],
            filter_shape=filter_shape(network, stage),
            ground=pictures.ground,
        )

    def _filters(self, network: Network, stage: Stage) -> np.ndarray | None:
        """The filters of a stage as pictures, looked up once. On the compute thread."""
        if stage.name not in self._pictured:
            kernel = kernel_of(network, stage)
            self._pictured[stage.name] = None if kernel is None else pictures_of(kernel)
        return self._pictured[stage.name]
