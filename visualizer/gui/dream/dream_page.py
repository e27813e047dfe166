"""Deep dream, live: what to start from, what to climb, and every step on the screen."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QPushButton, QVBoxLayout

from visualizer.engine.ascent.deep_dream import DreamSettings
from visualizer.engine.objective import Target
from visualizer.gui.dream import unfinished, words
from visualizer.gui.dream.camera_dream import CameraDream
from visualizer.gui.dream.page import Page
from visualizer.gui.dream.recipes import Recipe, dream_plan, named
from visualizer.gui.dream.run import RUNNING
from visualizer.gui.dream.run_view import RunView
from visualizer.gui.dream.zoom_dialog import ZoomDialog
from visualizer.gui.widgets.settings_form import SettingsForm
from visualizer.gui.widgets.specimen_box import SpecimenBox
from visualizer.gui.widgets.target_list import TargetList
from visualizer.gui.workspaces.base import Explanation, Table

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.technique import Frame
    from visualizer.gui.session import Session

SET_ELSEWHERE = ("target", "start", "guide")
PICTURE, NOISE = "the chosen picture", "white noise"


class DreamPage(Page):
    """Settings and targets that change while it dreams steer the dream from where it is."""

    title = "Dream"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.start_from = QComboBox()
        self.start_from.addItems([PICTURE, NOISE])
        self.start_from.setAccessibleName("Start from")
        self.start_from.setToolTip("What Start begins with; the picture is chosen in the tray")
        self.guide = SpecimenBox(session, none="no guide")
        self.guide.setAccessibleName("Guide picture")
        self.guide.setToolTip("Dream of what this picture shows (of its features at these stages)")
        self.targets = TargetList()
        self.form = SettingsForm(DreamSettings, hidden=SET_ELSEWHERE)
        self.film = QPushButton("Zoom film…")
        self.film.setToolTip("An endless flight into the dream, as MP4 or GIF (V)")
        self.run_view = RunView(session, "dream", "Deep dream", words.DREAM_HINT, self.specimen_of)
        self.camera = CameraDream(session, self)
        self._recipe: Recipe | None = None
        self._steered = False
        self._suggested: Target | None = None
        self._build()
        self._connect()
        self._on_network()

    @property
    def run(self) -> Any:
        """What dreams."""
        return self.run_view.run

    @property
    def settings(self) -> DreamSettings:
        """The settings of the next dream, with its targets, start and guide."""
        guide, chosen = self.guide.specimen, self.form.settings
        assert isinstance(chosen, DreamSettings)
        return replace(
            chosen,
            target=self.targets.text or "output",
            start="noise" if self.start_from.currentText() == NOISE else "picture",
            guide=named(guide) if guide is not None else "",
        )

    # What the user asks for

    def start(self) -> None:
        """Dream from the beginning."""
        session = self.session
        network, specimen = session.network, session.specimen
        if network is None or not self.targets.targets:
            return
        if specimen is None and self.start_from.currentText() != NOISE:
            session.say("Choose a picture in the tray, or start from white noise.", "warning")
            return
        self.camera.stop()
        self._steered = False
        self._recipe = self._current(network, specimen)
        save = unfinished.saver(session.store, "dream", self.specimen_of)
        self.run.start(self._plan(), save)
        self.explanation_changed.emit()

    def steer(self) -> None:
        """Let a change count from the picture on show on."""
        if self.camera.on:
            self.camera.start(self.targets.targets, self.form.settings)
        elif self._recipe is not None and self.run.frame is not None:
            self._steered = True
            self._recipe = self._current(self._recipe.network, self._recipe.specimen)
            self.run.redirect(self._plan())
        self.explanation_changed.emit()

    def start_from_here(self) -> None:
        """Dream anew from the picture on show."""
        if self.run.frame is not None:
            self.steer()
            self.run.go_on()

    def open_film(self) -> None:
        """Ask how the film shall be, and make it."""
        network, frame = self.session.network, self.run.frame
        start = self.specimen_of(frame) if frame is not None else self.session.specimen
        if network is None or start is None:
            self.session.say("Choose a picture in the tray first.", "warning")
            return
        self.dialog = ZoomDialog(self.session, network, start, self.targets.text, self)
        self.dialog.open()

    def specimen_of(self, frame: Frame) -> Specimen:
        """The picture of a frame with its recipe."""
        assert self._recipe is not None
        recipe = self._recipe
        settings: Any = recipe.settings
        noise = settings.start == "noise" or recipe.specimen is None
        of = "white noise" if noise or recipe.specimen is None else recipe.specimen.title
        return recipe.specimen_of(frame, f"{of} dreams {settings.target}", self._steered)

    # What the workspace asks for

    def explanation(self) -> Explanation:
        numbers = self.run.frame.numbers if self.run.frame is not None else {}
        return words.dream(self.targets.text, self.settings, numbers, self.run_view.answers)

    def table(self) -> Table | None:
        values = self.run.values
        return (["step", "objective"], list(enumerate(values, 1))) if values else None

    def step_stage(self, by: int) -> None:
        self.targets.step_stage(by)

    def step_unit(self, by: int) -> None:
        self.targets.step_unit(by)

    def toggle(self) -> None:
        self.run_view.toggle()

    def stop(self) -> None:
        self.run.pause()
        self.camera.stop()

    # Construction

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.run_view)
        start = QFormLayout()
        start.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        start.addRow("Start from", self.start_from)
        start.addRow("Guide", self.guide)
        self.controls.addLayout(start)
        self.heading("Climb")
        self.controls.addWidget(self.targets)
        self.heading("How")
        self.controls.addWidget(self.form)
        row = QHBoxLayout()
        row.addWidget(self.film)
        row.addWidget(self.camera.button)
        row.addStretch(1)
        self.controls.addLayout(row)
        self.controls.addStretch(1)
        self.setFocusProxy(self.run_view)

    def _connect(self) -> None:
        view = self.run_view
        view.start_wanted.connect(self.start)
        view.from_here_wanted.connect(self.start_from_here)
        view.endless_changed.connect(lambda _: self.steer())
        view.answered.connect(self.explanation_changed)
        self.run.state_changed.connect(self._on_state)
        self.session.network_changed.connect(self._on_network)
        view.kept.connect(self._on_kept)
        self.session.specimen_changed.connect(self._show_start)
        self.targets.changed.connect(self.steer)
        self.targets.looked_at.clicked.connect(self._climb_looked_at)
        self.form.changed.connect(lambda _: self.steer())
        self.guide.chosen.connect(self.steer)
        self.start_from.currentIndexChanged.connect(self._suggest)
        self.film.clicked.connect(self.open_film)
        self.camera.button.toggled.connect(self._on_camera)
        self.camera.shown.connect(self._show_camera)
        for key, action in (
            ("V", self.film.click),
            ("K", self.camera.button.click),
            ("U", self.targets.looked_at.click),
            ("W", partial(_next, self.start_from)),
            ("G", partial(_next, self.guide)),
        ):
            QShortcut(QKeySequence(key), self).activated.connect(action)

    # Small things

    def _plan(self) -> Any:
        assert self._recipe is not None
        endless = self.run_view.transport.endless.isChecked()
        return dream_plan(self._recipe, self.guide.specimen, endless)

    def _current(self, network: Network, specimen: Specimen | None) -> Recipe:
        guide = self.guide.specimen
        others = (guide,) if guide is not None else ()
        settings = self.settings
        if self._steered and self._recipe is not None:  # where it began stays true
            settings = replace(settings, start=self._recipe.settings.to_dict()["start"])
        return Recipe("dream", network, specimen, settings, others)

    def _on_network(self) -> None:
        network = self.session.network
        self.camera.stop()
        self._recipe = None
        self.run_view.forget()
        first = () if network is None else (Target(_usual_stage(network)),)
        self.targets.set_network(network, first)
        self._show_start()

    def _show_start(self) -> None:
        """Until it dreams, show what it would begin with."""
        specimen = self.session.specimen
        if self.run.frame is None and not self.run.running and specimen is not None:
            self.run_view.view.set_picture(specimen.picture)

    def _suggest(self) -> None:
        """A whole stage makes little of noise, a class does; what the user chose stays."""
        network, activations = self.session.network, self.session.activations
        if network is None or self.run.running:
            return
        best = int(activations.probabilities.ravel().argmax()) if activations is not None else 0
        usual = Target(_usual_stage(network))
        answer = Target(network.stages[-1].name, (best,))
        noise = self.start_from.currentText() == NOISE
        if noise and self.targets.targets == (usual,):
            self._suggested = answer
            self.targets.set_targets([answer])
        elif not noise and self._suggested and self.targets.targets == (self._suggested,):
            self.targets.set_targets([usual])

    def _climb_looked_at(self) -> None:
        session = self.session
        if session.network is not None and session.stage:
            self.targets.set_targets([Target(session.stage, (session.unit,))])

    def _on_state(self, state: str) -> None:
        if state != RUNNING:
            self.explanation_changed.emit()

    def _on_kept(self, frame: Frame) -> None:
        """What is in the tray needs no rescue."""
        if frame is self.run.frame and not self.run.running:
            unfinished.forget(self.session.store, "dream")

    def _on_camera(self, on: bool) -> None:
        if on:
            self.run.pause()
            self.camera.start(self.targets.targets, self.form.settings)
        else:
            self.camera.stop()

    def _show_camera(self, frame: Frame) -> None:
        self.run_view.view.set_picture(frame.picture)
        self.run_view.say("dreaming on the camera")


def _usual_stage(network: Network) -> str:
    """The last convolution: objects, not yet answers; the answer where there is none."""
    found = [stage.name for stage in network.stages if stage.kind == "convolution"]
    return found[-1] if found else network.stages[-1].name


def _next(box: QComboBox) -> None:
    if box.count():
        box.setCurrentIndex((box.currentIndex() + 1) % box.count())
