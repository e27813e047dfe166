"""What does this unit most want to see? It follows the unit that is chosen anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QHBoxLayout, QLabel, QVBoxLayout

from visualizer.engine.ascent.optimal_stimulus import StimulusSettings
from visualizer.engine.ascent.regularised import RegularisedSettings
from visualizer.engine.technique import Frame, Settings
from visualizer.gui.dream import text as words
from visualizer.gui.dream.sources import Recipe, technique_plan
from visualizer.gui.dream.unit_chooser import UnitChooser
from visualizer.gui.runs.history import Plan
from visualizer.gui.runs.run_page import RunPage
from visualizer.gui.widgets.settings_form import SettingsForm
from visualizer.gui.workspace import Explanation

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session
    from visualizer.gui.runs.crash_copy import Unfinished

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
    """Climbs the session's unit while it is on show; finished pictures are kept on disk."""

    title = "Stimulus"
    key, run_title, hint = "stimulus", "Optimal stimulus", words.STIMULUS_HINT
    steerable = lasting = False

    def __init__(self, session: Session, unfinished: Unfinished) -> None:
        super().__init__(session, unfinished)
        self.chooser = UnitChooser(session)
        self.question = QLabel(wordWrap=True)
        self.question.setProperty("role", "name")
        self.methods = QComboBox()
        self.methods.setAccessibleName("Method")
        self.forms: dict[str, SettingsForm] = {}
        for name, (title, settings, hidden) in METHODS.items():
            self.methods.addItem(title, name)
            self.forms[name] = SettingsForm(settings, hidden=hidden)
        self.several = QCheckBox("several different ones")
        self.several.setToolTip("Climb four pictures that may not look alike (D)")
        self.negative = QCheckBox("what it wants least")
        self.negative.setToolTip("Climb down instead of up (M)")
        self._asked: Recipe | None = None
        self._interrupted = False  # by another page, not by the user
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._build()
        self._connect()
        self._on_method()

    @property
    def method(self) -> str:
        """The name of the technique."""
        return self.methods.currentData()

    @property
    def settings(self) -> Settings:
        """The settings of the next climb, with its target."""
        target = f"{self.session.stage}:{self.session.unit}"
        chosen: Any = self.forms[self.method].settings
        return replace(chosen, target=target, negative=self.negative.isChecked())

    def start(self) -> None:
        """Climb the session's unit now."""
        self._rest.stop()
        network = self.session.network
        if network is None or not self.session.stage:
            return
        settings = self.settings
        title = f"stimulus of {settings.to_dict()['target']}"
        self._asked = Recipe(self.method, title, network, None, settings)
        self._ask()
        self.begin(_kept(self._asked))

    # What the workspace asks for

    def explanation(self) -> Explanation:
        numbers = self.run.frame.numbers if self.run.frame is not None else {}
        least = self.negative.isChecked()
        return words.stimulus(self.session, self.method, least, numbers, self.run_view.answers)

    def stop(self) -> None:
        self._rest.stop()
        super().stop()

    # Construction

    def _build(self) -> None:
        top = QFrame()
        top.setProperty("role", "panel")
        row = QHBoxLayout(top)
        row.addWidget(self.question, 1)
        row.addWidget(self.chooser)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(top)
        layout.addWidget(self.run_view, 1)
        self.heading("Show")
        self.controls.addWidget(self.several)
        self.controls.addWidget(self.negative)
        self.heading("How")
        self.controls.addWidget(self.methods)
        for form in self.forms.values():
            self.controls.addWidget(form)
        self.controls.addStretch(1)

    def _connect(self) -> None:
        session = self.session
        self._rest.timeout.connect(self.start)
        session.network_changed.connect(self._on_network)
        session.stage_changed.connect(self._on_unit)
        session.unit_changed.connect(self._on_unit)
        self.methods.currentIndexChanged.connect(self._on_method)
        self.negative.toggled.connect(self._wish)
        self.several.toggled.connect(self._on_several)
        for form in self.forms.values():
            form.changed.connect(self._wish)
        for key, action in (
            ("D", self.several.click),
            ("M", self.negative.click),
            ("C", self.chooser.label.setFocus),
        ):
            QShortcut(QKeySequence(key), self).activated.connect(action)

    # Small things

    def _wish(self, *_: object) -> None:
        """Begin as soon as the choosing rests, if anybody looks."""
        if self.isVisible():
            self._rest.start()

    def _ask(self) -> None:
        self.question.setText(words.question(self.session, self.negative.isChecked()))

    def _on_network(self) -> None:
        self._asked = None
        self.run_view.forget()
        self._wish()

    def _on_unit(self) -> None:
        self._ask()
        self._wish()

    def _on_method(self) -> None:
        for name, form in self.forms.items():
            form.setVisible(name == self.method)
        self.several.setEnabled(self.method == "stimulus")
        self._wish()

    def _on_several(self, several: bool) -> None:
        form = self.forms["stimulus"]
        count, diversity = (SEVERAL, DIVERSITY) if several else (1, 0.0)
        settings: Any = form.settings
        form.set_settings(replace(settings, count=count, diversity=diversity))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        recipe = self._asked
        if self.session.network is not None:
            self._ask()
            if recipe is None or recipe.settings != self.settings:
                self._wish()
            elif self._interrupted:
                self.run.go_on()
        self._interrupted = False

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._interrupted = self.run.running
        self.stop()


def _kept(recipe: Recipe) -> Plan:
    """The frames of a stimulus; one that was climbed before comes from disk at once."""
    settings = recipe.settings
    if not isinstance(settings, StimulusSettings):
        return technique_plan(recipe)

    def begin(frame: Frame | None) -> Iterator[Frame]:
        from visualizer.engine.ascent.stimulus_cache import StimulusCache
        from visualizer.engine.rendering import from_bytes, to_bytes

        shelf = StimulusCache.of(recipe.network)
        found = shelf.find(settings) if frame is None else None
        if found is not None:
            yield Frame(settings.steps, settings.steps, from_bytes(found), {}, "kept")
            return
        for frame in technique_plan(recipe).begin(None):  # noqa: B020
            yield frame
        if frame is not None and frame.picture is not None:
            shelf.keep(to_bytes(frame.picture), settings)

    return Plan(recipe, begin)
