"""The Attack workspace: fool the network on purpose, see it, and measure it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from visualizer.engine.adversarial import attacks
from visualizer.gui import attack_words
from visualizer.gui.attack_jobs import AttackJobs, Moment, Wish, lines_of
from visualizer.gui.widgets.attack_panel import AttackPanel
from visualizer.gui.widgets.divergence_bars import DivergenceBars
from visualizer.gui.widgets.epsilon_curve import EpsilonCurve
from visualizer.gui.widgets.epsilon_dial import LARGEST
from visualizer.gui.widgets.image_view import image_of
from visualizer.gui.widgets.triptych import Triptych
from visualizer.gui.workspaces.base import Explanation, Table, Workspace
from visualizer.models import catalog

if TYPE_CHECKING:
    from visualizer.engine.adversarial.epsilon import Curve
    from visualizer.engine.adversarial.reach import Reach
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.session import Session
    from visualizer.gui.widgets.survival_table import Verdict

REST = 250
"""Milliseconds without a new picture after which the slower questions are asked."""


class AttackWorkspace(Workspace):
    """The triptych on top, the curve and the stages below; the dial and the questions at the side.

    It follows the session's picture, or the camera, and computes only while it is on show.
    """

    title = "Attack"
    shows_answer = True

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.triptych = Triptych()
        self.curve = EpsilonCurve()
        self.divergence = DivergenceBars()
        self.panel = AttackPanel()
        self.jobs = AttackJobs(session, self)
        self._curve: Curve | None = None
        self._subject: object = None  # whose curve and reach are on show
        self._refused: object = None  # the network that a camera need not be tried with again
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._build()
        self._connect()
        self._on_network()

    @property
    def moment(self) -> Moment | None:
        """What is on show."""
        return self.jobs.moment

    # What the window asks for

    def side_panel(self) -> QWidget:
        return self.panel

    def explanation(self) -> Explanation:
        return attack_words.explanation(self.panel.method, self.moment)

    def picture_for_export(self) -> QWidget:
        return self.triptych

    def table_for_export(self) -> Table | None:
        """The probability of every class at every size of the curve."""
        curve, network = self._curve, self.session.network
        if curve is None or network is None:
            return None
        names = [network.label(index) for index in range(curve.probabilities.shape[1])]
        rows = [
            [f"{epsilon * 255:.0f}", *map(float, shares)]
            for epsilon, shares in zip(curve.epsilons, curve.probabilities, strict=True)
        ]
        return ["epsilon (/255)", *names], rows

    def step_stage(self, by: int) -> None:
        self.panel.dial.set_levels(self.panel.dial.levels + by)

    def step_unit(self, by: int) -> None:
        self.panel.step_method(by)

    def first_unit(self) -> None:
        self.panel.dial.set_levels(0)

    def last_unit(self) -> None:
        self.panel.dial.set_levels(LARGEST)

    def toggle(self) -> None:
        self.panel.twin.toggle()

    def stop(self) -> None:
        self.jobs.stop_reach()

    # Construction

    def _build(self) -> None:
        top = _panel(self.triptych)
        curve = _panel(self.curve, "Probability against ε", "along FGSM's direction, and back")
        stages = _panel(self.divergence, "Where it goes wrong", "distance from the clean picture")
        below = QHBoxLayout()
        below.addWidget(curve, 3)
        below.addWidget(stages, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(top)
        layout.addLayout(below, 1)
        self.setFocusProxy(self.panel.dial)

    def _connect(self) -> None:
        session, panel, jobs = self.session, self.panel, self.jobs
        session.network_changed.connect(self._on_network)
        session.specimen_changed.connect(self._attack)
        session.activations_changed.connect(self._on_live)
        session.fit_mode_changed.connect(self._attack)
        session.busy_changed.connect(self._set_hint)
        panel.changed.connect(self._on_panel)
        panel.dial.changed.connect(self.curve.set_levels)
        panel.survival.quality_changed.connect(self._ask_survival)
        panel.survival.transfer_wanted.connect(jobs.request_transfer)
        panel.reach_wanted.connect(jobs.request_reach)
        panel.to_tray.clicked.connect(jobs.request_specimen)
        panel.walk.clicked.connect(self._walk)
        self.curve.dragged.connect(panel.dial.set_levels)
        jobs.moment_made.connect(self._show_moment)
        jobs.progressed.connect(self._show_progress)
        jobs.curve_made.connect(self._show_curve)
        jobs.survival_made.connect(self._show_survival)
        jobs.transfer_made.connect(self._show_transfer)
        jobs.reach_made.connect(self._show_reach)
        jobs.specimen_made.connect(self._keep)
        jobs.refused.connect(self._on_refused)
        self._rest.timeout.connect(self._on_rest)
        self._walking = False
        self.curve.set_levels(panel.dial.levels)
        keys: tuple[tuple[str, Callable[[], Any]], ...] = (
            ("T", panel.target.setFocus),
            ("N", panel.twin.toggle),
            ("K", panel.factor.setFocus),
            ("Return", panel.to_tray.click),
        )
        for key, action in keys:
            QShortcut(QKeySequence(key), self).activated.connect(action)

    # The session has changed

    def _on_network(self) -> None:
        network = self.session.network
        units = network.stages[-1].units if network is not None else 0
        name = network.label if network is not None else str
        self.panel.target.set_classes([name(index) for index in range(units)])
        others = [
            (entry.name, entry.title)
            for entry in catalog.entries()
            if network is None or entry.name != network.name
        ]
        self.panel.survival.set_networks(others)
        self.jobs.moment = None
        self._forget()
        self._set_hint()
        self._attack()

    def _on_live(self) -> None:
        if self.session.live and self.session.network is not self._refused:
            self._attack()

    def _on_panel(self) -> None:
        self._refused = None
        self._attack()

    def _on_refused(self, sentence: str) -> None:
        self._refused = self.session.network
        self._forget()
        self.divergence.show_divergence({}, {})
        self.triptych.clear(sentence)

    def _attack(self) -> None:
        """Ask for the picture as the panel wants it, if anybody can see it."""
        if not self.isVisible() or self.session.network is None or self.session.specimen is None:
            return
        panel = self.panel
        method = panel.method
        if self.session.live and method != "noise":
            method = "fgsm"  # the only one that keeps up with a camera
        wish = Wish(
            method=method,
            settings=panel.settings if method == panel.method else attacks()[method].settings(),
            target=panel.target.target,
            levels=panel.dial.levels,
            factor=panel.factor.value(),
            twin=panel.twin.isChecked(),
        )
        self.jobs.request(wish)
        self.explanation_changed.emit()

    # What the compute thread has made

    def _show_moment(self, moment: Moment) -> None:
        self.triptych.show_panels(attack_words.panels(moment))
        self.divergence.show_divergence(moment.walk.divergence, moment.walk.twin_divergence)
        self.panel.survival.show_transfer(None)
        if self.session.live and self._subject is not None:
            self._forget()
        elif moment.subject is not self._subject and not self.session.live:
            self._forget()
            self._subject = moment.subject
            self.jobs.request_curve()
        self.panel.show_verdict(attack_words.outcome(moment), moment.attacked.success)
        self._rest.start()
        self.explanation_changed.emit()

    def _show_progress(self, frame: Any) -> None:
        """Let the picture on the right follow a method that takes many steps."""
        if frame.picture is not None:
            self.triptych.views[2].set_picture(image_of(frame.picture))
            self.triptych.hints[2].setText(f"step {frame.step}: {frame.label}")

    def _show_curve(self, curve: Curve) -> None:
        network, moment = self.session.network, self.moment
        if network is not None and moment is not None:
            self._curve = curve
            self.curve.show_lines(lines_of(curve, network, moment.subject.goal))

    def _show_survival(self, verdicts: dict[str, Verdict]) -> None:
        fooled = self.moment is not None and self.moment.attacked.success
        self.panel.survival.show_verdicts(verdicts if fooled else {}, fooled)

    def _show_transfer(self, found: tuple[str, Verdict]) -> None:
        self.panel.survival.show_transfer(found[1])
        self.panel.survival.transfer.setToolTip(f"before: {found[0]}; after: {found[1].text}")

    def _show_reach(self, found: Reach) -> None:
        network = self.session.network
        if network is not None:
            self.panel.show_reach(found, network.label)

    def _keep(self, specimen: Specimen) -> None:
        before = self.session.specimen
        self.session.add(specimen, select=False)
        if not self._walking or before is None:
            self.session.say(f"“{specimen.title}” is in the tray, with the recipe that made it.")
            return
        self._walking = False
        self.session.compare_with(specimen.id)
        self.session.say("The Layers workspace now shows both pictures side by side (Ctrl+1).")

    # Small things

    def _walk(self) -> None:
        """Put both pictures side by side in every stage."""
        self._walking = self.moment is not None
        self.jobs.request_specimen()

    def _on_rest(self) -> None:
        if not self.session.live:
            self._ask_survival()

    def _ask_survival(self) -> None:
        self.jobs.request_survival(self.panel.survival.quality.value())

    def _forget(self) -> None:
        """What was found out about another picture is not true of this one."""
        self._curve, self._subject = None, None
        self.jobs.stop_reach()
        self.curve.show_lines(None)
        self.panel.forget()

    def _set_hint(self) -> None:
        session = self.session
        if self.moment is not None:
            return
        if session.network is None:
            hint = session.busy or "Open a network to fool it."
        elif session.specimen is None:
            hint = "Open a picture, drop one here, or paste it with Ctrl+V."
        else:
            hint = "Working on the picture…"
        self.triptych.clear(hint)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._set_hint()
        self._attack()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._rest.stop()


def _panel(content: QWidget, heading: str = "", words: str = "") -> QFrame:
    panel = QFrame()
    panel.setProperty("role", "panel")
    layout = QGridLayout(panel)
    if heading:
        for column, (text, role) in enumerate(((heading, "name"), (words, "small"))):
            label = QLabel(text)
            label.setProperty("role", role)
            label.setTextFormat(Qt.TextFormat.PlainText)
            layout.addWidget(label, 0, column)
        layout.setColumnStretch(1, 1)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        label.setAlignment(right)
    layout.addWidget(content, 1, 0, 1, 2)
    layout.setRowStretch(1, 1)
    return panel
