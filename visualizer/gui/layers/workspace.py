"""The Layers workspace: a picture on its way through the network, stage by stage, unit by unit."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from visualizer.gui.core.theme import icon
from visualizer.gui.layers.cached_stimulus import KeptStimulus
from visualizer.gui.layers.compare_button import CompareButton
from visualizer.gui.layers.compare_view import CompareView, show_stage
from visualizer.gui.layers.filters import has_pictures
from visualizer.gui.layers.requests import (
    CompareResult,
    ExcitingResult,
    LayersJobs,
    StageResult,
)
from visualizer.gui.layers.stage_header import StageHeader
from visualizer.gui.layers.stage_maps import StageMaps
from visualizer.gui.layers.stage_pictures import StagePictures, View, stage_table
from visualizer.gui.layers.stage_strip import StageStrip, StripItem
from visualizer.gui.layers.text import for_stage
from visualizer.gui.layers.top_patches import ExcitingPatches
from visualizer.gui.layers.unit_panel import UnitPanel
from visualizer.gui.layers.unit_text import describe_unit, naming
from visualizer.gui.widgets.channel_grid import ChannelGrid
from visualizer.gui.widgets.page_stack import PageStack
from visualizer.gui.widgets.unit_area import UnitArea
from visualizer.gui.workspace import Explanation, Table, Workspace

if TYPE_CHECKING:
    from visualizer.engine.network import Stage
    from visualizer.gui.core.session import Session

STEADY_SECONDS = 2.0
"""How long units keep their places while a camera runs."""


class LayersWorkspace(Workspace):
    """Strip on top, maps in the middle, the chosen unit at the side.

    It follows the session and renders on the compute thread: one job makes the maps, the unit and
    the thumbnails together; the window thread only puts images on the screen.
    """

    title = "Layers"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.strip = StageStrip("The stages of the network appear here.")
        self.play = QToolButton()
        self.header = StageHeader()
        self.compare_button = CompareButton(session)
        self.maps = StageMaps()
        self.compare = CompareView()
        self.unit_panel = UnitPanel()
        self.kept_stimulus = KeptStimulus(session)
        self.exciting = ExcitingPatches()
        self.jobs = LayersJobs(session, self)
        self._pictures: StagePictures | None = None
        self._units: dict[str, int] = {}  # the unit chosen last, by stage
        self._sorted: tuple[str, float] = ("", 0.0)  # stage, and when
        self._build()
        self._connect()
        self._on_network()

    # What the window asks for

    def side_panel(self) -> QWidget:
        return self._side

    def explanation(self) -> Explanation:
        stage = self._stage()
        if stage is None or self.session.network is None:
            return Explanation(
                "Layers", "As soon as a network is open, its stages stand in the strip on top."
            )
        return for_stage(self.session.network, stage, self.session.unit)

    def table_for_export(self) -> Table | None:
        network, activations = self.session.network, self.session.activations
        if network is None or activations is None:
            return None
        names = network.label if self.session.stage == network.stages[-1].name else None
        return stage_table(activations.maps[self.session.stage], names)

    def step_unit(self, by: int) -> None:
        self._area().step(by)

    def first_unit(self) -> None:
        self._area().step(-self._area().units)

    def last_unit(self) -> None:
        self._area().step(self._area().units)

    def toggle(self) -> None:
        self.strip.play()

    def stop(self) -> None:
        if self.strip.playing:
            self.strip.stop()
        elif self.session.compared is not None:
            self.session.compare_with(None)

    # Construction

    def _build(self) -> None:
        self.play.setToolTip("Walk from data to output by itself (Space or P)")
        self.play.setAccessibleName("Play")
        self.play.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFocusProxy(self.maps)
        self.body = PageStack()
        self.body.addWidget(self.maps)
        self.body.addWidget(self.compare)
        store = self.session.store
        self.header.add_control(self.compare_button)
        opacity = self.unit_panel.opacity
        opacity.setValue(int(store.number("layers opacity", opacity.value(), 0, 100)))
        self.header.choose({name: store.text(f"layers {name}") for name in self.header.chosen})
        self._on_order()
        top, middle = _panel(), _panel()
        row = QHBoxLayout(top)
        row.addWidget(self.play, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.strip, 1)
        column = QVBoxLayout(middle)
        column.addWidget(self.header)
        column.addWidget(self.body, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(top)
        layout.addWidget(middle, 1)
        self._side = QWidget()
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        side.addWidget(self.unit_panel)
        side.addWidget(self.kept_stimulus)
        side.addWidget(self.exciting)
        side.addStretch(1)
        self._set_play_icon()

    def _connect(self) -> None:
        session = self.session
        session.network_changed.connect(self._on_network)
        session.activations_changed.connect(self._on_activations)
        session.stage_changed.connect(self._on_stage)
        session.unit_changed.connect(self._on_unit)
        session.compared_changed.connect(self._on_compared)
        session.compared_activations_changed.connect(self._request_stage)
        session.specimens_changed.connect(self.jobs.request_exciting)
        session.fit_mode_changed.connect(self.jobs.request_exciting)
        session.busy_changed.connect(self._set_hints)
        session.specimen_changed.connect(self._on_specimen)
        self.jobs.stage_made.connect(self._show_stage)
        self.jobs.comparison_made.connect(self._show_comparison)
        self.jobs.exciting_made.connect(self._show_exciting)
        self.strip.selected.connect(session.select_stage)
        self.strip.playing_changed.connect(self._set_play_icon)
        self.play.clicked.connect(self.strip.play)
        self.maps.selected.connect(session.select_unit)
        self.maps.opened.connect(self._open)
        self.maps.resized.connect(self._on_resized)
        self.compare.selected.connect(session.select_unit)
        self.compare.opened.connect(self._open)
        self.compare.stage_selected.connect(session.select_stage)
        self.compare.resized.connect(self._on_resized)
        self.unit_panel.stimulus_wanted.connect(self.stimulus_wanted)
        self.kept_stimulus.opened.connect(self.stimulus_wanted)
        self.exciting.chosen.connect(session.select)
        self.header.order.currentIndexChanged.connect(self._on_order)
        self.header.scaling.currentIndexChanged.connect(self._request_stage)
        self.header.colour_map.currentIndexChanged.connect(self._request_stage)
        self.header.filters.toggled.connect(self._request_stage)
        self.header.changed.connect(self._remember)
        self.unit_panel.opacity_changed.connect(partial(session.store.remember, "layers opacity"))
        self.maps.set_describe(lambda unit: self._describe(unit, self._pictures))
        keys: tuple[tuple[str, Callable[[], Any]], ...] = (
            ("P", self.strip.play),
            ("S", lambda: self.header.step(self.header.order)),
            ("D", lambda: self.header.step(self.header.scaling)),
            ("M", lambda: self.header.step(self.header.colour_map)),
            ("F", self.header.filters.click),
            ("C", self.compare_button.showMenu),
            ("+", lambda: self._area().set_zoom(self._area().zoom * 1.2)),
            ("-", lambda: self._area().set_zoom(self._area().zoom / 1.2)),
        )
        for key, action in keys:
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.activated.connect(action)

    # The session has changed

    def _on_network(self) -> None:
        network = self.session.network
        self._units.clear()
        self._pictures = None
        stages = network.stages if network is not None else ()
        self.strip.set_stages([StripItem(s.name, s.shape, s.inputs) for s in stages])
        self.maps.clear()
        self.compare.clear()
        self.unit_panel.show_unit(None)
        self._set_hints()
        self._on_compared()
        self._on_stage()

    def _on_stage(self) -> None:
        stage, network = self._stage(), self.session.network
        if stage is None or network is None:
            return
        self.header.show_stage(stage, network.size, has_pictures(network, stage))
        self.strip.set_stage(stage.name)
        self._choose_unit(stage)
        self._request_stage()
        self.jobs.request_exciting()
        self.explanation_changed.emit()

    def _choose_unit(self, stage: Stage) -> None:
        """Go back to the unit chosen here before; the first time, to the strongest."""
        activations = self.session.activations
        if stage.name not in self._units and activations is not None:
            self._units[stage.name] = int(np.argmax(activations.strength(stage.name)))
        self.session.select_unit(self._units.get(stage.name, 0))

    def _on_unit(self) -> None:
        stage = self._stage()
        if stage is None:
            return
        if self.session.activations is not None:
            self._units[stage.name] = self.session.unit
        if self._pictures is not None and self._pictures.view.stage == stage.name:
            self.maps.set_unit(self.session.unit)
            self.compare.set_unit(self.session.unit)
        self._request_stage()
        self.jobs.request_exciting()
        self.explanation_changed.emit()

    def _on_activations(self) -> None:
        stage = self._stage()
        if stage is not None and stage.name not in self._units:
            self._choose_unit(stage)
        self._request_stage()
        if not self.exciting.buttons:
            self.jobs.request_exciting()

    def _on_compared(self) -> None:
        compared = self.session.compared
        self.body.setCurrentWidget(self.maps if compared is None else self.compare)
        if compared is None:
            self.strip.set_divergence(None)
        else:
            self._name_compared()
        self._request_stage()

    def _on_specimen(self) -> None:
        self._set_hints()
        self._name_compared()

    def _name_compared(self) -> None:
        first, second = self.session.specimen, self.session.compared
        if first is not None and second is not None:
            self.compare.set_titles(first.title, second.title)

    # What the compute thread is asked for

    def _request_stage(self) -> None:
        view = self._view()
        self.jobs.request_stage(view)
        if self.session.compared is not None:
            self.jobs.request_comparison(view)

    # What the compute thread has made

    def _show_stage(self, result: StageResult) -> None:
        if result.thumbnails is not None:
            self.strip.set_thumbnails(result.thumbnails)
        pictures = result.pictures
        if pictures.view.stage != self.session.stage:
            return
        self._pictures = pictures
        show_stage(self.maps, pictures, *self._naming(), self._may_sort())
        self.maps.set_unit(self.session.unit)
        if pictures.view.unit == self.session.unit:
            self.unit_panel.show_unit(result.unit)

    def _show_comparison(self, result: CompareResult) -> None:
        shown = result.pictures
        self.strip.set_divergence(shown.divergence)
        if shown.first.view.stage != self.session.stage:
            return
        self.compare.show_comparison(shown, *self._naming(), self._may_sort())
        self.compare.set_unit(self.session.unit)
        self.compare.set_describe(
            (
                lambda unit: self._describe(unit, shown.first),
                lambda unit: self._describe(unit, shown.second),
                lambda unit: f"unit {unit} · changes by {shown.change[unit]:+.4g}",
            )
        )

    def _show_exciting(self, result: ExcitingResult) -> None:
        self.exciting.set_patches(result.patches, result.hint)

    def _naming(self) -> tuple[Callable[[int], str] | None, bool]:
        return naming(self.session.network, self.session.stage)

    def _describe(self, unit: int, pictures: StagePictures | None) -> str:
        return describe_unit(self.session.network, pictures, unit)

    def _may_sort(self) -> bool:
        """Whether units may change places now: while a camera runs, only now and then."""
        stage, now = self.session.stage, time.monotonic()
        if (
            self.session.live
            and self._sorted[0] == stage
            and now - self._sorted[1] < STEADY_SECONDS
        ):
            return False
        self._sorted = (stage, now)
        return True

    # Choices

    def _open(self, unit: int) -> None:
        self.session.select_unit(unit)
        self.stimulus_wanted.emit()

    def _on_order(self) -> None:
        for view in (self.maps, self.compare):
            view.sort_by(self.header.chosen["order"])

    def _remember(self) -> None:
        for name, value in self.header.chosen.items():
            self.session.store.remember(f"layers {name}", value)

    # Small things

    def _stage(self) -> Stage | None:
        network, name = self.session.network, self.session.stage
        if network is None or name not in self.strip.stages:
            return None
        return network.stage(name)

    def _area(self) -> UnitArea:
        maps = self.maps if self.body.currentWidget() is self.maps else self.compare.first
        return maps.area

    def _view(self) -> View:
        """What is wanted now; maps get the next power of two of the pixels they are shown at."""
        area, cell = self._area(), 32
        if isinstance(area, ChannelGrid):
            while cell < area.wanted_cell():
                cell *= 2
        session = self.session
        chosen = self.header.chosen
        filters = self.header.shows_filters and session.compared is None
        look = chosen["scaling"], chosen["colour map"], cell, filters
        return View(session.stage, session.unit, *look)

    def _on_resized(self) -> None:
        """Render larger maps where those on show have been shrunk too much for their new size."""
        pictures, stage = self._pictures, self._stage()
        if pictures is None or stage is None or not stage.spatial:
            return
        before, now = pictures.view.cell, self._view().cell
        if now != before and max(stage.shape[:2]) > min(now, before):
            self._request_stage()

    def _set_hints(self) -> None:
        """Say what is missing where there is nothing to see yet."""
        session = self.session
        if session.network is None:
            hint = session.busy or "Open a network to see its stages."
        elif session.specimen is None:
            hint = "Open a picture, drop one here, or paste it with Ctrl+V."
        else:
            hint = "Working on the picture…"
        self.maps.set_hint(hint)

    def _set_play_icon(self) -> None:
        name = "pause" if self.strip.playing else "play"
        self.play.setIcon(icon(name, self.palette().text().color().name()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "play"):
            self._set_play_icon()


def _panel() -> QFrame:
    panel = QFrame()
    panel.setProperty("role", "panel")
    return panel
