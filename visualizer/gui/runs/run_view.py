"""A run as the user sees it: the picture large, the buttons, the curve, and what it says."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from visualizer.gui.core.compute import once
from visualizer.gui.runs.progress_curve import ProgressCurve
from visualizer.gui.runs.run import DONE, FAILED, PAUSED, RUNNING, Run
from visualizer.gui.runs.transport import Transport
from visualizer.gui.widgets.image_view import ImageView

if TYPE_CHECKING:
    from visualizer.engine.network import Network, Prediction
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.technique import Frame
    from visualizer.gui.core.session import Session
    from visualizer.gui.runs.history import Step


class RunView(QWidget):
    """Shows one `Run`, and sends what it makes to the tray.

    Args:
        session: where pictures go.
        key: of the run's jobs.
        title: what the jobs bar calls it.
        hint: what is said before there is a picture.
        steerable: whether it can begin anew from what is on show.
        name: of what is climbed.
    """

    start_wanted = Signal()
    from_here_wanted = Signal()
    endless_changed = Signal(bool)
    kept = Signal(object, object)
    """The `Step` whose picture is in the tray now, and that specimen."""
    answered = Signal()
    """The network has said what it sees in the picture on show."""

    def __init__(
        self,
        session: Session,
        key: str,
        title: str,
        hint: str,
        steerable: bool = True,
        name: str = "objective",
    ) -> None:
        super().__init__()
        self._session = session
        self._hint = hint
        self.run = Run(session, key, title, self)
        self.answers: list[Prediction] = []
        """What the network sees in the picture, when the run rests."""
        self.view = ImageView(hint)
        self.view.fill()
        self.view.setAccessibleName(title)
        self.view.setToolTip("Ctrl+wheel or + and − zoom, 0 fits")
        self.error = QLabel(wordWrap=True)
        self.error.setProperty("role", "error")
        self.error.hide()
        self.transport = Transport(steerable)
        self.curve = ProgressCurve(name)
        self.status, self.value = QLabel(), QLabel()
        for label in (self.status, self.value):
            label.setProperty("role", "muted")
        self.status.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._name = name
        self._build()
        self._connect()

    def forget(self) -> None:
        """Drop the run and what it has made."""
        self.run.clear()
        self.view.set_picture(None)
        self.curve.set_values([])
        self.value.clear()
        self.answers = []
        self.say("")

    def say(self, text: str) -> None:
        """Say something below the buttons."""
        self.status.setText(text)

    def show_error(self, sentence: str) -> None:
        """Say what is in the way; "" for nothing."""
        self.error.setText(sentence)
        self.error.setVisible(bool(sentence))
        self.view.set_hint(sentence or self._hint)

    def set_hint(self, hint: str) -> None:
        """What is said while there is no picture."""
        self._hint = hint
        self.view.set_hint(hint)

    def toggle(self) -> None:
        """Pause, or go on, or begin."""
        if self.run.running:
            self.run.pause()
        elif self.run.frame is None:
            self.start_wanted.emit()
        else:
            self._go_on()

    def keep(self, walk: bool = False) -> None:
        """Put the picture into the tray; with `walk` the layers show it."""
        step = self.run.step
        if step is None:
            return

        def work() -> tuple[Specimen, Step, bool]:
            return step.specimen(), step, walk

        self._session.compute.submit_keyed(self._keeping, once(work), cancellable=False)

    # Construction

    def _build(self) -> None:
        em = self.fontMetrics().height()
        picture = QFrame()
        picture.setProperty("role", "panel")
        column = QVBoxLayout(picture)
        column.addWidget(self.view, 1)
        column.addWidget(self.error)
        below = QFrame()
        below.setProperty("role", "panel")
        rows = QVBoxLayout(below)
        rows.addWidget(self.transport)
        said = QHBoxLayout()
        said.addWidget(self.status, 1)
        said.addWidget(self.value)
        rows.addLayout(said)
        rows.addWidget(self.curve)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em // 2)
        layout.addWidget(picture, 1)
        layout.addWidget(below)
        self.setFocusProxy(self.view)

    def _connect(self) -> None:
        run, transport = self.run, self.transport
        self._keeping, self._asking = f"{run.key}: to tray", f"{run.key}: answer"
        run.shown.connect(self._show)
        run.state_changed.connect(self._on_state)
        transport.start.connect(self.start_wanted)
        transport.toggled.connect(self.toggle)
        transport.step.connect(run.take_step)
        transport.undo.connect(run.undo)
        transport.from_here.connect(self.from_here_wanted)
        transport.endless_changed.connect(self.endless_changed)
        transport.to_tray.connect(self.keep)
        transport.walk.connect(partial(self.keep, True))
        self._session.compute.done.connect(self._on_done)

    # What comes of it

    def _go_on(self) -> None:
        if self.run.state == DONE:
            self.from_here_wanted.emit()
        else:
            self.run.go_on()

    def _show(self, step: Step) -> None:
        if step.image is not None:
            self.view.set_picture(step.image)
        values = self.run.values
        self.curve.set_values(values)
        self.value.setText(f"{self._name} {values[-1]:.4g}" if values else "")
        self._on_state(self.run.state)

    def _on_state(self, state: str) -> None:
        frame = self.run.frame
        self.transport.set_state(state, frame is not None)
        self.show_error(self.run.error if state == FAILED else "")
        if frame is not None:
            total = f" of {frame.total}" if frame.total else ""
            words = {RUNNING: "", PAUSED: "paused at ", DONE: "done: ", FAILED: "stopped at "}
            self.say(f"{words.get(state, '')}step {frame.step}{total}")
        elif state == RUNNING:
            self.view.set_hint("Getting ready…")
        if state in (PAUSED, DONE) and frame is not None:
            self._ask(frame)

    def _ask(self, frame: Frame) -> None:
        """Let the network say what it sees now."""
        network = self._session.network
        if network is not None:
            work = once(partial(answers_to, network, frame))
            self._session.compute.submit_keyed(self._asking, work, cancellable=False)

    def _on_done(self, key: str, result: Any) -> None:
        if key == self._keeping:
            self._keep(*result)
        elif key == self._asking and result[0] is self.run.frame and not self.run.running:
            self.answers = result[1]
            best = ", ".join(f"{each.label} {each.probability:.0%}" for each in result[1][:2])
            words = self.status.text().split("  ·  the network sees ")[0]
            self.say(f"{words}  ·  the network sees {best}")
            self.answered.emit()

    def _keep(self, specimen: Specimen, step: Step, walk: bool) -> None:
        self._session.add(specimen, select=walk)
        self.kept.emit(step, specimen)
        where = "is the picture that all workspaces look at" if walk else "is in the tray"
        self._session.say(f"“{specimen.title}” {where}, with the recipe that made it.")


def answers_to(network: Network, frame: Frame) -> tuple[Frame, list[Prediction]]:
    """The likeliest classes of a frame's picture."""
    assert frame.picture is not None
    stages = network.forward(network.fit(frame.picture)[None])
    return frame, network.top(stages[network.stages[-1].name][0], 3)
