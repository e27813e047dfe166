"""The Explain workspace: which pixels mattered, by several methods side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QLabel,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.attribution import methods
from visualizer.engine.attribution.method import METHODS, AttributionSettings
from visualizer.engine.attribution.results import AttributionResult, attribution_results
from visualizer.engine.attribution.sanity_table import SanityTable, sanity_table
from visualizer.engine.shows.show import State
from visualizer.gui.core.kept_results import KeptResults
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Change
from visualizer.gui.explain import text
from visualizer.gui.explain.attribution_card import AttributionCard, CardGrid
from visualizer.gui.explain.controls import ExplainControls
from visualizer.gui.explain.header import ExplainHeader
from visualizer.gui.explain.sanity_grid import SanityGrid
from visualizer.gui.explain.target import POSITION
from visualizer.gui.explain.unit_position import UnitPosition
from visualizer.gui.widgets.figure import Part, Tile, Tiles
from visualizer.gui.widgets.image_view import image_of
from visualizer.gui.widgets.panel import panel
from visualizer.gui.widgets.tab_focus import tab_focus
from visualizer.gui.widgets.unit_name import unit_name
from visualizer.gui.workspace import Action, Explanation, Table, Walk, Workspace

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session

SLOW = ("smoothgrad", "integrated-gradients", "occlusion")
"""Methods that ask the network dozens of times: they say in the jobs bar how far they are."""
TITLE = "Which pixels mattered?"
"""Shown until the network's answer is known."""


