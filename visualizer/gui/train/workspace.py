"""The Train workspace: watch a network learn, with your hand on the learning rate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from visualizer.engine.training.schedules import Schedule
from visualizer.engine.training.train_settings import TrainSettings
from visualizer.gui.core.session import Change
from visualizer.gui.runs.steered_run import RunState
from visualizer.gui.train import text as words
from visualizer.gui.train.controls import TrainControls
from visualizer.gui.train.run import TrainRun
from visualizer.gui.train.watch_page import MORE_EPOCHS, WatchPage
from visualizer.gui.widgets.tab_focus import tab_focus
from visualizer.gui.workspace import Action, Explanation, Table, Walk, Workspace

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session
    from visualizer.gui.train.teaching import TrainFrame


class TrainWorkspace(Workspace):
    """A training that goes on while another workspace is on show.

    The settings and the dial count from the next batch. Other pictures or another network take a
    new training: they count at once as long as nothing was learnt, and from the next start then.
    """

    title = "Train"
    shows_answer = True
    walk = Walk("", "learning rate", "", "play or pause")

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.run = TrainRun(session.compute, self)
        self.controls = TrainControls(self._current_picture)
        self.page = WatchPage(self.run)
        self._settings = self.controls.train_settings  # as the training has them, or will
        self._version = 0
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)
        self.page.dial.set_rate(self._settings.learning_rate)
        self._connect()
        self._declare()
        self._on_state(self.run.state)

    # What the window asks for

    def side_panel(self) -> QWidget:
        return self.controls

    def explanation(self) -> Explanation:
        return words.explanation(self.run.frame, "watch")

    def picture_for_export(self) -> QWidget:
        return self.page.loss

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
        """Left and Right: nothing to walk through."""

    def step_unit(self, by: int) -> None:
        self.page.dial.step(-by)

    def first_unit(self) -> None:
        """Home."""

    def last_unit(self) -> None:
        """End."""

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

    # What can be done

    def begin(self) -> None:
        """Begin anew with the pictures, network and settings in the side column."""
        if not self.controls.complete:
            self.controls.show_chosen("")
            self._version = 0
            self.run.begin(self.controls.choice, self._settings)
            self._smooth(self._smoothing)

    def set_rate(self, rate: float) -> None:
        """Learn with this rate from the next batch on."""
        self.page.dial.set_rate(rate)
        self._set_settings(learning_rate=rate)

    # Construction

    def _connect(self) -> None:
        page, controls, run = self.page, self.controls, self.run
        run.shown.connect(self._on_frame)
        run.state_changed.connect(self._on_state)
        page.start_button.clicked.connect(self.begin)
        page.go_button.clicked.connect(self.toggle)
        page.batch_button.clicked.connect(run.take_batch)
        page.epoch_button.clicked.connect(run.take_epoch)
        page.end_button.clicked.connect(lambda: run.go_on(hurry=True))
        page.dial.changed.connect(lambda rate: self._set_settings(learning_rate=rate))
        page.rate.bent.connect(self.bend)
        page.rate_taken.connect(self._take_rate)
        page.smoothed.connect(self._smooth)
        controls.settings.changed.connect(self._on_form)
        controls.chosen.connect(self._on_chosen)
        controls.folder_wanted.connect(self._ask_folder)
        self._smoothing = 0.9

    def _declare(self) -> None:
        page, press = self.page, Action.press
        page.go_button.setToolTip("Play, or pause (Space)")
        self.declare(
            press("batch", "Train on one batch", ".", page.batch_button),
            press("epoch", "Train to the end of the epoch", "E", page.epoch_button),
            press("end", "Train to the end, as fast as it goes", "Shift+E", page.end_button),
            press("begin", "Begin anew", "N", page.start_button),
            press("log", "Loss on a logarithmic axis", "Y", page.log),
        )

    # The session

    def follow(self, change: Change) -> None:
        if change & Change.ACTIVATIONS and self.session.live:
            self.controls.own.on_camera_picture()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        tab_focus(self, self.controls)
        if self.run.state is RunState.EMPTY and not self.run.preparing:
            self._on_chosen()

    def _current_picture(self) -> np.ndarray | None:
        specimen = self.session.specimen
        return None if specimen is None else specimen.picture

    # The run

    def _on_frame(self, frame: TrainFrame) -> None:
        if frame.version != self._version:  # a moment of before, or another run, with its settings
            self._version = frame.version
            self._settings = frame.settings
            self.controls.settings.set_settings(frame.settings)
            self.page.dial.set_rate(frame.settings.learning_rate)
        if self.isVisible():
            self.page.show_frame(frame)

    def _on_state(self, state: RunState) -> None:
        self.page.show_state(state)
        if self.run.frame is None:
            self.page.show_frame(None)
        if state is RunState.FAILED and not self.isVisible():
            self.session.say(self.run.error, "error")
        if state is not RunState.RUNNING:
            self.explanation_changed.emit()

    # What is chosen

    def _on_chosen(self) -> None:
        """Begin at once while nothing was learnt; else say that it takes a new start."""
        missing = self.controls.complete
        self.page.show_missing(missing)
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

    def _set_settings(self, **fields: Any) -> None:
        """Change settings from the next batch on."""
        before = self._settings
        changed = {name: v for name, v in fields.items() if getattr(before, name) != v}
        if not changed:
            return
        self._settings = replace(before, **changed)
        self.controls.settings.set_settings(self._settings)
        self.run.change(lambda training: training.change(**changed))

    def bend(self, stroke: list[tuple[float, float]]) -> None:
        """Let the learning rate go on as it was drawn: (epoch, rate) of each point."""
        epochs, rate = self._settings.epochs, self._settings.learning_rate
        points = [(epoch / epochs, value / rate) for epoch, value in stroke]

        def bend(training: Any) -> None:
            schedule: Schedule = training.schedule
            training.bend(schedule.bent(points))

        self.run.change(bend)

    def _take_rate(self, rate: float) -> None:
        """Go on with the rate that is offered after the loss exploded."""
        self.set_rate(rate)
        self.run.go_on()

    def _smooth(self, smoothing: float) -> None:
        self._smoothing = smoothing
        if self.run.teaching is not None:
            self.run.teaching.smoothing = smoothing
            if self.run.frame is not None:
                self.run.change(lambda _: None)

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, "A folder with a folder of pictures for each class")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.controls.set_folder)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
