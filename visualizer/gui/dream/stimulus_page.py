"""Activation maximisation of the session's unit (an optimal stimulus)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QWidget

from visualizer.engine.ascent.optimal_stimulus import StimulusSettings
from visualizer.engine.ascent.regularised import RegularisedSettings
from visualizer.engine.ascent.stimulus_cache import CachedFrame
from visualizer.engine.technique import Frame, Settings
from visualizer.gui.core.session import Change
from visualizer.gui.dream import text as words
from visualizer.gui.dream.requests import stimulus_source
from visualizer.gui.dream.unit_chooser import UnitChooser
from visualizer.gui.runs.recipe import FrameSource, Recipe
from visualizer.gui.runs.run_page import RunPage
from visualizer.gui.runs.steered_run import RunState
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.widgets.panel import note, panel
from visualizer.gui.widgets.settings_form import SettingsForm
from visualizer.gui.workspace import Action, Explanation

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session

REST = 150
"""Milliseconds without another choice before the climb begins."""
SEVERAL, DIVERSITY = 4, 2.0
METHODS: dict[str, tuple[str, type[Settings], tuple[str, ...]]] = {
    "stimulus": (
        "Frequencies, shaken (Olah 2017)",
        StimulusSettings,
        ("target", "negative", "side"),
    ),
    "regularised": ("Pixels, tidied (Yosinski 2015)", RegularisedSettings, ("target", "negative")),
}


class StimulusPage(RunPage):
    """Climbs the session's unit while it is on show; finished pictures are cached on disk."""

    title = "Stimulus"
    run_title, hint = "Optimal stimulus", words.STIMULUS_HINT
    steerable = False

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.chooser = UnitChooser(session)
        self.question = note("", role="name")
        self.methods = QComboBox()
        self.methods.setAccessibleName("Method")
        self.forms: dict[str, SettingsForm] = {}
        for name, (title, settings, hidden) in METHODS.items():
            self.methods.addItem(title, name)
            self.forms[name] = SettingsForm(settings, hidden=hidden)
        self.several = QCheckBox("several different ones")
        self.negative = QCheckBox("what it wants least")
        self._asked: Settings | None = None
        self._interrupted = False  # by another page, not by the user
        self._rest = self.debounced(self._show_stimulus, REST)
        self._build()
        self._connect()
        self.keep_in_scenes(
            method=self.methods, **self.forms, several=self.several, least=self.negative
        )

    @property
    def method(self) -> str:
        """The name of the technique."""
        return str(self.methods.currentData())

    @property
    def settings(self) -> Settings:
        """The settings of the next climb, with its target."""
        target = f"{self.session.stage}:{self.session.unit}"
        chosen: Any = self.forms[self.method].settings
        return replace(chosen, target=target, negative=self.negative.isChecked())

    def start(self) -> None:
        """Climb the session's unit now, even if it was climbed before."""
        self._begin(climb_again=True)

    # As a page

    def follow(self, change: Change) -> None:
        super().follow(change)
        self.chooser.follow(change)
        if change & (Change.NETWORK | Change.STAGE | Change.UNIT):
            self.question.setText(words.question(self.session, self.negative.isChecked()))
            self._ask()

    def explanation(self) -> Explanation:
        return words.stimulus(self.session, self.method, self.negative.isChecked(), self.facts())

    def progress_words(self, state: RunState, frame: Frame) -> str:
        if isinstance(frame, CachedFrame):
            return "kept from before: Start climbs it again"
        return super().progress_words(state, frame)

    def stop(self) -> None:
        self._rest.stop()
        super().stop()

    # Scenes of a show

    def scene_source(self) -> FrameSource | None:
        network = self.session.network
        if network is None or not self.session.stage:
            return None
        title = f"stimulus of {self.settings.to_dict()['target']}"
        return stimulus_source(Recipe(self.method, title, network, self.settings), True)

    def _rest_in_scene(self) -> None:
        self._rest.stop()
        if self.session.network is not None:
            self._asked = self.settings

    # Construction

    def _build(self) -> None:
        top = QWidget()
        row = QHBoxLayout(top)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.question, 1)
        row.addWidget(self.chooser)
        backstage(self.chooser)
        self.body.insertWidget(0, panel(top))
        self.controls.heading("Show")
        self.controls.add(self.several, self.negative)
        self.controls.heading("How")
        self.controls.add(self.methods, *self.forms.values())

    def _connect(self) -> None:
        self.methods.currentIndexChanged.connect(self._on_method)
        self.negative.toggled.connect(lambda _: self.follow(Change.UNIT))
        self.several.toggled.connect(self._on_several)
        for form in self.forms.values():
            form.changed.connect(lambda _: self._ask())
        several = "Climb four pictures that may not look alike"
        self.declare(
            Action.press("several", several, "D", self.several),
            Action.press("negative", "Climb down instead of up", "M", self.negative),
            Action("class", "Type a class's name", "C", self.chooser.label.setFocus),
        )
        self._on_method()

    # The run

    def _ask(self) -> None:
        """Climb as soon as the choosing rests, unless it was done already."""
        if self.session.network is not None and self.settings != self._asked:
            self._rest.start()

    def _show_stimulus(self) -> None:
        self._begin(climb_again=False)

    def _begin(self, climb_again: bool) -> None:
        self._rest.stop()
        network = self.session.network
        if network is None or not self.session.stage:
            return
        self._asked = self.settings
        title = f"stimulus of {self._asked.to_dict()['target']}"
        recipe = Recipe(self.method, title, network, self._asked)
        self.begin(stimulus_source(recipe, climb_again))

    def _on_method(self) -> None:
        for name, form in self.forms.items():
            form.setVisible(name == self.method)
        self.several.setEnabled(self.method == "stimulus")
        self._ask()

    def _on_several(self, several: bool) -> None:
        form = self.forms["stimulus"]
        count, diversity = (SEVERAL, DIVERSITY) if several else (1, 0.0)
        settings: Any = form.settings
        form.set_settings(replace(settings, count=count, diversity=diversity))

    def let_go(self) -> None:
        self._asked = None
        super().let_go()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()
        if self._interrupted and not self._rest.isActive():
            self.run.go_on()
        self._interrupted = False

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._interrupted = self.run.running
        self.stop()