class ExplainWorkspace(Workspace):
    """Cards of maps, or the sanity check; target, methods and settings at the side."""

    title = "Explain"
    walk = Walk(up_down="method", home_end="first and last method", space="hold")

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.header = ExplainHeader()
        self.controls = ExplainControls()
        self.picture = AttributionCard("Picture")
        self.cards = {name: AttributionCard(each.title) for name, each in methods().items()}
        self.grid, self.sanity, self.sanity_words = CardGrid(), SanityGrid(), QLabel()
        self.position = UnitPosition(session)
        self.results: dict[str, AttributionResult] = {}
        """By method: what is on show."""
        self._maps = {
            name: Latest(session.compute, parent=self, finish_started=True) for name in METHODS
        }
        self._check = Latest(session.compute, "Sanity check", self)
        self._live = session.live
        self._rest = self.debounced(self._explain, 150)
        self._build()
        self._restore()
        self._connect()
        self._declare()
        self.keep_in_scenes(
            target=self.controls.target,
            view=self.header.view,
            opacity=self.header.opacity,
            **self.controls.forms,
            sanity_check=self.header.sanity,
        )

    # What the window asks for

    def side_panel(self) -> QWidget:
        return self.controls

    def explanation(self) -> Explanation:
        method = text.SANITY if self.checking else self.controls.method
        return text.explanation(method, self.results.get(method))

    def figure(self) -> Sequence[Part]:
        if self.checking:
            return self.sanity.figure()
        tiles = [
            Tile(shown.image, card.title.text())
            for card in self.grid.cards
            if (shown := card.view.picture_at()) is not None
        ]
        return [Tiles(tiles, self.header.title.text(), smooth=True)]

    def table_for_export(self) -> Table | None:
        """The similarities of the sanity check, or what is known of each map."""
        if self.checking:
            return text.sanity_export(self.sanity.table)
        return text.table(self.results)

    def step_stage(self, by: int) -> None:
        if self.checking:
            self.sanity.step(0, by)
        else:
            self.session.step_stage(by)

    def step_on_stage(self, by: int) -> None:
        """A clicker goes from method to method."""
        if self.checking:
            self.sanity.step(0, by)
        else:
            self.controls.step_method(by)

    def present(self, presented: bool) -> None:
        super().present(presented)
        self.sanity.present(presented)

    def step_unit(self, by: int) -> None:
        if self.checking:
            self.sanity.step(by, 0)
        elif self.controls.target.of_unit:
            self.session.step_unit(by)
        else:
            self.controls.step_method(by)

    def first_unit(self) -> None:
        self.step_unit(-(10**6))

    def last_unit(self) -> None:
        self.step_unit(10**6)

    def toggle(self) -> None:
        """Pause or resume the running methods; start cancelled ones again."""
        running = [each for each in self._all() if each.running]
        held = any(each.paused for each in running)
        for each in running:
            each.pause(not held)
        if not running:
            self._explain()

    def stop(self) -> None:
        """Stop what is made; where nothing is, leave the sanity check."""
        if self.checking and not self.running:
            self.header.sanity.setChecked(False)
        self._drop_all()

    def _drop_all(self) -> None:
        for each in self._all():
            each.drop()
        self.results = {name: each for name, each in self.results.items() if each.done}

    def subject(self) -> int | None:
        return self.controls.target.class_of(self.answer())

    @property
    def checking(self) -> bool:
        """Whether the sanity check is on show."""
        return self.header.sanity.isChecked()

    @property
    def running(self) -> bool:
        """Whether any map is being computed, or paused."""
        return any(each.running for each in self._all())

    def _all(self) -> list[Latest]:
        return [*self._maps.values(), self._check]

    # Scenes of a show

    def state(self) -> State:
        kept, controls = super().state(), self.controls
        chosen = {"method": controls.method, "methods": list(controls.ticked)}
        return State({**chosen, **kept.settings})

    def restore(self, state: State) -> list[str]:
        settings, controls, left_out = dict(state.settings), self.controls, []
        wanted, method = settings.pop("methods", METHODS), settings.pop("method", "")
        known = [name for name in METHODS if isinstance(wanted, list) and name in wanted]
        if known:
            controls.tick(known)
        if method in METHODS:
            controls.choose(method)
        for name in {method, *(wanted if isinstance(wanted, list) else ())} - {"", *METHODS}:
            left_out.append(f"the method {name}")
        return left_out + super().restore(State(settings))

    # Construction

    def _build(self) -> None:
        self.sanity_words.setProperty("role", "small")
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.sanity, 1)
        column.addWidget(self.sanity_words)
        self.body = QStackedWidget()
        self.body.addWidget(self.grid)
        self.body.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(panel(self.header, self.body, stretch=self.body))
        tab_focus(self.header, self.controls)

    def _restore(self) -> None:
        store = self.session.store
        view, opacity = store.text("explain view"), store.number("explain opacity", 0.6, 0, 1)
        self.header.choose(view, opacity)
        self.controls.tick(store.text("explain methods", " ".join(METHODS)).split())
        self._place_cards()

    def _connect(self) -> None:
        controls = self.controls
        controls.target.chosen.connect(lambda _: self._start_over(keep=self.session.live))
        controls.methods_changed.connect(self._on_methods)
        controls.method_chosen.connect(self._on_method)
        controls.settings_changed.connect(self._on_settings)
        controls.to_tray.clicked.connect(self._keep)
        controls.stimulus.clicked.connect(lambda _: self.ask_stimulus())
        self.header.changed.connect(self._on_view)
        self.header.sanity.toggled.connect(self._on_page)
        self.sanity.pointed.connect(self.sanity_words.setText)
        self.picture.view.clicked.connect(self._on_click)
        for name, card in self.cards.items():
            card.chosen.connect(partial(controls.choose, name))

    def _declare(self) -> None:
        controls, header = self.controls, self.header
        self.declare(
            Action(
                "target",
                "What is explained: type a part of a class's name",
                "T",
                controls.target.setFocus,
                controls.target,
                "The unit that is chosen in Layers, or the answer again (U)\n"
                "The place of its map that is pointed at; a click on the picture does the same (P)",
            ),
            Action(
                "unit", "Explain the chosen unit, or the answer", "U", controls.target.toggle_unit
            ),
            Action(
                "position",
                "Explain the place that is pointed at",
                "P",
                lambda: self._explain_position(self.picture.view.pointer),
            ),
            Action("view", "How maps are shown", "V", header.step_view, header.view),
            Action("less", "Less of the map", "[", partial(header.step_opacity, -1)),
            Action("more", "More of the map", "]", partial(header.step_opacity, 1)),
            Action(
                "sanity",
                "Draw the weights anew and see which methods notice",
                "Y",
                header.sanity.toggle,
                header.sanity,
            ),
            Action(
                "tray",
                "Keep the chosen map as a picture, with its recipe",
                "Return",
                controls.to_tray.click,
                controls.to_tray,
            ),
            *(
                Action(name, f"{each.title}: show or hide", str(n), partial(controls.toggle, name))
                for n, (name, each) in enumerate(methods().items(), start=1)
            ),
        )
        header.opacity.setToolTip("How much the map covers the picture ([ and ])")
        controls.list.setToolTip(f"Which methods stand side by side (1 to {len(METHODS)})")

    # The session has changed

    def follow(self, change: Change) -> None:
        session, target = self.session, self.controls.target
        if Change.NETWORK in change:
            network = session.network
            count = max(network.stages[-1].units, len(network.classes)) if network else 0
            target.set_classes([network.label(i) for i in range(count)] if network else [])
        if change & (Change.NETWORK | Change.STAGE | Change.UNIT):
            self.position.forget()
        if change & (Change.NETWORK | Change.ACTIVATIONS):
            self._say_answer()
        if change & (Change.NETWORK | Change.PICTURE | Change.FIT_MODE | Change.LIVE):
            begins, self._live = session.live and not self._live, session.live
            self._start_over(keep=session.live and not begins and Change.NETWORK not in change)
        elif change & (Change.STAGE | Change.UNIT):
            self._name_unit()
            if target.of_unit:
                self._forget()
                self._rest.start()
        elif Change.ACTIVATIONS in change and session.live and not session.held:
            self._explain()
        elif Change.ACTIVATIONS in change and target.target == POSITION:
            self._start_over()  # only now is known where it is strongest
        self._set_hints()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._explain()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._rest.stop()
        self._drop_all()

    def _start_over(self, *, keep: bool = False) -> None:
        """Forget all maps: something else is to be explained. `keep` those on show meanwhile."""
        self._forget()
        if not keep:
            for card in (self.picture, *self.cards.values()):
                card.clear()
            self.header.title.setText(TITLE)
        self._clear_check()
        self._name_unit()
        self._set_hints()
        self._explain()
        self.explanation_changed.emit()

    def _clear_check(self) -> None:
        self._check.drop()
        self.sanity.show_table(SanityTable())
        self.sanity_words.clear()

    def _forget(self) -> None:
        self._drop_all()
        self.results.clear()

    def _name_unit(self) -> None:
        """Say which unit is chosen, and draw what the place that is explained can see."""
        network, session, target = self.session.network, self.session, self.controls.target
        if network is None or not session.stage:
            target.name_unit("", "")
            return
        name = unit_name(network, network.stage(session.stage), session.unit)
        target.name_unit(f"{session.stage}, {name}", self.position.words)
        self.picture.view.key_step = self.position.step()
        self._show_field()

    def _show_field(self) -> None:
        there = self.controls.target.target == POSITION and not self.session.live
        self.picture.view.set_box(self.position.field() if there else None, "what it sees")

    def _say_answer(self) -> None:
        network, activations = self.session.network, self.session.activations
        if network is None or activations is None:
            self.header.words.clear()
            return
        best = network.top(activations.probabilities, 1)[0]
        self.header.words.setText(f"The answer is {best.label}, {best.text()}.")
        if self.session.live and not self.controls.target.target:
            self.header.title.setText(f"Why {best.label}?")

    def _set_hints(self) -> None:
        hint = self.missing() or "Working on the picture…"
        self.picture.view.set_hint(hint)
        if not self.missing() and self.session.live:
            hint = "Choose a picture from the tray: the sanity check takes one that stands still."
        self.sanity.set_hint(hint)

    # What the compute thread is asked for

    def _explain(self) -> None:
        """Ask for every ticked map that is not there yet."""
        session = self.session
        if not self.isVisible() or self.missing():
            return
        for each in self._all():
            each.resume()
        if self.checking:
            if not (session.live or self._check.running or self.sanity.table.done):
                self._ask_check()
            return
        moving = session.live and not session.held
        for name in self.controls.ticked:
            if moving or not (name in self.results or self._maps[name].running):
                self._ask(name, moving)

    def _ask(self, method: str, moving: bool) -> None:
        """Ask for one map; of a camera's moving picture quickly, and whole maps only."""
        network, specimen = self.session.network, self.session.specimen
        assert network is not None
        assert specimen is not None
        settings = self._settings(method)
        kept, key = KeptResults.of(network, ExplainWorkspace), (method, specimen.id, settings)
        if not moving and (known := kept.find(key)) is not None:
            self._show_result(known)
            return

        def on_done(result: AttributionResult) -> None:
            if not moving:
                kept.keep(key, result)
            self._show_result(result)

        self._maps[method].ask(
            partial(
                attribution_results,
                network,
                specimen,
                method,
                settings.quick() if moving else settings,
            ),
            on_frame=None if moving else self._show_result,
            on_done=on_done,
            on_failed=partial(self._show_refusal, method),
            title=methods()[method].title if method in SLOW and not moving else "",
        )

    def _ask_check(self) -> None:
        network, specimen = self.session.network, self.session.specimen
        chosen = {name: self._settings(name) for name in self.controls.ticked}
        if network is not None and specimen is not None and chosen:
            check = partial(sanity_table, network, specimen, chosen)
            self._check.ask(check, on_frame=self._show_check, on_done=self._show_check)

    def _settings(self, method: str) -> AttributionSettings:
        """The settings of a method as the whole workspace wants them."""
        target = self.controls.target.target or ""
        if self.controls.target.of_unit:
            position = self.position.position if target == POSITION else None
            target = f"{self.session.stage}:{self.session.unit}"
            target += "@{},{}".format(*position) if position is not None else ""
        return replace(
            self.controls.settings(method),
            target=target,
            mode=self.session.fit_mode,
            view=self.header.chosen_view,
            opacity=self.header.chosen_opacity,
        )

    def _keep(self) -> None:
        result = self.results.get(self.controls.method)
        if result is None:
            self.session.say("There is no map to keep yet.", "warning")
        else:
            view, opacity = self.header.chosen_view, self.header.chosen_opacity
            self.to_tray(partial(result.specimen, view, opacity))

    # What the compute thread has made

    def _show_result(self, result: AttributionResult) -> None:
        self.results[result.method] = result
        card = self.cards[result.method]
        card.show_result(result, self.header.chosen_view, self.header.chosen_opacity)
        self.picture.view.set_picture(image_of(result.frame.seen))
        if card.view.box is not None:  # what is covered now
            self.picture.view.set_box(card.view.box)
        elif result.frame.patch is not None:
            self._show_field()
        self.header.title.setText(f"Why {result.frame.label}?")
        if result.method == self.controls.method:
            self.explanation_changed.emit()

    def _show_refusal(self, method: str, sentence: str) -> None:
        self.results.pop(method, None)
        self.cards[method].clear(sentence)

    def _show_check(self, table: SanityTable) -> None:
        self.sanity.show_table(table)
        if table.label:
            self.header.title.setText(f"Why {table.label}?")

    # Choices

    def _on_methods(self) -> None:
        wanted = self.controls.ticked
        self.session.store.remember("explain methods", " ".join(wanted))
        for name in set(METHODS) - set(wanted):
            self._maps[name].drop()
            self.results.pop(name, None)
            self.cards[name].clear()
        self._clear_check()
        self._place_cards()
        self._rest.start()

    def _place_cards(self) -> None:
        self.grid.set_cards([self.picture, *(self.cards[name] for name in self.controls.ticked)])
        self._on_method(self.controls.method)

    def _on_method(self, method: str) -> None:
        for name, card in self.cards.items():
            card.set_selected(name == method)
        self.explanation_changed.emit()

    def _on_settings(self, method: str) -> None:
        self._maps[method].drop()
        self.results.pop(method, None)
        self._clear_check()
        self._rest.start()

    def _on_view(self) -> None:
        view, opacity = self.header.chosen_view, self.header.chosen_opacity
        self.session.store.remember("explain view", view)
        self.session.store.remember("explain opacity", opacity)
        for name, result in self.results.items():
            self.cards[name].show_result(result, view, opacity)

    def _on_page(self, checking: bool) -> None:
        self.body.setCurrentIndex(int(checking))
        self.shows_answer = checking  # its many maps need the room, and the header says the answer
        self.header.set_changeable(not checking)
        if not checking:
            self._check.drop()
        self._set_hints()
        self._explain()
        self.explanation_changed.emit()

    def _on_click(self, at: QPointF) -> None:
        if self.controls.target.of_unit:
            self._explain_position(at)

    def _explain_position(self, at: QPointF | None) -> None:
        """Explain the place of the chosen unit that a pixel belongs to; the strongest for None."""
        self.position.point(at)
        if self.controls.target.target == POSITION:
            self._start_over()
        else:
            self.controls.target.set_target(POSITION)
