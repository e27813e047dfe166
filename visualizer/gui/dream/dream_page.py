"""Deep dream, live: what to start from, what to climb, and every step on the screen."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from visualizer.engine.ascent.deep_dream import DreamSettings
from visualizer.engine.ascent.default_targets import default_stage
from visualizer.engine.objective import Target
from visualizer.engine.shows.show import State
from visualizer.gui.core.session import Change
from visualizer.gui.dream import text as words
from visualizer.gui.dream.picture_box import ChoiceBox, SpecimenBox
from visualizer.gui.dream.requests import camera_source, dream_source, for_camera, name_of
from visualizer.gui.dream.target_list import TargetList
from visualizer.gui.dream.zoom_dialog import ZoomDialog
from visualizer.gui.runs.recipe import FrameSource, Recipe
from visualizer.gui.runs.run_page import RunPage
from visualizer.gui.runs.steered_run import RunState
from visualizer.gui.widgets.settings_form import SettingsForm
from visualizer.gui.workspace import Action, Explanation, Walk

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session
    from visualizer.gui.runs.crash_copy import CrashCopy

SET_ELSEWHERE = ("target", "start", "guide")
PICTURE, NOISE = "the chosen picture", "white noise"
NOISE_STEPS = 50
"""Steps an octave out of noise: after the usual ten there is little but noise yet."""
NOISE_PIECES = 4
"""How many times the network's size a dream of a class out of noise is across, at most."""


