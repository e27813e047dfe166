"""The Train workspace: watch a network learn, with your hand on the learning rate."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QAction, QHideEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QInputDialog, QVBoxLayout, QWidget

from visualizer.engine.shows.show import State
from visualizer.engine.training.schedules import Schedule
from visualizer.engine.training.train_settings import FOR_PIXELS, TrainSettings
from visualizer.gui.core.compute import once
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Change
from visualizer.gui.runs.steered_run import RunState
from visualizer.gui.train import text as words
from visualizer.gui.train.bricks_page import BricksPage
from visualizer.gui.train.controls import TrainControls
from visualizer.gui.train.curves_page import CurvesPage
from visualizer.gui.train.data_page import DataPage
from visualizer.gui.train.inside_page import InsidePage
from visualizer.gui.train.mistakes_page import MistakesPage
from visualizer.gui.train.past import SavedTraining, saved_training
from visualizer.gui.train.race_page import RacePage
from visualizer.gui.train.run import TrainRun, saved_folder
from visualizer.gui.train.run_bar import MORE_EPOCHS, RunBar
from visualizer.gui.train.scene import TrainScenes
from visualizer.gui.train.step_page import StepPage
from visualizer.gui.train.time_page import TimePage
from visualizer.gui.train.trial import RaceFrame, racing, trying_rates
from visualizer.gui.widgets.page_stack import PageStack
from visualizer.gui.widgets.tab_focus import tab_focus
from visualizer.gui.workspace import Action, Explanation, Movement, Table, Walk, Workspace

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.gui.core.session import Session
    from visualizer.gui.train.choice import Choice
    from visualizer.gui.train.stations import Scene
    from visualizer.gui.train.training_session import Offer, TrainFrame

PAGES = {
    "curves": "Curves",
    "inside": "Inside",
    "mistakes": "Mistakes",
    "time": "Time",
    "race": "Race",
    "step": "Step",
    "bricks": "Layers",
    "data": "Data",
}
"""The pages by name, with their titles."""
REFRESH_SECONDS = 0.5
"""Between two looks of the other workspaces at the network that learns."""


class TrainWorkspace(Workspace):
    """A training that goes on while another workspace is on show.

    The settings and the dial count from the next batch. Other pictures or another network take a
    new training: they count at once as long as nothing was learnt, and from the next start then.
    """

    title = "Train"
    shows_answer = True
    walk = Walk("watched picture", "learning rate", "first and newest moment", "play or pause")

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.run = TrainRun(session.compute, self)
        self.controls = TrainControls(self._current_picture)
        self.bar = RunBar(self.run, PAGES)
        self.curves, self.inside, self.mistakes = CurvesPage(), InsidePage(), MistakesPage()
        self.time, self.race_page = TimePage(), RacePage()
        self.step_page, self.bricks, self.data = StepPage(), BricksPage(), DataPage()
        self.pages: dict[str, Any] = {
            "curves": self.curves,
            "inside": self.inside,
            "mistakes": self.mistakes,
            "time": self.time,
            "race": self.race_page,
            "step": self.step_page,
            "bricks": self.bricks,
            "data": self.data,
        }
        self._tracing = Latest(session.compute, parent=self)
        self._racing = Latest(session.compute, "Race", self, background=True)
        self._offering = Latest(session.compute, parent=self, cancellable=False)
        self._exploring = Latest(session.compute, parent=self)
        self._saving = Latest(session.compute, "Saving the network", self, must_finish=True)
        self._race: RaceFrame | None = None
        self.stack = PageStack()
        for page in self.pages.values():
            self.stack.addWidget(page)
        self._settings = self.controls.train_settings  # as the training has them, or will
        self._version = 0
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.bar)
        layout.addWidget(self.stack, 1)
        self._refreshed: TrainFrame | None = None  # what the other workspaces saw last
        self._refreshed_at = 0.0
        self._explored: Network | None = None  # of the training before, where it was open
        self._saved: SavedTraining | None = None
        self.curves.dial.set_rate(self._settings.learning_rate)
        self._scenes = TrainScenes(self)
        controls = self.controls
        self.keep_in_scenes(data=controls.data, model=controls.model, settings=controls.settings)
        self._connect()
        self._declare()
        self._on_state(self.run.state)

    # What the window asks for

    def side_panel(self) -> QWidget:
        return self.controls

    def explanation(self) -> Explanation:
        return words.explanation(self.run.frame, self.page_name)

    def titles(self) -> tuple[str, ...]:
        return () if self.run.frame is None else (self.run.frame.title,)

    @property
    def page_name(self) -> str:
        """Of the page on show."""
        shown = self.stack.currentWidget()
        return next(name for name, page in self.pages.items() if page is shown)

    def exports(self) -> Sequence[QAction]:
        return [self.declared["file"], self.declared["events"]]

    def table_for_export(self) -> Table | None:
        """A row an epoch."""
        frame = self.run.frame
        if frame is None:
            return None
        curves = frame.curves
        columns = (
            curves.epochs,
            curves.validation_loss,
            curves.validation_accuracy,
            curves.adversarial_accuracy,
        )
        rows = [[float(value) for value in row] for row in zip(*columns, strict=True)]
        header = ["epoch", "validation loss", "validation accuracy", "adversarial accuracy"]
        return header, rows

    def step_stage(self, by: int) -> None:
        """Watch another validation picture; step by step, go to another station."""
        if self.stack.currentWidget() is self.step_page:
            self.step_page.step(by)
            return
        training_session = self.run.training_session
        if training_session is not None and training_session.inspector is not None:
            training_session.inspector.watched += by
            self.run.look()

    def step_unit(self, by: int) -> None:
        self.curves.dial.step(-by)

    def first_unit(self) -> None:
        """Back to the beginning of this run."""
        self._go_to(0)

    def last_unit(self) -> None:
        """Forward to the newest moment of this run."""
        self._go_to(-1)

    def _go_to(self, place: int) -> None:
        if self.run.frame is not None:
            past = self.run.frame.past
            of_run = [each for each in past.moments if each.branch == past.branch]
            if of_run:
                self.run.go_to(of_run[place].branch, of_run[place].batch)

    def toggle(self) -> None:
        if self.run.running:
            self.run.pause()
        elif self.run.state is RunState.DONE:
            self._set_settings(epochs=self._settings.epochs + MORE_EPOCHS)
            self.run.go_on()
        elif self.run.frame is not None:
            self.run.go_on()

    def stop(self) -> None:
        self.run.pause()

    # Scenes of a show

    def state(self) -> State:
        traced = self.page_name == "step" and bool(self.step_page.scenes)
        return State({**super().state().settings, "page": self.page_name, "traced": traced})

    def scene_results(self) -> Callable[[], Mapping[str, bytes]] | None:
        return self._scenes.results()

    def restore(self, state: State) -> list[str]:
        return self._scenes.restore(state)

    def restore_controls(self, state: State) -> list[str]:
        """Put into the side column what a scene has kept of it, without beginning anything."""
        kept = {
            name: value for name, value in state.settings.items() if name not in ("page", "traced")
        }
        left_out = super().restore(State(kept))
        self._settings = self.controls.train_settings
        self.curves.dial.set_rate(self._settings.learning_rate)
        return left_out

    def movements(self) -> Mapping[str, Movement]:
        return self._scenes.movements()

    @property
    def moving(self) -> bool:
        return self.run.running

    def hold_still(self) -> None:
        self._scenes.hold_still()

    # What can be done

    def choose_page(self, name: str) -> None:
        """Show a page by its name."""
        self.stack.setCurrentWidget(self.pages[name])
        self.bar.show_page(name)
        if self.run.training_session is not None:
            self.run.training_session.wanted = self.pages[name].wanted
            if self.run.frame is not None:
                self.pages[name].show_frame(self.run.frame)
                self.run.look()
        self.explanation_changed.emit()

    def explore(self) -> None:
        """Open the network that is trained in the whole window: it is seen as it learns."""
        if self.run.training_session is not None:
            self._exploring.ask(self.run.training_session.whole, on_done=self._show_network)

    def _show_network(self, network: Network) -> None:
        self.session.show_network(network)
        self._refreshed = self.run.frame
        self.workspace_wanted.emit("layers")

    def save(self) -> None:
        """Ask for a title, and save the network of now into the catalogue under it."""
        if self.run.frame is None:
            return
        dialog = QInputDialog(self)
        dialog.setWindowTitle("Save into the catalogue")
        dialog.setLabelText("The network is to be called")
        dialog.setTextValue(self.run.frame.title)
        dialog.textValueSelected.connect(self.keep)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def keep(self, title: str) -> None:
        """Save the network of now with its card into the catalogue."""
        if self.run.training_session is not None:
            title = " ".join(title.split()) or self.run.training_session.choice.title
            self._saving.ask(
                once(self.run.training_session.keep, title),
                on_done=lambda _: self._on_kept(title),
            )

    def _on_kept(self, title: str) -> None:
        self.controls.show_networks()
        self.session.say(
            f"“{title}” is in the catalogue (Ctrl+N), with how it was trained; it opens in every "
            "workspace."
        )

    def _ask_file(self) -> None:
        if self.run.frame is not None:
            dialog = QFileDialog(self, "Save the network as a file")
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix("keras")
            dialog.setNameFilters(["Keras model (*.keras)"])
            dialog.selectFile(f"{self.run.frame.title}.keras")
            dialog.fileSelected.connect(self.save_to)
            dialog.finished.connect(dialog.deleteLater)
            dialog.open()

    def _ask_events(self) -> None:
        if self.run.frame is not None:
            dialog = QFileDialog(self, "A folder for the event file")
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.fileSelected.connect(self.write_events)
            dialog.finished.connect(dialog.deleteLater)
            dialog.open()

    def write_events(self, folder: str) -> None:
        """Save the record of the training as an event file for TensorBoard."""
        if self.run.training_session is not None:
            self._saving.ask(
                once(self.run.training_session.write_events, Path(folder)),
                on_done=lambda _: self.session.say(
                    f"The record is in “{Path(folder).name}”: tensorboard --logdir shows it."
                ),
            )

    def save_to(self, path: str) -> None:
        """Save the network of now with its card."""
        if self.run.training_session is not None:
            self._saving.ask(
                once(self.run.training_session.save, Path(path)),
                on_done=lambda _: self.session.say(
                    f"“{Path(path).name}” is saved, with how it was trained; it opens in every "
                    "workspace as any model file."
                ),
            )

    def begin(self, folder: Path | None = None) -> None:
        """Begin anew with the pictures, network and settings in the side column.

        Args:
            folder: where it is kept; None for that of all trainings.
        """
        if not self.controls.complete:
            self.controls.show_chosen("")
            choice, before = self.controls.choice, self.run.training_session
            if self._settings == (before.choice.usual if before is not None else TrainSettings()):
                self._show_settings(choice.usual)  # nobody has set anything
            self._begin(choice, self._settings, folder=folder)

    def _begin(
        self,
        choice: Choice,
        settings: TrainSettings,
        *,
        resume: bool = False,
        folder: Path | None = None,
    ) -> None:
        self._explored = self.session.network if self._explores else None
        self._version = 0
        for name in (*FOR_PIXELS, "adversarial_share", "dropout"):
            self.controls.settings.control(name).setEnabled(not choice.has_features)
        for asked in (self._tracing, self._exploring, self._racing):
            asked.drop()
        self._show_race(None, False)
        self.race_page.show_range(None)
        self.bar.show_offer("")
        self.run.begin(choice, settings, resume=resume, folder=folder)
        assert self.run.training_session is not None
        self.run.training_session.wanted = self.pages[self.page_name].wanted
        self._smooth(self._smoothing)

    def set_rate(self, rate: float) -> None:
        """Learn with this rate from the next batch on."""
        self.curves.dial.set_rate(rate)
        self._set_settings(learning_rate=rate)

    def train_layers(self, layers: list[dict[str, Any]]) -> None:
        """Begin anew with layers that were built by hand."""
        self.controls.set_layers(layers)
        self.begin()

    def trace(self) -> None:
        """Take a batch slowly."""
        if self.run.training_session is not None:
            self.run.end_test()
            self.run.pause()
            self._tracing.ask(self.run.training_session.trace, on_done=self._show_trace)

    def _show_trace(self, told: tuple[TrainFrame, tuple[Scene, ...]]) -> None:
        frame, scenes = told
        self.run.show_frame(frame)
        self.step_page.show_scenes(scenes)

    def test_rates(self) -> None:
        """Try ever larger rates, and suggest two."""
        training_session = self.run.training_session
        if training_session is not None:
            self.race_page.show_range(None)
            self.run.test_rates(partial(trying_rates, training_session), self.race_page.show_range)

    def race(self, setting: str, values: Sequence[Any], epochs: int) -> None:
        """Let several values of a setting learn side by side; while they do, stop them."""
        if self._racing.running:
            self._racing.cancel()
        elif self.run.training_session is not None:
            self.run.end_test()
            self.run.pause()
            make = partial(racing, self.run.training_session, setting, values, epochs)
            self._racing.ask(
                make,
                on_frame=lambda frame: self._show_race(frame, True),
                on_done=lambda frame: self._show_race(frame, False),
                on_cancelled=lambda: self._show_race(self._race, False),
                on_failed=self._on_race_failed,
            )
            self._show_race(None, True)

    def _on_race_failed(self, sentence: str) -> None:
        self._show_race(self._race, False)
        self.session.say(sentence, "error")

    def _show_race(self, frame: RaceFrame | None, running: bool) -> None:
        self._race = frame
        self.race_page.show_race(frame, running)

    def _take_racer(self, place: int) -> None:
        if self._race is not None:
            self.run.take_over(self._race.racers[place].training)

    # Construction

    def _connect(self) -> None:
        bar, curves, controls, run = self.bar, self.curves, self.controls, self.run
        run.shown.connect(self._on_frame)
        run.state_changed.connect(self._on_state)
        bar.start_button.clicked.connect(lambda _=False: self.begin())
        bar.go_button.clicked.connect(self.toggle)
        bar.batch_button.clicked.connect(run.take_batch)
        bar.epoch_button.clicked.connect(run.take_epoch)
        bar.end_button.clicked.connect(lambda: run.go_on(hurry=True))
        bar.explore_button.clicked.connect(self.explore)
        bar.save_button.clicked.connect(self.save)
        bar.offer_taken.connect(self._take_offer)
        bar.page_chosen.connect(self.choose_page)
        curves.dial.changed.connect(lambda rate: self._set_settings(learning_rate=rate))
        curves.rate.redrawn.connect(self.redraw_schedule)
        curves.smoothed.connect(self._smooth)
        self.mistakes.to_tray.connect(self._keep)
        self.time.gone_to.connect(run.go_to)
        self.race_page.test_wanted.connect(self.test_rates)
        self.race_page.race_wanted.connect(self.race)
        self.race_page.rate_taken.connect(self.set_rate)
        self.race_page.racer_taken.connect(self._take_racer)
        self.step_page.trace_wanted.connect(self.trace)
        self.bricks.train_wanted.connect(self.train_layers)
        bar.carry_on.connect(self._carry_on)
        controls.settings.changed.connect(self._on_form)
        controls.chosen.connect(self._on_chosen)
        controls.folder_wanted.connect(self._ask_folder)
        self._smoothing = 0.9

    def _declare(self) -> None:
        bar, press = self.bar, Action.press
        bar.go_button.setToolTip("Play, or pause (Space)")
        self.declare(
            press("batch", "Train on one batch", ".", bar.batch_button),
            press("epoch", "Train to the end of the epoch", "E", bar.epoch_button),
            press("end", "Train to the end, as fast as it goes", "Shift+E", bar.end_button),
            press("begin", "Begin anew", "N", bar.start_button),
            press(
                "explore",
                "Open it in the other workspaces, as it learns",
                "L",
                bar.explore_button,
            ),
            press("save", "Save it into the catalogue", "S", bar.save_button),
            Action("file", "Save the network as a file…", "Shift+S", self._ask_file),
            Action("events", "Save the record for TensorBoard…", "", self._ask_events),
            press("earlier", "Back in time", "[", self.time.back_button),
            press("later", "Forward in time", "]", self.time.on_button),
            press("log", "Loss on a logarithmic axis", "Y", self.curves.log),
            Action("tray", "Put the watched picture into the tray", "T", self._keep_watched),
            *(
                press(f"page {name}", f"The page {title}", f"Alt+{place}", bar.tabs[name])
                for place, (name, title) in enumerate(PAGES.items(), 1)
            ),
        )
        bar.show_page("curves")

    # The session

    def follow(self, change: Change) -> None:
        if change & Change.ACTIVATIONS and self.session.live:
            self.controls.own.on_camera_picture()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        tab_focus(self, self.controls)
        self.controls.show_networks()
        if self.run.training_session is not None:
            self.run.training_session.wanted = self.pages[self.page_name].wanted
        if self.run.frame is not None:
            self._on_frame(self.run.frame)
            self.run.look()
        if self.run.state is RunState.EMPTY and not self.run.preparing:
            self._on_chosen()
            self._offering.ask(once(saved_training, saved_folder()), on_done=self._offer)

    def hideEvent(self, event: QHideEvent) -> None:
        """Look at nothing while nobody does; the training goes on."""
        super().hideEvent(event)
        if self.run.training_session is not None:
            self.run.training_session.wanted = frozenset()
        self._refresh()

    def _current_picture(self) -> np.ndarray | None:
        specimen = self.session.specimen
        return None if specimen is None else specimen.picture

    # The training of last time

    def _offer(self, saved: SavedTraining | None) -> None:
        self._saved = saved
        if saved is not None and not self.run.begun:
            self.bar.show_offer(words.offer(saved.choice.title, saved.epoch))

    def _carry_on(self) -> None:
        """Go on with the training of last time."""
        if self._saved is not None:
            self.take_saved(self._saved)

    def take_saved(self, saved: SavedTraining, folder: Path | None = None) -> None:
        """Go on with a training that is kept in a folder; None for that of all trainings."""
        self._show_settings(saved.settings)
        self.controls.show_choice(saved.choice)
        self._begin(saved.choice, self._settings, resume=True, folder=folder)

    # The run

    @property
    def _explores(self) -> bool:
        """Whether the network that is trained is the one that is open in the window."""
        session = self.run.training_session
        return session is not None and self.session.network is session.network is not None

    def _on_frame(self, frame: TrainFrame) -> None:
        session = self.run.training_session
        assert session is not None
        if session.network is not None and self._explored is not None:
            if self.session.network is self._explored:  # its successor takes its place
                self.session.show_network(session.network)
            self._explored = None
        if session.choice.own and not self.controls.own.pictures:  # those of before a restart
            self.controls.show_choice(session.choice)
        if frame.version != self._version:  # a moment of before, or another run, with its settings
            self._version = frame.version
            self._show_settings(frame.settings)
        if self.isVisible():
            self.bar.show_frame(frame)
            self.pages[self.page_name].show_frame(frame)
        elif time.monotonic() - self._refreshed_at >= REFRESH_SECONDS:
            self._refresh()

    def _on_state(self, state: RunState) -> None:
        self.bar.show_state(state)
        self.curves.in_turn = self.time.in_turn = state is RunState.RUNNING
        if not self.curves.in_turn and self.run.frame is not None and self.isVisible():
            self.pages[self.page_name].show_frame(self.run.frame)
        if self.run.frame is None:
            for page in self.pages.values():
                page.show_frame(None)
        if state is RunState.FAILED and not self.isVisible():
            self.session.say(self.run.error, "error")
        if state is not RunState.RUNNING:
            self.explanation_changed.emit()
            self._refresh()

    # What is chosen

    def _on_chosen(self) -> None:
        """Begin at once while nothing was learnt; else say that it takes a new start."""
        missing = self.controls.complete
        self.curves.set_hint(missing)
        self.bar.start_button.setEnabled(not missing)
        if missing:
            self.controls.show_chosen(missing)
        elif self.run.begun or self.run.running:
            self.controls.show_chosen(words.LATER)
        else:
            self.begin()

    def _on_form(self, settings: Any) -> None:
        rate = self._settings.learning_rate
        wanted: TrainSettings = replace(settings, learning_rate=rate)
        if wanted.seed != self._settings.seed and self.run.begun:
            self._settings = replace(self._settings, seed=wanted.seed)
            self.controls.show_chosen(words.LATER)
        elif wanted.seed != self._settings.seed:
            self._settings = wanted
            self._on_chosen()
        self._set_settings(**wanted.to_dict())

    def _show_settings(self, settings: TrainSettings) -> None:
        """Show settings that the training has already, or will begin with."""
        self._settings = settings
        self.controls.settings.set_settings(settings)
        self.curves.dial.set_rate(settings.learning_rate)

    def _set_settings(self, **fields: Any) -> None:
        """Change settings from the next batch on."""
        before = self._settings
        training_session = self.run.training_session
        if training_session is not None and training_session.choice.has_features:
            fields = {name: value for name, value in fields.items() if name not in FOR_PIXELS}
        changed = {name: v for name, v in fields.items() if getattr(before, name) != v}
        if not changed:
            return
        self._settings = replace(before, **changed)
        self.controls.settings.set_settings(self._settings)
        self.run.change(lambda training: training.change(**changed))

    def redraw_schedule(self, stroke: list[tuple[float, float]]) -> None:
        """Let the learning rate go on as it was drawn: (epoch, rate) of each point."""
        epochs, rate = self._settings.epochs, self._settings.learning_rate
        points = [(epoch / epochs, value / rate) for epoch, value in stroke]

        def redraw(training: Any) -> None:
            schedule: Schedule = training.schedule
            training.set_schedule(schedule.redrawn(points))

        self.run.change(redraw)

    def _take_offer(self, offer: Offer) -> None:
        """Go on with what is offered after the training had to stop."""
        if offer.setting == "learning_rate":
            self.set_rate(offer.value)
        else:
            self._set_settings(**{offer.setting: offer.value})
        self.run.go_on()

    def _smooth(self, smoothing: float) -> None:
        self._smoothing = smoothing
        if self.run.training_session is not None:
            self.run.training_session.smoothing = smoothing
            if self.run.frame is not None:
                self.run.look()

    # What comes of it

    def _keep(self, index: int) -> None:
        """Put a validation picture into the tray."""
        training_session = self.run.training_session
        if training_session is not None and training_session.inspector is not None:
            inspector = training_session.inspector
            self.to_tray(lambda: inspector.specimen(index))

    def _keep_watched(self) -> None:
        if self.run.frame is not None:
            self._keep(self.run.frame.views.watched)

    def _refresh(self) -> None:
        """Let the workspace that is on show instead look at the network as it is now."""
        frame = self.run.frame
        learnt = frame is not None and frame is not self._refreshed
        if learnt and self._explores and not self.isVisible():
            self._refreshed, self._refreshed_at = frame, time.monotonic()
            self.session.weights_changed()

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, "A folder with a folder of pictures for each class")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.controls.set_folder)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
