"""The page around a lesson: its questions, its view, the buttons, the numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from visualizer.engine.errors import UserError
from visualizer.engine.lessons.run import advance
from visualizer.engine.settings import understood
from visualizer.engine.shows.show import State
from visualizer.gui.core.compute import once
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Change
from visualizer.gui.learn.numbers_table import NumbersTable
from visualizer.gui.learn.question_strip import QuestionStrip
from visualizer.gui.learn.step_bar import MOST_SEEDS, StepBar
from visualizer.gui.learn.text import words_of
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.widgets.control_column import ControlColumn
from visualizer.gui.widgets.panel import note, panel
from visualizer.gui.widgets.settings_form import SettingsForm
from visualizer.gui.widgets.tab_focus import tab_focus
from visualizer.gui.workspace import Explanation, GlideSettings, Movement, Table, Walk, Workspace

if TYPE_CHECKING:
    from visualizer.engine.lessons.run import LessonRun
    from visualizer.gui.core.session import Session
    from visualizer.gui.learn.lesson_view import LessonView

ROOMS = {
    "dream": "Dream ›",
    "explain": "Explain ›",
    "attack": "Attack ›",
    "evolve": "Evolve ›",
    "train": "Train ›",
    "map": "Map ›",
}
"""The workspaces that explanations belong to, by the first part of their names."""
FRAMES = 30
"""A second, at the most, while a lesson is played."""
SLICE_SECONDS = 0.012
"""That the steps of one frame may take."""
ALL_THERE_IS_TIME_FOR = 10**9
"""Steps."""
MOST_REPLAYED = 100_000
REPLAY_SECONDS = 5.0
"""For many steps at once, as in coming back to a scene."""


class LessonPage(Workspace):
    """Plays and steps a run on the compute thread, and shows it.

    Every step, change by hand and change of a setting is a moment that Back takes back.

    Args:
        session: of the window.
        run: the lesson at its start.
        view: shows the run.
        solved: which questions were solved before.
    """

    walk = Walk("step back and on", "question", "reset", "play or pause")
    contents_wanted = Signal()
    solved = Signal(int)
    """The place of a question that was not solved before."""

    def __init__(
        self,
        session: Session,
        run: LessonRun[Any, Any],
        view: LessonView,
        solved: list[bool],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(session, parent)
        self.run, self.view, self.lesson = run, view, run.lesson
        self.title = self.lesson.title
        self.playing = False
        self.strip, self.bar, self.table = (
            QuestionStrip(self.lesson.tasks),
            StepBar(),
            NumbersTable(),
        )
        self.table.hide()
        self.form = SettingsForm(self.lesson.settings, hidden=view.hidden)
        self.column = ControlColumn()
        self.column.add(*view.controls())
        self.column.add(self.form)
        self._add_links()
        tab_focus(self.column)
        run.solved = list(solved)
        self._computing = Latest(session.compute, parent=self, finish_started=True)
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self._play_on)
        self._ending = QTimer(self, singleShot=True)
        self._ending.timeout.connect(self.pause)
        self.to_contents = QPushButton("‹ All lessons")
        self.to_contents.setProperty("role", "flat")
        self.to_contents.setToolTip("All lessons (Esc)")
        self.to_contents.clicked.connect(self.contents_wanted)
        tab_focus(self.to_contents)
        name = note(self.title, role="title")
        head = QHBoxLayout()
        head.addWidget(self.to_contents)
        head.addWidget(name, 1)
        split = self.split = QSplitter()
        split.addWidget(panel(view, stretch=view))
        split.addWidget(self.table)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.strip)
        layout.addWidget(split, 1)
        layout.addWidget(self.bar)
        backstage(self.bar, self.to_contents, name)
        self.bar.set_speed(view.speed)
        self._connect()
        self.declare(*self.bar.own_actions(), *self.strip.own_actions(), *view.own_actions())
        self.strip.show_solved(run.solved)
        self._show()

    def _connect(self) -> None:
        bar, view = self.bar, self.view
        bar.toggled.connect(self.toggle)
        bar.stepped.connect(self.step)
        bar.went_back.connect(self.back_a_step)
        bar.reset.connect(self.reset)
        bar.seeded.connect(self.reset)
        bar.numbers_wanted.connect(self._show_numbers)
        view.edited.connect(self._on_edited)
        view.chosen.connect(self.form.set_settings)
        view.refused.connect(lambda sentence: self.session.say(sentence, "warning"))
        self.form.changed.connect(self._on_settings)

    def _add_links(self) -> None:
        """Buttons that lead to where the network on show does what the lesson is about."""
        pages = self.lesson.explained_by
        rooms = dict.fromkeys(each.partition("-")[0] for each in pages)
        self.links = {room: QPushButton(title) for room, title in ROOMS.items() if room in rooms}
        self.stage_link = QPushButton()
        if not pages:
            return
        self.column.add(self.stage_link, *self.links.values())
        self.stage_link.clicked.connect(self._go_to_stage)
        for room, button in self.links.items():
            button.clicked.connect(lambda _=False, room=room: self.workspace_wanted.emit(room))
        self._show_stage_link()

    def _stage(self) -> str:
        """The first stage of the open network that does what the lesson is about, or ""."""
        network, pages = self.session.network, self.lesson.explained_by
        if network is None:
            return ""
        if any(each.startswith("output-") for each in pages):
            return network.stages[-1].name
        return next((each.name for each in network.stages if each.kind in pages), "")

    def _show_stage_link(self) -> None:
        stage = self._stage()
        self.stage_link.setVisible(bool(stage))
        self.stage_link.setText(f"{stage} of the open network ›")

    def _go_to_stage(self) -> None:
        self.session.select_stage(self._stage())
        self.workspace_wanted.emit("layers")

    def follow(self, change: Change) -> None:
        if change & Change.NETWORK:
            self._show_stage_link()

    # What the window asks for

    def side_panel(self) -> QWidget:
        return self.column

    def titles(self) -> tuple[str, ...]:
        return ()

    def explanation(self) -> Explanation:
        lesson = self.lesson
        words = words_of(lesson.name)
        return Explanation(lesson.title, words, lesson.formula, paper=lesson.paper)

    def table_for_export(self) -> Table | None:
        return self.lesson.numbers(self.run.state, self.run.settings)

    def step_stage(self, by: int) -> None:
        self.step() if by > 0 else self.back_a_step()

    def step_unit(self, by: int) -> None:
        self.strip.show_question((self.strip.index + by) % len(self.lesson.tasks))

    def first_unit(self) -> None:
        self.reset()

    def last_unit(self) -> None:
        """End: nothing, as many lessons have no last step."""

    def toggle(self) -> None:
        self.pause() if self.playing else self.play()

    def stop(self) -> None:
        self.pause()

    # Steps

    def play(self) -> None:
        """Go on step by step until paused."""
        self.playing = not self.run.over
        self._show_bar()
        self._play_on()

    def pause(self) -> None:
        """Stay at the step on show."""
        self.playing = False
        self._next.stop()
        self._ending.stop()
        self._show_bar()

    def step(self, count: int = 1) -> None:
        """Take one step, or more at once."""
        self.pause()
        if not self.run.over:
            self._ask(count, SLICE_SECONDS if count == 1 else REPLAY_SECONDS)

    def back_a_step(self) -> None:
        """Return to the moment before."""
        self.pause()
        self.run.back()
        self._refresh()

    def reset(self, seed: int | None = None) -> None:
        """Return to the start, with other random numbers if a seed is given."""
        self.pause()
        self.run.reset(seed)
        self._refresh()

    def _play_on(self) -> None:
        if self.playing and self.isVisible():
            speed = self.bar.steps_a_second
            steps = ALL_THERE_IS_TIME_FOR if math.isinf(speed) else max(1, round(speed / FRAMES))
            self._ask(steps)

    def _ask(self, steps: int, seconds: float = SLICE_SECONDS) -> None:
        run, lesson = self.run, self.lesson
        state, settings = run.state, run.settings

        def work() -> tuple[Any, int, str, Any]:
            after, taken, problem = advance(lesson, state, settings, steps, seconds)
            return after, taken, problem, lesson.details(after, settings)

        self._computing.ask(
            once(work), on_done=partial(self._on_stepped, state), on_failed=self._on_failed
        )

    def _on_stepped(self, before: Any, result: tuple[Any, int, str, Any]) -> None:
        state, taken, problem, details = result
        changed = (
            before is not self.run.state
        )  # by hand, meanwhile: what comes of that is asked for
        if taken and not changed:
            self.run.take(state, taken)
            self._show()
        if not (taken and changed):
            self.view.draw_details(details)
        if problem:
            self.pause()
            self.session.say(problem, "warning")
        elif self.playing and self.run.over:
            self.pause()
        elif self.playing and not self._next.isActive():
            self._next.start(self._rest(taken))

    def _rest(self, steps: int) -> int:
        """Milliseconds until the next steps, after so many."""
        speed = self.bar.steps_a_second
        return 0 if math.isinf(speed) else round(1000 * max(steps, 1) / speed)

    def _on_failed(self, sentence: str) -> None:
        self.pause()
        self.session.say(sentence, "error")

    def _on_edited(self, state: Any, going_on: bool) -> None:
        self.run.take(state, going_on=going_on)
        self._refresh()

    def _on_settings(self, settings: Any) -> None:
        if settings != self.run.settings:
            self.run.choose(settings)
            self._refresh()

    def _refresh(self) -> None:
        """Show the run, which was changed, and ask for its details."""
        self._show()
        self._ask(0)

    # What is on show

    def _show(self) -> None:
        run = self.run
        if self.form.settings != run.settings:
            self.form.set_settings(run.settings)
        self.view.draw()
        if not self.table.isHidden():
            self.table.show_numbers(self.lesson.numbers(run.state, run.settings))
        self._show_bar()
        for place in self.strip.show_solved(run.solved):
            self.solved.emit(place)

    def _show_bar(self) -> None:
        run = self.run
        self.bar.show_run(self.playing, not run.over, run.can_go_back, run.seed)

    def _show_numbers(self, wanted: bool) -> None:
        self.table.setVisible(wanted)
        self._show()

    def forget_solved(self) -> None:
        """Take the questions as unsolved again."""
        self.run.forget_solved()
        self.strip.show_solved(self.run.solved)

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self._ask(0)

    def hideEvent(self, event: QHideEvent) -> None:
        self.pause()
        super().hideEvent(event)

    # Scenes of a show

    def state(self) -> State:
        run = self.run
        return State(
            {
                "settings": run.settings.to_dict(),
                "seed": run.seed,
                "steps": run.steps,
                "values": dict(self.lesson.to_values(run.state)),
                "question": self.strip.index,
                "numbers": self.bar.numbers.isChecked(),
                "speed": self.bar.speed.currentIndex(),
            }
        )

    def restore(self, state: State) -> list[str]:
        self.pause()
        given, run = state.settings, self.run
        settings, left_out = understood(self.lesson.settings, given.get("settings"))
        run.choose(settings)
        run.reset(_whole(given.get("seed"), 1, MOST_SEEDS))
        steps, values = _whole(given.get("steps"), 0, 10**9), given.get("values")
        if isinstance(values, dict) and values:
            try:
                run.take(self.lesson.from_values(values, settings, run.seed), steps)
            except UserError:
                left_out.append("what was on show in the lesson")
        self.strip.show_question(_whole(given.get("question"), 0, len(self.lesson.tasks) - 1))
        self.bar.numbers.setChecked(given.get("numbers") is True)
        speed = _whole(given.get("speed"), -1, self.bar.speed.count() - 1)
        if speed >= 0:
            self.bar.speed.setCurrentIndex(speed)
        self._show()
        self._ask(0 if values else min(steps, MOST_REPLAYED), REPLAY_SECONDS)
        return left_out

    def movements(self) -> Mapping[str, Movement]:
        return {"play": Movement("Play", self._play_for)}

    def _play_for(self, settings: GlideSettings) -> None:
        self.play()
        self._ending.start(round(1000 * settings.seconds))

    @property
    def moving(self) -> bool:
        return self.playing

    def hold_still(self) -> None:
        self.pause()


def _whole(value: Any, low: int, high: int) -> int:
    """A whole number of a scene within bounds; the lowest where it is none."""
    good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    return value if good else low
