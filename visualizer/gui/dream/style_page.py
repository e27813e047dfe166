"""Style transfer, live: what one picture shows, painted as another one is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFormLayout, QVBoxLayout

from visualizer.engine.ascent.style import StyleSettings
from visualizer.engine.objective import Target
from visualizer.gui.dream import unfinished, words
from visualizer.gui.dream.page import Page
from visualizer.gui.dream.recipes import Recipe, named, style_plan
from visualizer.gui.dream.run import RUNNING
from visualizer.gui.dream.run_view import RunView
from visualizer.gui.widgets.settings_form import SettingsForm
from visualizer.gui.widgets.specimen_box import SpecimenBox
from visualizer.gui.workspaces.base import Explanation, Table

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.technique import Frame
    from visualizer.gui.session import Session


class StylePage(Page):
    """Content and style come from the tray; settings that change begin the painting anew."""

    title = "Style"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.content = SpecimenBox(session, follow="the chosen picture")
        self.content.setAccessibleName("Content")
        self.content.setToolTip("What is shown")
        self.style_from = SpecimenBox(session)
        self.style_from.setAccessibleName("Style")
        self.style_from.setToolTip("How it is painted (G for the next)")
        self.form = SettingsForm(StyleSettings, hidden=("style",))
        self.run_view = RunView(
            session,
            "style",
            "Style transfer",
            words.STYLE_HINT,
            self.specimen_of,
            steerable=False,
            name="loss",
        )
        self._recipe: Recipe | None = None
        self._build()
        self._connect()
        self._on_network()

    @property
    def run(self) -> Any:
        """What paints."""
        return self.run_view.run

    def start(self) -> None:
        """Paint from the beginning."""
        session = self.session
        content, style = self.content.specimen, self.style_from.specimen
        if session.network is None:
            return
        if content is None or style is None:
            session.say("Choose a content and a style; both come from the tray.", "warning")
            return
        chosen: Any = self.form.settings
        settings = replace(chosen, style=named(style))
        self._recipe = Recipe("style", session.network, content, settings, (style,))
        save = unfinished.saver(session.store, "style", self.specimen_of)
        self.run.start(style_plan(self._recipe, style), save)
        self.explanation_changed.emit()

    def specimen_of(self, frame: Frame) -> Specimen:
        """The picture of a frame with its recipe."""
        recipe = self._recipe
        assert recipe is not None
        assert recipe.specimen is not None
        title = f"{recipe.specimen.title} in the style of {recipe.others[0].title}"
        return recipe.specimen_of(frame, title)

    # What the workspace asks for

    def explanation(self) -> Explanation:
        numbers = self.run.frame.numbers if self.run.frame is not None else {}
        return words.style(self.form.settings, numbers)

    def table(self) -> Table | None:
        values = self.run.values
        return (["step", "loss"], list(enumerate(values, 1))) if values else None

    def toggle(self) -> None:
        self.run_view.toggle()

    def stop(self) -> None:
        self.run.pause()

    # Construction

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.run_view)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Content", self.content)
        form.addRow("Style", self.style_from)
        self.controls.addLayout(form)
        self.heading("How")
        self.controls.addWidget(self.form)
        self.controls.addStretch(1)
        self.setFocusProxy(self.run_view)

    def _connect(self) -> None:
        view = self.run_view
        view.start_wanted.connect(self.start)
        view.from_here_wanted.connect(self.start)
        view.answered.connect(self.explanation_changed)
        view.kept.connect(self._on_kept)
        self.session.specimen_changed.connect(self._show_content)
        self.run.state_changed.connect(self._on_state)
        self.session.network_changed.connect(self._on_network)
        self.form.changed.connect(self._on_change)
        self.content.chosen.connect(self._on_change)
        self.style_from.chosen.connect(self._on_change)
        QShortcut(QKeySequence("G"), self).activated.connect(self._next_style)

    # Small things

    def _on_change(self, *_: object) -> None:
        """What runs begins anew: its loss is another one now."""
        if self.run.running:
            self.start()
        self._show_content()
        self.explanation_changed.emit()

    def _show_content(self) -> None:
        """Until it paints, show what it would begin with."""
        content = self.content.specimen
        if self.run.frame is None and not self.run.running and content is not None:
            self.run_view.view.set_picture(content.picture)

    def _on_network(self) -> None:
        self._recipe = None
        self.run_view.forget()
        network = self.session.network
        if network is not None:
            content, style = usual_stages(network)
            settings: Any = self.form.settings
            self.form.set_settings(replace(settings, content_stages=content, style_stages=style))
        self._show_content()

    def _on_state(self, state: str) -> None:
        if state != RUNNING:
            self.explanation_changed.emit()

    def _on_kept(self, frame: Frame) -> None:
        if frame is self.run.frame and not self.run.running:
            unfinished.forget(self.session.store, "style")

    def _next_style(self) -> None:
        if self.style_from.count():
            following = (self.style_from.currentIndex() + 1) % self.style_from.count()
            self.style_from.setCurrentIndex(following)


def usual_stages(network: Network) -> tuple[str, str]:
    """(content, style): the middle one, and at most five, of the stages with filters."""
    found = [s.name for s in network.stages if s.kind == "convolution" and s.spatial]
    found = found or [s.name for s in network.stages if s.spatial][:1] or [network.stages[0].name]
    last = len(found) - 1
    chosen = dict.fromkeys(found[round(last * k / 4)] for k in range(5))
    return str(Target(found[len(found) // 2])), " + ".join(chosen)
