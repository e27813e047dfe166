"""Style transfer: the content of one picture in the style of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtGui import QShowEvent

from visualizer.engine.ascent.default_targets import default_style_stages
from visualizer.engine.ascent.style import StyleSettings
from visualizer.engine.objective import Target
from visualizer.engine.shows.show import State
from visualizer.gui.core.session import Change
from visualizer.gui.dream import text as words
from visualizer.gui.dream.picture_box import SpecimenBox
from visualizer.gui.dream.requests import name_of, style_source
from visualizer.gui.dream.target_list import TargetList
from visualizer.gui.runs.recipe import FrameSource, Recipe
from visualizer.gui.runs.run_page import RunPage
from visualizer.gui.widgets.settings_form import SettingsForm
from visualizer.gui.workspace import Action, Explanation

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session
    from visualizer.gui.runs.crash_copy import CrashCopy

REST = 400
"""Milliseconds without another change before it is painted anew."""
SET_ELSEWHERE = ("style", "content_stages", "style_stages")


class StylePage(RunPage):
    """Content and style come from the tray; settings that change begin the painting anew."""

    title = "Style"
    run_name, run_title, hint = "style", "Style transfer", words.STYLE_HINT
    curves: Mapping[str, str] | None = {"objective": "loss"}
    steerable = False

    def __init__(self, session: Session, crash_copy: CrashCopy) -> None:
        super().__init__(session, crash_copy)
        self.content = SpecimenBox(session, own="the chosen picture")
        self.content.setAccessibleName("Content")
        self.style_from = SpecimenBox(session)
        self.style_from.setAccessibleName("Style")
        self.content_stages = TargetList(maps_only=True)
        self.style_stages = TargetList(maps_only=True)
        self.form = SettingsForm(StyleSettings, hidden=SET_ELSEWHERE)
        self._rest = self.debounced(self.start, REST)
        self._build()
        self._connect()
        self.keep_in_scenes(form=self.form)

    @property
    def settings(self) -> StyleSettings:
        """The settings of the next painting, with its style and stages."""
        style, chosen = self.style_from.specimen, self.form.settings
        assert isinstance(chosen, StyleSettings)
        return replace(
            chosen,
            style=name_of(style, self.session.store) if style is not None else "",
            content_stages=self.content_stages.text,
            style_stages=self.style_stages.text,
        )

    def start(self) -> None:
        """Paint from the beginning."""
        self._rest.stop()
        session = self.session
        if session.network is None:
            return
        source = self.scene_source()
        if source is None:
            session.say("Choose a content and a style; both come from the tray.", "warning")
            return
        self.begin(source)

    def let_go(self) -> None:
        super().let_go()
        self.content_stages.set_network(None, ())
        self.style_stages.set_network(None, ())

    # As a page

    def follow(self, change: Change) -> None:
        super().follow(change)
        self.content.follow(change)
        self.style_from.follow(change)
        network = self.session.network
        if Change.NETWORK in change and network is not None:
            content, style = default_style_stages(network)
            self.content_stages.set_network(network, [Target(content)])
            self.style_stages.set_network(network, [Target(stage) for stage in style])
        if change & (Change.NETWORK | Change.PICTURE):
            self._on_change()

    def explanation(self) -> Explanation:
        return words.style(self.settings, self.facts())

    def stop(self) -> None:
        self._rest.stop()
        super().stop()

    # Scenes of a show

    def state(self) -> State:
        kept = super().state()
        chosen = {"content": self.content.specimen, "style": self.style_from.specimen}
        pictures = {name: each for name, each in chosen.items() if each is not None}
        stages = {name: each.text for name, each in self._stages.items()}
        return State({**kept.settings, **stages}, {**kept.pictures, **pictures})

    def restore(self, state: State) -> list[str]:
        settings, left_out = dict(state.settings), []
        for name, box in (("content", self.content), ("style", self.style_from)):
            if (specimen := state.pictures.get(name)) is not None:
                self.session.lend(specimen)
                box.choose(specimen)
        for name, stages in self._stages.items():
            if stages.set_text(settings.pop(name, "")):
                left_out.append(name.replace("_", " "))
        return left_out + super().restore(replace(state, settings=settings))

    def scene_source(self) -> FrameSource | None:
        network, content, style = (
            self.session.network,
            self.content.specimen,
            self.style_from.specimen,
        )
        if network is None or content is None or style is None:
            return None
        title = f"{content.title} in the style of {style.title}"
        return style_source(
            Recipe("style", title, network, self.settings, content, (style,)), style
        )

    def _rest_in_scene(self) -> None:
        self._rest.stop()

    @property
    def _stages(self) -> dict[str, TargetList]:
        return {"content_stages": self.content_stages, "style_stages": self.style_stages}

    # Construction

    def _build(self) -> None:
        self.controls.form(("Content", self.content), ("Style", self.style_from))
        self.controls.heading("Stages that tell the content")
        self.controls.add(self.content_stages)
        self.controls.heading("Stages that tell the style")
        self.controls.add(self.style_stages)
        self.controls.heading("How")
        self.controls.add(self.form)

    def _connect(self) -> None:
        for signal in (
            self.form.changed,
            self.content.chosen,
            self.style_from.chosen,
            self.content_stages.changed,
            self.style_stages.changed,
        ):
            signal.connect(self._on_change)
        content, style = self.content, self.style_from
        self.declare(
            Action("content", "Next content: what is shown", "W", content.choose_next, content),
            Action("style", "Next style: how it is painted", "G", style.choose_next, style),
        )

    def _on_change(self, *_: object) -> None:
        """What runs begins anew as soon as the choosing rests: its loss is another one now."""
        recipe = self.recipe
        content, style = self.content.specimen, self.style_from.specimen
        if recipe is not None and self.run.running:
            same = (recipe.specimen, *recipe.others) == (content, style)
            if not same or recipe.settings != self.settings:
                self._rest.start()
        if self.isVisible():
            self.show_start(content)
        self.explanation_changed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._on_change()
