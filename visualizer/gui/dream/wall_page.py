"""The feature wall of a stage, and of all stages from edges to objects."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
)

from visualizer.engine.ascent.feature_wall import WallSettings, trimmed
from visualizer.gui.core.compute import once
from visualizer.gui.dream import text as words
from visualizer.gui.dream.hierarchy_view import HierarchyView
from visualizer.gui.dream.page import Page
from visualizer.gui.dream.unit_chooser import UnitChooser
from visualizer.gui.dream.wall_grid import WallGrid
from visualizer.gui.dream.wall_requests import (
    PER_STAGE,
    WallFrame,
    specimen_of,
    stages_of_hierarchy,
    strongest_first,
    walls,
)
from visualizer.gui.widgets.image_view import ImageView
from visualizer.gui.widgets.settings_form import SettingsForm
from visualizer.gui.workspace import Explanation, Table

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session

KEY, KEEPING = "wall", "wall: to tray"
REST = 300
"""Milliseconds without another choice before the wall is filled."""


class WallPage(Page):
    """Fills while it is on show; what is done stays on disk for the next start."""

    title = "Wall"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.chooser = UnitChooser(session, units=False)
        self.every = QPushButton("Stage by stage")
        self.every.setCheckable(True)
        self.every.setToolTip("All stages from edges to objects, or one stage (A)")
        self.go_button = QPushButton("Pause")
        self.go_button.setToolTip("Pause, or go on (Space)")
        self.status = QLabel()
        self.status.setProperty("role", "muted")
        self.grid = WallGrid(words.WALL_HINT)
        self.hierarchy = HierarchyView(words.WALL_HINT)
        self.body = QStackedWidget()
        self.body.addWidget(self.grid)
        self.body.addWidget(self.hierarchy)
        self.large = ImageView("Choose a unit to see it large.")
        self.large.largest_share = 0.35
        self.name = QLabel(wordWrap=True)
        self.name.setProperty("role", "title")
        self.to_tray = QPushButton("To tray")
        self.to_tray.setToolTip("Keep this unit's picture, with its recipe (T)")
        self.open_unit = QPushButton("Climb it large")
        self.open_unit.setToolTip("Show this unit on the page Stimulus (Enter)")
        self.form = SettingsForm(WallSettings, hidden=("stage", "units"))
        self.paused = False
        self._newest: WallFrame | None = None
        self._asked: Any = None
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._build()
        self._connect()
        self._on_network()

    @property
    def tiles(self) -> Any:
        """Every tile so far, by stage and unit."""
        return self._newest.tiles if self._newest is not None else {}

    def fill(self) -> None:
        """Climb what is missing, the strongest units of the present picture first."""
        self._rest.stop()
        session, network = self.session, self.session.network
        if network is None or not self.isVisible() or self.paused:
            return
        wanted: list[tuple[str, list[int]]] = []
        if self.every.isChecked():
            wanted = [(stage, list(units)) for stage, units in self.hierarchy.rows]
        else:
            _, order = strongest_first(network, session.stage, session.activations)
            wanted = [(session.stage, order)]
        settings: Any = self.form.settings
        if self._asked == (wanted, settings) and self._filling():
            return  # choosing another unit of it begins nothing anew
        self._asked = (wanted, settings)
        work = partial(walls, network, wanted, settings, self._newest)
        session.compute.submit_keyed(KEY, work, live=True, title="Feature wall")
        self._tell()

    # What the workspace asks for

    def explanation(self) -> Explanation:
        return words.wall(self.session, self.every.isChecked())

    def table(self) -> Table | None:
        network = self.session.network
        if network is None:
            return None
        strength, order = strongest_first(network, self.session.stage, self.session.activations)
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
            self.session.compute.cancel_keyed(KEY)
        else:
            self.fill()
        self._tell()

    def stop(self) -> None:
        if not self.paused:
            self.toggle()

    # Construction

    def _build(self) -> None:
        top, middle = QFrame(), QFrame()
        for panel in (top, middle):
            panel.setProperty("role", "panel")
        row = QHBoxLayout(top)
        row.addWidget(self.chooser)
        row.addWidget(self.every)
        row.addWidget(self.go_button)
        row.addWidget(self.status, 1)
        QVBoxLayout(middle).addWidget(self.body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(top)
        layout.addWidget(middle, 1)
        self.controls.addWidget(self.name)
        self.controls.addWidget(self.large)
        buttons = QHBoxLayout()
        buttons.addWidget(self.to_tray)
        buttons.addWidget(self.open_unit)
        buttons.addStretch(1)
        self.controls.addLayout(buttons)
        self.heading("How")
        self.controls.addWidget(self.form)
        self.controls.addStretch(1)
        self.setFocusProxy(self.grid)

    def _connect(self) -> None:
        session = self.session
        session.network_changed.connect(self._on_network)
        session.stage_changed.connect(self._on_stage)
        session.unit_changed.connect(self._on_unit)
        session.activations_changed.connect(self._on_picture)
        session.compute.frame.connect(self._on_frame)
        session.compute.done.connect(self._on_done)
        session.compute.failed.connect(lambda key, _: self._tell() if key == KEY else None)
        self.grid.selected.connect(session.select_unit)
        self.grid.opened.connect(self._open)
        self.grid.describe = self._describe
        self.hierarchy.selected.connect(self._choose)
        self.hierarchy.opened.connect(lambda stage, unit: self._open(unit, stage))
        self.every.toggled.connect(self._on_every)
        self.go_button.clicked.connect(self.toggle)
        self.to_tray.clicked.connect(self._keep)
        self.open_unit.clicked.connect(self.unit_wanted)
        self.form.changed.connect(self._on_settings)
        self._rest.timeout.connect(self.fill)
        for key, action in (("A", self.every.click), ("T", self.to_tray.click)):
            QShortcut(QKeySequence(key), self).activated.connect(action)

    # The session has changed

    def _on_network(self) -> None:
        self.session.compute.cancel_keyed(KEY)
        self._newest = None
        self.grid.set_tiles({})
        self.hierarchy.set_tiles({})
        self._on_stage()

    def _on_stage(self) -> None:
        session, network = self.session, self.session.network
        if network is None or not session.stage:
            return
        strength, _ = strongest_first(network, session.stage, session.activations)
        is_answer = session.stage == network.stages[-1].name
        names = {unit: network.label(unit) for unit in range(len(strength))} if is_answer else {}
        self.grid.show_stage(strength, names)
        self.hierarchy.show_rows(
            [
                (stage, strongest_first(network, stage, session.activations)[1][:PER_STAGE])
                for stage in stages_of_hierarchy(network)
            ]
            if self.every.isChecked()
            else self.hierarchy.rows
        )
        self._show_tiles()
        self._on_unit()
        self._wish()

    def _on_unit(self) -> None:
        self.grid.set_unit(self.session.unit)
        self.hierarchy.set_place(self.session.stage, self.session.unit)
        self._show_large()
        self.explanation_changed.emit()

    def _on_picture(self) -> None:
        """Another picture, another order; a live camera does not shuffle the wall."""
        if not self.session.live and self.isVisible():
            self._on_stage()

    def _on_every(self, every: bool) -> None:
        self.body.setCurrentWidget(self.hierarchy if every else self.grid)
        self.setFocusProxy(self.hierarchy if every else self.grid)
        self._on_stage()

    def _on_settings(self) -> None:
        self.session.compute.cancel_keyed(KEY)
        self._newest = None
        self._show_tiles()
        self._wish()

    # What comes of it

    def _on_frame(self, key: str, frame: Any) -> None:
        if key == KEY and isinstance(frame, WallFrame):
            changed = self._newest is None or frame.tiles is not self._newest.tiles
            self._newest = frame
            if changed:
                self._show_tiles()
                self._show_large()
            self._tell()

    def _on_done(self, key: str, result: Any) -> None:
        if key == KEY:
            self._on_frame(key, result)
            self._tell()
        elif key.startswith(KEEPING):
            self.session.add(result, select=False)
            self.session.say(f"“{result.title}” is in the tray, with the recipe that made it.")

    def _show_tiles(self) -> None:
        stage = self.session.stage
        mine = {unit: tile for (where, unit), tile in self.tiles.items() if where == stage}
        self.grid.set_tiles(mine)
        self.hierarchy.set_tiles(self.tiles)

    def _show_large(self) -> None:
        tile, network = self._made(), self.session.network
        stage, unit = self.session.stage, self.session.unit
        if network is None:
            return
        self.name.setText(words.unit_words(network, stage, unit))
        if tile is not None and tile.dead:
            self.large.set_picture(None)
            self.large.set_hint(words.DEAD)
        else:
            self.large.set_hint("Not climbed yet.")
            picture = None if tile is None else trimmed(tile.picture, tile.settings)
            self.large.set_picture(picture)
        ready = tile is not None and tile.done and not tile.dead
        self.to_tray.setEnabled(ready)

    # Small things

    def _filling(self) -> bool:
        return any(job.key == KEY and job.cancellable for job in self.session.compute.jobs())

    def _made(self) -> Any:
        made = self._newest.made if self._newest is not None else {}
        return made.get((self.session.stage, self.session.unit))

    def _choose(self, stage: str, unit: int) -> None:
        self.session.select_stage(stage)
        self.session.select_unit(unit)

    def _open(self, unit: int, stage: str | None = None) -> None:
        self._choose(stage or self.session.stage, unit)
        self.unit_wanted.emit()

    def _keep(self) -> None:
        tile, network = self._made(), self.session.network
        if tile is not None and network is not None and tile.done and not tile.dead:
            work = once(specimen_of, tile, network)
            key = f"{KEEPING} {tile.settings.target}"  # two units kept at once are two
            self.session.compute.submit_keyed(key, work, cancellable=False)

    def _wish(self) -> None:
        if self.isVisible():
            self._rest.start()

    def _describe(self, unit: int) -> str:
        network, tile = self.session.network, self.tiles.get((self.session.stage, unit))
        if network is None:
            return f"unit {unit}"
        end = "" if tile is None else " · dead" if tile.dead else "" if tile.done else " · climbing"
        return words.unit_words(network, self.session.stage, unit) + end

    def _tell(self) -> None:
        """Say how much of what is on show is there."""
        rows = self.hierarchy.rows if self.every.isChecked() else None
        stage = self.session.stage
        places = (
            [(name, unit) for name, units in rows for unit in units]
            if rows is not None
            else [(stage, unit) for unit in range(self.grid.units)]
        )
        shown = [self.tiles[place] for place in places if place in self.tiles]
        done, dead = sum(t.done for t in shown), sum(t.dead for t in shown)
        text = f"{done} of {len(places)}"
        if dead:
            text += f", {dead} of them dead: nothing in a picture moves them"
        self.status.setText(text + (" · paused" if self.paused else ""))
        self.status.setToolTip(self.status.text())
        self.go_button.setEnabled(self.paused or self._filling())
        self.go_button.setText("Go on" if self.paused else "Pause")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._on_stage()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._rest.stop()
        self.session.compute.cancel_keyed(KEY)
