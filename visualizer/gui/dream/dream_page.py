"""Deep dream, live: what to start from, what to climb, and every step on the screen."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout

from visualizer.engine.ascent.deep_dream import DreamSettings
from visualizer.engine.ascent.default_targets import default_stage
from visualizer.engine.objective import Target
from visualizer.gui.dream import text as words
from visualizer.gui.dream.picture_box import SpecimenBox
from visualizer.gui.dream.sources import Recipe, camera_plan, dream_plan, for_camera, named
from visualizer.gui.dream.target_list import TargetList
from visualizer.gui.dream.zoom_dialog import ZoomDialog
from visualizer.gui.runs.history import Plan
from visualizer.gui.runs.run import RUNNING
from visualizer.gui.runs.run_page import RunPage, choose_next, form_of
from visualizer.gui.widgets.settings_form import SettingsForm
from visualizer.gui.workspace import Explanation

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.gui.core.session import Session
    from visualizer.gui.runs.crash_copy import Unfinished

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
    key, run_title, hint = "dream", "Deep dream", words.DREAM_HINT

    def __init__(self, session: Session, unfinished: Unfinished) -> None:
        super().__init__(session, unfinished)
        self.start_from = QComboBox()
        self.start_from.addItems([PICTURE, NOISE])
        self.start_from.setAccessibleName("Start from")
        self.start_from.setToolTip("What Start begins with; the picture is chosen in the tray (W)")
        self.guide = SpecimenBox(session, none="no guide")
        self.guide.setAccessibleName("Guide picture")
        self.guide.setToolTip(
            "Dream of what this picture shows, of its features at these stages (G)"
        )
        self.targets = TargetList()
        self.form = SettingsForm(DreamSettings, hidden=SET_ELSEWHERE)
        self.film = QPushButton("Zoom film…")
        self.film.setToolTip("An endless flight into the dream, as MP4 or GIF (V)")
        self.camera = QPushButton("Dream on the camera")
        self.camera.setCheckable(True)
        self.camera.setToolTip("Dream a little on each picture of the running camera (K)")
        self._plans_camera = False
        self._hidden_while_running = False
        self._suggested: Target | None = None
        self._build()
        self._connect()
        self._on_network()

    @property
    def settings(self) -> DreamSettings:
        """The settings of the next dream, with its targets, start and guide."""
        guide, chosen = self.guide.specimen, self.form.settings
        assert isinstance(chosen, DreamSettings)
        return replace(
            chosen,
            target=self.targets.text or "output",
            start="noise" if self.start_from.currentText() == NOISE else "picture",
            guide=named(guide, self.session.store) if guide is not None else "",
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
        self._plans_camera = False
        self.begin(self._plan())

    def steer(self) -> None:
        """Let a change count from the picture on show on."""
        if self.recipe is not None:
            self.run.redirect(self._plan(self.recipe))
        self.explanation_changed.emit()

    def start_from_here(self) -> None:
        """Dream anew from the picture on show."""
        if self.run.frame is not None:
            self._plans_camera = False
            self.steer()
            self.run.go_on()

    def open_film(self) -> None:
        """Ask how the film shall be, and make it."""
        session, step, chosen = self.session, self.run.step, self.session.specimen
        if session.network is None or (step is None and chosen is None):
            session.say("Choose a picture in the tray first.", "warning")
            return
        start: Any = step.specimen if step is not None else lambda: chosen
        image, text = self.run_view.view.image, self.targets.text
        self.dialog = ZoomDialog(session, session.network, start, image, text, self)
        self.dialog.open()

    # What the workspace asks for

    def explanation(self) -> Explanation:
        numbers = self.run.frame.numbers if self.run.frame is not None else {}
        guide = self.guide.specimen.title if self.guide.specimen is not None else ""
        settings, answers = self.settings, self.run_view.answers
        climbed = words.targets(self.session.network, self.targets.targets)
        return words.dream(climbed, settings, guide, numbers, answers)

    def step_stage(self, by: int) -> None:
        self.targets.step_stage(by)

    def step_unit(self, by: int) -> None:
        self.targets.step_unit(by)

    # Construction

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.run_view)
        self.controls.addLayout(form_of(("Start from", self.start_from), ("Guide", self.guide)))
        row = QHBoxLayout()
        row.addWidget(self.film)
        row.addWidget(self.camera)
        row.addStretch(1)
        self.controls.addLayout(row)
        self.heading("Climb")
        self.controls.addWidget(self.targets)
        self.heading("How")
        self.controls.addWidget(self.form)
        self.controls.addStretch(1)

    def _connect(self) -> None:
        session = self.session
        session.network_changed.connect(self._on_network)
        session.specimen_changed.connect(lambda: self.show_start(session.specimen))
        session.live_changed.connect(self._on_live)
        self.run_view.endless_changed.connect(lambda _: self.steer())
        self.targets.changed.connect(self.steer)
        self.targets.looked_at.clicked.connect(self._climb_looked_at)
        self.form.changed.connect(lambda _: self.steer())
        self.guide.chosen.connect(self.steer)
        self.start_from.currentIndexChanged.connect(self._suggest)
        self.film.clicked.connect(self.open_film)
        self.camera.toggled.connect(self._on_camera)
        for key, action in (
            ("V", self.film.click),
            ("K", self.camera.click),
            ("U", self.targets.looked_at.click),
            ("W", partial(choose_next, self.start_from)),
            ("G", partial(choose_next, self.guide)),
        ):
            QShortcut(QKeySequence(key), self).activated.connect(action)

    # Plans

    def _plan(self, before: Recipe | None = None) -> Plan:
        """What is wanted now; where a dream that goes on began stays true."""
        session, settings, guide = self.session, self.settings, self.guide.specimen
        network = before.network if before is not None else session.network
        assert network is not None
        others = (guide,) if guide is not None else ()
        if self._plans_camera:
            title = f"the camera dreams {settings.target}"
            settings = for_camera(settings)
            recipe = Recipe("dream", title, network, None, settings, others, "camera")
            return camera_plan(recipe, self._seen, guide)
        specimen = before.specimen if before is not None else session.specimen
        if before is not None:
            settings = replace(settings, start=before.settings.to_dict()["start"])
        noise = settings.start == "noise" or specimen is None
        of = "white noise" if noise or specimen is None else specimen.title
        title = f"{of} dreams {settings.target}"
        source = before.source if before is not None else "technique"
        recipe = Recipe("dream", title, network, specimen, settings, others, source)
        return dream_plan(recipe, guide, self.run_view.transport.endless.isChecked())

    def _seen(self) -> np.ndarray:
        """What the camera sees now; on the compute thread."""
        specimen = self.session.specimen
        assert specimen is not None  # while a camera runs there is one
        return specimen.picture

    # The camera

    def _on_camera(self, on: bool) -> None:
        if not on:
            self.run.pause()
        elif not self.session.live or self.session.network is None:
            self._show_camera(False)
            self.session.say(
                "Start a camera first (Ctrl+K); then dream on what it sees.", "warning"
            )
        else:
            self._plans_camera = True
            self.begin(self._plan())

    def _on_live(self) -> None:
        if self._plans_camera and not self.session.live:
            self.run.pause()

    def _on_state(self, state: str) -> None:
        self._show_camera(self._plans_camera and state == RUNNING)
        super()._on_state(state)

    def _show_camera(self, on: bool) -> None:
        with QSignalBlocker(self.camera):
            self.camera.setChecked(on)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._hidden_while_running and self.session.live:
            self.run.go_on()
        self._hidden_while_running = False

    def hideEvent(self, event: QHideEvent) -> None:
        """A dream goes on unseen; one on the camera has nobody to look at it."""
        super().hideEvent(event)
        if self._plans_camera and self.run.running:
            self._hidden_while_running = True
            self.run.pause()

    # Small things

    def _on_network(self) -> None:
        network = self.session.network
        self.rescue()
        self.run_view.forget()
        first = () if network is None else (Target(default_stage(network)),)
        self.targets.set_network(network, first)
        self.show_start(self.session.specimen)

    def _suggest(self) -> None:
        """A whole stage makes little of noise, a class in many steps does.

        What the user chose stays.
        """
        network, activations = self.session.network, self.session.activations
        if network is None or self.run.running:
            return
        best = int(activations.probabilities.ravel().argmax()) if activations is not None else 0
        usual = Target(default_stage(network))
        answer = Target(network.stages[-1].name, (best,))
        noise = self.start_from.currentText() == NOISE
        self._suggest_settings(network, noise)
        if noise and self.targets.targets == (usual,):
            self._suggested = answer
            self.targets.set_targets([answer])
        elif not noise and self._suggested and self.targets.targets == (self._suggested,):
            self.targets.set_targets([usual])

    def _suggest_settings(self, network: Network, noise: bool) -> None:
        """More steps out of noise, and no more pieces than they can be taken in."""
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
