"""The feature wall of a stage, and of all stages from edges to objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.ascent.feature_wall import (
    WallSettings,
    trimmed,
    units_by_strength,
    wall_stages,
)
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Change
from visualizer.gui.dream import text as words
from visualizer.gui.dream.hierarchy_view import HierarchyView, Place
from visualizer.gui.dream.requests import WallFrame, stimulus_of, wall_frames
from visualizer.gui.dream.unit_chooser import UnitChooser
from visualizer.gui.dream.wall_grid import WallGrid, WallTile
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.widgets.control_column import ControlColumn
from visualizer.gui.widgets.figure import Part, Tile, Tiles
from visualizer.gui.widgets.image_view import ImageView
from visualizer.gui.widgets.panel import note, panel
from visualizer.gui.widgets.parts_label import PartsLabel
from visualizer.gui.widgets.settings_form import SettingsForm
from visualizer.gui.widgets.tab_focus import tab_focus
from visualizer.gui.widgets.unit_name import unit_name
from visualizer.gui.workspace import Action, Explanation, Table, Walk, Workspace

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session

REST = 300
"""Milliseconds without another choice before the wall is filled."""
MOST_IN_FIGURE = 400
PER_STAGE = 8
"""Units of each stage where all stages are shown."""


class WallPage(Workspace):
    """Fills while it is on show; what is done stays on disk for the next start."""

    title = "Wall"
    shows_answer = True
    walk = Walk(space="pause or go on")

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.chooser = UnitChooser(session, units=False)
        self.every = QPushButton("Stage by stage")
        self.every.setCheckable(True)
        self.go_button = QPushButton("Pause")
        self.go_button.setToolTip("Pause, or go on (Space)")
        self.status = PartsLabel()
        self.status.setProperty("role", "muted")
        self.grid = WallGrid(words.WALL_HINT)
        self.hierarchy = HierarchyView(words.WALL_HINT)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.grid)
        self.stack.addWidget(self.hierarchy)
        self.large = ImageView("Choose a unit to see it large.")
        self.large.largest_share = 0.35
        self.name = note("", role="title")
        self.tray_button = QPushButton("To tray")
        self.climb_button = QPushButton("Climb it large")
        self.form = SettingsForm(WallSettings, hidden=("stage", "units"))
        self.controls = ControlColumn()
        self.paused = False
        self.tiles: Mapping[Place, WallTile] = {}
        """Every tile so far, by stage and unit."""
        self._asked: Any = None
        self._filling = Latest(session.compute, "Feature wall", self, background=True)
        self._rest = self.debounced(self.fill, REST)
        self._build()
        self._connect()
        self.keep_in_scenes(form=self.form, every=self.every)

    def fill(self) -> None:
        """Climb what is missing, the strongest units of the present picture first."""
        self._rest.stop()
        session, network = self.session, self.session.network
        if network is None or not self.isVisible() or self.paused:
            return
        if self.every.isChecked():
            wanted = [(stage, list(units)) for stage, units in self.hierarchy.rows]
        else:
            _, order = units_by_strength(network, session.stage, session.activations)
            wanted = [(session.stage, order)]
        settings: Any = self.form.settings
        if self._asked == (wanted, settings) and self._filling.running:
            return  # another unit of the same wall was chosen
        self._asked = (wanted, settings)
        self._filling.ask(
            partial(wall_frames, network, wanted, settings, self.tiles),
            on_frame=self._on_frame,
            on_done=lambda frame: self._on_frame(frame) if frame is not None else self._say(),
            on_failed=self._on_failed,
            on_cancelled=self._on_cancelled,
        )
        self._say()

    # As a page

    def let_go(self) -> None:
        self._forget()

    def follow(self, change: Change) -> None:
        self.chooser.follow(change)
        # Another picture, another order; but a live camera does not shuffle the wall.
        picture = Change.ACTIVATIONS in change and not self.session.live
        if picture or change & (Change.NETWORK | Change.STAGE):
            self._show_stage()
        elif Change.UNIT in change:
            self._show_unit()

    def side_panel(self) -> QWidget:
        return self.controls

    def explanation(self) -> Explanation:
        return words.wall(self.session, self.every.isChecked())

    def figure(self) -> Sequence[Part]:
        stage, network = self.session.stage, self.session.network
        if network is None:
            return []
        rows = [(stage, [int(unit) for unit in self.grid.order])]
        if self.every.isChecked():
            rows = [(name, list(units)) for name, units in self.hierarchy.rows]
        parts = []
        for name, units in rows:
            alive = [unit for unit in units if self._is_alive(name, unit)]
            tiles = [
                Tile(self.tiles[name, unit].image, unit_name(network, network.stage(name), unit))
                for unit in alive[:MOST_IN_FIGURE]
            ]
            title = f"{name}: what {len(tiles)} of {len(units)} units want to see"
            parts.append(Tiles(tiles, title, smooth=True))
        return parts

    def _is_alive(self, stage: str, unit: int) -> bool:
        tile = self.tiles.get((stage, unit))
        return tile is not None and not tile.dead

    def table_for_export(self) -> Table | None:
        session, network = self.session, self.session.network
        if network is None:
            return None
        strength, order = units_by_strength(network, session.stage, session.activations)
        return ["unit", "strength"], [[unit, float(strength[unit])] for unit in order]

    def step_stage(self, by: int) -> None:
        if self.every.isChecked():
            self.hierarchy.step(0, by)
        else:
            self.session.step_stage(by)

    def step_unit(self, by: int) -> None:
        if self.every.isChecked():
            self.hierarchy.step(by, 0)
        else:
            self.grid.step(by)

    def toggle(self) -> None:
        self.paused = not self.paused
        if self.paused:
            self._filling.drop()
        else:
            self.fill()
        self._say()

    def stop(self) -> None:
        if not self.paused:
            self.toggle()

    # Construction

    def _build(self) -> None:
        top = QWidget()
        row = QHBoxLayout(top)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.chooser)
        row.addWidget(self.every)
        row.addWidget(self.go_button)
        row.addWidget(self.status, 1)
        backstage(self.chooser, self.every, self.go_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(panel(top))
        layout.addWidget(panel(self.stack, stretch=self.stack), 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.tray_button)
        buttons.addWidget(self.climb_button)
        buttons.addStretch(1)
        self.controls.add(self.name, self.large, buttons)
        self.controls.heading("How")
        self.controls.add(self.form)
        self.setFocusProxy(self.grid)

    def _connect(self) -> None:
        self.grid.selected.connect(self.session.select_unit)
        self.grid.opened.connect(self._open)
        self.grid.describe = self._describe
        self.hierarchy.selected.connect(self._choose)
        self.hierarchy.opened.connect(lambda stage, unit: self._open(unit, stage))
        self.every.toggled.connect(self._on_every)
        self.go_button.clicked.connect(self.toggle)
        self.tray_button.clicked.connect(self._keep)
        self.climb_button.clicked.connect(self.stimulus_wanted)
        self.climb_button.setToolTip("Show this unit on the page Stimulus (Enter)")
        self.form.changed.connect(self._on_settings)
        every = "All stages from edges to objects, or one stage"
        keep = "Keep this unit's picture, with its recipe"
        self.declare(
            Action.press("every", every, "A", self.every),
            Action.press("to_tray", keep, "T", self.tray_button),
        )

    # What is on show

    def _show_stage(self) -> None:
        session, network = self.session, self.session.network
        if network is None or not session.stage:
            return
        strength, _ = units_by_strength(network, session.stage, session.activations)
        is_answer = session.stage == network.stages[-1].name
        names = {unit: network.label(unit) for unit in range(len(strength))} if is_answer else {}
        self.grid.show_stage(strength, names)
        if self.every.isChecked():
            self.hierarchy.show_rows(
                [
                    (stage, units_by_strength(network, stage, session.activations)[1][:PER_STAGE])
                    for stage in wall_stages(network)
                ]
            )
        self._show_tiles()
        self._show_unit()
        self._rest.start()

    def _show_unit(self) -> None:
        self.grid.set_unit(self.session.unit)
        self.hierarchy.set_place(self.session.stage, self.session.unit)
        self._show_large()
        self.explanation_changed.emit()

    def _show_tiles(self) -> None:
        stage = self.session.stage
        mine = {unit: tile for (where, unit), tile in self.tiles.items() if where == stage}
        self.grid.set_tiles(mine)
        self.hierarchy.set_tiles(self.tiles)
        self._show_large()
        self._say()

    def _show_large(self) -> None:
        network, tile = self.session.network, self._tile()
        if network is None:
            return
        self.name.setText(words.unit_words(network, self.session.stage, self.session.unit))
        if tile is not None and tile.dead:
            self.large.set_picture(None)
            self.large.set_hint(words.DEAD)
        else:
            self.large.set_hint("Not climbed yet.")
            made = tile.made if tile is not None else None
            self.large.set_picture(None if made is None else trimmed(made.picture, made.settings))
        self.tray_button.setEnabled(tile is not None and tile.done and not tile.dead)

    def _on_every(self, every: bool) -> None:
        shown: QWidget = self.hierarchy if every else self.grid
        self.stack.setCurrentWidget(shown)
        self.setFocusProxy(shown)
        self._show_stage()

    def _on_settings(self) -> None:
        self._forget()
        self._show_tiles()
        self._rest.start()

    def _forget(self) -> None:
        self._filling.drop()
        self.tiles = {}

    # What comes of it

    def _on_frame(self, frame: WallFrame) -> None:
        changed = frame.tiles is not self.tiles
        self.tiles = frame.tiles
        if changed:
            self._show_tiles()
        else:
            self._say()

    def _on_failed(self, sentence: str) -> None:
        self.session.say(sentence, "error")
        self._say()

    def _on_cancelled(self) -> None:
        self.paused = True
        self._say()

    # Small things

    def _tile(self) -> WallTile | None:
        return self.tiles.get((self.session.stage, self.session.unit))

    def _choose(self, stage: str, unit: int) -> None:
        self.session.select_stage(stage)
        self.session.select_unit(unit)

    def _open(self, unit: int, stage: str | None = None) -> None:
        self._choose(stage or self.session.stage, unit)
        self.stimulus_wanted.emit()

    def _keep(self) -> None:
        tile, network = self._tile(), self.session.network
        if tile is not None and network is not None and tile.done and not tile.dead:
            self.to_tray(partial(stimulus_of, tile.made, network))

    def _describe(self, unit: int) -> str:
        network, tile = self.session.network, self.tiles.get((self.session.stage, unit))
        if network is None:
            return f"unit {unit}"
        end = "" if tile is None else " · dead" if tile.dead else "" if tile.done else " · climbing"
        return words.unit_words(network, self.session.stage, unit) + end

    def _say(self) -> None:
        """Say how many of the tiles on show are done."""
        if self.every.isChecked():
            places = [(stage, unit) for stage, units in self.hierarchy.rows for unit in units]
        else:
            places = [(self.session.stage, unit) for unit in range(self.grid.units)]
        shown = [self.tiles[place] for place in places if place in self.tiles]
        done, dead = sum(t.done for t in shown), sum(t.dead for t in shown)
        self.status.set_parts(
            f"{done} of {len(places)}",
            "paused" if self.paused else "",
            f"{dead} of them dead: nothing in a picture moves them" if dead else "",
        )
        self.go_button.setEnabled(self.paused or self._filling.running)
        self.go_button.setText("Go on" if self.paused else "Pause")

    # Events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        tab_focus(self, self.controls)
        self._rest.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._rest.stop()
        self._filling.drop()
