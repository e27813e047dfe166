"""A method's map with all that a window or a file shows of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.attribution.method import OVERLAY, VIEWS, AttributionFrame, shown
from visualizer.engine.rendering import from_bytes
from visualizer.engine.technique import techniques

if TYPE_CHECKING:
    from visualizer.engine.attribution.method import AttributionSettings
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Provenance, Specimen


@dataclass(frozen=True, eq=False)
class AttributionResult:
    """A map as far as it is made. It does not keep the network alive.

    Attributes:
        method: the name of the technique.
        title: of a picture of it: the specimen, the method and what is explained.
        settings: those it was made with.
        recipe: how to make it again.
        frame: the map and its numbers.
        views: it in each of the `VIEWS` but the overlay, uint8 H x W x 3.
        seconds: computing time so far, without the slices of other jobs.
    """

    method: str
    title: str
    settings: AttributionSettings
    recipe: Provenance
    frame: AttributionFrame
    views: Mapping[str, np.ndarray]
    seconds: float

    @property
    def step(self) -> int:
        """How many steps are done."""
        return self.frame.step

    @property
    def total(self) -> int | None:
        """How many steps there will be."""
        return self.frame.total

    @property
    def done(self) -> bool:
        """Whether the map is complete."""
        return self.step == self.total

    def specimen(self, view: str, opacity: float) -> Specimen:
        """A picture of the map in one of the `VIEWS`, with its recipe."""
        from visualizer.engine.specimen import Specimen

        settings = replace(self.settings, view=view, opacity=opacity)
        recipe = replace(self.recipe, settings=settings.to_dict())
        return Specimen(from_bytes(shown(self.frame, view, opacity)), self.title, recipe)


def attribution_results(
    network: Network, specimen: Specimen, method: str, settings: AttributionSettings
) -> Iterator[AttributionResult]:
    """Explain a specimen by a method, a result for each of its frames.

    Raises:
        UserError: this method cannot explain this target of this network.
    """
    technique = techniques()[method]
    recipe = technique.provenance(network, specimen, settings)
    spent, began = 0.0, time.perf_counter()
    for frame in technique(network, specimen, settings):
        assert isinstance(frame, AttributionFrame)
        views = {view: shown(frame, view, 0.0) for view in VIEWS if view != OVERLAY}
        spent += time.perf_counter() - began
        title = f"{specimen.title}, {technique.title}: {frame.label}"
        yield AttributionResult(method, title, settings, recipe, frame, views, spent)
        began = time.perf_counter()
