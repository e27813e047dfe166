"""A workspace, or a page of one, that is about one steered run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QImage, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from visualizer.engine.shows.show import State
from visualizer.engine.technique import Frame, Settings
from visualizer.gui.core.compute import once
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Change
from visualizer.gui.runs.history import Bounds
from visualizer.gui.runs.run import Run
from visualizer.gui.runs.run_view import PictureView, RunView, progress_words
from visualizer.gui.runs.steered_run import RunState
from visualizer.gui.widgets.control_column import ControlColumn
from visualizer.gui.widgets.figure import Part, Tile, Tiles
from visualizer.gui.widgets.image_view import screen_image
from visualizer.gui.widgets.shown_picture import picture_of
from visualizer.gui.widgets.tab_focus import tab_focus
from visualizer.gui.workspace import Movement, NoSettings, Table, Walk, Workspace

if TYPE_CHECKING:
    from visualizer.engine.network import Prediction
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session
    from visualizer.gui.runs.crash_copy import CrashCopy
    from visualizer.gui.runs.history import Step
    from visualizer.gui.runs.recipe import FrameSource, Recipe


RESULT = "result"
"""The name of the newest step in the scenes of a show."""
MOST_KEPT = 2000
"""Values of a curve that a scene keeps."""


class RunPage(Workspace):
    """A run with its controls. A subclass names the run and says in `start` where it begins.

    What came to its end, or took long, is put into the tray before another run begins. A run that
    the user started goes on while the page is hidden.

    Args:
        session: the session.
        crash_copy: where what the run makes is saved until it is in the tray; None for nowhere.
        view: shows the steps (see `StepView`); by default their pictures.
    """

    run_name = ""
    """The name of its file on disk."""
    run_title = ""
    """The title of its row in the jobs bar."""
    hint = ""
    """What is said before there is a step."""
    curves: Mapping[str, str] | None = {"objective": "objective"}
    """The numbers to plot, and what they are called; None for all that come."""
    steerable = True
    """Whether it can continue from what is on show."""
    bounds = Bounds()
    """How many steps are kept to be undone."""

    shows_answer = True
    walk = Walk(space="pause or go on")

    def __init__(
        self, session: Session, crash_copy: CrashCopy | None = None, view: QWidget | None = None
    ) -> None:
        super().__init__(session)
        self.crash_copy = crash_copy
        self.run = Run(session.compute, self.run_title, self, self.bounds)
        shown = view if view is not None else PictureView(self.hint)
        shown.setAccessibleName(self.run_title)
        self.run_view = RunView(
            self.run, shown, self.hint, self.curves, self.steerable, self.progress_words
        )
        self.controls = ControlColumn()
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(self.run_view, 1)
        self.answers: list[Prediction] = []
        """What the network sees in the picture on show, once the run rests."""
        self._answered: Step | None = None
        self._kept: Step | None = None  # the one that was put into the tray last
        self._asking = Latest(session.compute, parent=self)
        self._showing = Latest(session.compute, parent=self)
        self._connect_transport()
        self.setFocusProxy(self.run_view)

    @property
    def recipe(self) -> Recipe | None:
        """What the newest step was made by."""
        return self.run.step.recipe if self.run.step is not None else None

    def start(self) -> None:
        """Begin anew."""

    def start_from_here(self) -> None:
        """Begin anew from the picture on show; only where the run is steerable."""

    def begin(self, source: FrameSource) -> None:
        """Run a source in place of what ran before."""
        self.rescue()
        self._forget_answers()
        save = partial(self.crash_copy.save, self.run_name) if self.crash_copy else None
        self.run.start(source, save)
        self.explanation_changed.emit()

    def rescue(self) -> None:
        """Put the picture into the tray before it is replaced, if the run was long."""
        step = self.run.step.pictured if self.run.step is not None else None
        if step is not None and step is not self._kept and self.run.worth_keeping:
            said = "What was made before is in the tray."
            self.to_tray(step.specimen, lambda _: self.session.say(said))

    def clear(self) -> None:
        """Stop the run, and show nothing of it any more."""
        self.run.clear()
        self.run_view.clear()
        self._forget_answers()

    def keep(self, through_layers: bool = False) -> None:
        """Put the picture into the tray, or also go and look at it in the Layers workspace."""
        step = self.run.step.pictured if self.run.step is not None else None
        if step is not None:
            then = partial(self._on_kept, step, through_layers)
            self.to_tray(step.specimen, then, select=through_layers)

    def show_start(self, specimen: Specimen | None) -> None:
        """Show the picture that the run would begin with, until there is a step."""
        if specimen is not None and self._is_empty():
            self._showing.ask(
                once(lambda: screen_image(specimen.picture)), on_done=self._on_start_image
            )

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return the numbers of the newest step and what the network sees, for an explanation."""
        numbers = self.run.frame.numbers if self.run.frame is not None else {}
        seen = [f"{each.label} {each.text(1)}" for each in self.answers]
        return (
            *((name.capitalize(), f"{value:.4g}") for name, value in numbers.items()),
            *((f"Sees {place}", words) for place, words in enumerate(seen, 1)),
        )

    def progress_words(self, state: RunState, frame: Frame) -> str:
        """Say how far the run is."""
        return progress_words(state, frame)

    # As a workspace

    def let_go(self) -> None:
        self.rescue()
        self.clear()

    def follow(self, change: Change) -> None:
        if Change.NETWORK in change:
            self.run_view.transport.start_button.setEnabled(self.session.network is not None)
            self._enable_actions()

    def side_panel(self) -> QWidget:
        return self.controls

    def figure(self) -> Sequence[Part]:
        shown = picture_of(self.run_view.view, None)
        if shown is None:
            return []
        tile = Tile(shown.image, self.run_view.status.accessibleName())
        curves = [each.part() for each in self.run_view.curves.values() if each.isVisible()]
        return [Tiles([tile], self.explanation().title, columns=1, smooth=True), *curves]

    def table_for_export(self) -> Table | None:
        curves = self.run.curves
        if not curves:
            return None
        rows = zip_longest(*curves.values(), fillvalue="")
        names = [(self.curves or {}).get(name, name) for name in curves]
        return ["step", *names], [[step, *row] for step, row in enumerate(rows, 1)]

    def toggle(self) -> None:
        state = self.run.state
        if self.run.running:
            self.run.pause()
        elif self.run_view.transport.go_button.isEnabled():
            self.start_from_here() if state is RunState.DONE else self.run.go_on()
        else:
            self.start()

    def stop(self) -> None:
        self.run.pause()

    # Scenes of a show

    def state(self) -> State:
        """The controls, and the newest picture with how far the run is."""
        kept, run = super().state(), self.run
        step = run.step.pictured if run.step is not None else None
        if step is None or run.step is None:
            return kept
        frame = run.step.frame
        result = {
            "step": frame.step,
            "total": frame.total,
            "numbers": dict(frame.numbers),
            "curves": {name: values[-MOST_KEPT:] for name, values in run.curves.items()},
            "done": run.state is RunState.DONE,
        }
        return State({**kept.settings, RESULT: result}, {**kept.pictures, RESULT: step.specimen()})

    def restore(self, state: State) -> list[str]:
        self._rest_in_scene()
        settings = dict(state.settings)
        result, specimen = settings.pop(RESULT, None), state.pictures.get(RESULT)
        left_out = super().restore(replace(state, settings=settings))
        self._rest_in_scene()
        source = self.scene_source() if specimen is not None else None
        if specimen is None or source is None or not isinstance(result, dict):
            self.clear()
            self.show_start(self.session.specimen)
            return left_out
        try:
            frame, curves = _of_scene(specimen, result)
        except (TypeError, ValueError, KeyError, AttributeError):
            return [*left_out, "its result"]
        self.rescue()
        self._forget_answers()
        self.run.stand(source, frame, curves, result.get("done") is True)
        return left_out

    def scene_source(self) -> FrameSource | None:
        """Where the frames come from that follow the picture of a scene; None for nowhere."""
        return None

    def _rest_in_scene(self) -> None:
        """Begin nothing by itself while a scene is being entered."""

    def movements(self) -> Mapping[str, Movement]:
        return {"run": Movement("Go on", self._go_on_in_scene, NoSettings)}

    def _go_on_in_scene(self, _settings: Settings) -> None:
        if not self.run.running:
            self.toggle()

    @property
    def moving(self) -> bool:
        return self.run.running

    def hold_still(self) -> None:
        self.run.pause()

    # What comes of it

    def _connect_transport(self) -> None:
        transport = self.run_view.transport
        transport.start.connect(self.start)
        transport.toggled.connect(self.toggle)
        transport.step.connect(self.run.take_step)
        transport.undo.connect(self.run.undo)
        transport.from_here.connect(self.start_from_here)
        transport.to_tray.connect(self.keep)
        transport.through_layers.connect(lambda: self.keep(through_layers=True))
        actions = transport.actions_with_keys()
        self._buttons = {each.id: each.button for each in actions}
        self.declare(*actions)
        self.run.shown.connect(lambda _: self._enable_actions())
        self.run.state_changed.connect(self._on_state)
        self._enable_actions()

    def _enable_actions(self) -> None:
        for name, button in self._buttons.items():
            self.declared[name].setEnabled(button is not None and button.isEnabled())

    def _on_state(self, state: RunState) -> None:
        self._enable_actions()
        if state is RunState.FAILED and not self.isVisible():
            self.session.say(self.run.error, "error")
        if state is not RunState.RUNNING:
            self.explanation_changed.emit()
            self._ask_answers()

    def _on_kept(self, step: Step, through_layers: bool, specimen: Specimen) -> None:
        latest = self.run.step.pictured if self.run.step is not None else None
        if step is latest and not self.run.running:
            self._kept = step
            if self.crash_copy is not None:
                self.crash_copy.forget(self.run_name, specimen)
        where = "is the picture that all workspaces look at" if through_layers else "is in the tray"
        self.session.say(f"“{specimen.title}” {where}, with the recipe that made it.")
        if through_layers:
            self.session.compare_with(None)  # with what was compared before it has nothing to do
            self.workspace_wanted.emit("layers")

    def _is_empty(self) -> bool:
        return self.run.frame is None and not self.run.running

    def _on_start_image(self, image: QImage) -> None:
        view = self.run_view.view
        if isinstance(view, PictureView) and self._is_empty():
            view.set_picture(image)

    def _ask_answers(self) -> None:
        """Classify the picture of a run that is paused or done."""
        step, network = self.run.step, self.session.network
        pictured = step.pictured if step is not None else None
        if pictured is None or network is None or self.run.running or not self.isVisible():
            return
        if pictured is self._answered:
            self._say_answers()
        else:
            picture = pictured.frame.picture
            assert picture is not None
            self._asking.ask(
                once(network.predictions, picture, 3), on_done=partial(self._on_answers, pictured)
            )

    def _on_answers(self, step: Step, answers: list[Prediction]) -> None:
        latest = self.run.step
        if latest is not None and step is latest.pictured and not self.run.running:
            self._answered, self.answers = step, answers
            self._say_answers()
            self.explanation_changed.emit()

    def _say_answers(self) -> None:
        if self.answers:
            first, *others = [f"{each.label} {each.text()}" for each in self.answers[:2]]
            self.run_view.say_more(f"the network sees {first}", *others)

    def _forget_answers(self) -> None:
        self._asking.drop()
        self._answered, self.answers = None, []

    # Events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        tab_focus(self, self.controls)
        self._ask_answers()


def _of_scene(
    specimen: Specimen, result: Mapping[str, Any]
) -> tuple[Frame, dict[str, list[float]]]:
    """The newest step of a scene and its curves.

    Raises:
        ValueError: the scene holds something else.
    """
    step, total = int(result["step"]), result["total"]
    numbers = {str(name): float(value) for name, value in result["numbers"].items()}
    curves = {
        str(name): [float(value) for value in values] for name, values in result["curves"].items()
    }
    frame = Frame(step, None if total is None else int(total), specimen.pixels, numbers)
    return frame, curves
