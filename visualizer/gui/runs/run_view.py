"""The view of a run: its picture, buttons, curves and progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, cast

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from visualizer.engine.technique import Frame
from visualizer.gui.runs.history import Step
from visualizer.gui.runs.progress_curve import ProgressCurve
from visualizer.gui.runs.run import Run
from visualizer.gui.runs.steered_run import RunState
from visualizer.gui.runs.transport import Transport
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.widgets.image_view import ImageView
from visualizer.gui.widgets.panel import note, panel
from visualizer.gui.widgets.parts_label import PartsLabel

MOST_CURVES = 3
"""The most plots side by side, where the numbers of a run are not known beforehand."""
STATE_WORDS = {
    RunState.PAUSED: "paused at ",
    RunState.DONE: "done: ",
    RunState.FAILED: "stopped at ",
}


def progress_words(state: RunState, frame: Frame) -> str:
    """Say how far a run is: "paused at step 3 of 10"."""
    total = f" of {frame.total}" if frame.total else ""
    return f"{STATE_WORDS.get(state, '')}step {frame.step}{total}"


class StepView(Protocol):
    """What a widget needs to show the steps of a run."""

    def show_step(self, step: Step | None) -> None:
        """Show a step; None for nothing."""

    def set_hint(self, hint: str) -> None:
        """Say what is shown while there is nothing."""


class PictureView(ImageView):
    """The newest picture of a run, large."""

    def __init__(self, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(hint, parent)
        self.fill()
        self.setToolTip("Ctrl+wheel or + and − zoom, 0 fits")

    def show_step(self, step: Step | None) -> None:
        """Show its picture; a step without one leaves the one before."""
        if step is None:
            self.set_picture(None)
        elif step.image is not None:
            self.set_picture(step.image)


class RunView(QWidget):
    """Shows one `Run`.

    Args:
        run: the run.
        view: shows its steps; it is a `StepView`.
        hint: what is said before there is a step.
        curves: the numbers to plot, by name, and what they are called; None for all that come.
        steerable: whether the run can continue from what is on show.
        words_of: says how far a run is.
    """

    def __init__(
        self,
        run: Run,
        view: QWidget,
        hint: str,
        curves: Mapping[str, str] | None,
        steerable: bool = True,
        words_of: Callable[[RunState, Frame], str] = progress_words,
    ) -> None:
        super().__init__()
        self.run = run
        self.view = view
        self.transport = Transport(steerable)
        self.curves: dict[str, ProgressCurve] = {}
        """The plots, by the name of their number."""
        self._words: dict[str, str] = {}
        self._several = curves is None or len(curves) > 1
        self.status = PartsLabel()
        self.status.setProperty("role", "muted")
        self.error = note("", role="error")
        self.error.hide()
        self._hint = hint
        self._words_of = words_of
        self._any_curve = curves is None
        self._curve_row = QHBoxLayout()
        self._build()
        self.set_curves(curves or {})
        run.shown.connect(self._on_step)
        run.state_changed.connect(lambda _: self.show_state())
        self.show_state()

    @property
    def _steps(self) -> StepView:
        return cast(StepView, self.view)

    def set_curves(self, curves: Mapping[str, str]) -> None:
        """Plot these numbers, and no others."""
        while (item := self._curve_row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.curves, self._words = {}, {}
        for name, words in curves.items():
            self._add_curve(name, words)

    def clear(self) -> None:
        """Clear what the run before has shown."""
        self._steps.show_step(None)
        if self._any_curve:
            self.set_curves({})
        for plot in self.curves.values():
            plot.set_values([])
        self.status.set_parts()

    def say_more(self, *parts: str) -> None:
        """Say something after how far the run is, before its numbers."""
        progress, *numbers = self._progress() or [""]
        self.status.set_parts(progress, *parts, *numbers)

    def set_hint(self, hint: str) -> None:
        """Say what is shown while there is no step."""
        self._hint = hint
        self._steps.set_hint(hint)

    def show_state(self) -> None:
        """Show how far the run is, and what can be done with it."""
        run = self.run
        self.transport.show_run(run)
        self.error.setText(run.error)
        self.error.setVisible(bool(run.error))
        if run.error and run.frame is None:
            self._steps.show_step(None)  # not what an earlier run has made
        getting_ready = run.running and run.frame is None
        self._steps.set_hint(run.error or ("Getting ready…" if getting_ready else self._hint))
        self.status.set_parts(*self._progress())

    def _progress(self) -> list[str]:
        frame = self.run.frame
        if frame is None:
            return []
        numbers = [
            f"{words} {frame.numbers[name]:.4g}"
            for name, words in self._words.items()
            if name in frame.numbers
        ]
        return [self._words_of(self.run.state, frame), *numbers]

    def _on_step(self, step: Step) -> None:
        self._steps.show_step(step)
        curves = self.run.curves
        if self._any_curve:
            for name in list(curves)[:MOST_CURVES]:
                if name not in self.curves:
                    self._add_curve(name, name)
        for name, plot in self.curves.items():
            plot.set_values(curves.get(name, []))
        self.show_state()

    def _add_curve(self, name: str, words: str) -> None:
        self.curves[name] = plot = ProgressCurve(words)
        self._words[name] = words
        if not self._several:
            self._curve_row.addWidget(plot)
            return
        named = QWidget()
        column = QVBoxLayout(named)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(note(words, role="small"))
        column.addWidget(plot)
        self._curve_row.addWidget(named)

    def _build(self) -> None:
        em = self.fontMetrics().height()
        below = QWidget()
        rows = QVBoxLayout(below)
        rows.setContentsMargins(0, 0, 0, 0)
        transport = self.transport
        backstage(transport, transport.tray_button, transport.layers_button)
        rows.addWidget(transport)
        said = QHBoxLayout()
        said.addWidget(self.status, 1)
        said.addWidget(transport.tray_button)
        said.addWidget(transport.layers_button)
        rows.addLayout(said)
        rows.addLayout(self._curve_row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em // 2)
        layout.addWidget(panel(self.view, self.error, stretch=self.view), 1)
        layout.addWidget(panel(below))
        self.setFocusProxy(self.view)
