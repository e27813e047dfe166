"""The Layers workspace: a picture on its way through the network, stage by stage, unit by unit."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from visualizer.engine.kernel_pictures import has_kernel_pictures
from visualizer.engine.top_activating_patches import top_activating_patches
from visualizer.engine.unit_statistics import statistics_table
from visualizer.gui.core.compute import once
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Change
from visualizer.gui.core.stage_look import remember_look, stage_look
from visualizer.gui.core.theme import icon
from visualizer.gui.layers.cached_stimulus import CachedStimulus
from visualizer.gui.layers.colour_legend import ColourLegend
from visualizer.gui.layers.compare_button import CompareButton
from visualizer.gui.layers.compare_view import CompareView
from visualizer.gui.layers.stage_header import StageHeader
from visualizer.gui.layers.stage_maps import StageMaps
from visualizer.gui.layers.stage_rendering import StageRequest, StageResult, render
from visualizer.gui.layers.stage_strip import StageStrip, StripItem
from visualizer.gui.layers.text import describe_unit, for_stage, naming
from visualizer.gui.layers.top_patches import ShownPatch, TopPatches
from visualizer.gui.layers.unit_panel import UnitPanel
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.widgets.channel_grid import ChannelGrid
from visualizer.gui.widgets.page_stack import PageStack
from visualizer.gui.widgets.panel import panel
from visualizer.gui.widgets.tab_focus import tab_focus
from visualizer.gui.widgets.unit_area import UnitArea
from visualizer.gui.workspace import Action, Explanation, GlideSettings, Movement, Table, Workspace

if TYPE_CHECKING:
    from visualizer.engine.activations import Activations
    from visualizer.engine.network import Stage
    from visualizer.engine.shows.show import State
    from visualizer.gui.core.session import Session

STEADY_SECONDS = 2.0
"""Seconds that units keep their places while a camera runs."""

SPACE = "Space does it too."
SCALES = (
    "Shared: one scale of colours for all, so that channels can be compared.\n"
    "Each: every channel to its own strongest, so that faint ones can be seen."
)
LOOK = "What the filters look for, instead of where they find it."

UNIT = Change.NETWORK | Change.STAGE | Change.UNIT
RENDERED = UNIT | Change.ACTIVATIONS | Change.COMPARED | Change.COMPARED_ACTIVATIONS
RANKED = UNIT | Change.TRAY | Change.FIT_MODE
"""What else is shown when one of these changes: the unit, the stage, and the tray by the unit."""


class LayersWorkspace(Workspace):
    """Strip on top, maps in the middle, the chosen unit at the side.

    One job renders maps, unit and thumbnails together on the compute thread; the window thread
    only puts images on the screen.
    """

    title = "Layers"
    side_is_shown = True

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.strip = StageStrip("The stages of the network appear here.")
        self.play = QToolButton()
        self.header = StageHeader()
        self.compare_button = CompareButton(session)
        self.maps = StageMaps()
        self.compare = CompareView()
        self.legend = ColourLegend()
        self.unit_panel = UnitPanel()
        self.stimulus = CachedStimulus(session)
        self.top_patches = TopPatches()
        self.rendering = Latest(session.compute, "", self, finish_started=True, cancellable=False)
        self.ranking = Latest(session.compute, "", self, background=True, cancellable=False)
        self._presented = False
        self._shown: StageResult | None = None
        # What the thumbnails were rendered of, and in which colour map.
        self._thumbnails_of: tuple[Activations | None, str] = (None, "")
        self._sorted: tuple[str, float] = ("", 0.0)  # stage, and when
        self._build()
        self._connect()
        header = self.header
        self.keep_in_scenes(
            order=header.order,
            scaling=header.scaling,
            colour_map=header.colour_map,
            filters=header.kernels,
            opacity=self.unit_panel.opacity,
        )

    # What the window asks for

    def side_panel(self) -> QWidget:
        return self._side

    def explanation(self) -> Explanation:
        network, stage = self.session.network, self._stage()
        if stage is None or network is None:
            return Explanation(
                "Layers", "As soon as a network is open, its stages stand in the strip on top."
            )
        return for_stage(network, stage, self.session.unit)

    def figure(self) -> None:
        """The maps of the stage."""

    def table_for_export(self) -> Table | None:
        network, activations = self.session.network, self.session.activations
        if network is None or activations is None:
            return None
        names, _ = naming(network, self.session.stage)
        return statistics_table(activations.maps[self.session.stage], names)

    def step_stage(self, by: int) -> None:
        self.strip.stop()
        super().step_stage(by)

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

    def present(self, presented: bool) -> None:
        super().present(presented)
        self.unit_panel.present(presented)
        self.top_patches.present(presented)
        self.strip.present(presented)
        self._presented = presented
        self._show_output()

    # Scenes of a show

    def state(self) -> State:
        kept = super().state()
        return replace(kept, settings={**kept.settings, "zoom": self._area().zoom})

    def restore(self, state: State) -> list[str]:
        settings = dict(state.settings)
        zoom = settings.pop("zoom", 1.0)
        self._area().set_zoom(zoom if isinstance(zoom, int | float) else 1.0)
        return super().restore(replace(state, settings=settings))

    def movements(self) -> Mapping[str, Movement]:
        return {"walk": Movement("Walk on to the output", self._walk)}

    def _walk(self, settings: GlideSettings) -> None:
        network = self.session.network
        if network is not None:
            names = [stage.name for stage in network.stages]
            first, last = names.index(self.session.stage), len(names) - 1
            self.glide(
                first, last, settings.seconds, lambda place: self.session.select_stage(names[place])
            )

    # Construction

    def _build(self) -> None:
        self.play.setAccessibleName("Play")
        self.setFocusProxy(self.maps)
        self.body = PageStack()
        self.body.addWidget(self.maps)
        self.body.addWidget(self.compare)
        store = self.session.store
        self.header.add_control(self.compare_button)
        backstage(self.play)
        opacity = self.unit_panel.opacity
        opacity.setValue(int(store.number("layers opacity", opacity.value(), 0, 100)))
        look = stage_look(store)
        self.header.choose({name: getattr(look, name) for name in self.header.chosen})
        self._sort()
        top, row = QWidget(), QHBoxLayout()
        top.setLayout(row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.play, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.strip, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(panel(top))
        layout.addWidget(panel(self.header, self.body, self.legend, stretch=self.body), 1)
        self._side = QWidget()
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        side.addWidget(self.unit_panel)
        side.addWidget(self.stimulus)
        side.addWidget(self.top_patches)
        side.addStretch(1)
        tab_focus(top, self.header, self._side)
        self._set_play_icon()

    def _connect(self) -> None:
        session, header, compare = self.session, self.header, self.compare_button
        self.strip.selected.connect(session.select_stage)
        self.strip.playing_changed.connect(self._set_play_icon)
        self.play.clicked.connect(self.strip.play)
        for view in (self.maps, self.compare):
            view.selected.connect(session.select_unit)
            view.opened.connect(self._open)
            view.resized.connect(self._on_resized)
        self.compare.stage_selected.connect(session.select_stage)
        self.unit_panel.stimulus_wanted.connect(self.stimulus_wanted)
        self.stimulus.opened.connect(self.stimulus_wanted)
        self.top_patches.chosen.connect(session.select)
        header.order.currentIndexChanged.connect(self._sort)
        for changed in (header.scaling.currentIndexChanged, header.colour_map.currentIndexChanged):
            changed.connect(self._render)
        header.kernels.toggled.connect(self._render)
        header.changed.connect(self._remember)
        self.unit_panel.opacity_changed.connect(partial(session.store.remember, "layers opacity"))
        self.declare(
            Action.press("play", "Walk from data to output by itself", "P", self.play, SPACE),
            Action("order", "Next order of the units", "S", header.next_order, header.order),
            Action("scale", "Next scale", "D", header.next_scaling, header.scaling, SCALES),
            Action("colours", "Next colour map", "M", header.next_colour_map, header.colour_map),
            Action.press("kernels", "The filters instead of their maps", "F", header.kernels, LOOK),
            Action("compare", "Compare with another picture", "C", compare.showMenu, compare),
            Action("larger", "Larger maps", "+ or =", lambda: self._zoom(1.2)),
            Action("smaller", "Smaller maps", "-", lambda: self._zoom(1 / 1.2)),
            Action("whole", "All maps at once", "0", lambda: self._area().set_zoom(1.0)),
        )

    # The session has changed

    def let_go(self) -> None:
        for request in (self.rendering, self.ranking):
            request.drop()
        self.maps.clear()
        self.compare.clear()
        self.unit_panel.show_unit(None)
        self._shown, self._thumbnails_of = None, (None, "")

    def follow(self, change: Change) -> None:
        if change & Change.NETWORK:
            self._show_network()
        if change & (Change.NETWORK | Change.PICTURE | Change.BUSY):
            self.maps.set_hint(self.missing() or "Working on the picture…")
        if change & (Change.NETWORK | Change.STAGE):
            self._show_stage()
        if change & (Change.NETWORK | Change.COMPARED | Change.PICTURE | Change.ACTIVATIONS):
            self._show_titles()  # a camera's first picture comes as activations
        if change & Change.COMPARED:
            self._show_compared()
        if change & Change.UNIT:
            self._mark_unit()
        if change & RENDERED:
            self._render()
        if change & RANKED:
            self._rank()
        if change & (UNIT | Change.COMPARED):
            self._show_output()
            self.explanation_changed.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.strip.stop()

    def _show_network(self) -> None:
        network = self.session.network
        stages = network.stages if network is not None else ()
        self.strip.set_stages([StripItem(s.name, s.shape, s.inputs) for s in stages])

    def _show_stage(self) -> None:
        """Name the stage at once, and cancel what was requested of the stage before."""
        self.rendering.drop()
        stage, network = self._stage(), self.session.network
        if stage is not None and network is not None:
            self.header.show_stage(stage, network.size, has_kernel_pictures(network, stage))
            self.strip.set_stage(stage.name)

    def _show_output(self) -> None:
        """Tell the window which of its parts an audience needs, too."""
        session, network = self.session, self.session.network
        is_last = network is not None and session.stage == network.stages[-1].name
        alone = session.compared is None
        self.side_is_shown = alone  # three grids need the room
        self.shows_answer = self._presented and is_last and alone

    def _show_compared(self) -> None:
        compared = self.session.compared
        self.compare.clear()
        self.body.setCurrentWidget(self.maps if compared is None else self.compare)
        if compared is None:
            self.strip.set_divergence(None)

    def _show_titles(self) -> None:
        first, second = self.session.specimen, self.session.compared
        if first is not None and second is not None:
            self.compare.set_titles(first.title, second.title)

    def _mark_unit(self) -> None:
        if self._shown is not None and self._shown.request.stage == self.session.stage:
            self.maps.set_unit(self.session.unit)
            self.compare.set_unit(self.session.unit)

    # What the compute thread is asked for

    def _render(self) -> None:
        session = self.session
        network, first = session.network, session.activations
        if network is None or first is None:
            self.rendering.drop()
            return
        second = session.compared_activations if session.compared is not None else None
        work = once(render, network, first, second, self._request(), self._shown)
        self.rendering.ask(work, on_done=self._show)

    def _rank(self) -> None:
        """Rank the tray for the chosen unit; pictures not yet looked at come in one by one."""
        session, stage = self.session, self._stage()
        network, unit, mode = session.network, session.unit, session.fit_mode
        if network is None or stage is None or not session.specimens:
            self.ranking.drop()
        elif stage.kind == "input":
            self.ranking.drop()
            hint = "These are the pixels themselves; the next stages look for something in them."
            self.top_patches.set_patches((), hint)
        else:
            specimens, name = session.specimens, stage.name
            show = self.top_patches.set_patches

            def work() -> Iterator[tuple[ShownPatch, ...]]:
                for patches in top_activating_patches(network, specimens, mode, name, unit):
                    yield tuple(map(ShownPatch.of, patches))

            self.ranking.ask(work, on_frame=show, on_done=show)

    # What the compute thread has made

    def _show(self, result: StageResult) -> None:
        if result.thumbnails is not None:
            self.strip.set_thumbnails(result.thumbnails)
            self._thumbnails_of = (result.activations, result.request.colour_map)
        network, stage, comparison = self.session.network, result.request.stage, result.comparison
        assert network is not None
        before, self._shown = self._shown, result
        names, percent = naming(network, stage)
        resort = self._may_sort()
        if comparison is None:
            self.maps.show_stage(stage, result.view, names, percent, resort)
        else:
            change = comparison.difference.strength
            self.strip.set_divergence(comparison.divergence)
            self.compare.show_comparison(stage, result.view, comparison, names, percent, resort)
            self.compare.set_describe(
                (
                    partial(describe_unit, network, stage, result.view.strength),
                    partial(describe_unit, network, stage, comparison.second.strength),
                    lambda unit: f"unit {unit} · changes by {change[unit]:+.4g}",
                )
            )
        self.maps.set_describe(partial(describe_unit, network, stage, result.view.strength))
        self._mark_unit()
        another = before is None or before.activations is not result.activations
        if another and not self.session.live and stage == network.stages[-1].name:
            self._area().reveal(result.activations.strongest_unit(stage))
        self.legend.show_scale(result.view.scale, result.request.scaling)
        self.unit_panel.show_unit(result.unit)

    def _may_sort(self) -> bool:
        """Whether units may be sorted anew now: with a camera only every `STEADY_SECONDS`."""
        stage, now = self.session.stage, time.monotonic()
        steady = self._sorted[0] == stage and now - self._sorted[1] < STEADY_SECONDS
        if self.session.live and steady:
            return False
        self._sorted = (stage, now)
        return True

    # Choices

    def _open(self, unit: int) -> None:
        self.session.select_unit(unit)
        self.stimulus_wanted.emit()

    def _sort(self) -> None:
        for view in (self.maps, self.compare):
            view.sort_by(self.header.chosen["order"])

    def _zoom(self, factor: float) -> None:
        self._area().set_zoom(self._area().zoom * factor)

    def _remember(self) -> None:
        remember_look(self.session.store, self.header.chosen)

    # Small things

    def _stage(self) -> Stage | None:
        network = self.session.network
        return None if network is None else network.stage(self.session.stage)

    def _area(self) -> UnitArea:
        maps = self.maps if self.body.currentWidget() is self.maps else self.compare.first
        return maps.area

    def _request(self) -> StageRequest:
        """What is wanted now; maps get the next power of two of the pixels they are shown at."""
        area, cell = self._area(), 32
        if isinstance(area, ChannelGrid):
            while cell < area.wanted_cell():
                cell *= 2
        session, chosen = self.session, self.header.chosen
        colour_map = chosen["colour_map"]
        return StageRequest(
            session.stage,
            session.unit,
            "channel" if chosen["scaling"] == "channel" else "shared",
            colour_map,
            cell,
            self.header.shows_kernels and session.compared is None,
            thumbnails=self._thumbnails_of != (session.activations, colour_map),
        )

    def _on_resized(self) -> None:
        """Render larger maps where those on show have been shrunk too much for their new size."""
        shown, stage = self._shown, self._stage()
        if shown is None or stage is None or not stage.spatial or not self.isVisible():
            return
        before, now = shown.request.cell, self._request().cell
        if now != before and max(stage.shape[:2]) > min(now, before):
            self._render()

    def _set_play_icon(self) -> None:
        name = "pause" if self.strip.playing else "play"
        self.play.setIcon(icon(name, self.palette().text().color().name()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "play"):
            self._set_play_icon()
