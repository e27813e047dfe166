"""The Explain workspace: which pixels mattered, by several methods side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, QTimer
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QStackedWidget, QVBoxLayout, QWidget

from visualizer.engine.attribution import methods
from visualizer.engine.attribution.method import METHODS, AttributionSettings
from visualizer.gui.explain import text as explain_words
from visualizer.gui.explain.attribution_card import CardGrid, ExplanationCard
from visualizer.gui.explain.controls import ExplainControls
from visualizer.gui.explain.header import ExplainHeader
from visualizer.gui.explain.position import UnitPlace
from visualizer.gui.explain.requests import ExplainJobs, Look, Refusal, SanityLook
from visualizer.gui.explain.sanity_grid import SanityGrid
from visualizer.gui.explain.target import PLACE, UNIT
from visualizer.gui.widgets.unit_name import unit_name
from visualizer.gui.workspace import Explanation, Table, Workspace

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session

REST = 150
"""Milliseconds after the last change of settings or unit before the maps are made anew."""


class ExplainWorkspace(Workspace):
    """Cards of maps in the middle, or the sanity check; target, methods and settings at the side.

    It follows the session's picture, or the camera, and computes only while it is on show.
    """

    title = "Explain"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.header = ExplainHeader()
        self.controls = ExplainControls()
        self.picture = ExplanationCard("Picture")
        self.cards = {name: ExplanationCard(each.title) for name, each in methods().items()}
        self.grid, self.sanity = CardGrid(), SanityGrid()
        self.sanity_words = QLabel()
        self.jobs = ExplainJobs(session, self)
        self.place = UnitPlace(session, self)
        self.looks: dict[str, Look] = {}
        self._paused = False
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._build()
        self._connect()
        self._on_network()

    # What the window asks for

    def side_panel(self) -> QWidget:
        return self.controls

    def explanation(self) -> Explanation:
        sanity = self.header.sanity.isChecked()
        method = explain_words.SANITY if sanity else self.controls.method
        return explain_words.explanation(method, self.looks.get(method))

    def picture_for_export(self) -> QWidget:
        return self.body

    def table_for_export(self) -> Table | None:
        """The similarities of the sanity check, or what is known of each map."""
        if self.header.sanity.isChecked():
            return self.sanity.table()
        return explain_words.table(self.looks)

    def step_unit(self, by: int) -> None:
        (self.session.step_unit if self._of_unit() else self.controls.step_method)(by)

    def toggle(self) -> None:
        """Hold what runs, or go on; what was stopped starts again."""
        if self.jobs.running():
            self._paused = not self._paused
            self.jobs.pause(self._paused)
        else:
            self._explain()

    def stop(self) -> None:
        self.jobs.stop()
        self.looks = {name: look for name, look in self.looks.items() if look.done}

    def subject(self) -> int | None:
        return self.controls.target.subject(self.answer())

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
        panel = QFrame()
        panel.setProperty("role", "panel")
        inside = QVBoxLayout(panel)
        inside.addWidget(self.header)
        inside.addWidget(self.body, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(panel)
        self.setFocusProxy(self.controls.list)
        store = self.session.store
        view = store.text("explain view")
        self.header.choose(view, store.number("explain opacity", 0.6, 0, 1))
        self.controls.tick(store.text("explain methods", " ".join(METHODS)).split())
        self._place_cards()

    def _connect(self) -> None:
        session, controls, jobs = self.session, self.controls, self.jobs
        session.network_changed.connect(self._on_network)
        for signal in (session.specimen_changed, session.fit_mode_changed, session.live_changed):
            signal.connect(self._start_over)
        session.activations_changed.connect(self._on_activations)
        session.stage_changed.connect(self._on_unit)
        session.unit_changed.connect(self._on_unit)
        session.busy_changed.connect(self._set_hints)
        controls.target_chosen.connect(self._start_over)
        controls.methods_changed.connect(self._on_methods)
        controls.method_chosen.connect(self._on_method)
        controls.settings_changed.connect(self._on_settings)
        controls.to_tray.clicked.connect(self._to_tray)
        controls.stimulus.clicked.connect(lambda: self.ask_stimulus())
        self.header.changed.connect(self._on_view)
        self.header.sanity.toggled.connect(self._on_page)
        self.sanity.pointed.connect(self.sanity_words.setText)
        self.place.changed.connect(self._on_place)
        self.picture.view.clicked.connect(self._on_click)
        jobs.look_made.connect(self._show_look)
        jobs.refused.connect(self._show_refusal)
        jobs.sanity_made.connect(self._show_sanity)
        jobs.specimen_made.connect(self._keep)
        self._rest.timeout.connect(self._explain)
        for name, card in self.cards.items():
            card.chosen.connect(partial(controls.choose, name))
        keys: list[tuple[str, Callable[[], Any]]] = [
            ("T", controls.target.setFocus),
            ("U", controls.target.toggle_unit),
            ("P", lambda: self.place.point(self.picture.view.pointer)),
            ("V", self.header.step_view),
            ("[", lambda: self.header.step_opacity(-1)),
            ("]", lambda: self.header.step_opacity(1)),
            ("Y", self.header.sanity.toggle),
            ("Return", controls.to_tray.click),
        ]
        keys += [(str(place + 1), partial(controls.toggle, place)) for place in range(len(METHODS))]
        for key, action in keys:
            QShortcut(QKeySequence(key), self).activated.connect(action)

    # The session has changed

    def _on_network(self) -> None:
        network = self.session.network
        count = max(network.stages[-1].units, len(network.classes)) if network else 0
        names = [network.label(i) for i in range(count)] if network else []
        self.controls.target.set_classes(names)
        self._name_unit()
        self._start_over()

    def _on_unit(self) -> None:
        self._name_unit()
        if self._of_unit():
            self.jobs.stop()
            self.looks.clear()
            self._rest.start()

    def _of_unit(self) -> bool:
        return self.controls.target.target in (UNIT, PLACE)

    def _on_settings(self, method: str) -> None:
        self.jobs.stop(method)
        self.looks.pop(method, None)
        self._rest.start()

    def _name_unit(self) -> None:
        network, session = self.session.network, self.session
        if network is None or not session.stage:
            self.controls.target.name_unit("", "")
            return
        name = unit_name(network, network.stage(session.stage), session.unit)
        self.controls.target.name_unit(f"{session.stage}, {name}", self.place.words)
        self.picture.view.key_step = self.place.step()
        self._show_field()

    def _show_field(self) -> None:
        """Draw what the place that is explained can see."""
        there = self.controls.target.target == PLACE and not self.session.live
        self.picture.view.set_box(self.place.field() if there else None, "what it sees")

    def _on_click(self, at: QPointF) -> None:
        if self._of_unit():
            self.place.point(at)

    def _on_place(self) -> None:
        """Another place of the chosen unit; whatever was explained before, now it is this."""
        before = self.controls.target.target
        self._name_unit()
        self.controls.target.set_target(PLACE)
        if before == PLACE:
            self._start_over()

    def _on_activations(self) -> None:
        self._say_answer()
        if self.session.live and not self.session.held:
            self._explain()
        elif self.controls.target.target == PLACE:  # only now is known where it is strongest
            self._start_over()

    def _start_over(self) -> None:
        """What was found out about something else is not true of this."""
        self.looks.clear()
        if not self.session.live:
            for card in self.cards.values():
                card.clear()
            self.picture.clear()
        self.sanity.show_cells([], 0)
        self._name_unit()
        self.sanity_words.clear()
        self._set_hints()
        self._explain()

    # What the compute thread is asked for

    def _explain(self) -> None:
        """Ask for every ticked map that is not there yet, if anybody can see it."""
        session = self.session
        if not self.isVisible() or session.network is None or session.specimen is None:
            return
        self._paused = False
        self.jobs.pause(False)
        if self.header.sanity.isChecked():
            if not session.live:
                ticked = self.controls.ticked
                self.jobs.request_sanity({name: self._settings(name) for name in ticked})
            return
        running = session.live and not session.held
        for name in self.controls.ticked:
            if running or name not in self.looks:
                self.jobs.request(name, self._settings(name))

    def _settings(self, method: str) -> AttributionSettings:
        """The settings of a method as the whole workspace wants them."""
        target = self.controls.target.target or ""
        if target in (UNIT, PLACE):
            place = self.place.place if target == PLACE else None
            target = f"{self.session.stage}:{self.session.unit}"
            target += "@{},{}".format(*place) if place is not None else ""
        return replace(
            self.controls.settings(method),
            target=target,
            mode=self.session.fit_mode,
            view=self.header.chosen_view,
            opacity=self.header.chosen_opacity,
        )

    def _to_tray(self) -> None:
        look = self.looks.get(self.controls.method)
        if look is None:
            self.session.say("There is no map to keep yet.", "warning")
        else:
            self.jobs.request_specimen(look, self.header.chosen_view, self.header.chosen_opacity)

    # What the compute thread has made

    def _show_look(self, look: Look) -> None:
        if look.method not in self.controls.ticked or not self._is_wanted(look):
            return
        if self.session.live and look.result.patch is not None and not look.done:
            return  # half of one picture and half of the next would be neither
        self.looks[look.method] = look
        card = self.cards[look.method]
        card.show_map(look.seen, look.pictures, self.header.chosen_view)
        card.view.set_opacity(self.header.chosen_opacity)
        card.say(explain_words.words(look))
        self.picture.view.set_picture(look.seen)
        self.header.title.setText(f"Why {look.result.label}?")
        self._show_patch(look)
        if look.method == self.controls.method:
            self.explanation_changed.emit()

    def _is_wanted(self, look: Look) -> bool:
        """Whether it is about what is chosen now; how it is shown can change any time."""
        wanted, running = self._settings(look.method), self.session.live and not self.session.held
        wanted = wanted.quick() if running else wanted
        asked = replace(look.settings, view=wanted.view, opacity=wanted.opacity)
        return asked == wanted and (running or look.specimen is self.session.specimen)

    def _show_patch(self, look: Look) -> None:
        """Draw what occlusion covers now, on its own card and on the picture."""
        if look.method != "occlusion":
            return
        box, patch = None, look.result.patch
        if patch is not None and not look.done:
            top, left, bottom, right = patch
            box = QRectF(left, top, right - left, bottom - top)
        self.cards["occlusion"].view.set_box(box)
        if box is not None:
            self.picture.view.set_box(box)
        else:
            self._show_field()

    def _show_refusal(self, refusal: Refusal) -> None:
        self.looks.pop(refusal.method, None)
        self.cards[refusal.method].clear(refusal.sentence)

    def _show_sanity(self, look: SanityLook) -> None:
        self.sanity.show_cells(look.cells, look.columns)
        if look.label:
            self.header.title.setText(f"Why {look.label}?")

    def _keep(self, specimen: Specimen) -> None:
        self.session.add(specimen, select=False)
        self.session.say(f"“{specimen.title}” is in the tray, with the recipe that made it.")

    # Choices

    def _on_methods(self) -> None:
        wanted = self.controls.ticked
        self.session.store.remember("explain methods", " ".join(wanted))
        for name in set(METHODS) - set(wanted):
            self.jobs.stop(name)
            self.looks.pop(name, None)
            self.cards[name].clear()
        self._place_cards()
        self._rest.start()

    def _place_cards(self) -> None:
        self.grid.set_cards([self.picture, *(self.cards[name] for name in self.controls.ticked)])
        self._on_method(self.controls.method)

    def _on_method(self, method: str) -> None:
        for name, card in self.cards.items():
            card.set_selected(name == method)
        self.explanation_changed.emit()

    def _on_view(self) -> None:
        view, opacity = self.header.chosen_view, self.header.chosen_opacity
        self.session.store.remember("explain view", view)
        self.session.store.remember("explain opacity", opacity)
        for name, look in self.looks.items():
            self.cards[name].show_map(look.seen, look.pictures, view)
            self.cards[name].view.set_opacity(opacity)

    def _on_page(self, sanity: bool) -> None:
        self.body.setCurrentIndex(int(sanity))
        self.shows_answer = sanity  # its many maps need the room, and the header says the answer
        self.header.set_changeable(not sanity)
        if not sanity:
            self.jobs.stop_sanity()
        self._set_hints()
        self._explain()
        self.explanation_changed.emit()

    # Small things

    def _say_answer(self) -> None:
        network, activations = self.session.network, self.session.activations
        if network is None or activations is None:
            self.header.words.clear()
            return
        best = network.top(activations.probabilities, 1)[0]
        self.header.words.setText(f"The answer is {best.label}, {best.probability:.0%}.")
        if self.session.live and not self.controls.target.target:
            self.header.title.setText(f"Why {best.label}?")

    def _set_hints(self) -> None:
        session = self.session
        hint = explain_words.hint(session, self.header.sanity.isChecked())
        self.picture.view.set_hint(hint)
        self.sanity.set_hint(hint)
        if session.network is None or session.specimen is None:
            self.header.title.setText("Which pixels mattered?")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._set_hints()
        self._say_answer()
        self._explain()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._rest.stop()
        self.stop()
