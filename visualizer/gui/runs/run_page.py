"""What the pages with one run share: Dream, Stimulus and Style."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QFormLayout

from visualizer.gui.core.compute import once
from visualizer.gui.dream.page import Page
from visualizer.gui.runs.run import RUNNING, Run
from visualizer.gui.runs.run_view import RunView
from visualizer.gui.widgets.image_view import screen_image
from visualizer.gui.workspace import Table

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session
    from visualizer.gui.dream.sources import Recipe
    from visualizer.gui.runs.crash_copy import Unfinished
    from visualizer.gui.runs.history import Plan, Step


class RunPage(Page):
    """A picture that grows. A subclass names its run and says how it starts.

    A run that came to its end, or took long, is in the tray before another one begins.
    """

    key = ""
    """Of the run's jobs and of its file on disk."""
    run_title = ""
    hint = ""
    value_name = "objective"
    steerable = True
    lasting = True
    """Whether what it makes would be missed: it is kept on disk until it is in the tray."""

    def __init__(self, session: Session, unfinished: Unfinished) -> None:
        super().__init__(session)
        self.unfinished = unfinished
        self.run_view = RunView(
            session, self.key, self.run_title, self.hint, self.steerable, self.value_name
        )
        self.run_view.start_wanted.connect(self.start)
        self.run_view.from_here_wanted.connect(self.start_from_here)
        self.run_view.answered.connect(self.explanation_changed)
        self.run_view.kept.connect(self._on_kept)
        self.run.state_changed.connect(self._on_state)
        session.compute.done.connect(self._on_made)
        self._kept: Step | None = None
        self._start: Specimen | None = None
        self.setFocusProxy(self.run_view)

    @property
    def run(self) -> Run:
        """What climbs."""
        return self.run_view.run

    @property
    def recipe(self) -> Recipe | None:
        """What the picture on show was made by."""
        return self.run.step.recipe if self.run.step is not None else None

    def start(self) -> None:
        """Begin anew."""

    def start_from_here(self) -> None:
        """Begin anew from the picture on show, where that can be."""
        self.start()

    def begin(self, plan: Plan) -> None:
        """Run a plan instead of what ran before."""
        self.rescue()
        save = partial(self.unfinished.save, self.key) if self.lasting else None
        self.run.start(plan, save)
        self.explanation_changed.emit()

    def rescue(self) -> None:
        """Put what is about to be dropped into the tray, if it is worth it and not there."""
        step = self.run.step
        if step is not None and step is not self._kept and self.run.worth_keeping:
            key = f"{self.key}: rescue {id(step)}"
            self.session.compute.submit_keyed(key, once(step.specimen), cancellable=False)

    # What the workspace asks for

    def table(self) -> Table | None:
        values = self.run.values
        return (["step", self.value_name], list(enumerate(values, 1))) if values else None

    def toggle(self) -> None:
        self.run_view.toggle()

    def stop(self) -> None:
        self.run.pause()

    # For subclasses

    def show_start(self, specimen: Specimen | None) -> None:
        """Until something has been made, show what it would begin with."""
        self._start = specimen
        if specimen is not None and self._is_empty() and self.isVisible():
            work = once(lambda: (specimen, screen_image(specimen.picture)))
            self.session.compute.submit_keyed(f"{self.key}: start", work)

    def _is_empty(self) -> bool:
        return self.run.frame is None and not self.run.running

    def _on_state(self, state: str) -> None:
        if state != RUNNING:
            self.explanation_changed.emit()

    def _on_kept(self, step: Step, specimen: Specimen) -> None:
        """What is in the tray needs no rescue."""
        if step is self.run.step and not self.run.running:
            self._kept = step
            self.unfinished.forget(self.key, specimen)

    def _on_made(self, key: str, made: Any) -> None:
        if key.startswith(f"{self.key}: rescue "):
            self.session.add(made, select=False)
            self.session.say("What was made before is in the tray.")
        elif key == f"{self.key}: start" and made[0] is self._start and self._is_empty():
            self.run_view.view.set_picture(made[1])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.show_start(self._start)


def form_of(*rows: tuple[str, QComboBox]) -> QFormLayout:
    """Boxes below each other with their names."""
    form = QFormLayout()
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for name, box in rows:
        form.addRow(name, box)
    return form


def choose_next(box: QComboBox) -> None:
    """The next entry, and the first after the last."""
    if box.count():
        box.setCurrentIndex((box.currentIndex() + 1) % box.count())