class DreamPage(RunPage):
    """Settings and targets that change while it dreams steer the dream from where it is.

    While a camera runs it can also dream a little on each of its pictures.
    """

    title = "Dream"
    run_name, run_title, hint = "dream", "Deep dream", words.DREAM_HINT
    walk = Walk("stage to climb", "unit to climb", space="pause or go on")

    def __init__(self, session: Session, crash_copy: CrashCopy) -> None:
        super().__init__(session, crash_copy)
        self.start_from = ChoiceBox()
        self.start_from.addItems([PICTURE, NOISE])
        self.start_from.setAccessibleName("Start from")
        self.guide = SpecimenBox(session, none="no guide")
        self.guide.setAccessibleName("Guide picture")
        self.targets = TargetList()
        self.form = SettingsForm(DreamSettings, hidden=SET_ELSEWHERE)
        self.film = QPushButton("Zoom film…")
        self.camera = QPushButton("Dream on the camera")
        self.camera.setCheckable(True)
        self.dialog: ZoomDialog | None = None
        """The dialog of the endless zoom, while it is open."""
        self._on_camera = False
        # The newest one. A deque, because both threads use it.
        self._camera_pictures: deque[Specimen] = deque(maxlen=1)
        self._camera_hidden = False
        self._suggested: Target | None = None
        self._build()
        self._connect()
        self.keep_in_scenes(
            start_from=self.start_from, form=self.form, endless=self.run_view.transport.endless
        )

    @property
    def settings(self) -> DreamSettings:
        """The settings of the next dream, with its targets, start and guide."""
        guide, chosen = self.guide.specimen, self.form.settings
        assert isinstance(chosen, DreamSettings)
        return replace(
            chosen,
            target=self.targets.text or "output",
            start="noise" if self.start_from.currentText() == NOISE else "picture",
            guide=name_of(guide, self.session.store) if guide is not None else "",
        )

    # What the user asks for

    def start(self) -> None:
        """Dream from the beginning."""
        session = self.session
        if session.network is None or not self.targets.targets:
            return
        if session.specimen is None and self.start_from.currentText() != NOISE:
            session.say("Choose a picture in the tray, or start from white noise.", "warning")
            return
        self._on_camera = False
        self.begin(self._source())

    def steer(self) -> None:
        """Continue from the present picture with the changed settings."""
        if self.recipe is not None:
            self.run.redirect(self._source(self.recipe))
        self.explanation_changed.emit()

    def start_from_here(self) -> None:
        """Dream anew from the picture on show."""
        if self.run.frame is not None:
            self._on_camera = False
            self.steer()
            self.run.go_on()

    def let_go(self) -> None:
        super().let_go()
        self.targets.set_network(None, ())

    def open_film(self) -> None:
        """Open the dialog that makes a film."""
        session, step, chosen = self.session, self.run.step, self.session.specimen
        if session.network is None or (step is None and chosen is None):
            session.say("Choose a picture in the tray first.", "warning")
            return
        start: Any = step.specimen if step is not None else lambda: chosen
        view: Any = self.run_view.view
        self.dialog = ZoomDialog(
            session, session.network, start, view.image, self.targets.text, self
        )
        self.dialog.finished.connect(self._forget_film)
        self.dialog.open()

    def _forget_film(self) -> None:
        self.dialog = None

    # As a page

    def follow(self, change: Change) -> None:
        super().follow(change)
        self.guide.follow(change)
        if Change.ACTIVATIONS in change:
            self._see()
        if Change.LIVE in change and self._on_camera and not self.session.live:
            self.run.pause()
        network = self.session.network
        if Change.NETWORK in change:
            first = () if network is None else (Target(default_stage(network)),)
            self.targets.set_network(network, first)
        if change & (Change.NETWORK | Change.PICTURE):
            self.show_start(self.session.specimen)

    def explanation(self) -> Explanation:
        guide = self.guide.specimen.title if self.guide.specimen is not None else ""
        climbed = words.targets(self.session.network, self.targets.targets)
        return words.dream(climbed, self.settings, guide, self.facts())

    def step_stage(self, by: int) -> None:
        self.targets.step_stage(by)

    def step_unit(self, by: int) -> None:
        self.targets.step_unit(by)

    def first_unit(self) -> None:
        self.targets.choose_unit(0)

    def last_unit(self) -> None:
        self.targets.choose_unit(-1)

    # Scenes of a show

    def state(self) -> State:
        kept, guide = super().state(), self.guide.specimen
        pictures = {**kept.pictures, **({"guide": guide} if guide is not None else {})}
        return State({**kept.settings, "targets": self.targets.text}, pictures)

    def restore(self, state: State) -> list[str]:
        settings, guide = dict(state.settings), state.pictures.get("guide")
        if guide is not None:
            self.session.lend(guide)
        self.guide.choose(guide)
        refused = self.targets.set_text(settings.pop("targets", ""))
        left_out = super().restore(replace(state, settings=settings))
        return [*left_out, *(["what is climbed"] if refused else [])]

    def scene_source(self) -> FrameSource | None:
        return self._source() if self.session.network is not None else None

    # Construction

    def _build(self) -> None:
        self.controls.form(("Start from", self.start_from), ("Guide", self.guide))
        row = QHBoxLayout()
        row.addWidget(self.film)
        row.addWidget(self.camera)
        row.addStretch(1)
        self.controls.add(row)
        self.controls.heading("Climb")
        self.controls.add(self.targets)
        self.controls.heading("How")
        self.controls.add(self.form)

    def _connect(self) -> None:
        self.run_view.transport.endless_changed.connect(lambda _: self.steer())
        self.targets.changed.connect(self.steer)
        self.targets.looked_at.clicked.connect(self._climb_looked_at)
        self.form.changed.connect(lambda _: self.steer())
        self.guide.chosen.connect(self.steer)
        self.start_from.currentIndexChanged.connect(self._suggest)
        self.film.clicked.connect(self.open_film)
        self.camera.toggled.connect(self._set_camera)
        camera = "Dream a little on each picture of the running camera"
        looked_at = "Climb the stage and unit that the Layers workspace shows"
        led = "The dream is made of its features at these stages"
        start, guide = self.start_from, self.guide
        self.declare(
            Action.press("film", "Zoom film…", "V", self.film, "An endless flight, as MP4 or GIF"),
            Action.press("camera", camera, "K", self.camera),
            Action.press("looked_at", looked_at, "U", self.targets.looked_at),
            Action("start_from", "Start from a picture, or noise", "W", start.choose_next, start),
            Action("guide", "Next guide picture", "G", guide.choose_next, guide, led),
        )

    # Where the frames come from

    def _source(self, before: Recipe | None = None) -> FrameSource:
        """What is chosen now; a dream that goes on keeps what it began with."""
        session, settings, guide = self.session, self.settings, self.guide.specimen
        network = before.network if before is not None else session.network
        assert network is not None
        others = (guide,) if guide is not None else ()
        if self._on_camera:
            title = f"the camera dreams {settings.target}"
            settings = for_camera(settings)
            recipe = Recipe("dream", title, network, settings, None, others, "camera")
            return camera_source(recipe, self._seen, guide)
        specimen, source = session.specimen, "technique"
        if before is not None:
            specimen, source = before.specimen, before.source
            settings = replace(settings, start=before.settings.to_dict()["start"])
        noise = settings.start == "noise" or specimen is None
        of = "white noise" if noise or specimen is None else specimen.title
        title = f"{of} dreams {settings.target}"
        recipe = Recipe("dream", title, network, settings, specimen, others, source)
        return dream_source(recipe, guide, self.run_view.transport.endless.isChecked())

    def _seen(self) -> np.ndarray:
        """What the camera sees now; on the compute thread."""
        return self._camera_pictures[0].picture

    def _see(self) -> None:
        if self.session.live and self.session.specimen is not None:
            self._camera_pictures.append(self.session.specimen)

    # The camera

    def _set_camera(self, on: bool) -> None:
        if not on:
            self.run.pause()
        elif not self.session.live or self.session.network is None:
            self._show_camera(False)
            self.session.say(
                "Start a camera first (Ctrl+K); then dream on what it sees.", "warning"
            )
        else:
            self._on_camera = True
            self._see()
            self.begin(self._source())

    def _show_camera(self, on: bool) -> None:
        with QSignalBlocker(self.camera):
            self.camera.setChecked(on)

    def _on_state(self, state: RunState) -> None:
        self._show_camera(self._on_camera and state is RunState.RUNNING)
        super()._on_state(state)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._camera_hidden and self.session.live:
            self.run.go_on()
        self._camera_hidden = False

    def hideEvent(self, event: QHideEvent) -> None:
        """A dream goes on while hidden; one on the camera stops."""
        super().hideEvent(event)
        if self._on_camera and self.run.running:
            self._camera_hidden = True
            self.run.pause()

    # Suggestions

    def _suggest(self) -> None:
        """Suggest a class out of noise, where a whole stage shows little, and else a stage.

        What the user chose stays.
        """
        network, answer = self.session.network, self.answer()
        if network is None or self.run.running:
            return
        usual = Target(default_stage(network))
        best = Target(network.stages[-1].name, (answer or 0,))
        noise = self.start_from.currentText() == NOISE
        self._suggest_settings(network, noise)
        if noise and self.targets.targets == (usual,):
            self._suggested = best
            self.targets.set_targets([best])
        elif not noise and self._suggested and self.targets.targets == (self._suggested,):
            self.targets.set_targets([usual])

    def _suggest_settings(self, network: Network, noise: bool) -> None:
        """Suggest more steps out of noise, in a picture that is optimised in one piece."""
        usual, settings = DreamSettings(), self.settings
        side = max(32, min(usual.side, NOISE_PIECES * max(network.size)))
        longer = replace(usual, steps=NOISE_STEPS, side=side)
        before, after = (usual, longer) if noise else (longer, usual)
        if settings.steps == before.steps:
            settings = replace(settings, steps=after.steps)
        if settings.side == before.side:
            settings = replace(settings, side=after.side)
        self.form.set_settings(settings)

    def _climb_looked_at(self) -> None:
        session = self.session
        if session.network is not None and session.stage:
            self.targets.set_targets([Target(session.stage, (session.unit,))])
