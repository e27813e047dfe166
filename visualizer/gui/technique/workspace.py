"""The workspace More: runs any technique for which nobody wrote a page, such as a plug-in's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QWidget

from visualizer.engine.technique import (
    Frame,
    Settings,
    Technique,
    plugin_errors,
    techniques,
)
from visualizer.gui.core.own_pages import has_own_page
from visualizer.gui.core.session import Change
from visualizer.gui.runs.crash_copy import CrashCopy
from visualizer.gui.runs.recipe import FrameSource, Recipe, technique_source
from visualizer.gui.runs.run_page import RunPage
from visualizer.gui.runs.steered_run import RunState
from visualizer.gui.widgets.panel import note
from visualizer.gui.widgets.settings_form import SettingsForm
from visualizer.gui.workspace import Action, Explanation, Walk

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session

HINT = "Choose a picture in the tray and press Start (N)."
NONE = (
    "Every technique that is installed has a workspace of its own. To add one of yours, see "
    "docs/adding-a-technique.md: it then has its form, progress and pictures here."
)


def without_page() -> dict[str, Technique]:
    """Return the techniques that no other workspace shows, by name."""
    return {name: found for name, found in techniques().items() if not has_own_page(found)}


class MoreWorkspace(RunPage):
    """A form made from the technique's settings, its pictures large, its numbers as curves."""

    title = "More"
    run_name, hint = "technique", HINT
    curves = None
    steerable = False
    walk = Walk("technique", "picture", "first and last picture", "pause or go on")

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        crash_copy = CrashCopy(session)
        super().__init__(session, crash_copy)
        crash_copy.setParent(self)
        self.setParent(parent)
        self.techniques = without_page()
        self.chooser = QComboBox()
        self.chooser.setAccessibleName("Technique")
        self.about = note("")
        self.problems = note("\n".join(plugin_errors()), role="error")
        self.problems.setVisible(bool(self.problems.text()))
        self.forms: dict[str, SettingsForm] = {}
        for name, found in self.techniques.items():
            self.chooser.addItem(found.title, name)
            self.forms[name] = SettingsForm(found.settings)
        self.controls.heading("Technique")
        self.controls.add(self.chooser, self.about, self.problems)
        self.controls.heading("How")
        self.controls.add(*self.forms.values())
        self.chooser.currentIndexChanged.connect(self._on_technique)
        self.declare(
            Action("technique", "Next technique", "M", self._next_technique, self.chooser),
        )
        self._on_technique()
        self.keep_in_scenes(technique=self.chooser, **self.forms)

    @property
    def technique(self) -> Technique | None:
        """The chosen one; None where there is none to choose."""
        return self.techniques.get(self.chooser.currentData())

    @property
    def settings(self) -> Settings | None:
        """The settings of the next run."""
        technique = self.technique
        return self.forms[technique.name].settings if technique is not None else None

    def start(self) -> None:
        """Run the chosen technique on the chosen picture."""
        source = self.scene_source()
        if source is not None:
            self.begin(source)
        elif self.technique is not None and self.session.network is not None:
            self.session.say(self.missing(), "warning")

    # As a workspace

    def follow(self, change: Change) -> None:
        super().follow(change)
        if change & (Change.NETWORK | Change.PICTURE):
            self.show_start(self.session.specimen)

    def explanation(self) -> Explanation:
        technique = self.technique
        if technique is None:
            return Explanation(self.title, NONE)
        words = technique.explanation
        return Explanation(technique.title, words, facts=self.facts(), paper=technique.paper)

    def progress_words(self, state: RunState, frame: Frame) -> str:
        words = super().progress_words(state, frame)
        return f"{words}: {frame.label}" if frame.label else words

    def step_stage(self, by: int) -> None:
        place = self.chooser.currentIndex() + by
        self.chooser.setCurrentIndex(min(max(place, 0), self.chooser.count() - 1))

    def step_unit(self, by: int) -> None:
        self.session.step_specimen(by)

    def first_unit(self) -> None:
        self.session.step_specimen(-len(self.session.specimens))

    def last_unit(self) -> None:
        self.session.step_specimen(len(self.session.specimens))

    # Scenes of a show

    def scene_source(self) -> FrameSource | None:
        session, technique, settings = self.session, self.technique, self.settings
        if technique is None or settings is None or session.network is None:
            return None
        if session.specimen is None:
            return None
        title = f"{session.specimen.title}: {technique.title}"
        recipe = Recipe(technique.name, title, session.network, settings, session.specimen)
        self.run.title = technique.title
        return technique_source(recipe)

    # Small things

    def _next_technique(self) -> None:
        if self.chooser.count():
            self.chooser.setCurrentIndex((self.chooser.currentIndex() + 1) % self.chooser.count())

    def _on_technique(self) -> None:
        technique = self.technique
        for name, form in self.forms.items():
            form.setVisible(technique is not None and name == technique.name)
        self.about.setText(technique.explanation if technique is not None else NONE)
        self.run_view.set_hint(HINT if technique is not None else NONE)
        self.run_view.view.setAccessibleName(technique.title if technique is not None else "")
        self.chooser.setVisible(technique is not None)
        self.rescue()
        self.clear()
        if self.isVisible():
            self.show_start(self.session.specimen)
        self.explanation_changed.emit()
