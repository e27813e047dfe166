"""Style transfer, live: what one picture shows, painted as another one is."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout

from visualizer.engine.ascent.default_targets import default_style_stages
from visualizer.engine.ascent.style import StyleSettings
from visualizer.engine.objective import Target
from visualizer.gui.dream import text as words
from visualizer.gui.dream.picture_box import SpecimenBox
from visualizer.gui.dream.sources import Recipe, named, style_plan
from visualizer.gui.dream.target_list import TargetList
from visualizer.gui.runs.run_page import RunPage, choose_next, form_of
from visualizer.gui.widgets.settings_form import SettingsForm
from visualizer.gui.workspace import Explanation

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session
    from visualizer.gui.runs.crash_copy import Unfinished

REST = 400
"""Milliseconds without another change before it is painted anew."""
SET_ELSEWHERE = ("style", "content_stages", "style_stages")


class StylePage(RunPage):
    """Content and style come from the tray; settings that change begin the painting anew."""

    title = "Style"
    key, run_title, hint = "style", "Style transfer", words.STYLE_HINT
    value_name = "loss"
    steerable = False

    def __init__(self, session: Session, unfinished: Unfinished) -> None:
        super().__init__(session, unfinished)
        self.content = SpecimenBox(session, follow="the chosen picture")
        self.content.setAccessibleName("Content")
        self.content.setToolTip("What is shown (W for the next)")
        self.style_from = SpecimenBox(session)
        self.style_from.setAccessibleName("Style")
        self.style_from.setToolTip("How it is painted (G for the next)")
        self.content_stages = TargetList(maps_only=True)
        self.style_stages = TargetList(maps_only=True)
        self.form = SettingsForm(StyleSettings, hidden=SET_ELSEWHERE)
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._build()
        self._connect()
        self._on_network()

    @property
    def settings(self) -> StyleSettings:
        """The settings of the next painting, with its style and stages."""
        style, chosen = self.style_from.specimen, self.form.settings
        assert isinstance(chosen, StyleSettings)
        return replace(
            chosen,
            style=named(style, self.session.store) if style is not None else "",
            content_stages=self.content_stages.text,
            style_stages=self.style_stages.text,
        )

    def start(self) -> None:
        """Paint from the beginning."""
        self._rest.stop()
        session = self.session
        content, style = self.content.specimen, self.style_from.specimen
        if session.network is None:
            return
        if content is None or style is None:
            session.say("Choose a content and a style; both come from the tray.", "warning")
            return
        title = f"{content.title} in the style of {style.title}"
        recipe = Recipe("style", title, session.network, content, self.settings, (style,))
        self.begin(style_plan(recipe, style))

    # What the workspace asks for

    def explanation(self) -> Explanation:
        numbers = self.run.frame.numbers if self.run.frame is not None else {}
        return words.style(self.settings, numbers)

    def stop(self) -> None:
        self._rest.stop()
        super().stop()

    # Construction

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.run_view)
        self.content.setToolTip("What the picture is to show (W)")
        self.style_from.setToolTip("Whose colours and textures it is to have (G)")
        self.controls.addLayout(form_of(("Content", self.content), ("Style", self.style_from)))
        self.heading("Stages that tell the content")
        self.controls.addWidget(self.content_stages)
        self.heading("Stages that tell the style")
        self.controls.addWidget(self.style_stages)
        self.heading("How")
        self.controls.addWidget(self.form)
        self.controls.addStretch(1)

    def _connect(self) -> None:
        session = self.session
        session.network_changed.connect(self._on_network)
        session.specimen_changed.connect(self._on_change)
        self._rest.timeout.connect(self.start)
        for signal in (
            self.form.changed,
            self.content.chosen,
            self.style_from.chosen,
            self.content_stages.changed,
            self.style_stages.changed,
        ):
            signal.connect(self._on_change)
        for key, box in (("W", self.content), ("G", self.style_from)):
            QShortcut(QKeySequence(key), self).activated.connect(partial(choose_next, box))

    # Small things

    def _on_change(self, *_: object) -> None:
        """What runs begins anew as soon as the choosing rests: its loss is another one now."""
        recipe = self.recipe
        content, style = self.content.specimen, self.style_from.specimen
        if recipe is not None and self.run.running:
            same = (recipe.specimen, *recipe.others) == (content, style)
            if not same or recipe.settings != self.settings:
                self._rest.start()
        self.show_start(content)
        self.explanation_changed.emit()

    def _on_network(self) -> None:
        self.rescue()
        self.run_view.forget()
        network = self.session.network
        if network is not None:
            content, style = default_style_stages(network)
            self.content_stages.set_network(network, [Target(content)])
            self.style_stages.set_network(network, [Target(stage) for stage in style])
        self.show_start(self.content.specimen)
